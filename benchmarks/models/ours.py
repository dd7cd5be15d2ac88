"""Searches of this package, as schedulers that are driven in a plain loop.

A method is a function of a problem and a random generator that returns a scheduler: a
variant is one more line in ``METHODS`` or ``ABLATION``.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from benchmarks.models.problems import Axis, Problem
from sklearn_automl.samplers import (
    ForestSampler,
    GaussianProcessSampler,
    KDESampler,
    Observation,
    Proposal,
    Sampler,
    make_sampler,
    sampler_names,
)
from sklearn_automl.samplers._kde import ProductKernelDensity
from sklearn_automl.schedulers import ASHA, FullFidelity, Hyperband, Scheduler
from sklearn_automl.space import Configuration, SearchSpace

__all__ = [
    "ABLATION",
    "FULL_FIDELITY",
    "FULL_FIDELITY_ABLATION",
    "METHODS",
    "MissingSamplerError",
    "Refined",
    "bind",
    "hyperband",
]

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
        *("random", "kde", "rf", "genetic", "regularized_evolution"),
        *("differential_evolution", "particle_swarm", "cma_es"),
    )
}
# As BayesianSearchCV has it.
FULL_FIDELITY["gp"] = full_fidelity(GaussianProcessSampler(random_fraction=0))


class Refined(GaussianProcessSampler):
    """Refines its proposals to 0.001 of the cube, not to 0.015."""

    _refinements = (
        *GaussianProcessSampler._refinements,
        *((0.01, 0.003), (0.003, 0.001)),
    )


FULL_FIDELITY_ABLATION: dict[str, SchedulerFactory] = {
    "gp, refined": full_fidelity(Refined(random_fraction=0)),
}


class BracketsCountAsBad(KDESampler):
    """Takes what is drawn together for running."""

    def ask_together(self, n: int, resource: float = 1) -> list[Configuration]:
        """Return configurations of which none is evaluated before all are drawn."""
        return Sampler.ask_together(self, n, resource)


class NotNormalised(KDESampler):
    """Leaves out what of a kernel lies outside of the cube, as statsmodels does."""

    def _density(self, points: np.ndarray) -> ProductKernelDensity:
        density = super()._density(points)
        for group in density._groups:
            h = group._bandwidths
            centres = group._points[:, group._numeric]
            inside = ndtr((1 - centres) / h) - ndtr(-centres / h)
            group._log_scale += np.log(inside).sum(axis=1)
        return density


class IntegersAsNumbers(KDESampler):
    """Gives integers the density at their place, not the mass of their bin."""

    def start(self) -> None:
        super().start()
        for j in np.flatnonzero(~self._cube.is_categorical):
            self._cube.edges[j] = None
            self._cube.n_levels[j] = 0


class LevelsUnsmoothed(KDESampler):
    """Gives values of lists that were not seen next to no probability."""

    def _density(self, points: np.ndarray) -> ProductKernelDensity:
        density = super()._density(points)
        for group in density._groups:
            group._prior = 1e-6
        return density


class FullResourceOnly(GaussianProcessSampler):
    """Models the results of the highest resource, as far as there are some."""

    def tell(self, observation: Observation) -> None:
        """Take note of the result of an evaluation."""
        super().tell(observation)
        highest = max(self._seen)
        if self._seen[highest].n >= self.n_initial:
            self._seen = {highest: self._seen[highest]}


class PendingForgotten(GaussianProcessSampler):
    """Does not know what runs."""

    def note_asked(self, proposal: Proposal) -> None:
        """Take note of what ``ask`` returns."""
        super().note_asked(proposal)
        self._pending.clear()


class Ranks(GaussianProcessSampler):
    """Sees the normal scores of the losses' ranks."""

    def _data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        points, levels, scores = super()._data()
        return points, levels, ndtri((rankdata(scores) - 0.5) / len(scores))


ABLATION: dict[str, SchedulerFactory] = {
    "kde, brackets count as bad": hyperband(BracketsCountAsBad()),
    "kde, not normalised": hyperband(NotNormalised()),
    "kde, integers as numbers": hyperband(IntegersAsNumbers()),
    "kde, levels unsmoothed": hyperband(LevelsUnsmoothed()),
    "gp, full resource only": hyperband(FullResourceOnly()),
    "gp, pending forgotten": hyperband(PendingForgotten()),
    "gp, ranks": hyperband(Ranks()),
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
