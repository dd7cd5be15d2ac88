"""Differential evolution, rand/1/bin (Storn and Price, Journal of Global Optimization
11, 1997), and over several resources after DEHB (Awad, Mallik and Hutter, "DEHB:
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
    """An individual at a place of a population, and its loss with that resource."""

    individual: Individual
    loss: float


class DifferentialEvolutionSampler(PopulationSampler):
    """Add the difference of two configurations to a third, and cross it with a fourth.

    This is differential evolution [1]_. The fourth configuration is the target. Members
    of the population become the target in turn, and the new configuration replaces the
    target if it is not worse. The steps become shorter as the population contracts.

    With several resources the sampler is similar to DEHB [2]_: every resource has a
    separate population, and the three other configurations come from the best
    configurations with the next lower resource.
    :class:`~sklearn_automl.HyperbandSearchCV` with ``sampler="differential_evolution"``
    is such a search.

    Parameters
    ----------
    population_size : int, default=20
        The largest number of configurations in each population, ``NP`` in [1]_. The
        first population begins with a Latin hypercube of this size. At least 4.

    mutation_factor : float, default=0.5
        Factor of the difference, ``F`` in [1]_. More than 0 and at most 2.

    crossover_rate : float, default=0.5
        Probability that a coordinate comes from the sum and not from the target: ``CR``
        in [1]_. At least one coordinate always does. Between 0 and 1.

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
    ParticleSwarmSampler : Steps towards the best ones.

    Notes
    -----
    ``F = CR = 0.5`` are the values of [2]_. Losses are compared only with losses of the
    same resource. ``benchmarks/bench_models.py full`` and ``lcbench`` compare this
    sampler with the others.

    The sampler deviates from [1]_ as follows:

    * A coordinate outside of the unit cube is drawn anew.
    * New configurations of several targets run at the same time. When the result of a
      new configuration comes, it competes with the member that then has the place of
      its target.
    * A failed configuration has no place in a population. If it fails with more of the
      resource, it also loses its places in the populations with less.
    * A child whose nearest evaluated configuration has failed is bred again, at most
      ten times, because invalid configurations lie side by side.

    The search with several resources is not DEHB as published [2]_:

    * DEHB promotes configurations only in its first set of brackets, and from the
      second set on it evolves the population of every rung. Here, only the lowest rung
      of each bracket gets new configurations, and the best of them are always promoted.
    * Every population has `population_size` places. In [2]_ the number depends on how
      many configurations Hyperband has with that resource.
    * A configuration that was not bred for a place, such as a promoted one, takes a
      free place or competes with the worst member.
    * At least the four best configurations with the lower resource can be parents.
    * With :class:`~sklearn_automl.ASHASearchCV`, all new configurations start with the
      lowest resource, so that only results with that resource drive the evolution.

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
        # The resource and the place that a configuration was bred for.
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
        """Return the individuals that a mutant can be made of, DEHB's parent pool."""
        lower = [r for r, p in self._populations.items() if p and r < resource]
        if not lower:
            return [member.individual for member in population]
        below = sorted(
            self._populations[max(lower)], key=lambda m: (m.loss, m.individual.number)
        )
        # Deviation: at least four because the target is no parent, and a small rung may
        # have fewer members.
        n_best = max(len(population), _N_PARENTS + 1)
        return [member.individual for member in below[:n_best]]

    def _mutant(self, base: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        # Mutation of rand/1: v = x_r1 + F (x_r2 - x_r3).
        mutant: np.ndarray = base + self.mutation_factor * (a - b)
        # Deviation: coordinates outside of the cube are drawn anew because
        # configurations exist only inside.
        is_outside = (mutant < 0) | (mutant > 1)
        mutant[is_outside] = self.rng.random(int(is_outside.sum()))
        return mutant

    def _cross(self, target: np.ndarray, mutant: np.ndarray) -> np.ndarray:
        # Crossover "bin": each coordinate of the mutant with probability CR, and one of
        # them in any case.
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
            if member.individual is individual:  # evaluated again with this resource
                population[place] = newcomer
                return
        bred_for, place = self._bred_for.get(individual.key, (None, 0))
        # Deviation: a promoted configuration enters the population of its new rung in
        # every set of brackets, because Hyperband always promotes. In DEHB this happens
        # in the first set only; later, the population of each rung is evolved.
        if bred_for != resource or place >= len(population):
            if len(population) < self.population_size:
                population.append(newcomer)
                return
            losses = [member.loss for member in population]
            place = losses.index(max(losses))
        # Selection: the new configuration takes the place if it is not worse.
        if loss <= population[place].loss:
            population[place] = newcomer

    def _remove(self, individual: Individual, resource: float) -> None:
        """Free the places of an individual that failed with this resource."""
        for of, population in self._populations.items():
            for place, member in enumerate(population):
                if of <= resource and member.individual is individual:
                    population[place] = population[-1]  # only the last member moves
                    population.pop()
                    break
