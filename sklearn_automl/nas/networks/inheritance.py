"""A network that begins with the weights of another one."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

__all__ = ["inherit"]


def inherit(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Copy the weights of another network, as far as they fit.

    A layer that is wider or narrower takes the part that both have, of kernels that in
    the middle; what the other network does not have stays new.

    Parameters
    ----------
    module : Module
        Is changed.

    weights : dict of str to tensor
        The other's ``state_dict``.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            other = weights.get(name)
            if other is None or other.ndim != tensor.ndim:
                continue
            n_shared = [min(p) for p in zip(tensor.shape, other.shape, strict=True)]
            part = other[_part(other, n_shared)]
            tensor[_part(tensor, n_shared)] = part.to(tensor.device)


def _part(tensor: torch.Tensor, sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return where so much of a tensor is: first units, middles of kernels."""
    # Axes from the third on are those of kernels.
    starts = [0 if i < 2 else (n - sizes[i]) // 2 for i, n in enumerate(tensor.shape)]
    return tuple(slice(a, a + n) for a, n in zip(starts, sizes, strict=True))
