"""The devices of torch: which ones there are, and when they are waited for."""

from collections.abc import Sequence

import torch

__all__ = ["is_asynchronous", "read_losses", "usable_device"]


def usable_device(device: str) -> str:
    """Return the device that a parameter means.

    Parameters
    ----------
    device : str
        As torch names it; "auto" is a GPU of CUDA if there is one, else the CPU.

    Returns
    -------
    str
        A device that tensors can be on.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    # A torch that was built without the device raises an AssertionError.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used: {reason}. Pass 'auto', 'cpu', "
            "'cuda' or another device of torch."
        ) from error
    return device


def is_asynchronous(device: str | torch.device) -> bool:
    """Tell whether the host goes on while a device computes.

    Parameters
    ----------
    device : str or torch.device
        Where networks are.

    Returns
    -------
    bool
        Whether to read a number of it means to wait: True for all but the CPU.
    """
    return torch.device(device).type != "cpu"


def read_losses(losses: Sequence[torch.Tensor]) -> list[float]:
    """Return losses as numbers, for which their device is waited for once.

    Parameters
    ----------
    losses : sequence of tensor
        Of one number each.

    Returns
    -------
    list of float
        In the same order.
    """
    if not losses:
        return []
    numbers: list[float] = torch.stack([loss.reshape(()) for loss in losses]).tolist()
    return numbers
