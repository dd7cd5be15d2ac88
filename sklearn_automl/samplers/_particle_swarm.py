"""Particle swarm optimization with constriction (Clerc and Kennedy, IEEE Transactions
on Evolutionary Computation 6, 2002); categories as in Strasser, Goodman, Sheppard and
Butcher, "A new discrete particle swarm optimization algorithm", GECCO 2016.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.samplers._population import (
    Child,
    Individual,
    PopulationSampler,
)

__all__ = ["ParticleSwarmSampler"]

# A particle is pulled towards its best category with a probability of one minus this
# number, and towards all categories with the rest, so that none becomes impossible. No
# benchmark tuned the number.
_DOUBT = 0.1


@dataclass(eq=False, slots=True)
class _Particle:
    """The position and velocity of a particle, and the best that it has found."""

    position: np.ndarray
    velocity: np.ndarray
    current: Individual
    best: Individual


class ParticleSwarmSampler(PopulationSampler):
    """Let particles fly around their own best configuration and the best of all.

    This is a particle swarm with constriction [1]_. A particle keeps a share of its
    velocity. It is accelerated towards the best configuration that it has found itself
    and towards the best of the swarm, each time by a random share of the way.

    Parameters
    ----------
    population_size : int, default=20
        Number of particles. They start from a Latin hypercube. At least 2.

    inertia : float, default=0.729
        Share of the velocity that a particle keeps: the constriction ``chi`` of [1]_.
        Between 0 and 1.

    own_pull : float, default=1.49
        Largest share of the way to its own best that is added to the velocity. Between
        0 and 4.

    swarm_pull : float, default=1.49
        Largest share of the way to the best of the swarm that is added to the velocity.
        Between 0 and 4.

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
    DifferentialEvolutionSampler : The steps become shorter with the population.

    Notes
    -----
    A parameter without an order has one coordinate for each of its values: the
    probability that the value is drawn. These coordinates fly like all others [2]_.
    The other defaults are those of [1]_ with ``phi = 4.1``: ``chi = 0.729`` and
    ``chi * phi / 2``, rounded. ``benchmarks/bench_models.py full`` compares this
    sampler with the others.

    The sampler deviates from [1]_ as follows:

    * A particle that would leave the unit cube stops at a random place on its way to
      the wall.
    * Particles do not fly all at once. The next particle is the evaluated one whose
      last flight is the oldest. If no particle is evaluated, the particle with the
      oldest flight flies without its result.
    * A particle whose new configuration was proposed before flies on at once. It uses
      the result of that configuration if there is one.
    * Configurations with results of several resources are compared by the result with
      the highest resource. A configuration with a higher resource comes first.
    * A better configuration that no particle has found, such as an initial one, becomes
      the best of the particle whose own best is the worst.
    * A particle whose best fails with more of the resource follows the best of the
      swarm until it finds another one.
    * A child whose nearest evaluated configuration has failed is bred again, at most
      ten times, because invalid configurations lie side by side.

    References
    ----------
    .. [1] M. Clerc and J. Kennedy, "The particle swarm: explosion, stability, and
       convergence in a multidimensional complex space", IEEE Transactions on
       Evolutionary Computation 6, 2002.

    .. [2] S. Strasser, R. Goodman, J. Sheppard and S. Butcher, "A new discrete particle
       swarm optimization algorithm", GECCO 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import Observation, ParticleSwarmSampler
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = ParticleSwarmSampler().bind(space, np.random.default_rng(0))
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
        inertia: float = 0.729,
        own_pull: float = 1.49,
        swarm_pull: float = 1.49,
    ) -> None:
        check_integer("population_size", population_size, 2)
        check_between("inertia", inertia, 0, 1)
        check_between("own_pull", own_pull, 0, 4)
        check_between("swarm_pull", swarm_pull, 0, 4)
        super().__init__(population_size=population_size)
        self.inertia = inertia
        self.own_pull = own_pull
        self.swarm_pull = swarm_pull

    def start(self) -> None:
        super().start()
        # The particle whose last flight is the longest ago comes first.
        self._swarm: list[_Particle] = []
        self._flown_by: dict[Hashable, _Particle] = {}
        columns, first = [], 0
        for j, is_categorical in enumerate(self._cube.is_categorical):
            width = int(self._cube.n_levels[j]) if is_categorical else 1
            columns.append(slice(first, first + width))
            first += width
        self._columns, self._n_coordinates = columns, first

    def _breed(self, resource: float) -> Child | None:  # noqa: ARG002
        if len(self._swarm) < 2:
            return None
        # Deviation: one particle flies, as soon as it is evaluated, because parallel
        # workers would wait for the slowest of the swarm otherwise.
        particle = next(
            (p for p in self._swarm if p.current.is_evaluated), self._swarm[0]
        )
        best = min((p.best for p in self._swarm), key=lambda i: i.rank)
        if not math.isfinite(best.loss):
            return None
        # The best of a particle can fail with a higher resource, and no longer counts.
        own_best = particle.best if math.isfinite(particle.best.loss) else best
        to_own = self._spread(own_best.genotype) - particle.position
        to_best = self._spread(best.genotype) - particle.position
        own, swarm = self.rng.random((2, self._n_coordinates))
        # Constriction: v <- chi (v + phi_1 (p_own - x) + phi_2 (p_best - x)), with chi
        # multiplied out into the pulls.
        velocity = self.inertia * particle.velocity
        velocity += self.own_pull * own * to_own + self.swarm_pull * swarm * to_best
        position = particle.position + velocity
        # Deviation: a particle stops before the wall because configurations at the wall
        # would be proposed again and again.
        is_outside = (position < 0) | (position > 1)
        to_wall = np.clip(position, 0, 1) - particle.position
        stop = particle.position + self.rng.random(self._n_coordinates) * to_wall
        position, velocity[is_outside] = np.where(is_outside, stop, position), 0
        return Child(self._draw(position), origin=(particle, position, velocity))

    def _spread(self, genotype: np.ndarray) -> np.ndarray:
        """Return the position whose most probable point is ``genotype``."""
        position = np.empty(self._n_coordinates)
        for j, place in enumerate(self._columns):
            position[place] = genotype[j]
            if self._cube.is_categorical[j]:
                n_levels = int(self._cube.n_levels[j])
                position[place] = _DOUBT / n_levels
                level = int(self._cube.levels(genotype[None], j)[0])
                position[place.start + level] += 1 - _DOUBT
        return position

    def _draw(self, position: np.ndarray) -> np.ndarray:
        """Return a point there, with categories drawn by their probabilities."""
        genotype = np.empty(self._cube.n_columns)
        for j, place in enumerate(self._columns):
            genotype[j] = position[place.start]
            if self._cube.is_categorical[j]:
                weights = position[place]
                n_levels, total = len(weights), weights.sum()
                probabilities = weights / total if total > 0 else None
                level = self.rng.choice(n_levels, p=probabilities)
                genotype[j] = (level + 0.5) / n_levels
        return genotype

    def _born(self, individual: Individual, origin: Any) -> None:
        if origin is None:
            return
        particle, particle.position, particle.velocity = origin
        particle.current = individual
        self._flown_by.setdefault(individual.key, particle)
        self._swarm.remove(particle)
        self._swarm.append(particle)

    def _repeated(self, key: Hashable, child: Child) -> None:
        individual = self._individuals[key]
        self._born(individual, child.origin)
        particle = child.origin[0]
        if individual.rank < particle.best.rank:
            particle.best = individual

    def _learn(self, individual: Individual, loss: float, resource: float) -> None:  # noqa: ARG002
        particle = self._flown_by.get(individual.key)
        if particle is None:
            if not math.isfinite(individual.loss):
                return
            if len(self._swarm) < self.population_size:
                particle = self._join(individual)
            else:
                particle = max(self._swarm, key=lambda p: p.best.rank)
        if individual.rank < particle.best.rank:
            particle.best = individual

    def _join(self, individual: Individual) -> _Particle:
        position = self._spread(individual.genotype)
        # The velocity is half of the way to a random place, so that a particle leaves
        # the cube only by a pull.
        velocity = (self.rng.random(self._n_coordinates) - position) / 2
        particle = _Particle(position, velocity, individual, individual)
        self._flown_by[individual.key] = particle
        self._swarm.append(particle)
        return particle
