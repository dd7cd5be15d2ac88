"""Searches of this package, as schedulers that are driven in a plain loop.

A method is a function of a problem and a random generator that returns a scheduler: a
variant is one more line in ``METHODS`` or ``ABLATION``.
"""

import math
from collections.abc import Callable
from functools import cache

from numpy.random import Generator

from benchmarks.models.problems import Axis, Problem
from sklearn_automl.samplers import (
    ForestSampler,
    GaussianProcessSampler,
    KDESampler,
    Sampler,
    make_sampler,
    sampler_names,
)
from sklearn_automl.schedulers import ASHA, FullFidelity, Hyperband, Scheduler
from sklearn_automl.space import SearchSpace

__all__ = ["ABLATION", "FULL_FIDELITY", "METHODS", "MissingSamplerError", "hyperband"]

SchedulerFactory = Callable[[Problem, Generator], Scheduler]

# More iterations of Hyperband than any budget pays for.
_N_ITERATIONS = 100


class MissingSamplerError(Exception):
    """This version of the package has no sampler of that name."""


def bind(sampler: str | Sampler, problem: Problem, rng: Generator) -> Sampler:
    """Return the sampler of a name, or the one given, for a problem's space."""
    if isinstance(sampler, str):
        if sampler not in sampler_names():
            raise MissingSamplerError(f"there is no sampler {sampler!r}")
        sampler = make_sampler(sampler)
    return sampler.bind(_space(problem.axes), rng)


@cache
def _space(axes: tuple[Axis, ...]) -> SearchSpace:
    return SearchSpace({axis.name: axis.distribution() for axis in axes})


def full_fidelity(sampler: str | Sampler) -> SchedulerFactory:
    """Evaluate everything with all of the resource."""
    return lambda problem, rng: FullFidelity(
        bind(sampler, problem, rng), math.inf, problem.max_resource
    )


def hyperband(sampler: str | Sampler) -> SchedulerFactory:
    """Run Hyperband as often as the budget allows."""
    return lambda problem, rng: Hyperband(
        bind(sampler, problem, rng),
        problem.min_resource,
        problem.max_resource,
        problem.eta,
        _N_ITERATIONS,
    )


def asha(sampler: str | Sampler) -> SchedulerFactory:
    """Run ASHA on one worker."""
    return lambda problem, rng: ASHA(
        bind(sampler, problem, rng),
        math.inf,
        problem.min_resource,
        problem.max_resource,
        problem.eta,
    )


METHODS: dict[str, SchedulerFactory] = {
    "random": full_fidelity("random"),
    "hyperband": hyperband("random"),
    "hyperband+kde": hyperband("kde"),
    "hyperband+gp": hyperband("gp"),
    "hyperband+rf": hyperband("rf"),
    "hyperband+de": hyperband("differential_evolution"),
    "asha": asha("random"),
    "asha+kde": asha("kde"),
    "asha+gp": asha("gp"),
}

FULL_FIDELITY: dict[str, SchedulerFactory] = {
    name: full_fidelity(name)
    for name in (
        *("random", "kde", "gp", "rf", "genetic", "regularized_evolution"),
        *("differential_evolution", "particle_swarm", "cma_es"),
    )
}

ABLATION: dict[str, SchedulerFactory] = {
    "kde, random fraction 0.1": hyperband(KDESampler(random_fraction=0.1)),
    "kde, 256 candidates": hyperband(KDESampler(n_candidates=256)),
    "kde, top 10 %": hyperband(KDESampler(top_fraction=0.1)),
    "gp, lcb": hyperband(GaussianProcessSampler(acquisition="lcb")),
    "gp, random fraction 0.1": hyperband(GaussianProcessSampler(random_fraction=0.1)),
    "gp, random fraction 1/3": hyperband(GaussianProcessSampler(random_fraction=1 / 3)),
    "gp, 100 points": hyperband(GaussianProcessSampler(max_points=100)),
    "gp, 500 points": hyperband(GaussianProcessSampler(max_points=500)),
    "rf, 30 trees": hyperband(ForestSampler(n_trees=30)),
}
