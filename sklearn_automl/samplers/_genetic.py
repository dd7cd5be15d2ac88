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
    """Cross and mutate the best configurations so far.

    This is a genetic algorithm in steady state [1]_. Each proposal has two parents, and
    each parent is the best of a tournament. Each coordinate comes from either parent
    with equal probability [2]_, and some coordinates are mutated. The population
    consists of the best configurations that were ever evaluated, so the best are never
    lost.

    Parameters
    ----------
    population_size : int, default=20
        Number of configurations in the population. The population begins with a Latin
        hypercube of this size. At least 2.

    tournament_size : int, default=3
        Number of members in the tournament that a parent wins. A smaller population
        takes part as a whole. At least 1.

    mutation_rate : float, default=None
        Probability that a coordinate is mutated, between 0 and 1. None is ``1 / d``
        with ``d`` parameters (in the largest alternative).

    mutation_scale : float, default=0.1
        Standard deviation of a numeric mutation, as a share of the side of the unit
        cube. For an integer it is at least the width of one value. For a list without
        an order, a mutation draws any other value with equal probability. Between 0 and
        1.

    Attributes
    ----------
    n_proposals : Counter
        The number of bred proposals, and of random proposals by reason.

    Raises
    ------
    ValueError
        If an option is out of its range; by :meth:`bind`, if a distribution of the
        space has no ``ppf`` and ``cdf``.

    See Also
    --------
    RegularizedEvolutionSampler : Mutation only, and the oldest die.
    DifferentialEvolutionSampler : The steps become shorter with the population.

    Notes
    -----
    No benchmark tuned the defaults; ``benchmarks/bench_models.py full`` compares this
    sampler with the others.

    The sampler deviates from [1]_ as follows:

    * A new configuration enters the population when its result comes, so that parallel
      workers do not wait. It replaces the worst member, if it is better.
    * Configurations with results of several resources are compared by the result with
      the highest resource. A configuration with a higher resource comes first.
    * A failed configuration is never in the population.
    * A child whose nearest evaluated configuration has failed is bred again, at most
      ten times, because invalid configurations lie side by side.

    References
    ----------
    .. [1] G. Syswerda, "A study of reproduction in generational and steady-state
       genetic algorithms", Foundations of Genetic Algorithms 1, 1991.

    .. [2] G. Syswerda, "Uniform crossover in genetic algorithms", ICGA 1989.

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
        # Uniform crossover: each coordinate comes from either parent.
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
            return  # a failed configuration has no children
        # Deviation: a configuration enters when its result comes, not when it is bred,
        # because parallel workers would wait otherwise.
        self._population[individual.key] = individual
        if len(self._population) > self.population_size:
            worst = max(self._population.values(), key=lambda member: member.rank)
            del self._population[worst.key]
