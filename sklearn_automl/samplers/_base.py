"""What every sampler has in common: the ask/tell protocol, no configuration twice."""

import copy
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import ClassVar, Self

from numpy.random import Generator

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers._messages import Observation, Proposal
from sklearn_automl.space import Configuration, SearchSpace

__all__ = ["NOTHING_NEW", "Observation", "Proposal", "Sampler"]

# After so many repeats in a row hardly anything new is left to draw.
_MAX_REPEATS = 100

# A finite space of at most this size is listed to find what was not proposed yet: a
# longer list would take seconds and much memory.
_MAX_LISTED = 1_000_000

#: How a configuration was drawn when a sampler has only repeated itself.
NOTHING_NEW = "nothing new"


class Sampler(ABC):
    """Propose configurations: ``ask`` returns one, ``tell`` takes its result.

    The constructor takes options only. :meth:`bind` returns a copy that draws from a
    space. A subclass writes :meth:`propose` and, if it learns, :meth:`start` and
    :meth:`tell`. It draws from ``space``, and ``rng`` is its only source of randomness.
    The other methods return the initial configurations first, propose no configuration
    twice, and end when a finite space is used up.

    Attributes
    ----------
    learns : bool
        Whether proposals depend on the results. If so, a synchronous scheduler waits
        for all results of one bracket before it draws the next. The default of the
        class is False.

    space : SearchSpace
        The space of a bound sampler.

    rng : numpy.random.Generator
        The only source of randomness of a bound sampler.

    n_proposals : Counter
        The number of configurations that ``ask`` returned, by :attr:`Proposal.how`.
        "initial" counts those that were passed to :meth:`bind`. "nothing new" counts
        those that were drawn at random because the sampler only repeated itself.

    See Also
    --------
    RandomSampler : The simplest sampler.
    ModelSampler : The base of samplers that keep their observations as points.

    Notes
    -----
    The names documented here are stable: a subclass keeps working until a deprecation
    of two minor versions is over.

    A space is not used up when a sampler repeats itself 100 times in a row: the next
    configurations are drawn from the space itself. If these draws repeat themselves as
    often, a finite space of at most 1,000,000 configurations is listed, and the
    remaining configurations are proposed in random order.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.samplers import Proposal, Sampler
    >>> from sklearn_automl.space import SearchSpace
    >>> class FirstValues(Sampler):
    ...     def propose(self, resource):
    ...         return Proposal(self.space.decode(np.zeros(2)), "first values")
    >>> space = SearchSpace({"a": [1, 2], "b": [True, False]})
    >>> sampler = FirstValues().bind(space, np.random.default_rng(0))
    >>> sampler.ask()
    {'a': 1, 'b': True}
    >>> len(sampler.ask_together(10))
    3
    >>> sampler.n_proposals
    Counter({'nothing new': 3, 'first values': 1})
    """

    learns: ClassVar[bool] = False

    space: SearchSpace
    rng: Generator
    n_proposals: Counter[str]

    _initial: list[Configuration]
    _initial_keys: frozenset[Hashable] = frozenset()
    _initial_origin: str = "initial"
    _proposed: set[Hashable]
    _rest: Iterator[Configuration] | None

    def bind(
        self,
        space: SearchSpace,
        rng: Generator,
        initial: Iterable[Configuration] = (),
    ) -> Self:
        """Return a fresh copy of this sampler that draws from ``space``.

        Parameters
        ----------
        space : SearchSpace
            The space that configurations come from.

        rng : numpy.random.Generator
            The only source of randomness.

        initial : iterable of dict, default=()
            Configurations to propose first. An equal value of another type, such as
            ``5.0`` for ``5``, becomes the value of the space.

        Returns
        -------
        sampler : Sampler
            The copy.

        Raises
        ------
        ValueError
            If an initial configuration is not in the space, or the sampler cannot
            search the space.
        """
        bound = copy.copy(self)
        bound.space, bound.rng = space, rng
        bound._initial = []
        for i, config in enumerate(initial):
            space.check(config, f"initial_params[{i}]")
            bound._initial.append(space.conform(config))
        bound._initial_keys = frozenset(map(space.key, bound._initial))
        bound._initial.reverse()
        bound._proposed = set()
        bound._rest = None
        bound.n_proposals = Counter()
        bound.start()
        return bound

    # ---- what a subclass writes ------------------------------------------------------

    def start(self) -> None:  # noqa: B027  (most have no state)
        """Make the state of a bound sampler: ``space`` and ``rng`` are there already.

        :meth:`bind` calls this method last.
        """

    @abstractmethod
    def propose(self, resource: float) -> Proposal:
        """Return a configuration, perhaps one that was proposed before.

        Parameters
        ----------
        resource : float
            The amount of the resource that its first evaluation will have.

        Returns
        -------
        proposal : Proposal
            The configuration, and how it was found.

        Raises
        ------
        SearchSpaceExhausted
            If the sampler has no further configuration.
        """

    def propose_another(self, resource: float, repeated: Proposal) -> Proposal:  # noqa: ARG002
        """Return what to propose instead of a configuration that is not new.

        The default is to call :meth:`propose` again.

        Parameters
        ----------
        resource : float
            The amount of the resource that its first evaluation will have.

        repeated : Proposal
            The last proposal, which is not new.

        Returns
        -------
        proposal : Proposal
            Another proposal, which need not be new either.
        """
        return self.propose(resource)

    def note_asked(self, proposal: Proposal) -> None:  # noqa: B027  (most need none)
        """Take note of a configuration that ``ask`` is about to return.

        Parameters
        ----------
        proposal : Proposal
            The proposal. It comes from :meth:`propose`, from the initial
            configurations, or from a draw at random because nothing else was new.
        """

    def tell(self, observation: Observation) -> None:  # noqa: B027  (most need none)
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            The result. Its configuration is in the space, but ``ask`` need not have
            returned it.
        """

    # ---- what schedulers call --------------------------------------------------------

    def ask(self, resource: float = 1) -> Configuration:
        """Return a configuration that was not proposed before.

        Parameters
        ----------
        resource : float, default=1
            The amount of the resource that its first evaluation will have.

        Returns
        -------
        config : dict
            Values of the active parameters.

        Raises
        ------
        SearchSpaceExhausted
            If no new configuration is left.

        RuntimeError
            If the sampler has no space yet; see :meth:`bind`.
        """
        proposal = self._next_initial() or self._next_new(resource)
        self.n_proposals[proposal.how] += 1
        self.note_asked(proposal)
        return proposal.config

    def ask_together(self, n: int, resource: float = 1) -> list[Configuration]:
        """Return configurations that are all drawn before any is evaluated.

        Parameters
        ----------
        n : int
            The number of configurations.

        resource : float, default=1
            The amount of the resource that their first evaluations will have.

        Returns
        -------
        configs : list of dict
            The configurations; fewer than ``n`` if the space is used up.
        """
        configs: list[Configuration] = []
        try:
            while len(configs) < n:
                configs.append(self.ask(resource))
        except SearchSpaceExhausted:
            pass
        return configs

    def is_new(self, config: Configuration) -> bool:
        """Tell whether a configuration may be proposed.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        Returns
        -------
        is_new : bool
            False if the configuration was proposed before.
        """
        return self.space.key(config) not in self._proposed

    # ---- where configurations come from ----------------------------------------------

    def keep_initial(self, n: int, origin: str = "initial") -> None:
        """Leave only the first initial configurations, and name their origin.

        Parameters
        ----------
        n : int
            How many to leave at most.

        origin : str, default="initial"
            The word that :meth:`origin_of` returns for them, and that ``n_proposals``
            counts them by.
        """
        self._initial = self._initial[::-1][:n][::-1]
        self._initial_keys = frozenset(map(self.space.key, self._initial))
        self._initial_origin = origin

    @property
    def has_initial(self) -> bool:
        """Whether initial configurations are left, which come first."""
        return bool(self._initial)

    def origin_of(self, config: Configuration) -> str:
        """Return where a configuration comes from.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        Returns
        -------
        origin : str
            "initial" for an initial configuration, unless another word was passed to
            :meth:`keep_initial`. "sampler" for any other configuration.
        """
        is_initial = self._initial_keys and self.space.key(config) in self._initial_keys
        return self._initial_origin if is_initial else "sampler"

    def accept(self, config: Configuration, how: str) -> bool:
        """Take a configuration from elsewhere as if ``ask`` had returned it.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        how : str
            The word by which ``n_proposals`` counts it.

        Returns
        -------
        is_new : bool
            False if the configuration was proposed before. Then nothing changes.
        """
        if not self._claim(config):
            return False
        self.n_proposals[how] += 1
        self.note_asked(Proposal(config, how))
        return True

    # ---- no configuration twice ------------------------------------------------------

    def _claim(self, config: Configuration) -> bool:
        """Tell whether a configuration is new, and mark it as proposed."""
        key = self.space.key(config)
        if key in self._proposed:
            return False
        self._proposed.add(key)
        return True

    def _next_initial(self) -> Proposal | None:
        if not hasattr(self, "space"):
            raise RuntimeError(
                f"This {type(self).__name__} has no search space yet: call "
                "bind(space, rng) and use the copy it returns."
            )
        while self._initial:
            config = self._initial.pop()
            if self._claim(config):
                return Proposal(config, self._initial_origin)
        return None

    def _next_new(self, resource: float) -> Proposal:
        if self._rest is None:
            proposal = self.propose(resource)
            for _ in range(_MAX_REPEATS):
                if self._claim(proposal.config):
                    return proposal
                proposal = self.propose_another(resource, proposal)
            # A sampler that only repeats itself says nothing about what is left.
            for _ in range(_MAX_REPEATS):
                if self._claim(config := self.space.sample(self.rng)):
                    return Proposal(config, NOTHING_NEW)
        for config in self._remaining():
            if self._claim(config):
                return Proposal(config, NOTHING_NEW)
        raise SearchSpaceExhausted

    def _remaining(self) -> Iterator[Configuration]:
        """Go through the rest of a finite space in random order."""
        if self._rest is None:
            rest: list[Configuration] = []
            if self.space.size <= _MAX_LISTED:
                key, proposed = self.space.key, self._proposed
                rest = [config for config in self.space if key(config) not in proposed]
                self.rng.shuffle(rest)
            self._rest = iter(rest)
        return self._rest
