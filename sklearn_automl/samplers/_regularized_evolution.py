"""Regularized evolution (Real et al., "Regularized evolution for image classifier
architecture search", AAAI 2019, Algorithm 1).
"""

import math
from collections import deque

import numpy as np

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.samplers._population import (
    Child,
    Individual,
    PopulationSampler,
)

__all__ = ["RegularizedEvolutionSampler"]


class RegularizedEvolutionSampler(PopulationSampler):
    """Mutate the best of a sample, and let the oldest die.

    This is regularised evolution [1]_. Every configuration dies after some time, so
    that a lucky score survives only through children that are also good.

    Parameters
    ----------
    population_size : int, default=20
        The number of living configurations, ``P`` in [1]_. The population begins with a
        Latin hypercube of this size. At least 1.

    sample_size : int, default=5
        The number of configurations that are drawn with replacement, ``S`` in [1]_. The
        best of them is mutated. At least 1.

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
    GeneticSampler : With crossover, and the worst die.

    Notes
    -----
    In [1]_, P is 100 and S is 25 for 20,000 models. The defaults have the same ratio,
    for shorter searches. No benchmark tuned the defaults;
    ``benchmarks/bench_models.py full`` compares this sampler with the others.

    The sampler deviates from [1]_ as follows:

    * The first P configurations are a Latin hypercube, not independent draws.
    * A mutation changes one active parameter of any kind.
    * The age of a configuration counts from its first result, not from its proposal, so
      that parallel workers do not wait.
    * Configurations with results of several resources are compared by the result with
      the highest resource. A configuration with a higher resource comes first.
    * A failed configuration does not enter the population. A member that fails with
      more of the resource is removed.
    * A child whose nearest evaluated configuration has failed is bred again, at most
      ten times, because invalid configurations lie side by side.

    References
    ----------
    .. [1] E. Real, A. Aggarwal, Y. Huang and Q. V. Le, "Regularized evolution for
       image classifier architecture search", AAAI 2019, Algorithm 1.
       :arxiv:`1802.01548`

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import Observation, RegularizedEvolutionSampler
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = RegularizedEvolutionSampler().bind(space, np.random.default_rng(0))
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
        sample_size: int = 5,
        mutation_scale: float = 0.1,
    ) -> None:
        check_integer("population_size", population_size, 1)
        check_integer("sample_size", sample_size, 1)
        check_between("mutation_scale", mutation_scale, 0, 1)
        super().__init__(population_size=population_size)
        self.sample_size = sample_size
        self.mutation_scale = mutation_scale

    def start(self) -> None:
        super().start()
        self._population: deque[Individual] = deque()  # the oldest first
        self._has_lived: set[int] = set()

    def _breed(self, resource: float) -> Child | None:  # noqa: ARG002
        if len(self._population) < min(2, self.population_size):
            return None
        # Alg. 1, the second loop: a sample with replacement, its best as the parent,
        # and a mutation.
        drawn = self.rng.integers(len(self._population), size=self.sample_size)
        sample = [self._population[i] for i in drawn]
        parent = min(sample, key=lambda member: member.rank)
        child = parent.genotype.copy()
        can_change = self._cube.is_active(child[None])[0] & (self._cube.n_levels != 1)
        one = self.rng.permutation(np.flatnonzero(can_change))[:1]
        self._mutate(child, one, self.mutation_scale)
        return Child(child)

    def _learn(self, individual: Individual, loss: float, resource: float) -> None:  # noqa: ARG002
        if not math.isfinite(individual.loss):
            if individual in self._population:
                self._population.remove(individual)
            return
        # Deviation: age counts from the first result because parallel workers would
        # wait for the results of older proposals otherwise.
        if individual.number in self._has_lived:
            return
        self._has_lived.add(individual.number)
        self._population.append(individual)
        if len(self._population) > self.population_size:
            self._population.popleft()  # Alg. 1: the oldest is removed
