"""What the evolutionary samplers have in common: individuals, old and new."""

import math
from abc import abstractmethod
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sklearn_automl.samplers._base import (
    NOTHING_NEW,
    Observation,
    Proposal,
    Sampler,
)
from sklearn_automl.space import Configuration, UnitCube

__all__ = [
    "Child",
    "Individual",
    "PopulationSampler",
    "Ranked",
]

# After so many repeated children in a row there are hardly any new ones.
_MAX_REPEATS = 20
# So many children may be refused because something beside them has failed.
_MAX_REFUSED = 10


class Ranked:
    """An individual with a number, and a loss with some amount of the resource.

    Attributes
    ----------
    number : int
        The place in the order in which individuals became known, from 0.

    loss : float
        The loss with the highest resource that the individual was evaluated with. It is
        infinite if that evaluation failed.

    resource : float
        The highest resource that the individual was evaluated with.

    See Also
    --------
    GeneticSampler : Compares individuals by their rank.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from sklearn_automl.samplers import Ranked
    >>> @dataclass
    ... class Individual(Ranked):
    ...     number: int
    ...     loss: float
    ...     resource: float
    >>> small, large = Individual(0, 0.1, resource=1), Individual(1, 0.2, resource=3)
    >>> min(small, large, key=lambda individual: individual.rank).number
    1
    """

    __slots__ = ()

    number: int
    loss: float
    resource: float

    @property
    def rank(self) -> tuple[bool, float, float, int]:
        """The key that individuals are compared by: the smallest is the best.

        Losses are compared within one resource only. An individual with a higher
        resource comes before one with a lower resource, because it was promoted as one
        of the best. A failed individual comes last.
        """
        # Deviation: the resource is part of the key because the papers have only one,
        # and losses with different resources cannot be compared.
        return not math.isfinite(self.loss), -self.resource, self.loss, self.number


@dataclass(eq=False, slots=True)
class Individual(Ranked):
    """A configuration, and its result with the highest resource.

    The genotype is a complete point of the unit cube: it also has coordinates of
    inactive parameters. Children inherit those, and use them where the parameters are
    active.
    """

    key: Hashable
    genotype: np.ndarray
    number: int
    loss: float = math.inf
    resource: float = 0
    is_evaluated: bool = False  # a resource of 0 does not tell: it can be a result's


@dataclass(frozen=True, slots=True)
class Child:
    """A genotype, and what the algorithm remembers of its origin."""

    genotype: np.ndarray
    origin: Any = None


class PopulationSampler(Sampler):
    """A sampler that breeds new configurations from evaluated ones.

    The first ``population_size`` proposals are a Latin hypercube. Every later proposal
    is a child of the configurations that are evaluated by then. The sampler never waits
    for a result, so late or missing results delay nothing.

    Subclasses write ``_breed`` and ``_learn``. They also write ``_born`` if they keep
    something of a child until it is evaluated.
    """

    learns: ClassVar[bool] = True

    def __init__(self, *, population_size: int) -> None:
        self.population_size = population_size

    def start(self) -> None:
        self._cube = UnitCube(self.space, type(self).__name__)
        self._individuals: dict[Hashable, Individual] = {}
        self._has_failures = False
        self._n_first = self._design_size()
        self._design = list(self._latin_hypercube(self._n_first))

    @abstractmethod
    def _breed(self, resource: float) -> Child | None:
        """Return a child, or None while there are too few to breed from."""

    @abstractmethod
    def _learn(self, individual: Individual, loss: float, resource: float) -> None:
        """Take in one result, the first one of an individual or a later one."""

    def _born(self, individual: Individual, origin: Any) -> None:
        """Take note of the origin of a child that is proposed."""

    def _repeated(self, key: Hashable, child: Child) -> None:
        """Take note of a child that is not proposed because it was proposed before."""

    def _design_size(self) -> int:
        return self.population_size

    # ---- ask and tell ------------------------------------------------------------

    def propose(self, resource: float) -> Proposal:
        # Deviation: a Latin hypercube instead of independent draws, because it covers
        # each parameter evenly.
        if self._design and len(self._individuals) < self._n_first:
            return self._proposal(Child(self._design.pop()), "initial design")
        n_refused = 0
        for _ in range(_MAX_REPEATS):
            child = self._breed(resource)
            if child is None:
                return self._random("too few observations")
            proposal = self._proposal(child, "bred")
            if self.is_new(proposal.config):
                # Deviation: a child beside a failed configuration is bred again,
                # because invalid combinations lie side by side.
                if n_refused == _MAX_REFUSED or not self._may_fail(child.genotype):
                    return proposal
                n_refused += 1
                continue
            self._repeated(self.space.key(proposal.config), child)
        return self._random(NOTHING_NEW)

    def propose_another(self, resource: float, repeated: Proposal) -> Proposal:
        if repeated.how == NOTHING_NEW:
            return self._random(NOTHING_NEW)
        return self.propose(resource)

    def _may_fail(self, genotype: np.ndarray) -> bool:
        """Tell whether the evaluated configuration that is nearest has failed."""
        if not self._has_failures:
            return False
        evaluated = [i for i in self._individuals.values() if i.is_evaluated]
        points = np.array([individual.genotype for individual in evaluated])
        is_active = self._cube.is_active(genotype[None])[0]
        distances = np.zeros(len(points))
        for j in np.flatnonzero(is_active).tolist():
            if self._cube.is_categorical[j]:
                levels = self._cube.levels(points, j)
                distances += levels != self._cube.levels(genotype[None], j)[0]
            else:
                distances += abs(points[:, j] - genotype[j])
        return not math.isfinite(evaluated[int(np.argmin(distances))].loss)

    def _random(self, why: str) -> Proposal:
        return self._proposal(Child(self.rng.random(self._cube.n_columns)), why)

    def _proposal(self, child: Child, how: str) -> Proposal:
        return Proposal(self._cube.decode(child.genotype), how, memo=child)

    def note_asked(self, proposal: Proposal) -> None:
        key = self.space.key(proposal.config)
        child: Child | None = proposal.memo
        if child is not None:
            self._individuals.setdefault(key, self._individual(key, child.genotype))
        individual = self._known(key, proposal.config)
        self._born(individual, None if child is None else child.origin)

    def tell(self, observation: Observation) -> None:
        key = self.space.key(observation.config)
        individual = self._known(key, observation.config)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        if observation.resource >= individual.resource:
            individual.loss, individual.resource = loss, observation.resource
            individual.is_evaluated = True
        self._has_failures |= loss == math.inf
        self._learn(individual, loss, observation.resource)

    def _known(self, key: Hashable, config: Configuration) -> Individual:
        """Return the individual of a configuration, a new one if it was not bred."""
        individual = self._individuals.get(key)
        if individual is None:
            point = self._cube.encode([config])
            genotype = self._cube.complete(point, self.rng)[0]
            individual = self._individuals[key] = self._individual(key, genotype)
        return individual

    def _individual(self, key: Hashable, genotype: np.ndarray) -> Individual:
        return Individual(key, genotype, number=len(self._individuals))

    # ---- operators ---------------------------------------------------------------

    def _latin_hypercube(self, n: int) -> np.ndarray:
        """Draw n points, one in each of n equal intervals of each coordinate.

        McKay, Beckman and Conover, Technometrics 21, 1979.
        """
        cells = [self.rng.permutation(n) for _ in range(self._cube.n_columns)]
        within = self.rng.random((n, self._cube.n_columns))
        points: np.ndarray = (np.column_stack(cells) + within) / n
        return points

    def _mutate(
        self, genotype: np.ndarray, columns: Iterable[int], scale: float
    ) -> None:
        """Change some coordinates in place, numbers by a normal step."""
        for j in columns:
            n_levels = int(self._cube.n_levels[j])
            if self._cube.is_categorical[j]:
                if n_levels > 1:
                    own = int(self._cube.levels(genotype[None], j)[0])
                    other = (own + 1 + int(self.rng.integers(n_levels - 1))) % n_levels
                    genotype[j] = (other + 0.5) / n_levels
                continue
            # The step is at least the width of one value, so that a parameter with few
            # values reaches its neighbours.
            sd = max(scale, 1 / n_levels) if n_levels else scale
            genotype[j] = _reflect(genotype[j] + sd * self.rng.standard_normal())


def _reflect(u: float) -> float:
    """Fold a number into [0, 1], as between two mirrors."""
    u = math.fmod(abs(u), 2)
    return 2 - u if u > 1 else u
