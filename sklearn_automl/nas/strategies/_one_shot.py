"""What strategies with a supernet have in common: they train it, and propose what they
derive from it, among some random architectures.
"""

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from sklearn_automl._options import check_integer
from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.nas.supernet.training import SupernetLearner, SupernetTraining
from sklearn_automl.samplers import Proposal
from sklearn_automl.space import Configuration

__all__ = ["OneShotStrategy", "best_shared"]


class OneShotStrategy(Strategy):
    """A strategy that trains a supernet and then proposes a few architectures.

    Subclasses write ``make_learner`` and ``_derive``. The learner takes part in the
    training of the supernet. Afterwards, ``_derive`` returns the architectures that
    follow from what it has learned. The search calls :meth:`derive` after the training.
    """

    # No proposal depends on the scores of the candidates before it.
    learns: ClassVar[bool] = False

    n_epochs: int | None
    optimizer: str | None
    lr: float | None
    weight_decay: float
    channel_share: int | None = 1
    mixed_precision: bool
    n_derived: int
    n_random: int

    _derived: list[Configuration] | None

    @property
    def n_candidates(self) -> int:
        """The largest number of architectures that are proposed."""
        return self.n_derived + self.n_random

    def most_trials(self, n_trials: int) -> int:
        """Return the largest number of proposals: that of the candidates."""
        return min(n_trials, self.n_candidates)

    def supernet_options(self) -> SupernetOptions:
        """Return how the weights are trained."""
        return SupernetOptions(
            n_epochs=self.n_epochs,
            optimizer=self._optimizer(),
            lr=self.lr,
            weight_decay=self.weight_decay,
            channel_share=self.channel_share,
            mixed_precision=self.mixed_precision,
        )

    def _optimizer(self) -> str:
        return "adamw" if self.optimizer is None else self.optimizer

    @abstractmethod
    def make_learner(self) -> SupernetLearner:
        """Return what learns while the supernet is trained."""

    @abstractmethod
    def _derive(
        self, training: SupernetTraining, learner: Any
    ) -> Iterator[Configuration]:
        """Yield what has been found, the best first."""

    def derive(self, training: SupernetTraining, learner: Any) -> list[Configuration]:
        """Derive candidates from a trained supernet, which are proposed from now on.

        Parameters
        ----------
        training : SupernetTraining
            Training of the supernet. It may have been interrupted.

        learner : SupernetLearner
            The learner that has taken part in the training.

        Returns
        -------
        configs : list of dict
            The derived candidates, the best first.
        """
        derived = self._acceptable(self._derive(training, learner))
        candidates = list(islice(derived, self.n_derived))
        self.take(candidates)
        return candidates

    def _acceptable(self, configs: Iterable[Configuration]) -> Iterator[Configuration]:
        """Yield those that may be proposed, each architecture once."""
        seen = set()
        for config in configs:
            try:
                architecture = self._new_architecture(config)
            except SearchSpaceExhausted:  # too many were refused
                return
            if architecture is not None and architecture not in seen:
                seen.add(architecture)
                yield config

    def take(self, candidates: list[Configuration]) -> None:
        """Take note of candidates that were derived before."""
        self._derived = list(candidates)

    def _check_options(self) -> None:
        self.supernet_options().check(type(self).__name__)
        self._check_option(check_integer, "n_derived", 1)
        self._check_option(check_integer, "n_random", 0)

    def start(self) -> None:
        super().start()
        self._derived = None
        self._n_drawn = 0

    # ---- ask -------------------------------------------------------------------------

    def _next_new(self, resource: float) -> Proposal:
        if self._derived is None:
            raise RuntimeError(
                f"This {type(self).__name__} has no supernet yet: train one with its "
                "learner and call derive(training, learner)."
            )
        while self._derived:
            config = self._derived.pop(0)
            if self._claim(config):
                return Proposal(config, "derived")
        if self._n_drawn >= self.n_random:
            raise SearchSpaceExhausted
        self._n_drawn += 1
        return super()._next_new(resource)

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        return self._random("random")


def best_shared(
    training: SupernetTraining,
    configs: Iterable[Configuration],
    rows: np.ndarray | slice,
) -> list[Configuration]:
    """Return configurations by their score with shared weights, the best first.

    Those for which there is no time left are not among them, but for the first one.
    """
    scored: list[tuple[float, Configuration]] = []
    for config in configs:
        if scored and training.must_stop():
            break
        score = training.score(training.space.path(config), rows=rows)
        scored.append((score if math.isfinite(score) else -math.inf, config))
    scored.sort(key=lambda entry: -entry[0])  # stable: of equal ones the first
    return [config for _, config in scored]
