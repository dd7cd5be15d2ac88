"""Successive halving (Jamieson and Talwalkar, AISTATS 2016).

The bracket in here is also the inner loop of Hyperband (Li et al., JMLR 18, 2018,
Algorithm 1).
"""

import math
from collections import deque
from collections.abc import Sequence

from sklearn_automl.samplers import Observation, Sampler
from sklearn_automl.schedulers._base import Job, Scheduler, infinite_if_nan
from sklearn_automl.schedulers._rungs import (
    Rung,
    fit_rungs,
    halving_rungs,
    n_halvings,
)
from sklearn_automl.space import Configuration

__all__ = ["Bracket", "SuccessiveHalving"]


class SuccessiveHalving(Scheduler):
    """Run n trials on little, keep the best 1/eta, give them eta times more; repeat.

    sampler : proposes the configurations
    n_trials : n, of the first rung
    min_resource, max_resource : r and R
    eta : the halving factor

    The last rung has R, and each rung below it 1/eta of the next, rounded down. There
    are as many rungs as r allows, but no more than leave a trial for the last one.
    """

    def __init__(
        self,
        sampler: Sampler,
        n_trials: int,
        min_resource: int,
        max_resource: int,
        eta: int = 3,
    ) -> None:
        s = n_halvings(min_resource, max_resource, eta)
        self.sampler = sampler
        self.eta = eta
        self.plan = [halving_rungs(n_trials, max_resource, eta, s)]
        self._bracket: Bracket | None = None

    def ask(self) -> Job | None:
        if self._bracket is None:
            self._bracket = Bracket.start(0, self.plan[0], self.sampler, self.eta)
        return self._bracket.ask()

    def tell(self, job: Job, loss: float) -> list[int]:
        if self._bracket is None:
            raise RuntimeError("tell() came before the first ask().")
        return self._bracket.tell(job, loss)

    @property
    def done(self) -> bool:
        return self._bracket is not None and self._bracket.done


class Bracket:
    """One run of successive halving over given configurations.

    Its sampler is told what a rung has shown when the rung is complete, in the order of
    the trials: a model then does not depend on which of them finished first.
    """

    def __init__(
        self,
        index: int,
        rungs: Sequence[Rung],
        configs: Sequence[Configuration],
        sampler: Sampler,
        first_trial_id: int = 0,
    ) -> None:
        self._index = index
        self._rungs = list(rungs)
        self._sampler = sampler
        self._rung = 0
        self._losses: list[tuple[float, int, Configuration]] = []
        trials = [(first_trial_id + i, c) for i, c in enumerate(configs)]
        self._open(trials, previous_resource=0)

    @classmethod
    def start(
        cls,
        index: int,
        rungs: Sequence[Rung],
        sampler: Sampler,
        eta: int,
        first_trial_id: int = 0,
    ) -> "Bracket":
        """Draw the configurations of a bracket, fewer if the space has no more."""
        configs = sampler.ask_together(*rungs[0])
        if len(configs) < rungs[0][0]:
            rungs = fit_rungs(rungs, len(configs), eta)
        return cls(index, rungs, configs, sampler, first_trial_id)

    @property
    def n_trials(self) -> int:
        """Number of configurations this bracket started with."""
        return self._rungs[0][0] if self._rungs else 0

    def ask(self) -> Job | None:
        return self._waiting.popleft() if self._waiting else None

    def tell(self, job: Job, loss: float) -> list[int]:
        self._losses.append((infinite_if_nan(loss), job.trial_id, job.config))
        self._n_running -= 1
        return [] if self._n_running else self._close(job.resource)

    @property
    def done(self) -> bool:
        return not self._n_running

    def _open(
        self, trials: Sequence[tuple[int, Configuration]], previous_resource: int
    ) -> None:
        self._losses = []
        self._n_running = len(trials)  # counts the waiting ones too
        self._waiting = deque(
            Job(
                trial_id,
                config,
                bracket=self._index,
                rung=self._rung,
                resource=self._rungs[self._rung][1],
                previous_resource=previous_resource,
                is_final=self._rung == len(self._rungs) - 1,
            )
            for trial_id, config in trials
        )

    def _close(self, resource: int) -> list[int]:
        """Promote from the finished rung; return the trials that are left behind."""
        for loss, _, config in sorted(self._losses, key=lambda entry: entry[1]):
            self._sampler.tell(Observation(config, loss, resource))
        self._rung += 1
        n_next = self._rungs[self._rung][0] if self._rung < len(self._rungs) else 0
        ranked = sorted(self._losses, key=lambda entry: entry[:2])
        # A failed trial (infinite loss) takes no place: the rung is filled with the
        # next finished ones, and shrinks only when there are none.
        finished = [(i, config) for loss, i, config in ranked if loss < math.inf]
        winners = finished[:n_next]
        kept = {i for i, _ in winners}
        eliminated = [i for _, i, _ in ranked if i not in kept]
        self._open(winners, previous_resource=resource)
        return eliminated
