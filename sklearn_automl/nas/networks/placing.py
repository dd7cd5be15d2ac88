"""Where the rows of a batch are gathered: on the device, if the data set fits there."""

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["placed", "taken"]

# A data set may take this share of the free memory of a device. Networks, and what
# they compute, need the rest, and other trainings may have the same device.
_SHARE = 0.25
# And so many bytes, if a device does not tell how much memory it has.
_BYTES = 2**28


def placed(
    tensors: Sequence[torch.Tensor | None], device: str | torch.device
) -> list[Any]:
    """Return tensors on a device if they fit there together, else as they are.

    Parameters
    ----------
    tensors : sequence of tensor or None
        The rows of a training.

    device : str or torch.device
        Where networks are.

    Returns
    -------
    list of tensor or None
        In the same order.
    """
    device = torch.device(device)
    there = [t for t in tensors if t is not None and t.device.type == "cpu"]
    n_bytes = sum(t.numel() * t.element_size() for t in there)
    if device.type == "cpu" or n_bytes > _usable_bytes(device):
        return list(tensors)
    return [None if t is None else t.to(device) for t in tensors]


def taken(
    tensor: torch.Tensor, rows: torch.Tensor | slice, device: str | torch.device
) -> torch.Tensor:
    """Return rows of a tensor, on a device if that is faster from here.

    Parameters
    ----------
    tensor : tensor of shape (n_samples, ...)
        On the device, or on the CPU.

    rows : tensor of int or slice
        Which ones.

    device : str or torch.device
        Where networks are.

    Returns
    -------
    tensor
        Of rows on the CPU, a GPU of CUDA gets a copy while the host goes on.
    """
    if isinstance(rows, torch.Tensor):
        rows = rows.to(tensor.device)
    if tensor.device.type != "cpu" or torch.device(device).type != "cuda":
        return tensor[rows]
    return _pinned(tensor, rows).to(device, non_blocking=True)


def _usable_bytes(device: torch.device) -> float:
    if device.type != "cuda":
        return _BYTES
    free, _ = torch.cuda.mem_get_info(device)
    # What torch keeps for later is free too.
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return _SHARE * (free + kept)


def _pinned(tensor: torch.Tensor, rows: torch.Tensor | slice) -> torch.Tensor:
    """Return rows in memory that a GPU can read without the host."""
    if isinstance(rows, slice):
        return tensor[rows].pin_memory()
    shape = (len(rows), *tensor.shape[1:])
    result = torch.empty(shape, dtype=tensor.dtype, pin_memory=True)
    return torch.index_select(tensor, 0, rows, out=result)
