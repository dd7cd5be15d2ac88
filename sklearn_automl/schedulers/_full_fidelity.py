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
    n_unknown : how many trials before it a new one knows nothing of

    With ``n_unknown`` the sampler is told of trial i right before trial i + n_unknown
    is asked for, whoever finished first: the same seed then gives the same trials for
    any number of workers, of which no more than ``n_unknown`` are ever busy.
    """

    def __init__(
        self,
        sampler: Sampler,
        n_trials: float,
        resource: int = 1,
        n_unknown: int | None = None,
    ) -> None:
        self.sampler = sampler
        self.n_trials = n_trials
        self._resource = resource
        self._n_unknown = n_unknown
        self._untold: dict[int, tuple[Job, float]] = {}
        self.plan = [[(int(n_trials), resource)]] if n_trials < math.inf else []
        self._n_started = 0
        self._n_running = 0

    def ask(self) -> Job | None:
        if self._n_started >= self.n_trials:
            return None
        if self._n_unknown is not None and not self._tell_of(
            self._n_started - self._n_unknown
        ):
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
        if self._n_unknown is None:
            self._observe(job, loss)
        else:
            self._untold[job.trial_id] = job, loss
        self._n_running -= 1
        return [job.trial_id]

    def _tell_of(self, trial_id: int) -> bool:
        """Tell the sampler of a trial; return whether it has ended (or never was)."""
        if trial_id in self._untold:
            self._observe(*self._untold.pop(trial_id))
            return True
        return trial_id < 0

    @property
    def done(self) -> bool:
        return self._n_started >= self.n_trials and not self._n_running
