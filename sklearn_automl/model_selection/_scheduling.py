"""What a search will run: amounts of the resource, sampler and scheduler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, Literal, Protocol

import numpy as np

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import AllFolds, EvalSet, Resource
from sklearn_automl.model_selection._amounts import (
    Amounts,
    find_amounts,
    make_resource,
)
from sklearn_automl.model_selection._eval_set import make_eval_set
from sklearn_automl.model_selection._folds import Folds
from sklearn_automl.model_selection._portfolio import (
    PORTFOLIO,
    initial_of,
    is_portfolio,
    n_of_portfolio,
)
from sklearn_automl.samplers import GridSampler, RandomSampler, Sampler, make_sampler
from sklearn_automl.schedulers import ASHA, FullFidelity, Job, Rung, Scheduler
from sklearn_automl.space import SearchSpace
from sklearn_automl.space.defaults import DataShape

__all__ = ["Plan", "make_asha", "make_plan", "n_trials_of", "warn_of_small_space"]


@dataclass(frozen=True)
class Plan:
    """What a search will run."""

    resource: Resource
    folds: AllFolds
    sampler: Sampler
    scheduler: Scheduler
    eval_set: EvalSet | None

    def n_resources(self, amount: int) -> int:
        """Return what the table shows of an amount: of rows, those really used."""
        return self.resource.reported(self.folds.shown(amount))

    def parameters(self, job: Job) -> dict[str, Any]:
        """Return the parameters of an evaluation, with the resource if it is one."""
        amount = self.folds.per_fold(job.resource)
        return {**job.config, **self.resource.parameters(amount)}

    @property
    def rungs(self) -> Sequence[Sequence[Rung]]:
        """The rungs of each bracket."""
        return self.scheduler.plan

    @property
    def n_trials(self) -> int:
        """Number of configurations."""
        return self.scheduler.n_planned

    @property
    def table(self) -> dict[str, np.ndarray]:
        """The rungs as columns; see :meth:`ResourceSearchCV.plan`."""
        rows = [
            (bracket, rung, n, self.folds.shown(amount), self.folds.n_folds(amount))
            for bracket, rungs in enumerate(self.rungs)
            for rung, (n, amount) in enumerate(rungs)
            if n
        ]
        columns = zip(*rows, strict=True)
        names = ("bracket", "rung", "n_candidates", "n_resources", "n_folds")
        return {k: np.array(v) for k, v in zip(names, columns, strict=True)}


class Leader(Protocol):
    """Has something to propose beside the sampler."""

    def lead(self, sampler: Sampler) -> Sampler: ...


def make_plan(
    search: Any,
    folds: Folds,
    space: SearchSpace,
    seed: int,
    leader: Leader | None = None,
    find_shape: Callable[[], DataShape] = DataShape,
) -> Plan:
    """Turn the parameters of a search into what it will run on these folds."""
    seeds = np.random.SeedSequence(seed).spawn(3)
    rng, subset_rng, order_rng = map(np.random.default_rng, seeds)
    amounts = find_amounts(search, folds, search._n_trials(space), order_rng)
    resource = make_resource(search, amounts.folds.full, folds, subset_rng)
    sampler = _bind_sampler(search, amounts, space, rng, find_shape)
    leading = sampler if leader is None else leader.lead(sampler)
    scheduler = search._make_scheduler(leading, amounts)
    _settle_initial(search, sampler, scheduler)
    eval_set = make_eval_set(search, folds, seed)
    return Plan(resource, amounts.folds, sampler, scheduler, eval_set)


def _settle_initial(search: Any, sampler: Sampler, scheduler: Scheduler) -> None:
    """Take as many initial configurations as there is room for; warn of the others."""
    n_trials = scheduler.n_planned
    if is_portfolio(search):
        n_first = scheduler.plan[0][0][0] if scheduler.plan else n_trials
        sampler.keep_initial(n_of_portfolio(n_first, n_trials), PORTFOLIO)
        return
    n_initial = len(search.initial_params or ())
    if n_initial > n_trials:
        warn(
            f"{n_initial} initial_params are more than the {n_trials} configurations "
            "that are tried; the last ones are left out."
        )


def _bind_sampler(
    search: Any,
    amounts: Amounts,
    space: SearchSpace,
    rng: np.random.Generator,
    find_shape: Callable[[], DataShape],
) -> Sampler:
    """Return the sampler of a search, ready to draw from its space."""
    sampler = search._make_sampler()
    if callable(sampler):  # it depends on the space
        sampler = sampler(space)
    if sampler == "grid":
        # In the order of a grid, the first of a rung are not a fair sample.
        sampler = GridSampler(shuffle=amounts.has_rungs)
    elif isinstance(space, SearchSpace) and not space.names:  # nothing to model
        sampler = RandomSampler()
    elif isinstance(sampler, str):
        sampler = make_sampler(sampler)
    initial = initial_of(search, space, find_shape)
    bound: Sampler = sampler.bind(space, rng, initial)
    return bound


def n_trials_of(n_asked: float, sampler: Any, space: SearchSpace) -> float:
    """Return how many configurations are tried if ``n_asked`` are asked for.

    ``sampler`` is that of the search, by name or bound or neither; a grid is tried as a
    whole.
    """
    if _is_grid(sampler):
        return space.size
    return min(n_asked, space.size)


def warn_of_small_space(
    search: Any, sampler: Sampler, n_asked: int, *names: str
) -> None:
    """Say if a space has fewer configurations than the user has asked for.

    ``names`` are the parameters that say how many. Nobody has asked for their defaults.
    """
    defaults = signature(type(search)).parameters
    # A class derived by a user may set them itself.
    is_default = all(
        k in defaults and getattr(search, k) == defaults[k].default for k in names
    )
    n = sampler.space.size
    if not _is_grid(sampler) and not is_default and n < n_asked:
        warn(
            f"The search space has {n} configurations, fewer than "
            f"{' * '.join(names)}={n_asked}; all of them are tried."
        )


def make_asha(
    search: Any,
    sampler: Sampler,
    n_trials: float,
    amounts: Amounts,
    *,
    variant: Literal["promotion", "stopping"] = "promotion",
) -> Scheduler:
    """Return the scheduler of n trials without generations or rungs to wait for."""
    if not amounts.has_rungs:
        return FullFidelity(sampler, n_trials, amounts.maximum)
    return ASHA(
        sampler,
        n_trials,
        amounts.minimum,
        amounts.maximum,
        int(search.factor),
        variant,
    )


def _is_grid(sampler: Any) -> bool:
    return sampler == "grid" or isinstance(sampler, GridSampler)
