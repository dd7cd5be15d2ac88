"""What samplers that learn have in common: observations as points of the unit cube."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import ClassVar

import numpy as np

from sklearn_automl.samplers._base import Observation, Sampler
from sklearn_automl.space import Configuration, UnitCube

__all__ = ["ModelSampler", "Seen"]


class Seen:
    """What was observed with one amount of the resource."""

    def __init__(self, n_columns: int) -> None:
        self._points = np.empty((16, n_columns))
        self._losses = np.empty(16)
        self.n = 0

    def add(self, point: np.ndarray, loss: float) -> None:
        """Append an observation; arrays grow by doubling."""
        if self.n == len(self._losses):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        self._points[self.n], self._losses[self.n] = point, loss
        self.n += 1

    @property
    def points(self) -> np.ndarray:
        """The configurations, shape (n, n_columns)."""
        return self._points[: self.n]

    @property
    def losses(self) -> np.ndarray:
        """Their losses, infinite where they failed."""
        return self._losses[: self.n]


class ModelSampler(Sampler):
    """A sampler whose proposals depend on what it was told.

    ``n_proposals`` counts how they came about: from the model, at random because a
    share of them is, or at random for a reason that is named.
    """

    learns: ClassVar[bool] = True

    #: How often a proposal came from where.
    n_proposals: Counter[str]

    def _start(self) -> None:
        self._cube = UnitCube(self._space, type(self).__name__)
        self._seen: dict[float, Seen] = {}
        self._points: dict[Hashable, np.ndarray] = {}
        # Asked for, and not told yet with any amount of the resource.
        self._pending: dict[Hashable, np.ndarray] = {}
        self.n_proposals = Counter()
        self._origin = ""

    def tell(self, observation: Observation) -> None:
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Of a configuration of the space, which need not have been asked for.
        """
        key = self._space.key(observation.config)
        self._pending.pop(key, None)
        point = self._point_of(key, observation.config)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        seen = self._seen.get(observation.resource)
        if seen is None:
            seen = self._seen[observation.resource] = Seen(self._cube.n_columns)
        seen.add(point, loss)

    def _next_initial(self) -> Configuration | None:
        self._origin = "initial"
        return super()._next_initial()

    def _note_asked(self, config: Configuration) -> None:
        self.n_proposals[self._origin] += 1
        key = self._space.key(config)
        self._pending[key] = self._point_of(key, config)

    def _point_of(self, key: Hashable, config: Configuration) -> np.ndarray:
        """Return the point of a configuration, encoded at its first appearance."""
        if key not in self._points:
            self._points[key] = self._space.encode(config)
        return self._points[key]

    def _propose_another(self) -> Configuration:
        # The model would say the same again.
        return self._random("nothing new")

    def _random(self, why: str) -> Configuration:
        self._origin = why
        return self._space.sample(self._rng)

    def _first_new(self, points: Iterable[np.ndarray]) -> Configuration:
        """Return the first configuration that was not proposed yet."""
        for point in points:
            config = self._cube.decode(point)
            key = self._space.key(config)
            if key not in self._proposed:
                self._points[key] = point  # to encode it takes as long as to decode
                self._origin = "model"
                return config
        return self._random("nothing new")
