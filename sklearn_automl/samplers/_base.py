"""What every sampler has in common: the ask/tell protocol, no configuration twice."""

import copy
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from numpy.random import Generator

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.space import Configuration, SearchSpace

__all__ = ["NOTHING_NEW", "Observation", "Proposal", "Sampler"]

# So many repeats in a row mean that hardly anything new can be drawn.
_MAX_REPEATS = 100

# A finite space up to this size is listed to find what was not proposed yet.
_MAX_LISTED = 1_000_000

#: How a configuration was drawn when a sampler has only repeated itself.
NOTHING_NEW = "nothing new"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one evaluation of a configuration has shown.

    Parameters
    ----------
    config : dict
        The configuration, of the sampler's space.

    loss : float
        What is minimised; infinite where the evaluation failed.

    resource : float
        How much of the resource the evaluation had.
    """

    config: Configuration
    loss: float
    resource: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A configuration that a sampler proposes, and how the sampler found it.

    Parameters
    ----------
    config : dict
        A configuration of the sampler's space.

    how : str
        A word or two, such as "random" or "model": ``n_proposals`` of the sampler
        counts how often a proposal came about in which way.

    memo : object, default=None
        What the sampler wants to know again in :meth:`Sampler.note_asked`.
    """

    config: Configuration
    how: str
    memo: Any = None


class Sampler(ABC):
    """Propose configurations: ``ask`` for one, ``tell`` what became of it.

    A sampler is made with its options only, and :meth:`bind` gives the copy that draws
    from a space. A subclass writes :meth:`propose` and, if it learns, :meth:`start` and
    :meth:`tell`; it draws from ``space``, with ``rng`` alone. The other methods see to
    it that initial configurations come first, that no configuration comes twice, and
    that a finite space ends.

    What is documented here is stable: a subclass of your own keeps working until a
    deprecation of two minor versions is over.

    Attributes
    ----------
    learns : bool
        Whether proposals depend on what was told. If so, a synchronous scheduler has
        all results of one bracket before it draws the next.

    space : SearchSpace
        The space of a bound sampler.

    rng : numpy.random.Generator
        The only source of randomness of a bound sampler.

    n_proposals : Counter
        How many configurations were asked for, by :attr:`Proposal.how`. "initial"
        stands for those that were passed to :meth:`bind`, and "nothing new" for those
        that were drawn because the sampler has only repeated itself.

    See Also
    --------
    RandomSampler : The simplest one.

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
            Where configurations come from.

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
            If an initial configuration is not in the space.
        """
        bound = copy.copy(self)
        bound.space, bound.rng = space, rng
        bound._initial = []
        for i, config in enumerate(initial):
            space.check(config, f"initial_params[{i}]")
            bound._initial.append(space.conform(config))
        bound._initial.reverse()
        bound._proposed = set()
        bound._rest = None
        bound.n_proposals = Counter()
        bound.start()
        return bound

    # ---- what a subclass writes ------------------------------------------------------

    def start(self) -> None:  # noqa: B027  (most have no state)
        """Make the state of a bound sampler, which has ``space`` and ``rng``."""

    @abstractmethod
    def propose(self, resource: float) -> Proposal:
        """Return a configuration, perhaps one that was proposed before.

        Parameters
        ----------
        resource : float
            What it will be evaluated with first.

        Returns
        -------
        proposal : Proposal
            The configuration, and how it was found.

        Raises
        ------
        SearchSpaceExhausted
            If the sampler has no other one.
        """

    def propose_another(self, resource: float, repeated: Proposal) -> Proposal:  # noqa: ARG002
        """Return what to propose instead of a configuration that is not new.

        It is another one of :meth:`propose`, if a subclass does not say otherwise.

        Parameters
        ----------
        resource : float
            What it will be evaluated with first.

        repeated : Proposal
            The last one, which is not new.

        Returns
        -------
        proposal : Proposal
            Another one, which need not be new either.
        """
        return self.propose(resource)

    def note_asked(self, proposal: Proposal) -> None:  # noqa: B027  (most need none)
        """Take note of what ``ask`` returns, however it came about.

        Parameters
        ----------
        proposal : Proposal
            One that :meth:`propose` has returned, or an initial one, or one of those
            that are left.
        """

    def tell(self, observation: Observation) -> None:  # noqa: B027  (most need none)
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Of a configuration of the space, which need not have been asked for.
        """

    # ---- what schedulers call --------------------------------------------------------

    def ask(self, resource: float = 1) -> Configuration:
        """Return a configuration that was not proposed before.

        Parameters
        ----------
        resource : float, default=1
            What it will be evaluated with first.

        Returns
        -------
        config : dict
            Values of the active parameters.

        Raises
        ------
        SearchSpaceExhausted
            If there is none left.
        """
        proposal = self._next_initial() or self._next_new(resource)
        self.n_proposals[proposal.how] += 1
        self.note_asked(proposal)
        return proposal.config

    def ask_together(self, n: int, resource: float = 1) -> list[Configuration]:
        """Return configurations of which none is evaluated before all are drawn.

        Parameters
        ----------
        n : int
            How many.

        resource : float, default=1
            What they will be evaluated with first.

        Returns
        -------
        configs : list of dict
            Fewer if the space has no more.
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
            False if it was proposed before.
        """
        return self.space.key(config) not in self._proposed

    # ---- no configuration twice ------------------------------------------------------

    def _claim(self, config: Configuration) -> bool:
        """Tell whether it may be proposed; from now on it was."""
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
                return Proposal(config, "initial")
        return None

    def _next_new(self, resource: float) -> Proposal:
        if self._rest is None:
            proposal = self.propose(resource)
            for _ in range(_MAX_REPEATS):
                if self._claim(proposal.config):
                    return proposal
                proposal = self.propose_another(resource, proposal)
            # A sampler that repeats itself does not use up a space.
            for _ in range(_MAX_REPEATS):
                if self._claim(config := self.space.sample(self.rng)):
                    return Proposal(config, NOTHING_NEW)
        for config in self._remaining():
            if self._claim(config):
                return Proposal(config, NOTHING_NEW)
        raise SearchSpaceExhausted

    def _remaining(self) -> Iterator[Configuration]:
        """Go through what is left of a finite space in random order."""
        if self._rest is None:
            rest: list[Configuration] = []
            if self.space.size <= _MAX_LISTED:
                key, proposed = self.space.key, self._proposed
                rest = [config for config in self.space if key(config) not in proposed]
                self.rng.shuffle(rest)
            self._rest = iter(rest)
        return self._rest
