"""Successive halving (Jamieson and Talwalkar, AISTATS 2016).

The bracket in here is also the inner loop of Hyperband (Li et al., JMLR 18, 2018,
Algorithm 1).
"""

import math
import operator
from collections import deque
from collections.abc import Sequence

from sklearn_automl.samplers import Observation, Sampler
from sklearn_automl.schedulers._base import Job, Scheduler, infinite_if_nan
from sklearn_automl.schedulers._failures import Failures
from sklearn_automl.schedulers._rungs import (
    Rung,
    fit_rungs,
    halving_rungs,
    n_halvings,
    widen_first_rung,
)
from sklearn_automl.space import Configuration

__all__ = ["Bracket", "SuccessiveHalving"]

# With what is tried again, a bracket costs at most so many times what was planned.
_MAX_COST = 1.25

# The number of failures of a kind that are tried with all of the resource.
_MOST_PROBES = 3


class SuccessiveHalving(Scheduler):
    """Run n trials on little, keep the best 1/eta, give them eta times more; repeat.

    Parameters
    ----------
    sampler : Sampler
        Proposes the configurations.

    n_trials : int
        How many of them the first rung has, n.

    min_resource : int
        The least that a trial of the first rung gets, r.

    max_resource : int
        What a trial of the last rung gets, R.

    eta : int, default=3
        The reduction factor: one in `eta` trials of a rung is promoted.

    is_race : bool, default=False
        Whether the resource adds up, as folds do: what a trial has had is not paid for
        again. Trials that tie with the last promoted one are then promoted too, as long
        as all of it costs less than every trial with all of the resource.

    See Also
    --------
    ASHA : Promotes without waiting for the end of a rung.
    Hyperband : Runs it several times, with more and with fewer trials.

    Notes
    -----
    The method is that of [1]_, with the rungs of the inner loop of Hyperband [2]_.
    There are six deviations. The resources are whole numbers: the last rung has R, and
    each rung below it 1/eta of the next, rounded down. There are as many rungs as r
    allows, but no more than leave a trial for the last one. A failed trial takes no
    place in the next rung: the best of those that were left behind takes it. A race
    also promotes ties. A trial whose failure more of the resource may mend (the
    `failure` of :meth:`tell`) is tried on a higher rung, beside those that are
    promoted: one of a kind first, the others if it succeeds. All of that costs a
    quarter of the planned cost at most, and one evaluation more where the last rung
    would be empty; in a race, less than every trial with all of the resource. A space
    that has fewer than n configurations gets as many of the last rungs as they fill.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification
           and hyperparameter optimization. AISTATS.
    .. [2] Li, L. et al. (2018). Hyperband: A novel bandit-based approach to
           hyperparameter optimization. JMLR 18, Algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.schedulers import SuccessiveHalving
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform()})
    >>> sampler = RandomSampler().bind(space, np.random.default_rng(0))
    >>> SuccessiveHalving(sampler, 27, 1, 50).plan
    [[(27, 1), (9, 5), (3, 16), (1, 50)]]
    """

    has_room = True

    def __init__(
        self,
        sampler: Sampler,
        n_trials: int,
        min_resource: int,
        max_resource: int,
        eta: int = 3,
        *,
        is_race: bool = False,
    ) -> None:
        s = n_halvings(min_resource, max_resource, eta)
        self.sampler = sampler
        self.eta = eta
        self.is_race = is_race
        self.plan_is_exact = not is_race  # nobody knows the ties
        self.plan = [halving_rungs(n_trials, max_resource, eta, s)]
        self._bracket: Bracket | None = None

    def ask(self) -> Job | None:
        if self._bracket is None:
            self._bracket = Bracket.start(
                0, self.plan[0], self.sampler, self.eta, is_race=self.is_race
            )
        return self._bracket.ask()

    def widen(self, n: int) -> None:
        widen_first_rung(self.plan, n)

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        if self._bracket is None:
            raise RuntimeError("tell() came before the first ask().")
        return self._bracket.tell(job, loss, failure, seconds)

    @property
    def done(self) -> bool:
        return self._bracket is not None and self._bracket.done


class Bracket:
    """One run of successive halving over given configurations.

    The sampler is told what a rung has shown when the rung is complete, in the order of
    the trials. A model then does not depend on which of them finished first.

    A trial that fails below the last rung waits for a higher one, as
    :class:`~sklearn_automl.schedulers._failures.Failures` says. If one fails that was
    promoted, the best of those that were left behind takes its place. What all of that
    costs is bounded by ``_MAX_COST``, and in a race by what everything in full costs;
    only the last rung, if nobody has come through
    it, may have one trial more.

    Parameters
    ----------
    index : int
        Number of the bracket.

    rungs : sequence of tuple
        The number of trials and the resource of each rung, (n_i, r_i).

    configs : sequence of dict
        The configurations of the first rung.

    sampler : Sampler
        Is told of the results.

    eta : int
        The reduction factor.

    first_trial_id : int, default=0
        Number of the first trial; the others count on.

    is_race : bool, default=False
        See :class:`SuccessiveHalving`.
    """

    def __init__(
        self,
        index: int,
        rungs: Sequence[Rung],
        configs: Sequence[Configuration],
        sampler: Sampler,
        eta: int,
        first_trial_id: int = 0,
        *,
        is_race: bool = False,
    ) -> None:
        self._index = index
        self._sizes = [n for n, _ in rungs]
        self._resources = [r for _, r in rungs]
        self._sampler = sampler
        self._eta = eta
        self._is_race = is_race
        self._prices = self._resources
        if is_race:
            pairs = zip(self._resources, [0, *self._resources], strict=False)
            self._prices = [r - previous for r, previous in pairs]
        self._failures = Failures(_MOST_PROBES)
        self._budget = _MAX_COST * sum(map(operator.mul, self._sizes, self._prices))
        if is_race and rungs:
            self._budget = self._sizes[0] * self._resources[-1]
        self._has_overdrawn = False
        self._n_promoted = 0
        self._reserve: list[int] = []  # who was left behind in the rung below
        self._configs = dict(enumerate(configs, first_trial_id))
        self._previous = dict.fromkeys(self._configs, 0)  # of each trial, its resource
        self._rung = 0
        self._losses: dict[int, float] = {}  # of this rung
        self._seconds: dict[int, float | None] = {}  # of each trial, its last job
        self._ended: dict[
            int, tuple[float, str | None]
        ] = {}  # loss and failure, not seen yet
        self._n_running = 0
        self._waiting: deque[Job] = deque()
        self._run(list(self._configs))

    @classmethod
    def start(
        cls,
        index: int,
        rungs: Sequence[Rung],
        sampler: Sampler,
        eta: int,
        first_trial_id: int = 0,
        *,
        is_race: bool = False,
    ) -> "Bracket":
        """Draw the configurations of a bracket, fewer if the space has no more."""
        configs = sampler.ask_together(*rungs[0])  # Alg. 1, line 3
        # Deviation: fewer trials get the last rungs that they fill, because no
        # configuration of a finite space is evaluated twice.
        if len(configs) < rungs[0][0]:
            rungs = fit_rungs(rungs, len(configs), eta)
        return cls(index, rungs, configs, sampler, eta, first_trial_id, is_race=is_race)

    @property
    def n_trials(self) -> int:
        """Number of configurations this bracket started with."""
        return len(self._configs)

    def ask(self) -> Job | None:
        return self._waiting.popleft() if self._waiting else None

    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        loss = infinite_if_nan(loss)
        self._n_running -= 1
        self._ended[job.trial_id] = loss, failure
        self._seconds[job.trial_id] = seconds
        return [] if self._n_running else self._go_on()

    @property
    def done(self) -> bool:
        return not self._n_running

    def _run(self, trial_ids: Sequence[int]) -> None:
        """Open jobs in the present rung."""
        resource = self._resources[self._rung] if trial_ids else 0
        self._ended = {}
        self._n_running += len(trial_ids)  # counts the waiting ones too
        if trial_ids:
            self._budget -= self._prices[self._rung] * len(trial_ids)
        self._waiting.extend(
            Job(
                trial_id,
                self._configs[trial_id],
                bracket=self._index,
                rung=self._rung,
                resource=resource,
                previous_resource=self._previous[trial_id],
                is_final=self._rung == len(self._resources) - 1,
            )
            for trial_id in trial_ids
        )
        for trial_id in trial_ids:
            self._failures.try_now(trial_id)
            self._previous[trial_id] = resource

    def _go_on(self) -> list[int]:
        """Let others follow a probe that did not fail, or else close the rung."""
        resource = self._resources[self._rung]
        # The order of the trials, not of their ends, decides what comes next. Those
        # that passed come first: who fails beside them needs more than they did.
        ended = sorted((loss == math.inf, i) for i, (loss, _) in self._ended.items())
        for _, trial_id in ended:
            loss, failure = self._ended[trial_id]
            if loss < math.inf:
                self._failures.passed(trial_id, resource)
            elif failure is None:
                self._failures.lost(trial_id)
            elif failure == "":
                hopeless = self._failures.failed_for_good(trial_id)
                self._losses.update(dict.fromkeys(hopeless, math.inf))
            elif self._failures.add(trial_id, failure, resource):
                continue
            self._losses[trial_id] = loss
        more = self._failures.followers(resource)
        if self._rung == len(self._resources) - 1:
            more += self._failures.next_probes()
        more = more[: self._n_affordable(len(more))] or self._replacements()
        if more:
            self._run(more)
            return []
        return self._close()

    def _replacements(self) -> list[int]:
        """Return who takes the places of promoted trials that have failed."""
        # Deviation: the paper does not speak of failures. Without these, a rung in
        # which all promoted trials fail would end the search without a winner.
        n_finished = self._n_finished()
        n_missing = min(self._n_promoted - n_finished, len(self._reserve))
        n = self._n_affordable(n_missing)
        is_last = self._rung == len(self._resources) - 1
        if not n and is_last and not n_finished and not self._has_overdrawn:
            self._has_overdrawn, n = True, min(n_missing, 1)
        chosen, self._reserve = self._reserve[:n], self._reserve[n:]
        return chosen

    def _n_finished(self) -> int:
        """Return how many trials of this rung did not fail."""
        return sum(loss < math.inf for loss in self._losses.values())

    def _close(self) -> list[int]:
        """Promote from the finished rung; return the trials that are left behind."""
        self._tell_sampler()
        # Deviation: a failed trial (infinite loss) takes no place, because it cannot
        # become the best. The rung is filled with the next finished trials, and
        # shrinks only when there are none.
        ranked = sorted(
            (loss, i) for i, loss in self._losses.items() if loss < math.inf
        )
        # Those of the rung below cannot be needed any more.
        over = {*self._losses, *self._reserve}
        self._losses, self._reserve = {}, []
        while self._rung + 1 < len(self._resources):
            self._rung += 1
            n = self._n_to_promote([loss for loss, _ in ranked])
            ordered = [i for _, i in ranked]
            winners = ordered[:n]
            tried = winners + self._tries(n)
            if tried:
                self._n_promoted, self._reserve = n, ordered[n:]
                self._run(tried)
                return sorted(over.difference(ordered))
        left = self._failures.drop_all()
        self._losses = dict.fromkeys(left, math.inf)
        self._tell_sampler()
        return sorted(over.union(left))

    def _n_to_promote(self, losses: Sequence[float]) -> int:
        """Return how many go to the rung that opens; ``losses`` are sorted."""
        n = min(self._sizes[self._rung], len(losses))
        n_ties = losses[n:].count(losses[n - 1]) if n and self._is_race else 0
        return n + self._n_affordable(n_ties, n)

    def _tries(self, n_winners: int) -> list[int]:
        """Choose who of the failed trials is tried in the rung that opens."""
        # Deviation: the paper does not speak of failures. A trial that cannot be
        # fitted on few rows is not beaten by those that can, so it has its try on a
        # higher rung, beside those that are promoted.
        followers = self._failures.followers(self._resources[self._rung])
        tries = followers + self._failures.next_probes()
        return tries[: self._n_affordable(len(tries), n_winners)]

    def _n_affordable(self, n_wanted: int, n_promoted: int = 0) -> int:
        """Return how many more trials the present rung can have, and enlarge the next.

        A rung that has more trials than were planned promotes more of them: 1/eta.
        """
        rung, n_here = self._rung, n_promoted or self._n_finished()
        for n in range(n_wanted, 0, -1):
            sizes = [
                max(size, (n_here + n) // self._eta ** (i + 1))
                for i, size in enumerate(self._sizes[rung + 1 :])
            ]
            later = sum(map(operator.mul, sizes, self._prices[rung + 1 :]))
            cost = (n + n_promoted) * self._prices[rung] + later
            if cost <= self._budget:
                self._sizes[rung + 1 :] = sizes
                return n
        return 0

    def _tell_sampler(self) -> None:
        for trial_id, loss in sorted(self._losses.items()):
            config, resource = self._configs[trial_id], self._previous[trial_id]
            seconds = self._seconds.get(trial_id)
            self._sampler.tell(Observation(config, loss, resource, seconds))
