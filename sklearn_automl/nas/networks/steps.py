"""The steps of an optimizer: how large they are, and how Adam takes them."""

import math
from collections.abc import Sequence

from torch import nn

__all__ = ["is_fused", "lr_factor", "n_epochs_for"]

# Share of the training in which the learning rate rises, and what it falls to.
_WARM_UP = 0.1
_LAST_FACTOR = 0.01

# A training has about so many steps, in at least and at most so many epochs. See
# `benchmarks/bench_nas_tables.py`.
_STEPS = 2_500
_FEWEST_EPOCHS, _MOST_EPOCHS = 20, 100

# Devices on which a step of Adam is one kernel.
_FUSED = ("cpu", "cuda")


def lr_factor(progress: float) -> float:
    """Return the learning rate in units of the largest, when so much is done.

    It rises linearly, then falls as half a cosine. A function of the place alone: what
    is continued needs to remember nothing.

    Parameters
    ----------
    progress : float
        Share of the whole training that is done, from 0 to 1.

    Returns
    -------
    float
        From nearly 0 to 1.
    """
    progress = min(progress, 1.0)
    if progress < _WARM_UP:
        return _LAST_FACTOR + (1 - _LAST_FACTOR) * progress / _WARM_UP
    rest = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LAST_FACTOR + (1 - _LAST_FACTOR) * (1 + math.cos(math.pi * rest)) / 2


def n_epochs_for(n_batches: int) -> int:
    """Return how many epochs a training deserves.

    Small data needs many epochs, because an epoch has few steps there.

    Parameters
    ----------
    n_batches : int
        Steps of an epoch.

    Returns
    -------
    int
        From 20 to 100.
    """
    return min(max(round(_STEPS / n_batches), _FEWEST_EPOCHS), _MOST_EPOCHS)


def is_fused(parameters: Sequence[nn.Parameter]) -> bool:
    """Tell whether Adam is to take its step for all parameters in one kernel.

    A cell has a hundred small tensors: one after the other, they take a quarter of the
    time of its training. The kernel wants gradients in the layout of their parameters,
    as ``backward`` leaves them.

    Parameters
    ----------
    parameters : sequence of Parameter
        All that are trained.

    Returns
    -------
    bool
        Whether all are real, and where torch has had that kernel for long.
    """
    return all(p.is_floating_point() and p.device.type in _FUSED for p in parameters)
