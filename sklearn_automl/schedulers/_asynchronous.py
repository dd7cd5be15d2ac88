"""What schedulers share that start a trial whenever a worker is free."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._failures import Failures

__all__ = ["AsynchronousScheduler"]

# What is tried again after a failure costs at most such a part of all the rest.
_SHARE_OF_RETRIES = 0.25


class AsynchronousScheduler(Scheduler):
    """Starts trials one at a time, and takes each of them up the same rungs.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int or float
        How many of them to start; ``math.inf`` for no end.

    resources : sequence of int
        The resource of each rung, ascending.
    """

    def __init__(
        self, sampler: Sampler, n_trials: float, resources: Sequence[int]
    ) -> None:
        self.sampler = sampler
        self.n_trials = n_trials
        self.resources = tuple(resources)
        # At most: as if every trial went up to the last rung.
        self.plan = (
            [[(int(n_trials), r) for r in self.resources]]
            if n_trials < math.inf
            else []
        )
        self._n_started = 0
        self._n_running = 0
        self._failures = Failures()
        self._failed: dict[int, Job] = {}  # the last jobs of those that wait
        self._spent = self._spent_on_retries = 0

    def _new_trial(self) -> Job | None:
        """Return the first job of a new trial; None if there are enough."""
        if self._is_full():
            return None
        try:
            config = self.sampler.ask(self.resources[0])
        except SearchSpaceExhausted:
            self.n_trials = self._n_started
            return None
        self._n_started += 1
        return Job(
            self._n_started - 1,
            config,
            bracket=0,
            rung=0,
            resource=self.resources[0],
            is_final=len(self.resources) == 1,
        )

    def _next_rung(self, job: Job) -> Job:
        """Return the job of the same trial one rung above."""
        return self._rung_job(job, job.rung + 1)

    def _rung_job(self, job: Job, rung: int) -> Job:
        """Return the job of the same trial on a higher rung."""
        return Job(
            job.trial_id,
            job.config,
            bracket=0,
            rung=rung,
            resource=self.resources[rung],
            previous_resource=job.resource,
            is_final=rung == len(self.resources) - 1,
        )

    # ---- failures --------------------------------------------------------------------

    def _note_end(
        self, job: Job, loss: float, failure: str | None
    ) -> tuple[bool, list[int]]:
        """Take note of what came of a job.

        Returns
        -------
        waits : bool
            Whether its trial waits for a higher rung.

        hopeless : list of int
            Trials that wait no more.
        """
        trial_id = job.trial_id
        if loss < math.inf:
            self._failures.passed(trial_id, job.resource)
            return False, []
        if failure is None:
            self._failures.lost(trial_id)
            return False, []
        if failure == "" or job.is_final:
            hopeless = self._failures.failed_for_good(trial_id)
            return False, self._give_up(hopeless)
        if not self._failures.add(trial_id, failure, job.resource):
            return False, []
        self._failed[trial_id] = job
        return True, []

    def _give_up(self, trial_ids: list[int]) -> list[int]:
        """Tell the sampler of trials that wait no more; return them."""
        for trial_id in trial_ids:
            self._observe(self._failed.pop(trial_id), math.inf)
        return trial_ids

    def _give_up_at_the_end(self) -> list[int]:
        """Give up those that still wait, if there is nothing to do any more."""
        return self._give_up(self._failures.drop_all()) if self.done else []

    def _retry(self) -> Job | None:
        """Return the job of a failed trial that is tried on a higher rung."""
        # Deviation: the papers do not speak of failures. A trial that cannot be fitted
        # on few rows is not beaten by those that can.
        for trial_id, rung in self._retries():
            if self._may_retry(rung):
                self._failures.try_now(trial_id)
                self._spent_on_retries += self._expected_cost(rung)
                return self._rung_job(self._failed.pop(trial_id), rung)
        return None

    def _can_retry(self) -> bool:
        return any(self._may_retry(rung) for _, rung in self._retries())

    def _retries(self) -> Iterator[tuple[int, int]]:
        """Go through who may be tried again, and on which rung."""
        if not self._failed or not self._may_retry(1):
            return
        for trial_id, least in self._failures.next_tries():
            rungs = range(self._failed[trial_id].rung + 1, len(self.resources))
            yield trial_id, next(k for k in rungs if self.resources[k] >= least)

    def _expected_cost(self, rung: int) -> int:
        """Return what a retry costs, with what its trial may take on higher rungs.

        One in eta is promoted, to eta times the resource: as much again for each rung.
        """
        return self.resources[rung] * (len(self.resources) - rung)

    def _may_retry(self, rung: int) -> bool:
        cost = self._expected_cost(rung)
        share = _SHARE_OF_RETRIES * (self._planned_cost or self._spent)
        if self._spent_on_retries + cost <= share:
            return True
        # At the end, what the plan has left is theirs.
        is_idle = self._is_full() and not self._n_running
        return is_idle and self._spent + cost <= self._planned_cost + share

    @cached_property
    def _planned_cost(self) -> int:
        return sum(n * r for rungs in self.plan for n, r in rungs)

    def _is_full(self) -> bool:
        return self._n_started >= self.n_trials
