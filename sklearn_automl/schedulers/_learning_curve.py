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
from sklearn_automl.schedulers._base import Job, infinite_if_nan
from sklearn_automl.schedulers._stopping import Curves, StoppingRule

__all__ = ["LearningCurve", "ladder"]


class LearningCurve(AsynchronousScheduler):
    """Take every trial up a ladder of resources; end it where the rule says so.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int or float
        How many of them to start; ``math.inf`` for no end.

    resources : sequence of int
        The rungs of the ladder, ascending.

    rule : StoppingRule
        Looks at a trial after each rung but the last.

    rng : numpy.random.Generator
        Source of randomness of the rule.

    seen_at : sequence of int, default=None
        Where the rule sees the rungs on the axis of its curves, ascending; None for
        `resources`. They differ where rungs add folds: the amount of the resource in
        each fold is then the same on several rungs.

    See Also
    --------
    ASHA : Compares trials rung by rung.
    CurveStopping : The rule of the paper.
    MedianStopping : A simpler rule.
    ladder : Makes the resources.

    Notes
    -----
    This is the predictive termination of [1]_, section 3.3. A trial that may go on does
    so before a new one is started: with one worker, trials follow each other. A trial
    that was stopped is never looked at again.

    There is a deviation. A failed trial ends, but one whose failure more of the
    resource may mend (the `failure` of :meth:`tell`) waits and is tried on a higher
    rung, one of a kind first, for a quarter of the planned cost at most. For the rule
    it has, on the rungs where it failed, the loss of the first one where it did not.

    References
    ----------
    .. [1] Domhan, T., Springenberg, J. T. and Hutter, F. (2015). Speeding up automatic
           hyperparameter optimization of deep neural networks by extrapolation of
           learning curves. IJCAI.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.schedulers import CurveStopping, LearningCurve, ladder
    >>> from sklearn_automl.space import SearchSpace
    >>> rng = np.random.default_rng(0)
    >>> sampler = RandomSampler().bind(SearchSpace({"x": uniform()}), rng)
    >>> LearningCurve(sampler, 5, ladder(1, 16, 4), CurveStopping(), rng).plan
    [[(5, 1), (5, 4), (5, 16)]]
    """

    plan_is_exact = False

    def __init__(
        self,
        sampler: Sampler,
        n_trials: float,
        resources: Sequence[int],
        rule: StoppingRule,
        rng: Generator,
        seen_at: Sequence[int] | None = None,
    ) -> None:
        super().__init__(sampler, n_trials, resources)
        places = self.resources if seen_at is None else seen_at
        self._rule = rule.bind(places, rng) if len(self.resources) > 1 else rule
        self._curves = Curves(len(self.resources))
        self._going_on: deque[Job] = deque()

    def ask(self) -> Job | None:
        job = self._going_on.popleft() if self._going_on else None
        job = job or self._retry() or self._new_trial() or self._retry()
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
        return [*over, *self._give_up_at_the_end()]

    def _take(self, job: Job, loss: float) -> list[int]:
        """Let a trial go on, or return it if this was its last job."""
        if not math.isfinite(loss):
            return [job.trial_id]
        self._curves.add(job.trial_id, loss, level=job.rung)
        if job.is_final or self._rule.should_stop(job.trial_id, self._curves):
            return [job.trial_id]
        self._going_on.append(self._next_rung(job))
        return []

    @property
    def done(self) -> bool:
        is_over = not (self._n_running or self._going_on) and self._is_full()
        return is_over and not self._can_retry()


def ladder(min_resource: float, max_resource: int, step: float) -> list[int]:
    """Return integers from one resource to the other, in steps of nearly one ratio.

    Parameters
    ----------
    min_resource : float
        The lowest rung, rounded in the result.

    max_resource : int
        The highest rung.

    step : float
        A rung has at most so many times what the rung below it has.

    Returns
    -------
    resources : list of int
        The rungs, ascending.

    See Also
    --------
    LearningCurve : The scheduler that takes trials up a ladder.

    Notes
    -----
    Apart from rounding, the ratio of neighbours is the same everywhere. A rung is left
    out rather than repeated at the lower end, where integers are few.

    Examples
    --------
    >>> from sklearn_automl.schedulers import ladder
    >>> ladder(1, 50, 2)
    [1, 2, 4, 7, 14, 26, 50]
    """
    ratio, n_steps = max_resource / min_resource, 0
    # Not a logarithm, whose rounding would add a step now and then.
    while step**n_steps < ratio * (1 - 1e-9):
        n_steps += 1
    shares = (i / max(n_steps, 1) for i in range(n_steps + 1))
    return sorted({max(round(min_resource * ratio**share), 1) for share in shares})
