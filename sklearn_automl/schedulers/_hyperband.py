"""Hyperband (Li et al., "Hyperband: A novel bandit-based approach to hyperparameter
optimization", JMLR 18, 2018, Algorithm 1). Its numbers are in ``_rungs.py``, and its
inner loop is in ``_successive_halving.py``.
"""

import math

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._rungs import (
    fill_brackets,
    hyperband_rungs,
    limit_brackets,
    widen_first_rung,
)
from sklearn_automl.schedulers._successive_halving import Bracket

__all__ = ["Hyperband"]


class Hyperband(Scheduler):
    """Run successive halving several times, from most to least aggressive.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    min_resource : int
        The least that a trial gets, r.

    max_resource : int
        The most that a trial gets, R.

    eta : int, default=3
        The reduction factor: one in `eta` trials of a rung is promoted.

    n_iterations : int, default=1
        How many times all brackets are run.

    n_available : int or float, default=inf
        How many configurations the space has.

    See Also
    --------
    ASHA : Promotes without waiting for the end of a rung.
    SuccessiveHalving : One bracket of it.
    hyperband_rungs : The numbers of trials and the resources.

    Notes
    -----
    The method is Algorithm 1 of [1]_, with its formula for the number of configurations
    of a bracket; Table 1 of the paper has fewer of them.

    Brackets overlap: where one waits for a rung to finish, workers take jobs of the
    next. A sampler that learns gets the brackets one after the other instead, so that
    it knows all results of a bracket before it draws the next.

    There are five deviations. Resources are whole numbers: the last rung of a bracket
    has R, and each rung below it 1/eta of the next, rounded down. A finite space that
    is smaller than Hyperband asks for is used up by the first brackets, which then have
    fewer rungs, because a configuration is never evaluated twice. A finite space of at
    most 500 configurations that is larger makes the first bracket larger, until all of
    it is tried, as long as that costs less than all configurations with R. A failed
    trial takes no place in the next rung. Failures that more of the resource may mend
    are judged on a higher rung, as in :class:`SuccessiveHalving`.

    References
    ----------
    .. [1] Li, L. et al. (2018). Hyperband: A novel bandit-based approach to
           hyperparameter optimization. JMLR 18.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.schedulers import Hyperband
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform()})
    >>> sampler = RandomSampler().bind(space, np.random.default_rng(0))
    >>> Hyperband(sampler, 1, 9).plan
    [[(9, 1), (3, 3), (1, 9)], [(5, 3), (1, 9)], [(3, 9)]]
    """

    has_room = True

    def __init__(
        self,
        sampler: Sampler,
        min_resource: int,
        max_resource: int,
        eta: int = 3,
        n_iterations: int = 1,
        n_available: float = math.inf,
    ) -> None:
        self.sampler = sampler
        self.eta = eta
        brackets = hyperband_rungs(min_resource, max_resource, eta) * n_iterations
        brackets = fill_brackets(brackets, n_available, eta)
        self.plan = limit_brackets(brackets, n_available, eta)
        self._brackets: list[Bracket] = []
        self._n_trials = 0

    def ask(self) -> Job | None:
        for bracket in self._brackets:
            if (job := bracket.ask()) is not None:
                return job
        while self._may_start():
            bracket = self._start()
            if (job := bracket.ask()) is not None:
                return job
        return None

    def widen(self, n: int) -> None:
        widen_first_rung(self.plan, n)

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        return self._brackets[job.bracket].tell(job, loss, failure, seconds)

    @property
    def done(self) -> bool:
        return len(self._brackets) == len(self.plan) and self._is_idle()

    def _is_idle(self) -> bool:
        return all(bracket.done for bracket in self._brackets)

    def _may_start(self) -> bool:
        if len(self._brackets) == len(self.plan):
            return False
        return not self.sampler.learns or self._is_idle()

    def _start(self) -> Bracket:
        index = len(self._brackets)
        bracket = Bracket.start(
            index,
            self.plan[index],
            self.sampler,
            self.eta,
            self._n_trials,
        )
        self._brackets.append(bracket)
        self._n_trials += bracket.n_trials
        return bracket
