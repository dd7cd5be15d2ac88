"""Every architecture is trained in full."""

from numbers import Integral

from sklearn_automl.nas.estimation._base import Estimation, Training
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.schedulers import FullFidelity, Scheduler

__all__ = ["Full"]


class Full(Estimation):
    """Train every architecture in full.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_parallel : int, default=4
        How many trials of a strategy that learns may run at once. Each proposal uses
        the results of all trials but the last `n_parallel` - 1. It does not depend on
        the number of workers or on the order in which trials end, so the same seed
        gives the same architectures. Strategies that do not learn use all workers.

    See Also
    --------
    LowFidelity : Trains in full only architectures that are good after a few epochs.
    LearningCurve : Ends a training that will hardly become the best.

    Examples
    --------
    >>> from sklearn_automl.nas.estimation import Full
    >>> Full(n_parallel=8)
    Full(n_parallel=8)
    """

    trains_all_in_full = True

    def __init__(self, *, n_parallel: int = 4) -> None:
        self.n_parallel = n_parallel

    def make_scheduler(
        self, strategy: Strategy, n_trials: int, training: Training
    ) -> Scheduler:
        """Return the scheduler of a search, as :class:`Estimation` says."""
        if not isinstance(self.n_parallel, Integral) or self.n_parallel < 1:
            raise self._refuse("n_parallel", "an integer of at least 1")
        n_unknown = int(self.n_parallel) if strategy.learns else None
        return FullFidelity(strategy, n_trials, self.largest(training), n_unknown)
