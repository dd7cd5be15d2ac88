"""Every configuration once, with all of the resource."""

import math

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler

__all__ = ["FullFidelity"]


class FullFidelity(Scheduler):
    """Evaluate n configurations, each once and in full; start one as a worker is free.

    sampler : proposes the configurations
    n_trials : n
    resource : what every evaluation gets
    """

    def __init__(self, sampler: Sampler, n_trials: float, resource: float = 1) -> None:
        self.sampler = sampler
        self.n_trials = n_trials
        self._resource = resource
        self.plan = [[(int(n_trials), resource)]] if n_trials < math.inf else []
        self._n_started = 0
        self._n_running = 0

    def ask(self) -> Job | None:
        if self._n_started >= self.n_trials:
            return None
        try:
            config = self.sampler.ask(self._resource)
        except SearchSpaceExhausted:
            self.n_trials = self._n_started
            return None
        self._n_started += 1
        self._n_running += 1
        return Job(self._n_started - 1, config, 0, 0, self._resource, is_final=True)

    def tell(self, job: Job, loss: float) -> list[int]:
        self._observe(job, loss)
        self._n_running -= 1
        return [job.trial_id]

    @property
    def done(self) -> bool:
        return self._n_started >= self.n_trials and not self._n_running
