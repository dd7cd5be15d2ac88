"""Sizes of architectures as inputs of a model: a large network is often a good one."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.networks import network_size

__all__ = ["N_SIZES", "SizeScale", "SizedInputs"]

#: The logarithm of the parameters, the depth, and the logarithm of the products.
N_SIZES = 3

# So many points are remembered with their sizes.
_N_REMEMBERED = 2_000


class SizeScale:
    """Sizes of architectures, from 0 for the smallest to 1 for the largest.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one input of the networks.

    examples : sequence of Architecture
        The smallest and the largest of these are meant. Others can be beyond.
    """

    def __init__(
        self, input_shape: Sequence[int], examples: Sequence[Architecture]
    ) -> None:
        self._input_shape = tuple(input_shape)
        self._low, self._range = np.zeros(N_SIZES), np.ones(N_SIZES)
        sizes = np.array([self._sizes(architecture) for architecture in examples])
        known = sizes[~np.isnan(sizes).any(axis=1)]
        #: Whether any example can be built.
        self.is_known = len(known) > 0
        if self.is_known:
            self._low = known.min(axis=0)
            spread = known.max(axis=0) - self._low
            self._range = np.where(spread > 0, spread, 1)

    def __call__(self, architecture: Architecture) -> np.ndarray:
        """Return the sizes; those of a network that cannot be built are zero."""
        return np.nan_to_num((self._sizes(architecture) - self._low) / self._range)

    def _sizes(self, architecture: Architecture) -> np.ndarray:
        try:
            # How many outputs there are is not known, and matters little.
            size = network_size(architecture, self._input_shape, 1)
        # An operation of the user's can raise anything. Its trial says what.
        except Exception:  # noqa: BLE001
            return np.full(N_SIZES, np.nan)
        # There is a weight at least, that of the output layer.
        logs = math.log(size.n_parameters), math.log(max(size.n_products, 1))
        return np.array([logs[0], size.depth, logs[1]])


class SizedInputs:
    """Decisions, the sizes of what they mean, and the resource."""

    def __init__(
        self, decisions: Any, sizes_at: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self._decisions = decisions
        self.n_levels = np.append(decisions.n_levels, np.zeros(N_SIZES, dtype=int))
        self._sizes_at = sizes_at
        self._known: dict[bytes, np.ndarray] = {}

    def __call__(self, points: np.ndarray, levels: float | np.ndarray) -> np.ndarray:
        decisions = self._decisions(points, levels)
        sizes = np.reshape([self._sizes(point) for point in points], (-1, N_SIZES))
        return np.hstack([decisions[:, :-1], sizes, decisions[:, -1:]])

    def _sizes(self, point: np.ndarray) -> np.ndarray:
        key = point.tobytes()
        if key not in self._known:
            if len(self._known) >= _N_REMEMBERED:
                self._known.clear()
            self._known[key] = self._sizes_at(point)
        return self._known[key]
