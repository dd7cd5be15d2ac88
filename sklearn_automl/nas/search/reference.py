"""The first trial: a network that people made by hand, which the others must beat."""

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn_automl.execution import Evaluation, Status
from sklearn_automl.nas.estimation import Estimation, Training
from sklearn_automl.nas.search.size_limit import SizeLimit
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.schedulers import BaselineFirst, Scheduler
from sklearn_automl.space import Configuration

__all__ = ["Reference"]


@dataclass(frozen=True)
class Reference:
    """What is trained first and in full, so that no search ends with less.

    Parameters
    ----------
    config : dict or None
        Decisions of a space; None if there is no reference.
    """

    config: Configuration | None

    @classmethod
    def of(
        cls,
        space: ArchitectureSpace,
        size_limit: SizeLimit,
        strategy: Strategy,
        n_trials: int,
    ) -> "Reference":
        """Return the reference of a space.

        Parameters
        ----------
        space : ArchitectureSpace
            A bound space.

        size_limit : SizeLimit
            A network that is too large is no reference.

        strategy : Strategy
            Proposes the other architectures.

        n_trials : int
            Of the search.
        """
        config = space.reference()
        # A supernet would be trained for nothing, if none of its networks were tried.
        is_in_the_way = n_trials == 1 and strategy.supernet_options() is not None
        if config is None or is_in_the_way:
            return cls(None)
        space.decisions.check(config, f"reference() of {type(space).__name__}")
        return cls(config if size_limit.is_within(config) else None)

    @property
    def initial(self) -> list[Configuration]:
        """What a strategy proposes first."""
        return [] if self.config is None else [self.config]

    def make_scheduler(
        self,
        strategy: Strategy,
        estimation: Estimation,
        training: Training,
        n_trials: int,
    ) -> Scheduler:
        """Return the scheduler of a search, in which the reference is one trial.

        Parameters
        ----------
        strategy : Strategy
            Bound; it proposes :attr:`initial` first.

        estimation : Estimation
            Decides on the other trials.

        training : Training
            What there is to share out.

        n_trials : int
            Of the search.
        """
        n_first = int(self.config is not None and n_trials > 1)
        n_rest = strategy.most_trials(n_trials - n_first)
        make = estimation.make_scheduler
        if not n_first:
            return make(strategy, n_rest, training)
        if estimation.trains_all_in_full:
            return make(strategy, n_rest + n_first, training)
        rest = make(strategy, n_rest, training)
        return BaselineFirst(rest, estimation.largest(training))

    def score(self, evaluations: Sequence[Evaluation]) -> float | None:
        """Return the score of the reference; None if it has none.

        Parameters
        ----------
        evaluations : sequence of Evaluation
            Of the search.

        Returns
        -------
        float or None
            That of the first trial, after its longest training.
        """
        if self.config is None:
            return None
        completed = [e for e in evaluations if e.status == Status.COMPLETED]
        own = [e for e in completed if e.job.trial_id == 0]
        return -max(own, key=lambda e: e.job.resource).loss if own else None
