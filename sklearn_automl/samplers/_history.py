"""What samplers with a model have in common: observations as points of the cube."""

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
from sklearn_automl.samplers._costs import known_seconds
from sklearn_automl.space import Configuration, UnitCube

__all__ = ["ModelSampler", "Seen"]


class Seen:
    """The observations with one amount of the resource."""

    def __init__(self, n_columns: int) -> None:
        self._points = np.empty((16, n_columns))
        self._losses = np.empty(16)
        self._seconds = np.empty(16)
        self.n = 0

    def add(self, point: np.ndarray, loss: float, seconds: float = math.nan) -> None:
        """Append an observation to arrays that grow by doubling."""
        if self.n == len(self._losses):
            self._points = _doubled(self._points)
            self._losses = _doubled(self._losses)
            self._seconds = _doubled(self._seconds)
        self._points[self.n], self._losses[self.n] = point, loss
        self._seconds[self.n] = seconds
        self.n += 1

    @property
    def points(self) -> np.ndarray:
        """The configurations, shape (n, n_columns)."""
        return self._points[: self.n]

    @property
    def losses(self) -> np.ndarray:
        """Their losses, infinite where they failed."""
        return self._losses[: self.n]

    @property
    def seconds(self) -> np.ndarray:
        """How long they took, NaN where that is not known."""
        return self._seconds[: self.n]


def _doubled(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, np.empty_like(array)])


class ModelSampler(Sampler):
    """Keep observations and running configurations as points of the unit cube.

    This is the base of samplers with a model. A subclass writes :meth:`propose`. If the
    model has a state, the subclass also writes :meth:`start`, which calls that of this
    class first.

    Attributes
    ----------
    n_proposals : Counter
        The number of configurations that were asked for, by how they were found.

    Raises
    ------
    ValueError
        By :meth:`bind`, if a distribution of the space has no ``ppf`` and ``cdf``.

    See Also
    --------
    Sampler : The base of all samplers.
    KDESampler : A model of this kind.

    Notes
    -----
    Observations are kept for each amount of the resource. A failed evaluation has an
    infinite loss. A configuration counts as running from when it was asked for until
    its first result. If a proposal is not new, the next one is random.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import ModelSampler, Observation, Proposal
    >>> from sklearn_automl.space import SearchSpace
    >>> class TowardsTheBest(ModelSampler):
    ...     def start(self):
    ...         super().start()
    ...         self._best = Observation({"x": 0.5}, np.inf, resource=1)
    ...
    ...     def tell(self, observation):
    ...         super().tell(observation)
    ...         self._best = min(self._best, observation, key=lambda o: o.loss)
    ...
    ...     def propose(self, resource):
    ...         place = self.space.encode(self._best.config)
    ...         place = (place + self.rng.random(place.shape)) / 2
    ...         return Proposal(self.space.decode(place), "model")
    >>> space = SearchSpace({"x": uniform()})
    >>> sampler = TowardsTheBest().bind(space, np.random.default_rng(0))
    >>> for _ in range(20):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"], resource=1))
    >>> sampler.ask()["x"] < 0.6
    True
    """

    learns: ClassVar[bool] = True

    def start(self) -> None:
        self._cube = UnitCube(self.space, type(self).__name__)
        self._seen: dict[float, Seen] = {}
        self._points: dict[Hashable, np.ndarray] = {}
        # The points that were asked for and have no result with any resource yet.
        self._pending: dict[Hashable, np.ndarray] = {}

    def tell(self, observation: Observation) -> None:
        key = self.space.key(observation.config)
        self._pending.pop(key, None)
        point = self._point_of(key, observation.config)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        seen = self._seen.get(observation.resource)
        if seen is None:
            seen = self._seen[observation.resource] = Seen(self._cube.n_columns)
        seen.add(point, loss, known_seconds(observation))

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
        """Return the first configuration that is new, or else a random one."""
        for point in points:
            config = self._cube.decode(point)
            if self.is_new(config):
                # The point is kept because encoding takes as long as decoding.
                self._points[self.space.key(config)] = point
                return Proposal(config, "model")
        return self._random(NOTHING_NEW)
