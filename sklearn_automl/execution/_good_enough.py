"""When a search has found enough: a score is reached, or none becomes better."""

import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from sklearn_automl.execution._evaluation import Evaluation, StopReason
from sklearn_automl.execution._status import Status
from sklearn_automl.schedulers import Job

__all__ = ["GoodEnough"]


class GoodEnough:
    """A listener of the loop that ends a search which is good enough.

    Only evaluations with all of the resource count: scores of lower rungs cannot be
    compared with theirs. Before one of them is completed, nothing ends the
    search, so that there is a result.

    Parameters
    ----------
    is_top : callable
        Tells whether a job has all of the resource.

    stop_at : float, default=None
        The score that is enough.

    patience : int or timedelta, default=None
        The number of such evaluations, or the time, without a better score.

    clock : callable, default=time.perf_counter
        Seconds since some moment.
    """

    def __init__(
        self,
        is_top: Callable[[Job], bool],
        stop_at: float | None = None,
        patience: int | timedelta | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._is_top = is_top
        self._stop_at = math.inf if stop_at is None else stop_at
        self._max_waited: float = math.inf
        self._max_seconds = math.inf
        if isinstance(patience, timedelta):
            if patience <= timedelta(0):
                raise ValueError(
                    f"patience={patience!r} is not a positive time. Pass a timedelta, "
                    "such as timedelta(minutes=5), or a number of evaluations."
                )
            self._max_seconds = patience.total_seconds()
        elif patience is not None:
            self._max_waited = patience
        self._clock = clock
        self._best = -math.inf
        self._n_waited = 0  # evaluations since the best one
        self._began_to_wait = math.inf

    def evaluated(self, evaluation: Evaluation) -> StopReason | Literal[False]:
        """Take note of an evaluation; return why the search should end, if it should.

        Time is checked here too, because a job only starts where one has ended.
        """
        if self._is_top(evaluation.job):
            self._note(evaluation)
        if self._best >= self._stop_at:
            return StopReason.STOP_AT
        has_waited = self._clock() - self._began_to_wait >= self._max_seconds
        if has_waited or self._n_waited >= self._max_waited:
            return StopReason.PATIENCE
        return False

    def _note(self, evaluation: Evaluation) -> None:
        score = -evaluation.loss
        if evaluation.status == Status.COMPLETED and score > self._best:
            self._best = score
            self._n_waited = 0
            self._began_to_wait = self._clock()
        elif self._best > -math.inf:
            self._n_waited += 1
