"""A genetic algorithm in steady state (Syswerda, "A study of reproduction in
generational and steady-state genetic algorithms", FOGA 1991).
"""

import math
from collections.abc import Hashable

import numpy as np

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.samplers._population import (
    Child,
    Individual,
    PopulationSampler,
)

__all__ = ["GeneticSampler"]


class GeneticSampler(PopulationSampler):
    """Cross and mutate the better ones of the best configurations so far.

    Each proposal has two parents, both the best of a tournament; each coordinate is
    that of one of them, and some are mutated. The population is the best
    configurations that were ever evaluated, so the best are never lost.

    Parameters
    ----------
    population_size : int, default=20
        How many configurations are in the population, and in the Latin hypercube that
        it begins with.

    tournament_size : int, default=3
        Of how many a parent is the best, as far as there are so many.

    mutation_rate : float, default=None
        Probability that a coordinate is mutated. None is one in as many as there are
        parameters.

    mutation_scale : float, default=0.1
        Standard deviation of a numeric mutation, in the unit cube. Any other value of a
        list without an order is drawn with equal probability.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals were bred and how many are random, by reason.

    See Also
    --------
    RegularizedEvolutionSampler : Mutation only, and the oldest die.
    DifferentialEvolutionSampler : Steps as long as the population is wide.

    Notes
    -----
    A newcomer takes the place of the worst as soon as it is evaluated, so that there
    are no generations to wait for. Configurations with results of several resources
    are compared by the highest one, and those with more of it come first. A failed
    configuration is never in the population.

    References
    ----------
    .. [1] G. Syswerda, "A study of reproduction in generational and steady-state
       genetic algorithms", Foundations of Genetic Algorithms 1, 1991.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import GeneticSampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = GeneticSampler().bind(space, np.random.default_rng(0))
    >>> for _ in range(60):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"] ** 2, resource=1))
    >>> abs(sampler.ask()["x"]) < 0.2
    True
    """

    def __init__(
        self,
        *,
        population_size: int = 20,
        tournament_size: int = 3,
        mutation_rate: float | None = None,
        mutation_scale: float = 0.1,
    ) -> None:
        check_integer("population_size", population_size, 2)
        check_integer("tournament_size", tournament_size, 1)
        if mutation_rate is not None:
            check_between("mutation_rate", mutation_rate, 0, 1)
        check_between("mutation_scale", mutation_scale, 0, 1)
        super().__init__(population_size=population_size)
        self.tournament_size = tournament_size
        self.mutation_rate = mutation_rate
        self.mutation_scale = mutation_scale

    def start(self) -> None:
        super().start()
        self._population: dict[Hashable, Individual] = {}

    def _breed(self, resource: float) -> Child | None:  # noqa: ARG002
        if len(self._population) < 2:
            return None
        mother, father = self._tournament(), self._tournament()
        n = self._cube.n_columns
        from_mother = self.rng.random(n) < 0.5
        child = np.where(from_mother, mother.genotype, father.genotype)
        rate = self.mutation_rate
        if rate is None:
            rate = 1 / self._cube.n_active_most
        mutated = np.flatnonzero(self.rng.random(n) < rate)
        self._mutate(child, mutated, self.mutation_scale)
        return Child(child)

    def _tournament(self) -> Individual:
        members = list(self._population.values())
        size = min(self.tournament_size, len(members))
        drawn = self.rng.choice(len(members), size, replace=False)
        best: Individual = min((members[i] for i in drawn), key=lambda m: m.rank)
        return best

    def _learn(self, individual: Individual, loss: float, resource: float) -> None:  # noqa: ARG002
        self._population.pop(individual.key, None)
        if not math.isfinite(individual.loss):
            return
        self._population[individual.key] = individual
        if len(self._population) > self.population_size:
            worst = max(self._population.values(), key=lambda member: member.rank)
            del self._population[worst.key]
