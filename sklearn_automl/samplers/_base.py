"""What every sampler has in common: the ask/tell protocol, no configuration twice."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from numpy.random import Generator

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.space import Configuration, SearchSpace

__all__ = ["Observation", "Sampler"]

# So many repeats in a row mean that hardly anything new can be drawn.
_MAX_REPEATS = 100

# A finite space up to this size is listed to find what was not proposed yet.
_MAX_LISTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Observation:
    """What one evaluation of a configuration has shown.

    ``loss`` is minimised, and infinite where the evaluation failed.
    """

    config: Configuration
    loss: float
    resource: float


class Sampler(ABC):
    """Proposes configurations: ``ask`` for one, ``tell`` what became of it.

    A sampler is made with its options only, and :meth:`bind` gives the copy that draws
    from a space. Subclasses write ``_propose`` and, if they learn, ``_start`` and
    ``tell``; that no configuration comes twice is taken care of here.
    """

    #: Whether proposals depend on what was told. If so, a synchronous scheduler must
    #: have all results of one bracket before it draws the next.
    learns: ClassVar[bool] = False

    _space: SearchSpace
    _rng: Generator

    @property
    def space(self) -> SearchSpace:
        """The space of a bound sampler."""
        return self._space

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
        bound._space, bound._rng = space, rng
        bound._initial = []
        for i, config in enumerate(initial):
            space.check(config, f"initial_params[{i}]")
            bound._initial.append(space.conform(config))
        bound._initial.reverse()
        bound._proposed = set()
        bound._rest = None
        bound._start()
        return bound

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
        self._resource = resource
        config = self._next_initial()
        if config is None:
            config = self._next_new()
        self._note_asked(config)
        return config

    def _next_new(self) -> Configuration:
        """Return a configuration that was not proposed before."""
        if self._rest is None:
            config = self._propose()
            for _ in range(_MAX_REPEATS):
                if self._is_new(config):
                    return config
                config = self._propose_another()
            # A sampler that repeats itself does not use up a space.
            for _ in range(_MAX_REPEATS):
                if self._is_new(config := self._space.sample(self._rng)):
                    return config
        for config in self._remaining():
            if self._is_new(config):
                return config
        raise SearchSpaceExhausted

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

    def tell(self, observation: Observation) -> None:  # noqa: B027  (most need none)
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Of a configuration of the space, which need not have been asked for.
        """

    def _start(self) -> None:  # noqa: B027  (most have no state)
        """Make the state of a bound sampler."""

    @abstractmethod
    def _propose(self) -> Configuration:
        """Return a configuration, perhaps one that was proposed before."""

    def _propose_another(self) -> Configuration:
        """Return what to propose instead of something that is not new."""
        return self._propose()

    def _note_asked(self, config: Configuration) -> None:  # noqa: B027
        """Take note of what ``ask`` returns, however it came about."""

    #: What the configuration that is being proposed will be evaluated with first.
    _resource: float
    _initial: list[Configuration]
    _proposed: set[Hashable]
    _rest: Iterator[Configuration] | None

    def _next_initial(self) -> Configuration | None:
        if not hasattr(self, "_space"):
            raise RuntimeError(
                f"This {type(self).__name__} has no search space yet: call "
                "bind(space, rng) and use the copy it returns."
            )
        while self._initial:
            config = self._initial.pop()
            if self._is_new(config):
                return config
        return None

    def _is_new(self, config: Configuration) -> bool:
        """Tell whether it was not proposed before; from now on it was."""
        key = self._space.key(config)
        if key in self._proposed:
            return False
        self._proposed.add(key)
        return True

    def _remaining(self) -> Iterator[Configuration]:
        """Go through what is left of a finite space in random order."""
        if self._rest is None:
            rest: list[Configuration] = []
            if self._space.size <= _MAX_LISTED:
                key, proposed = self._space.key, self._proposed
                rest = [config for config in self._space if key(config) not in proposed]
                self._rng.shuffle(rest)
            self._rest = iter(rest)
        return self._rest
