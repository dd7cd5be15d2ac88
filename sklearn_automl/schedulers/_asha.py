"""ASHA, asynchronous successive halving (Li et al., "A system for massively parallel
hyperparameter tuning", MLSys 2020, Algorithm 2).
"""

import math
from collections import deque
from heapq import heappop, heappush
from typing import Literal

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._asynchronous import AsynchronousScheduler
from sklearn_automl.schedulers._base import Job, infinite_if_nan
from sklearn_automl.schedulers._rungs import n_halvings, rung_resources

__all__ = ["ASHA"]


class ASHA(AsynchronousScheduler):
    """Promote whenever a rung allows it; otherwise grow the bottom rung.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int or float
        How many of them to start; ``math.inf`` for no end.

    min_resource : int
        The least that a trial of the bottom rung gets, r.

    max_resource : int
        What a trial of the top rung gets, R.

    eta : int, default=3
        The reduction factor: one in `eta` trials of a rung is promoted.

    variant : {"promotion", "stopping"}, default="promotion"
        With "promotion" a trial is paused at each rung until it is among the best 1/eta
        there. With "stopping" it goes on at once if it is, or else it ends.

    Raises
    ------
    ValueError
        If `variant` has another value.

    See Also
    --------
    Hyperband : Gives the same result with any number of workers.
    LearningCurve : Stops a trial by its own learning curve.

    Notes
    -----
    The variant "promotion" is Algorithm 2 of [1]_, with a minimum early-stopping rate s
    of 0. When no trial is left to start and none can be promoted, workers wait, as in
    the paper: promotions beyond the best 1/eta are not made to keep them busy.

    There are five deviations. "stopping" keeps a trial that has just come to a rung if
    it is among the best ``max(1, n // eta)`` of the n that came there, because the
    first trial of a rung needs a rule, too. Resources are whole numbers: the top rung
    has R, and each rung below it 1/eta of the next, rounded down. A failed trial counts
    as a member of its rung, but it is never promoted. A trial whose failure more of the
    resource may mend (the `failure` of :meth:`tell`) is no member of its rung: it waits
    and is tried on a higher one, one of a kind first, for a quarter of the planned cost
    at most. A paused trial is let go when no further result can promote it, because the
    number of trials is known.

    References
    ----------
    .. [1] Li, L. et al. (2020). A system for massively parallel hyperparameter tuning.
           MLSys.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.schedulers import ASHA
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform()})
    >>> sampler = RandomSampler().bind(space, np.random.default_rng(0))
    >>> asha = ASHA(sampler, n_trials=9, min_resource=1, max_resource=9)
    >>> losses = iter([0.3, 0.1, 0.2, 0.4])
    >>> for loss in losses:
    ...     job = asha.ask()
    ...     ended = asha.tell(job, loss)
    ...     print(job.trial_id, job.rung)
    0 0
    1 0
    2 0
    1 1
    """

    plan_is_exact = False

    def __init__(
        self,
        sampler: Sampler,
        n_trials: float,
        min_resource: int,
        max_resource: int,
        eta: int = 3,
        variant: Literal["promotion", "stopping"] = "promotion",
    ) -> None:
        if variant not in ("promotion", "stopping"):
            raise ValueError(
                f"variant={variant!r} must be either 'promotion' or 'stopping'."
            )
        s_max = n_halvings(min_resource, max_resource, eta)
        super().__init__(sampler, n_trials, rung_resources(max_resource, eta, s_max))
        # The plan expects that one in eta of the trials of a rung is promoted.
        self.plan = [
            [(n // eta**k, r) for k, (n, r) in enumerate(rungs)] for rungs in self.plan
        ]
        self._stops = variant == "stopping"
        # Deviation: "stopping" keeps the best max(1, n // eta) of the n trials of a
        # rung, because the first trial needs a rule, too.
        self._rungs = [_Rung(eta, at_least=int(self._stops)) for _ in range(s_max)]
        self._going_on: deque[Job] = deque()

    def ask(self) -> Job | None:
        # Alg. 2, get_job
        job = self._promotion() or self._retry() or self._new_trial() or self._retry()
        if job is not None:
            self._n_running += 1
            self._spent += job.resource
        return job

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        loss = infinite_if_nan(loss)
        self._n_running -= 1
        waits, over = self._note_end(job, loss, failure)
        if not waits:
            self._observe(job, loss, seconds)
            over = [*over, *self._take(job, loss)]
        return [*over, *self._let_go(), *self._give_up_at_the_end()]

    @property
    def done(self) -> bool:
        is_over = not self._n_running and self._is_full()
        return is_over and not self._can_promote() and not self._can_retry()

    def _take(self, job: Job, loss: float) -> list[int]:
        """Enter a result in its rung; return the trial if this was its last job."""
        if job.rung == len(self._rungs):  # the top
            return [job.trial_id]
        rung = self._rungs[job.rung]
        if loss < math.inf and not self._stops:
            rung.pause(job, loss)
        rung.add(loss, job.trial_id)
        # Deviation: a failed trial is not promoted, because it cannot become the best.
        # It counts as a member of its rung, unless it waits for a higher one.
        if loss == math.inf:
            return [job.trial_id]
        if self._stops:
            if not rung.is_top(job):
                return [job.trial_id]
            self._going_on.append(self._next_rung(job))
        return []

    def _let_go(self) -> list[int]:
        """Return the paused trials that no further results can promote.

        A trial only falls in its rung, and a rung promotes none below the best 1/eta of
        the trials that can still come to it. (They are not ``n_trials // eta**k``: a
        trial that was promoted early stays above when better ones come.)
        """
        # Deviation: the paper keeps every paused trial. Some are let go here, because
        # their fitted models take memory, and the number of trials is known.
        over = []
        n_most = self.n_trials
        for rung in self._rungs:
            if self._stops or n_most == math.inf:
                break
            over += rung.let_go(int(n_most))
            n_most = rung.n_promotable_at_most(int(n_most))
        return over

    def _promotion(self) -> Job | None:
        if self._stops:
            return self._going_on.popleft() if self._going_on else None
        for rung in reversed(self._rungs):  # Alg. 2, line 13
            if (job := rung.pop_promotable()) is not None:
                return self._next_rung(job)
        return None

    def _can_promote(self) -> bool:
        if self._stops:
            return bool(self._going_on)
        return any(rung.has_promotable() for rung in self._rungs)


class _Rung:
    """The results of a rung, the best 1/eta of them apart; and who is paused there.

    Everything is kept in heaps, so that an addition and a promotion take O(log n).
    """

    def __init__(self, eta: int, at_least: int) -> None:
        self._eta = eta
        self._at_least = at_least
        self._n = 0
        self._n_promoted = 0
        self._top: list[tuple[float, int]] = []  # (-loss, -trial_id): the worst first
        self._rest: list[tuple[float, int]] = []  # (loss, trial_id): the best first
        # Of the top and not promoted; entries that have left it are dropped when met.
        self._waiting: list[tuple[float, int]] = []
        self._in_top: set[int] = set()
        self._paused: dict[int, Job] = {}
        # Of all that were ever paused, without those that were let go: the worst first.
        self._kept: list[tuple[float, int]] = []

    def pause(self, job: Job, loss: float) -> None:
        """Keep a job that may be promoted; its result is added after that."""
        self._paused[job.trial_id] = job
        heappush(self._kept, (-loss, -job.trial_id))

    def add(self, loss: float, trial_id: int) -> None:
        self._n += 1
        heappush(self._rest, (loss, trial_id))
        if len(self._top) < max(self._n // self._eta, self._at_least):
            self._enter_top(heappop(self._rest))
        elif self._top and self._rest[0] < self._worst_of_top():
            best = heappop(self._rest)
            heappush(self._rest, self._leave_top())
            self._enter_top(best)

    def is_top(self, job: Job) -> bool:
        return job.trial_id in self._in_top

    def has_promotable(self) -> bool:
        while self._waiting:
            _, trial_id = self._waiting[0]
            if trial_id in self._in_top and trial_id in self._paused:
                return True
            heappop(self._waiting)
        return False

    def pop_promotable(self) -> Job | None:
        if not self.has_promotable():
            return None
        self._n_promoted += 1
        return self._paused.pop(heappop(self._waiting)[1])

    def let_go(self, n_most: int) -> list[int]:
        """Return the paused trials that ``n_most`` results in all cannot promote."""
        over = []
        while len(self._kept) > n_most // self._eta:
            _, negative_id = heappop(self._kept)
            if self._paused.pop(-negative_id, None) is not None:
                over.append(-negative_id)
        return over

    def n_promotable_at_most(self, n_most: int) -> int:
        """Return how many are promoted from here at most, if ``n_most`` come in all.

        Failed trials that come to a higher rung without a result here are among those
        that have not come yet.
        """
        return self._n_promoted + len(self._paused) + n_most - self._n

    def _worst_of_top(self) -> tuple[float, int]:
        loss, trial_id = self._top[0]
        return -loss, -trial_id

    def _enter_top(self, entry: tuple[float, int]) -> None:
        loss, trial_id = entry
        heappush(self._top, (-loss, -trial_id))
        self._in_top.add(trial_id)
        if trial_id in self._paused:
            heappush(self._waiting, entry)

    def _leave_top(self) -> tuple[float, int]:
        worst = self._worst_of_top()
        heappop(self._top)
        self._in_top.remove(worst[1])
        return worst
