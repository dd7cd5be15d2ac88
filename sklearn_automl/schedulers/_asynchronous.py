"""What schedulers share that start a trial whenever a worker is free."""

import math
from collections.abc import Sequence

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler

__all__ = ["AsynchronousScheduler"]


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
        rung = job.rung + 1
        return Job(
            job.trial_id,
            job.config,
            bracket=0,
            rung=rung,
            resource=self.resources[rung],
            previous_resource=job.resource,
            is_final=rung == len(self.resources) - 1,
        )

    def _is_full(self) -> bool:
        return self._n_started >= self.n_trials
