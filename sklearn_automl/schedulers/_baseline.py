"""One trial that is compared with all others runs first, and with everything."""

from dataclasses import replace

from sklearn_automl.schedulers._base import Job, Scheduler

__all__ = ["BaselineFirst"]


class BaselineFirst(Scheduler):
    """Evaluate the first configuration in full, then leave the rest to a scheduler.

    No rung can drop that configuration. So the best of all that had everything is never
    worse than it is.

    Parameters
    ----------
    scheduler : Scheduler
        Decides on all other trials. Its sampler proposes the baseline first.

    resource : int
        What the baseline gets.

    Notes
    -----
    The baseline is trial 0 in a bracket of its own, number 0. Numbers of other trials
    and brackets are one higher than those of the scheduler. The sampler is not told the
    loss of the baseline: it may end at any time, and what is proposed must not depend
    on the number of workers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.samplers import GridSampler
    >>> from sklearn_automl.schedulers import BaselineFirst, SuccessiveHalving
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": [1, 2, 3]})
    >>> sampler = GridSampler().bind(space, np.random.default_rng(0))
    >>> scheduler = BaselineFirst(SuccessiveHalving(sampler, 2, 1, 2, eta=2), 2)
    >>> while not scheduler.done:
    ...     job = scheduler.ask()
    ...     print(job.trial_id, job.config, job.resource)
    ...     ended = scheduler.tell(job, loss=job.config["x"])
    0 {'x': 1} 2
    1 {'x': 2} 1
    2 {'x': 3} 1
    1 {'x': 2} 2
    """

    def __init__(self, scheduler: Scheduler, resource: int) -> None:
        self._rest = scheduler
        self._resource = resource
        self.sampler = scheduler.sampler
        self.plan = [[(1, resource)], *scheduler.plan] if scheduler.plan else []
        self.plan_is_exact = scheduler.plan_is_exact
        self._is_asked = self._is_told = False

    def ask(self) -> Job | None:
        if not self._is_asked:
            self._is_asked = True
            config = self.sampler.ask(self._resource)
            return Job(0, config, 0, 0, self._resource, is_final=True)
        job = self._rest.ask()
        return None if job is None else _moved(job, 1)

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        if job.trial_id == 0:
            self._is_told = True
            return [0]
        ended = self._rest.tell(_moved(job, -1), loss, failure, seconds)
        return [trial_id + 1 for trial_id in ended]

    @property
    def done(self) -> bool:
        return self._is_told and self._rest.done


def _moved(job: Job, step: int) -> Job:
    """Return a job whose trial and bracket have other numbers."""
    return replace(job, trial_id=job.trial_id + step, bracket=job.bracket + step)
