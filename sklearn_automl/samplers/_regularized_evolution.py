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

    Nobody stays for long: a configuration that was lucky once survives only through
    children that are good again [1]_.

    Parameters
    ----------
    population_size : int, default=20
        P: how many configurations live, and are in the Latin hypercube that the
        population begins with.

    sample_size : int, default=5
        S: of how many, drawn with replacement, the best is mutated.

    mutation_scale : float, default=0.1
        Standard deviation of a numeric mutation, in the unit cube. Any other value of a
        list without an order is drawn with equal probability.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals were bred and how many are random, by reason.

    See Also
    --------
    GeneticSampler : Crossover too, and the worst die.

    Notes
    -----
    A mutation changes one active parameter. The paper has P=100 and S=25 for
    20,000 models; the defaults have the same share of them. Its first P models are
    independent draws. Age counts from the first result, not from the proposal. With
    results of several resources, configurations are compared by the highest one, and
    those with more of it come first. A failed configuration never lives, and dies if it
    fails with more of the resource.

    References
    ----------
    .. [1] E. Real, A. Aggarwal, Y. Huang and Q. V. Le, "Regularized evolution for
       image classifier architecture search", AAAI 2019. :arxiv:`1802.01548`

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
        if individual.number in self._has_lived:
            return
        self._has_lived.add(individual.number)
        self._population.append(individual)
        if len(self._population) > self.population_size:
            self._population.popleft()
