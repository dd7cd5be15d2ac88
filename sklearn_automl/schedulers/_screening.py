"""What costs nothing to score is scored first, and the best of it evaluated."""

import math
from collections import deque
from dataclasses import replace

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler, infinite_if_nan
from sklearn_automl.schedulers._full_fidelity import FullFidelity

__all__ = ["Screening"]


class Screening(Scheduler):
    """Score n trials with no resource at all, then give it to the best, and to others.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int
        How many of them are scored, n.

    resource : int
        What a trial of the second rung gets.

    n_best : int
        How many trials come to the second rung because of their score.

    n_others : int, default=0
        How many of the rest come to the second rung: the first ones, as a baseline.

    n_unknown : int or None, default=None
        As of :class:`FullFidelity`, which the first rung is.

    See Also
    --------
    FullFidelity : Evaluates every configuration in full.

    Notes
    -----
    A trial whose score has failed does not come to the second rung.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.schedulers import Screening
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform()})
    >>> sampler = RandomSampler().bind(space, np.random.default_rng(0))
    >>> Screening(sampler, n_trials=20, resource=9, n_best=3, n_others=1).plan
    [[(20, 0), (4, 9)]]
    """

    def __init__(
        self,
        sampler: Sampler,
        n_trials: int,
        resource: int,
        n_best: int,
        n_others: int = 0,
        n_unknown: int | None = None,
    ) -> None:
        self.sampler = sampler
        self._resource, self._n_best, self._n_others = resource, n_best, n_others
        self._screen = FullFidelity(sampler, n_trials, 0, n_unknown)
        self.plan = [[(n_trials, 0), (min(n_best + n_others, n_trials), resource)]]
        self._screened: list[tuple[float, int, Job]] = []
        self._waiting: deque[Job] = deque()
        self._left_behind: list[int] = []  # not told to the caller yet
        self._n_running = 0

    def ask(self) -> Job | None:
        if not self._screen.done:
            job = self._screen.ask()
            if job is not None:
                return replace(job, is_final=False)
            if not self._screen.done:
                return None
            self._promote()  # the space has no more configurations
        if not self._waiting:
            return None
        self._n_running += 1
        return self._waiting.popleft()

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",  # noqa: ARG002
        seconds: float | None = None,
    ) -> list[int]:
        if job.rung == 1:
            self._observe(job, loss, seconds)
            self._n_running -= 1
            return [job.trial_id, *self._take_left_behind()]
        self._screened.append((infinite_if_nan(loss), job.trial_id, job))
        self._screen.tell(job, loss, seconds=seconds)
        if self._screen.done:
            self._promote()
        return self._take_left_behind()

    def _take_left_behind(self) -> list[int]:
        left_behind, self._left_behind = self._left_behind, []
        return left_behind

    def _promote(self) -> None:
        """Open the second rung, and leave the other trials behind."""
        # A failure takes no place.
        finished = [job for loss, _, job in sorted(self._screened) if loss < math.inf]
        best, rest = finished[: self._n_best], finished[self._n_best :]
        rest.sort(key=lambda job: job.trial_id)
        # Nothing is continued, as nothing was spent.
        self._waiting.extend(
            replace(job, rung=1, resource=self._resource, is_final=True)
            for job in (*best, *rest[: self._n_others])
        )
        kept = {job.trial_id for job in self._waiting}
        self._left_behind = [i for _, i, _ in self._screened if i not in kept]

    @property
    def done(self) -> bool:
        return self._screen.done and not self._waiting and not self._n_running
