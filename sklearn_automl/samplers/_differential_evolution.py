"""Differential evolution, rand/1/bin (Storn and Price, Journal of Global Optimization
11, 1997), and over several resources as in DEHB (Awad, Mallik and Hutter, "DEHB:
Evolutionary Hyperband for scalable, robust and efficient hyperparameter optimization",
IJCAI 2021).
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_automl._options import (
    check_between,
    check_integer,
    check_positive,
)
from sklearn_automl.samplers._population import (
    Child,
    Individual,
    PopulationSampler,
)

__all__ = ["DifferentialEvolutionSampler"]

# rand/1 adds the difference of two parents to a third.
_N_PARENTS = 3


@dataclass(frozen=True, slots=True)
class _Member:
    """Who is at a place of a population, and its loss with that resource."""

    individual: Individual
    loss: float


class DifferentialEvolutionSampler(PopulationSampler):
    """Add the difference of two configurations to a third, and cross it with a fourth.

    The fourth is the target: whose turn it is in the population, and whose place the
    trial takes if it is not worse [1]_. As the population draws together, so do the
    differences, and the steps become shorter by themselves.

    With ``sampler="differential_evolution"``
    :class:`~sklearn_automl.HyperbandSearchCV` is DEHB [2]_: every resource has a
    population of its own, and the three parents are the best with the next lower
    resource.

    Parameters
    ----------
    population_size : int, default=20
        How many configurations a population has at most, and the Latin hypercube that
        the first one begins with.

    mutation_factor : float, default=0.5
        F: what the difference is multiplied by, more than 0 and at most 2.

    crossover_rate : float, default=0.5
        CR: probability that a coordinate is not the target's.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals were bred and how many are random, by reason.

    See Also
    --------
    ParticleSwarmSampler : Steps towards the best ones.

    Notes
    -----
    A coordinate that leaves the unit cube is drawn anew. Losses are compared only with
    those of the same resource. Trials of several targets run at the same time, and
    each competes with whoever has the target's place when its result comes.

    What is not as in the papers: the population has `population_size` places also
    where Hyperband would give its resource more or fewer; what was not bred for a
    place, such as a promoted configuration, has a free one or that of the worst. At
    least the four best with the lower resource can be parents. With
    :class:`~sklearn_automl.ASHASearchCV` all new trials start with the lowest
    resource, so that its results alone drive the evolution. A failed configuration
    has no place, nor does it keep one with less of the resource.

    References
    ----------
    .. [1] R. Storn and K. Price, "Differential evolution: A simple and efficient
       heuristic for global optimization over continuous spaces", Journal of Global
       Optimization 11, 1997.

    .. [2] N. Awad, N. Mallik and F. Hutter, "DEHB: Evolutionary Hyperband for scalable,
       robust and efficient hyperparameter optimization", IJCAI 2021.
       :arxiv:`2105.09821`

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import DifferentialEvolutionSampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = DifferentialEvolutionSampler().bind(space, np.random.default_rng(0))
    >>> for _ in range(60):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"] ** 2, resource=1))
    >>> abs(sampler.ask()["x"]) < 0.5
    True
    """

    def __init__(
        self,
        *,
        population_size: int = 20,
        mutation_factor: float = 0.5,
        crossover_rate: float = 0.5,
    ) -> None:
        check_integer("population_size", population_size, _N_PARENTS + 1)
        check_positive("mutation_factor", mutation_factor, 2)
        check_between("crossover_rate", crossover_rate, 0, 1)
        super().__init__(population_size=population_size)
        self.mutation_factor = mutation_factor
        self.crossover_rate = crossover_rate

    def start(self) -> None:
        super().start()
        self._populations: dict[float, list[_Member]] = {}
        self._turns: dict[float, int] = {}
        # The resource and the place that a trial was bred for.
        self._bred_for: dict[Hashable, tuple[float, int]] = {}

    def _breed(self, resource: float) -> Child | None:
        population = self._populations.get(resource, [])
        if not population:
            return None
        place = self._turns.get(resource, 0) % len(population)
        self._turns[resource] = place + 1
        target = population[place].individual
        parents = [p for p in self._parents(population, resource) if p is not target]
        if len(parents) < _N_PARENTS:
            return None
        drawn = self.rng.choice(len(parents), _N_PARENTS, replace=False)
        mutant = self._mutant(*(parents[i].genotype for i in drawn))
        trial = self._cross(target.genotype, mutant)
        return Child(trial, origin=(resource, place))

    def _parents(self, population: list[_Member], resource: float) -> list[Individual]:
        """Return whom the mutant can be made of: DEHB's parent pool."""
        lower = [r for r, p in self._populations.items() if p and r < resource]
        if not lower:
            return [member.individual for member in population]
        below = sorted(
            self._populations[max(lower)], key=lambda m: (m.loss, m.individual.number)
        )
        n_best = max(len(population), _N_PARENTS + 1)
        return [member.individual for member in below[:n_best]]

    def _mutant(self, base: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        mutant: np.ndarray = base + self.mutation_factor * (a - b)
        is_outside = (mutant < 0) | (mutant > 1)
        mutant[is_outside] = self.rng.random(int(is_outside.sum()))
        return mutant

    def _cross(self, target: np.ndarray, mutant: np.ndarray) -> np.ndarray:
        from_mutant = self.rng.random(len(target)) < self.crossover_rate
        from_mutant[self.rng.integers(len(target))] = True
        trial: np.ndarray = np.where(from_mutant, mutant, target)
        return trial

    def _born(self, individual: Individual, origin: Any) -> None:
        if origin is not None:
            self._bred_for[individual.key] = origin

    def _learn(self, individual: Individual, loss: float, resource: float) -> None:
        population = self._populations.setdefault(resource, [])
        if not math.isfinite(loss) or not math.isfinite(individual.loss):
            self._remove(individual, resource)
            return
        newcomer = _Member(individual, loss)
        for place, member in enumerate(population):
            if member.individual is individual:  # it was evaluated once more
                population[place] = newcomer
                return
        bred_for, place = self._bred_for.get(individual.key, (None, 0))
        if bred_for != resource or place >= len(population):
            if len(population) < self.population_size:
                population.append(newcomer)
                return
            losses = [member.loss for member in population]
            place = losses.index(max(losses))
        if loss <= population[place].loss:
            population[place] = newcomer

    def _remove(self, individual: Individual, resource: float) -> None:
        """Free the places of who has failed with so much of the resource."""
        for of, population in self._populations.items():
            for place, member in enumerate(population):
                if of <= resource and member.individual is individual:
                    population[place] = population[-1]  # all others keep theirs
                    population.pop()
                    break
