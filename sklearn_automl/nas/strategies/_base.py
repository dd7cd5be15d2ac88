"""What every strategy has in common: it proposes architectures, none of them twice."""

import copy
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from numpy.random import Generator
from sklearn.base import BaseEstimator

from sklearn_automl._options import HasOptions
from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.nas.supernet.training import (
    SupernetLearner,
    SupernetTraining,
    UniformPaths,
)
from sklearn_automl.samplers import ModelSampler, Proposal
from sklearn_automl.space import Configuration, SearchSpace

__all__ = ["Strategy"]


class Strategy(HasOptions, ModelSampler, BaseEstimator):
    """A sampler of the decisions of a space of architectures.

    A strategy has the ``ask`` and ``tell`` of samplers, and proposes configurations of
    ``space.decisions``. The constructor stores options. They are checked when the
    strategy is bound. Subclasses write ``_check_options``, ``propose`` and, if they
    learn, ``start`` and ``tell``. This class makes sure that no architecture is
    proposed twice, and that none is proposed that was refused.
    """

    _architectures: ArchitectureSpace
    _accepts: Callable[[Configuration], bool] | None
    _n_trials: int | None
    _built: set[Architecture]

    # ---- what a search asks of any strategy ------------------------------------------

    def most_trials(self, n_trials: int) -> int:
        """Return the largest number of architectures that are proposed."""
        return n_trials

    @property
    def inherits_weights(self) -> bool:
        """Whether trainings begin with the weights of :meth:`parent_of`."""
        return False

    def parent_of(self, config: Configuration) -> Configuration | None:  # noqa: ARG002
        """Return the parent of a proposal, or None if it has no parent.

        Parameters
        ----------
        config : dict
            A configuration that was asked for.

        Returns
        -------
        parent : dict or None
            A configuration that was asked for before.
        """
        return None

    def supernet_options(self) -> SupernetOptions | None:
        """Return how the strategy's supernet is trained, or None without one.

        A strategy with one is a :class:`OneShotStrategy`.
        """
        return None

    def make_learner(self) -> SupernetLearner:
        """Return what takes part in the training of a supernet.

        If the strategy has no supernet, the supernet belongs to the estimation, which
        scores any architecture with it.
        """
        return UniformPaths()

    def derive(
        self,
        training: SupernetTraining,  # noqa: ARG002
        learner: Any,  # noqa: ARG002
    ) -> list[Configuration]:
        """Return what a trained supernet means to the strategy, the best first.

        Parameters
        ----------
        training : SupernetTraining
            Training of the supernet. It may have been interrupted.

        learner : SupernetLearner
            The learner that has taken part in the training.

        Returns
        -------
        configs : list of dict
            Configurations, the best first. Empty if the strategy has no supernet.
        """
        return []

    def take(self, candidates: list[Configuration]) -> None:
        """Take note of candidates that were derived before."""

    # ---- its space -------------------------------------------------------------------

    def bind_architectures(
        self,
        space: ArchitectureSpace,
        rng: Generator,
        accepts: Callable[[Configuration], bool] | None = None,
        *,
        initial: Iterable[Configuration] = (),
        n_trials: int | None = None,
    ) -> Self:
        """Return a fresh copy of this strategy that searches ``space``.

        Parameters
        ----------
        space : ArchitectureSpace
            A bound space.

        rng : numpy.random.Generator
            The only source of randomness.

        accepts : callable, default=None
            Function that says whether a configuration may be proposed.

        initial : iterable of dict, default=()
            Configurations to propose first, unless they are refused.

        n_trials : int, default=None
            Number of proposals that will be asked for, if it is known.

        Returns
        -------
        strategy : Strategy
            The copy.

        Raises
        ------
        ValueError
            If an option of the strategy cannot be used, or an initial configuration is
            not in the space.
        """
        strategy = copy.copy(self)
        strategy._architectures = space
        strategy._accepts = accepts
        strategy._n_trials = n_trials
        return strategy.bind(space.decisions, rng, initial)

    def bind(
        self,
        space: SearchSpace,
        rng: Generator,
        initial: Iterable[Configuration] = (),
    ) -> Self:
        """Return a fresh copy of this strategy that searches its architecture space.

        Parameters
        ----------
        space : SearchSpace
            The decisions of that space.

        rng : numpy.random.Generator
            The only source of randomness.

        initial : iterable of dict, default=()
            Configurations to propose first.

        Returns
        -------
        strategy : Strategy
            The copy.
        """
        self._need_architectures()
        return super().bind(space, rng, initial)

    @abstractmethod
    def _check_options(self) -> None:
        """Raise a ValueError if an option cannot be used."""

    def _check_option(
        self, check: Callable[..., None], name: str, *bounds: float
    ) -> None:
        """Check an option as samplers do; say whose it is."""
        check(name, getattr(self, name), *bounds, owner=type(self).__name__)

    def _check_one_of(self, name: str, allowed: Sequence[str]) -> None:
        if getattr(self, name) not in allowed:
            raise self._refuse(name, f"one of {', '.join(map(repr, allowed))}")

    def start(self) -> None:
        self._check_options()
        super().start()
        self._built = set()

    def propose_another(self, resource: float, repeated: Proposal) -> Proposal:  # noqa: ARG002
        # A subclass makes sure that its own proposals are new; random ones may not be.
        return self._random(repeated.how)

    # ---- what is new -----------------------------------------------------------------

    def _claim(self, config: Configuration) -> bool:
        """Tell whether it can be proposed; from now on it was."""
        architecture = self._new_architecture(config)
        if architecture is None:
            return False
        self._proposed.add(self.space.key(config))
        self._built.add(architecture)
        return True

    def is_new(self, config: Configuration) -> bool:
        """Say whether a configuration builds a new architecture that is accepted.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        Returns
        -------
        is_new : bool
            Whether it may be proposed.
        """
        return self._new_architecture(config) is not None

    def _new_architecture(self, config: Configuration) -> Architecture | None:
        """Return what it builds, None if that is not new or not accepted."""
        key = self.space.key(config)
        if key in self._proposed:
            return None
        architecture = self._architectures.architecture(config)
        is_new = architecture not in self._built
        if is_new and (self._accepts is None or self._accepts(config)):
            return architecture
        self._proposed.add(key)  # it need not be built and refused again
        return None

    def _next_initial(self) -> Proposal | None:
        self._need_architectures()
        return super()._next_initial()

    def _need_architectures(self) -> None:
        if not hasattr(self, "_architectures"):
            raise RuntimeError(
                f"This {type(self).__name__} has no search space yet: call "
                "bind_architectures(space, rng) and use the copy it returns."
            )
