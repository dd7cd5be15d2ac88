"""Evolution of architectures (Real, Aggarwal, Huang and Le, "Regularized evolution for
image classifier architecture search", AAAI 2019, Algorithm 1).
"""

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.samplers import Observation, Proposal, Ranked
from sklearn_automl.space import Configuration

__all__ = ["Evolution"]

_SURVIVALS = ("age", "worst", "mu_plus_lambda")
_PARENTS = ("tournament", "uniform")

# After so many children in a row that cannot be proposed, an architecture is drawn.
_MAX_REPEATS = 50

# The population of a search of unknown length.
_POPULATION_SIZE = 10

# The population is a quarter of the trials, within these bounds.
_LEAST_POPULATION, _MOST_POPULATION = 4, 100


@dataclass(eq=False, slots=True)
class Individual(Ranked):
    """A configuration, and what the highest resource has shown of it."""

    config: Configuration
    number: int
    parent: Configuration | None = None
    loss: float = math.inf
    resource: float = 0  # not evaluated yet
    has_lived: bool = False


class Evolution(Strategy):
    """Mutate good architectures, and remove the oldest or the worst.

    A mutation is one step of the space: one layer more or less, another operation, or a
    moved connection. With ``survival="age"``, no architecture stays in the population
    for long. An architecture that was lucky once survives only through children that
    are good again [1]_.

    .. versionadded:: 0.1

    Parameters
    ----------
    population_size : int, default=None
        P: the size of the population. The first P architectures are drawn at random.
        None for a quarter of the trials, but at least 4 and at most 100. None means 10
        if the number of trials is not known.

    tournament_size : int, default=None
        S: the number of architectures that are drawn with replacement. The best of them
        becomes a parent. None for a third of P.

    survival : {"age", "worst", "mu_plus_lambda"}, default="age"
        Which architecture a new one replaces: the oldest ("age") or the worst. With
        "mu_plus_lambda", P children are bred before any is removed, and the best P of
        parents and children remain.

    parents : {"tournament", "uniform"}, default="tournament"
        How parents are drawn: the best of a tournament, or any architecture of the
        population.

    crossover_probability : float, default=0.0
        Share of the children that get decisions from two parents before they are
        mutated.

    inherit_weights : bool, default=False
        Whether a child's training begins with the weights of its parent where their
        shapes agree.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals were bred, and how many are random for each reason.

    See Also
    --------
    RandomStrategy : The baseline.
    Bayesian : Asks a model which mutation is worth a trial.

    Notes
    -----
    The defaults are Algorithm 1 of [1]_, but the steps of the space take the place of
    its hidden-state and operation mutations. There is no identity mutation, because
    nothing is proposed twice. The paper has P=100 and S=25 for 20,000 models.

    After P proposals, each proposal is bred from the architectures that are evaluated
    by then, so no proposal waits for a late result. Age counts from the first result.
    If there are results of several resources, architectures are compared at their
    highest resource, and architectures with more resource come first. An architecture
    that was removed returns if a promotion makes it better than the worst. With
    ``survival="age"``, a promotion does not make an architecture younger, and does not
    bring it back. A failed architecture has no children. If a child was proposed
    before, another one is bred, up to 50 times. After that, an architecture is drawn at
    random.

    References
    ----------
    .. [1] E. Real, A. Aggarwal, Y. Huang and Q. V. Le, "Regularized evolution for
       image classifier architecture search", AAAI 2019. :arxiv:`1802.01548`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import ChainSpace
    >>> from sklearn_automl.nas.strategies import Evolution
    >>> from sklearn_automl.samplers import Observation
    >>> space = ChainSpace(n_layers=(1, 6), widths=[8, 16]).bind((4,))
    >>> strategy = Evolution(population_size=5)
    >>> strategy = strategy.bind_architectures(space, np.random.default_rng(0))
    >>> for _ in range(30):
    ...     config = strategy.ask()
    ...     strategy.tell(Observation(config, loss=-config["n_layers"], resource=1))
    >>> strategy.n_proposals
    Counter({'bred': 25, 'initial design': 5})
    """

    def __init__(
        self,
        *,
        population_size: int | None = None,
        tournament_size: int | None = None,
        survival: str = "age",
        parents: str = "tournament",
        crossover_probability: float = 0.0,
        inherit_weights: bool = False,
    ) -> None:
        self.population_size = population_size
        self.tournament_size = tournament_size
        self.survival = survival
        self.parents = parents
        self.crossover_probability = crossover_probability
        self.inherit_weights = inherit_weights

    @property
    def inherits_weights(self) -> bool:
        """Whether trainings begin with the weights of :meth:`parent_of`."""
        return bool(self.inherit_weights)

    def parent_of(self, config: Configuration) -> Configuration | None:
        """Return what a proposal was bred from, None if it was not.

        Parameters
        ----------
        config : dict
            A configuration that was asked for.

        Returns
        -------
        parent : dict or None
            The configuration that was mutated. If there were two parents, the first of
            them.
        """
        individual = self._individuals.get(self.space.key(config))
        if individual is None or individual.parent is None:
            return None
        return dict(individual.parent)

    def _check_options(self) -> None:
        for name in ("population_size", "tournament_size"):
            if getattr(self, name) is not None:
                self._check_option(check_integer, name, 1)
        self._check_one_of("survival", _SURVIVALS)
        self._check_one_of("parents", _PARENTS)
        self._check_option(check_between, "crossover_probability", 0, 1)
        if not isinstance(self.inherit_weights, bool | np.bool_):
            raise self._refuse("inherit_weights", "True or False")

    def start(self) -> None:
        super().start()
        self._p = self.population_size or _population_size(self._n_trials)
        self._s = self.tournament_size or max(2, round(self._p / 3))
        self._individuals: dict[Hashable, Individual] = {}
        self._population: deque[Individual] = deque()  # the oldest first
        self._children: list[Individual] = []  # that wait for their generation

    # ---- ask -------------------------------------------------------------------------

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        if len(self._individuals) < self._p:
            return self._random("initial design")  # Alg. 1, the first loop
        alive = [member for member in self._population if math.isfinite(member.loss)]
        if not alive:
            return self._random("too few observations")
        for _ in range(_MAX_REPEATS):
            # Alg. 1, the second loop: a sample, its best as the parent, and a mutation.
            parent = self._parent(alive)
            child = self._child(parent, alive)
            if self.is_new(child):
                return Proposal(child, "bred", memo=parent.config)
        return self._random("nothing new")

    def _parent(self, alive: list[Individual]) -> Individual:
        n_drawn = self._s if self.parents == "tournament" else 1
        drawn = self.rng.integers(len(alive), size=n_drawn)
        return min((alive[i] for i in drawn), key=lambda member: member.rank)

    def _child(self, parent: Individual, alive: list[Individual]) -> Configuration:
        config = parent.config
        if self.rng.random() < self.crossover_probability:
            other = self._parent(alive).config
            config = self._architectures.crossover(config, other, self.rng)
        return self._architectures.mutate(config, self.rng)

    def note_asked(self, proposal: Proposal) -> None:
        super().note_asked(proposal)
        individual = self._known(proposal.config)
        if proposal.how == "bred":
            individual.parent = proposal.memo

    # ---- tell ------------------------------------------------------------------------

    def tell(self, observation: Observation) -> None:
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Result of a configuration of the space. The configuration may come from
            elsewhere.
        """
        super().tell(observation)
        individual = self._known(observation.config)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        if observation.resource >= individual.resource:
            individual.loss, individual.resource = loss, observation.resource
        if math.isfinite(individual.loss):
            self._live(individual)

    def _known(self, config: Configuration) -> Individual:
        key = self.space.key(config)
        if key not in self._individuals:
            number = len(self._individuals)
            self._individuals[key] = Individual(dict(config), number)
        return self._individuals[key]

    def _live(self, individual: Individual) -> None:
        """Let it live, and who must die for that die."""
        if self.survival == "age":
            self._outlive_the_oldest(individual)
        elif self.survival == "worst":
            self._displace_the_worst(individual)
        else:
            self._join_generation(individual)

    def _outlive_the_oldest(self, individual: Individual) -> None:
        if individual.has_lived:
            return  # a promotion neither renews nor revives an architecture
        individual.has_lived = True
        self._population.append(individual)
        if len(self._population) > self._p:
            self._population.popleft()  # Alg. 1: the oldest is removed

    def _displace_the_worst(self, individual: Individual) -> None:
        # A promoted architecture is added again: with less of the resource it may have
        # been the worst.
        if individual in self._population:
            self._population.remove(individual)
        self._population.append(individual)
        if len(self._population) > self._p:
            worst = max(self._population, key=lambda member: member.rank)
            self._population.remove(worst)

    def _join_generation(self, individual: Individual) -> None:
        # A promoted architecture that is not there is added again, as above.
        if individual in self._population or individual in self._children:
            return
        if len(self._population) < self._p:
            self._population.append(individual)
            return
        self._children.append(individual)
        if len(self._children) == self._p:
            both = [*self._population, *self._children]
            both.sort(key=lambda member: member.rank)
            self._population, self._children = deque(both[: self._p]), []


def _population_size(n_trials: int | None) -> int:
    if n_trials is None:
        return _POPULATION_SIZE
    return min(max(n_trials // 4, _LEAST_POPULATION), _MOST_POPULATION)
