"""ASHA, asynchronous successive halving (Li et al., "A system for massively parallel
hyperparameter tuning", MLSys 2020, Algorithm 2).
"""

import math
from collections import deque
from heapq import heappop, heappush
from typing import Literal

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._rungs import n_halvings, rung_resources

__all__ = ["ASHA"]


class ASHA(Scheduler):
    """Promote whenever a rung allows it; otherwise grow the bottom rung.

    sampler : proposes the configurations
    n_trials : how many of them to start
    min_resource, max_resource : r and R
    eta : the reduction factor
    variant : "promotion" or "stopping"

    The variant "promotion" is the paper's: a trial is paused at each rung until it is
    among the best 1/eta there. With "stopping" it goes straight on if it is, and ends
    if it is not.

    When no trial is left to start and none can be promoted, workers wait, as in the
    paper: promotions beyond the best 1/eta are not made to keep them busy.

    # Deviation: a new trial at a rung is kept by "stopping" if it is among the best
    # max(1, n // eta) of the n that reached it, because the first one needs a rule.
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
        self.sampler = sampler
        self.n_trials = n_trials
        s_max = n_halvings(min_resource, max_resource, eta)
        self.resources = rung_resources(max_resource, eta, s_max)
        # What a rung holds if one in eta of the rung below it is promoted.
        self.plan = (
            [[(int(n_trials) // eta**k, r) for k, r in enumerate(self.resources)]]
            if n_trials < math.inf
            else []
        )
        self._stops = variant == "stopping"
        self._rungs = [_Rung(eta, at_least=int(self._stops)) for _ in range(s_max)]
        self._going_on: deque[Job] = deque()
        self._n_started = 0
        self._n_running = 0

    def ask(self) -> Job | None:
        """``get_job()`` of the paper."""
        job = self._promotion() or self._new_trial()
        self._n_running += job is not None
        return job

    def tell(self, job: Job, loss: float) -> list[int]:
        loss = self._observe(job, loss)
        self._n_running -= 1
        return [*self._take(job, loss), *self._let_go()]

    @property
    def done(self) -> bool:
        return not self._n_running and self._is_full() and not self._can_promote()

    def _take(self, job: Job, loss: float) -> list[int]:
        """Enter a result in its rung; return the trial if this was its last job."""
        if job.rung == len(self._rungs):  # the top
            return [job.trial_id]
        rung = self._rungs[job.rung]
        if loss < math.inf and not self._stops:
            rung.pause(job, loss)
        rung.add(loss, job.trial_id)
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

    def _new_trial(self) -> Job | None:
        if self._is_full():
            return None
        try:
            config = self.sampler.ask(self.resources[0])
        except SearchSpaceExhausted:
            self.n_trials = self._n_started
            return None
        self._n_started += 1
        trial_id = self._n_started - 1
        return Job(trial_id, config, 0, 0, self.resources[0], is_final=not self._rungs)

    def _next_rung(self, job: Job) -> Job:
        rung = job.rung + 1
        return Job(
            job.trial_id,
            job.config,
            bracket=0,
            rung=rung,
            resource=self.resources[rung],
            previous_resource=job.resource,
            is_final=rung == len(self._rungs),
        )

    def _is_full(self) -> bool:
        return self._n_started >= self.n_trials

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
        """Return how many are promoted from here at most, if ``n_most`` come in all."""
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
