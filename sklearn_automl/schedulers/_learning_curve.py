"""Trials that run on while they may become the best (Domhan, Springenberg and Hutter,
"Speeding up automatic hyperparameter optimization of deep neural networks by
extrapolation of learning curves", IJCAI 2015, section 3.3).
"""

import math
from collections import deque
from collections.abc import Sequence

from numpy.random import Generator

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._asynchronous import AsynchronousScheduler
from sklearn_automl.schedulers._base import Job
from sklearn_automl.schedulers._stopping import Curves, StoppingRule

__all__ = ["LearningCurve", "ladder"]


class LearningCurve(AsynchronousScheduler):
    """Take every trial up a ladder of resources; end it where the rule says so.

    sampler : proposes the configurations
    n_trials : how many of them to start
    resources : the rungs of the ladder, ascending
    rule : looks at a trial after each rung but the last
    rng : for the rule

    A trial that may go on does so before a new one is started: with one worker, trials
    follow each other. What is stopped is never looked at again.
    """

    plan_is_exact = False

    def __init__(
        self,
        sampler: Sampler,
        n_trials: float,
        resources: Sequence[int],
        rule: StoppingRule,
        rng: Generator,
    ) -> None:
        super().__init__(sampler, n_trials, resources)
        self._rule = rule.bind(self.resources, rng) if len(self.resources) > 1 else rule
        self._curves = Curves(len(self.resources))
        self._going_on: deque[Job] = deque()

    def ask(self) -> Job | None:
        job = self._going_on.popleft() if self._going_on else self._new_trial()
        self._n_running += job is not None
        return job

    def tell(self, job: Job, loss: float) -> list[int]:
        loss = self._observe(job, loss)
        self._n_running -= 1
        if not math.isfinite(loss):
            return [job.trial_id]
        self._curves.add(job.trial_id, loss)
        if job.is_final or self._rule.should_stop(job.trial_id, self._curves):
            return [job.trial_id]
        self._going_on.append(self._next_rung(job))
        return []

    @property
    def done(self) -> bool:
        return not (self._n_running or self._going_on) and self._is_full()


def ladder(min_resource: int, max_resource: int, step: float) -> list[int]:
    """Return integers from one resource to the other, each at most ``step`` times more.

    Roundings aside, the ratio of neighbours is the same everywhere. Where integers are
    few, at the lower end, a rung is left out rather than repeated.
    """
    ratio, n_steps = max_resource / min_resource, 0
    # Not a logarithm, whose rounding would add a step now and then.
    while step**n_steps < ratio * (1 - 1e-9):
        n_steps += 1
    shares = (i / max(n_steps, 1) for i in range(n_steps + 1))
    return sorted({max(round(min_resource * ratio**share), 1) for share in shares})
