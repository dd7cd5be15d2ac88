"""How far a search is: the part of its plan that is done, and the time that is left."""

import math

from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.execution._fold_ladder import AllFolds
from sklearn_automl.schedulers import Scheduler

__all__ = ["Progress", "duration"]


# A smaller part of the plan is not extrapolated.
_MIN_DONE = 0.02


class Progress:
    """Counts the work of a search in units of the resource of a fold.

    Parameters
    ----------
    scheduler : Scheduler
        Its plan is the whole.

    folds : AllFolds
        Which folds an evaluation has.

    time_limit : float, default=None
        Seconds after which the search ends.
    """

    def __init__(
        self, scheduler: Scheduler, folds: AllFolds, time_limit: float | None = None
    ) -> None:
        self._folds = folds
        self._time_limit = math.inf if time_limit is None else time_limit
        self._planned = sum(
            n * self._work(amount, previous)
            for rungs in scheduler.plan
            for (n, amount), (_, previous) in zip(rungs, [(0, 0), *rungs], strict=False)
        )
        self._done = 0
        self._done_here = 0  # and not by an earlier run
        self._began = math.inf  # when the first evaluation did
        self._seconds_before = 0.0  # of earlier runs

    def note(self, evaluation: Evaluation) -> None:
        """Count an evaluation."""
        work = self._work(evaluation.job.resource, evaluation.job.previous_resource)
        self._done += work
        if evaluation.is_recorded:
            self._seconds_before = max(self._seconds_before, evaluation.end_time)
        else:
            self._done_here += work
            began = max(evaluation.start_time - self._seconds_before, 0.0)
            self._began = min(self._began, began)

    @property
    def fraction(self) -> float | None:
        """The part that is done; None if nobody knows how much it will be."""
        if not self._planned:
            return None
        # Failures that are tried again, and other surprises, make it more than planned.
        return min(self._done / self._planned, 1.0)

    def seconds_left(self, seconds: float) -> float | None:
        """Return how long it takes from now on; None if that is not known.

        ``seconds`` is how long ago the search began. That workers take long to start
        does not count, and little work says nothing of the rest.
        """
        left = self._time_limit - seconds
        if self._planned and self._done_here > _MIN_DONE * self._planned:
            per_unit = (seconds - self._began) / self._done_here
            left = min(left, per_unit * max(self._planned - self._done, 0))
        return max(left, 0.0) if math.isfinite(left) else None

    def _work(self, amount: int, previous: int) -> int:
        return self._folds.n_new(amount, previous) * self._folds.per_fold(amount)


def duration(seconds: float) -> str:
    """Return a number of seconds as one reads it."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
