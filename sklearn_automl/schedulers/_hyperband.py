"""Hyperband (Li et al., "Hyperband: A novel bandit-based approach to hyperparameter
optimization", JMLR 18, 2018, Algorithm 1).

The bracket sizes follow the formula ``n = ceil((s_max + 1) / (s + 1) * eta**s)`` of
the JMLR edition. Its Table 1 and several implementations take the floor of the
fraction first, which gives other numbers of configurations.
"""

import math

from sklearn_automl.samplers import Sampler
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._rungs import hyperband_rungs, limit_brackets
from sklearn_automl.schedulers._successive_halving import Bracket

__all__ = ["Hyperband"]


class Hyperband(Scheduler):
    """Run successive halving several times, from most to least aggressive.

    sampler : proposes the configurations
    min_resource, max_resource : r and R
    eta : the halving factor
    n_iterations : how many times all brackets are run

    Brackets overlap: where one waits for a rung to finish, workers take jobs of the
    next. A sampler that learns gets them one after the other instead, so that it knows
    all results of a bracket before it draws the next.

    # Deviation: a finite space that is smaller than Hyperband asks for is used up by
    # the first brackets, which then have fewer rungs, because a configuration is never
    # evaluated twice.
    """

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
        self.plan = limit_brackets(
            hyperband_rungs(min_resource, max_resource, eta) * n_iterations,
            n_available,
            eta,
        )
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

    def tell(self, job: Job, loss: float) -> list[int]:
        return self._brackets[job.bracket].tell(job, loss)

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
            index, self.plan[index], self.sampler, self.eta, self._n_trials
        )
        self._brackets.append(bracket)
        self._n_trials += bracket.n_trials
        return bracket
