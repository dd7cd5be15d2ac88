"""Means and scales of inputs in double precision, block by block, on the CPU.

Single precision has seven digits: seconds since 1970 come in steps of two minutes. A
shift is therefore subtracted in double precision before inputs become single precision.
There is no copy of all inputs in double precision, and nothing double on a device,
because some devices have no such numbers.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

__all__ = ["Moments", "moments_of", "needs_double", "raw_inputs", "shifted"]

# Numbers of a block, which take 8 MB in double precision.
_BLOCK = 2**20
# Where the mean is so many times larger than the scale, single precision loses digits
# that matter: a unit in its last place is then a 16,000th of the scale.
_FAR = 2.0**10
# A spread that is smaller than this share of the values is a rounding error.
_NOISE = 1e-14
# A division by a smaller scale would need subnormal numbers of single precision.
_LEAST_SCALE = torch.finfo(torch.float32).tiny
# Integers of these types are exact in single precision.
_SMALL_TYPES = ("b1", "i1", "u1", "i2", "u2", "f2", "f4")
# Others that torch has too. They are exact in double precision up to 2**53.
_LARGE_INTEGERS = ("i4", "i8")
# What such inputs are as tensors, and others with more digits than single precision.
_WIDE = (torch.float64, torch.int32, torch.int64, torch.uint32, torch.uint64)


@dataclass(frozen=True)
class Moments:
    """Of each feature or channel, in double precision.

    ``shift`` is near the mean where that is far from zero, else 0, and ``mean`` is what
    remains of the mean. The shift is the sum of two numbers of single precision, shape
    (2, n_channels), because a network can hold no others. The ``scale`` of what does
    not vary is infinite: whatever it is later, it is zero when it is standardised.
    """

    shift: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor


def moments_of(X: Any) -> Moments:
    """Return by what inputs are standardised.

    Parameters
    ----------
    X : array or tensor of shape (n_samples, n_channels, ...)
        Flat data is standardised by feature, other data by channel.

    Returns
    -------
    Moments
        Of the channels.
    """
    if not isinstance(X, torch.Tensor):
        X = np.asarray(X)
    # Differences from the first value are exactly zero where nothing varies.
    first = _as_tensor(X[:1])[0].reshape(X.shape[1], -1)[:, 0].cpu().double()
    n_values = math.prod(X.shape) // X.shape[1]
    centre = sum(block.sum(dim=0) for block in _blocks(X, first)) / n_values
    variance = (
        sum((block - centre).square().sum(dim=0) for block in _blocks(X, first))
        / n_values
    )
    scale, mean = variance.sqrt(), first + centre
    varies = (scale > _NOISE * first.abs()) & (scale > _LEAST_SCALE)
    is_far = varies & (mean.abs() > _FAR * scale)
    first_digits = torch.where(is_far, mean, 0.0).float()
    last_digits = torch.where(is_far, mean - first_digits.double(), 0.0).float()
    shift = torch.stack([first_digits, last_digits])
    return Moments(
        shift,
        torch.where(varies, mean - shift.double().sum(dim=0), 0.0),
        torch.where(varies, scale, torch.inf),
    )


def _as_tensor(X: Any) -> torch.Tensor:
    if isinstance(X, torch.Tensor):
        return X.detach()
    X = np.asarray(X)
    if X.dtype.str[1:] not in _SMALL_TYPES + _LARGE_INTEGERS:
        X = X.astype(np.float64, copy=False)
    X = X.astype(X.dtype.newbyteorder("="), copy=False)  # torch knows no other one
    # The array must be writable, which shared memory is not: torch would warn.
    return torch.from_numpy(np.require(X, requirements=["C", "W"]))


def _blocks(X: Any, first: torch.Tensor) -> Iterator[torch.Tensor]:
    """Go through all values as rows of channels, without ``first``."""
    n_rows = _rows_of_block(X)
    for start in range(0, len(X), n_rows):
        # Of an array that must be copied, no more than a block is.
        values = _as_tensor(X[start : start + n_rows]).cpu().double()
        yield values.movedim(1, -1).reshape(-1, X.shape[1]) - first


def _rows_of_block(X: Any) -> int:
    return max(_BLOCK // max(math.prod(X.shape[1:]), 1), 1)


def needs_double(X: Any) -> bool:
    """Tell whether inputs would lose digits that matter in single precision.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
        The inputs.

    Returns
    -------
    bool
        Whether they have more digits than that, and are far from zero.
    """
    is_small = X.dtype.str[1:] in _SMALL_TYPES
    return not is_small and bool(moments_of(X).shift.any())


def raw_inputs(X: Any, shift: torch.Tensor | None) -> torch.Tensor:
    """Return inputs of any kind as a tensor, with all digits that a shift needs.

    Parameters
    ----------
    X : array-like or tensor
        The inputs.

    shift : tensor or None
        What :func:`shifted` will subtract.

    Returns
    -------
    tensor
        In double precision if that is needed, else in single precision.
    """
    if shift is None or not shift.any():
        return shifted(X, None)
    X = _as_tensor(X)
    # Not every device has double precision.
    return X.cpu().double() if X.dtype in _WIDE else X.to(torch.float32)


def shifted(X: Any, shift: torch.Tensor | None) -> torch.Tensor:
    """Return inputs without a shift, in single precision.

    Parameters
    ----------
    X : array-like or tensor
        The inputs.

    shift : tensor of shape (2, n_channels, 1, ...) or None
        Two numbers of single precision, whose sum it is.

    Returns
    -------
    tensor
        On the CPU, or where they are.
    """
    if shift is None or not shift.any():
        if isinstance(X, torch.Tensor):
            return X.detach().to(torch.float32)
        return torch.from_numpy(np.require(np.asarray(X), np.float32, ["C", "W"]))
    X = _as_tensor(X)
    if X.dtype == torch.float32:
        first_digits, last_digits = shift.to(X.device)
        return X - first_digits - last_digits
    result = torch.empty(X.shape, dtype=torch.float32, device=X.device)
    n_rows = _rows_of_block(X)
    own = shift.to(X.device).double().sum(dim=0)
    for part, block in zip(result.split(n_rows), X.split(n_rows), strict=True):
        part.copy_(block.double() - own)
    return result
