"""Every configuration once, with all of the resource."""

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._asynchronous import AsynchronousScheduler
from sklearn_automl.schedulers._base import Job

__all__ = ["FullFidelity"]


class FullFidelity(AsynchronousScheduler):
    """Evaluate n configurations, each once and in full; start one as a worker is free.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int or float
        How many of them to start, n; ``math.inf`` for no end.

    resource : int, default=1
        What every evaluation gets.

    n_unknown : int or None, default=None
        How many of the trials before a new one the sampler does not know of when it
        draws the new one. None: it knows of all that have finished.

    See Also
    --------
    Screening : Evaluates in full only what scores well without training.

    Notes
    -----
    With `n_unknown` the sampler is told of trial i right before trial ``i + n_unknown``
    is drawn, in whatever order they finished. The same seed then gives the same trials
    for any number of workers, of which no more than `n_unknown` are ever busy.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.samplers import GridSampler
    >>> from sklearn_automl.schedulers import FullFidelity
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": [1, 2]})
    >>> sampler = GridSampler().bind(space, np.random.default_rng(0))
    >>> scheduler = FullFidelity(sampler, n_trials=5)
    >>> [scheduler.ask().config for _ in range(2)]
    [{'x': 1}, {'x': 2}]
    >>> print(scheduler.ask())  # the space has no more
    None
    """

    def __init__(
        self,
        sampler: Sampler,
        n_trials: float,
        resource: int = 1,
        n_unknown: int | None = None,
    ) -> None:
        super().__init__(sampler, n_trials, (resource,))
        self._n_unknown = n_unknown
        self._untold: dict[int, tuple[Job, float, float | None]] = {}

    def ask(self) -> Job | None:
        if self._is_full() or not self._tell_what_may_be_known():
            return None
        job = self._new_trial()
        self._n_running += job is not None
        return job

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",  # noqa: ARG002
        seconds: float | None = None,
    ) -> list[int]:
        if self._n_unknown is None:
            self._observe(job, loss, seconds)
        else:
            self._untold[job.trial_id] = job, loss, seconds
        self._n_running -= 1
        return [job.trial_id]

    def _tell_what_may_be_known(self) -> bool:
        """Tell the sampler of one more trial; return False if that one still runs."""
        if self._n_unknown is None or self._n_started < self._n_unknown:
            return True
        trial_id = self._n_started - self._n_unknown
        if trial_id not in self._untold:
            return False
        self._observe(*self._untold.pop(trial_id))
        return True

    @property
    def done(self) -> bool:
        return self._is_full() and not self._n_running
