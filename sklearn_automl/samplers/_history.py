"""What samplers that learn have in common: observations as points of the unit cube."""

import math
from collections.abc import Hashable, Iterable
from typing import ClassVar

import numpy as np

from sklearn_automl.samplers._base import (
    NOTHING_NEW,
    Observation,
    Proposal,
    Sampler,
)
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
    """Keep what was told as points of the unit cube, and what was asked for and runs.

    This is the base of samplers with a model. A subclass writes :meth:`propose`, and
    :meth:`start` to make the model's state after that of this class.

    See Also
    --------
    Sampler : The base of all samplers.

    Notes
    -----
    Observations are kept for each amount of the resource, with an infinite loss where
    an evaluation failed. A configuration is taken to run from when it was asked for
    until its first result. Instead of a proposal that is not new, a random one is made.
    """

    learns: ClassVar[bool] = True

    def start(self) -> None:
        self._cube = UnitCube(self.space, type(self).__name__)
        self._seen: dict[float, Seen] = {}
        self._points: dict[Hashable, np.ndarray] = {}
        # Asked for, and not told yet with any amount of the resource.
        self._pending: dict[Hashable, np.ndarray] = {}

    def tell(self, observation: Observation) -> None:
        key = self.space.key(observation.config)
        self._pending.pop(key, None)
        point = self._point_of(key, observation.config)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        seen = self._seen.get(observation.resource)
        if seen is None:
            seen = self._seen[observation.resource] = Seen(self._cube.n_columns)
        seen.add(point, loss)

    def note_asked(self, proposal: Proposal) -> None:
        key = self.space.key(proposal.config)
        self._pending[key] = self._point_of(key, proposal.config)

    def _point_of(self, key: Hashable, config: Configuration) -> np.ndarray:
        """Return the point of a configuration, encoded at its first appearance."""
        if key not in self._points:
            self._points[key] = self.space.encode(config)
        return self._points[key]

    def propose_another(self, resource: float, repeated: Proposal) -> Proposal:  # noqa: ARG002
        return self._random(NOTHING_NEW)

    def _random(self, why: str) -> Proposal:
        return Proposal(self.space.sample(self.rng), why)

    def _first_new(self, points: Iterable[np.ndarray]) -> Proposal:
        """Return the first configuration that may be proposed."""
        for point in points:
            config = self._cube.decode(point)
            if self.is_new(config):
                # To encode it again would take as long as to decode it.
                self._points[self.space.key(config)] = point
                return Proposal(config, "model")
        return self._random(NOTHING_NEW)
