"""Every scheduler with every sampler in every space."""

import numpy as np
import pytest

from sklearn_automl.samplers import make_sampler, sampler_names
from sklearn_automl.schedulers import (
    ASHA,
    CurveStopping,
    FullFidelity,
    Hyperband,
    LearningCurve,
    MedianStopping,
    Screening,
    SuccessiveHalving,
)
from tests.samplers.contract import LIMITED, REPRESENTATIVE, SAMPLERS, SPACES
from tests.schedulers.drive import drive, noise

# Few trials, and more than one bracket or rung: the samplers learn from each.
SCHEDULERS = {
    "full_fidelity": lambda sampler: FullFidelity(sampler, 5, 3),
    "halving": lambda sampler: SuccessiveHalving(sampler, 5, 1, 5, 2),
    "hyperband": lambda sampler: Hyperband(sampler, 1, 3, 2),
    "asha": lambda sampler: ASHA(sampler, 5, 1, 5, 2),
    "asha_stopping": lambda sampler: ASHA(sampler, 5, 1, 5, 2, "stopping"),
    "curve_stopping": lambda sampler: LearningCurve(
        sampler, 5, (1, 2, 5), CurveStopping(), np.random.default_rng(0)
    ),
    "median_stopping": lambda sampler: LearningCurve(
        sampler, 5, (1, 2, 5), MedianStopping(), np.random.default_rng(0)
    ),
    "screening": lambda sampler: Screening(sampler, 5, 5, n_best=2, n_others=1),
}

# So that few results are enough for the model and for the population.
OPTIONS = {
    "gp": {"n_initial": 2},
    "rf": {"n_initial": 2},
    "cma_es": {"population_size": 4},
    "differential_evolution": {"population_size": 4},
    "genetic": {"population_size": 4},
    "particle_swarm": {"population_size": 4},
    "regularized_evolution": {"population_size": 4},
}


def loss(job):
    return np.inf if noise(job) < 0.1 else noise(job)


def check_all_samplers(scheduler, spaces):
    for name in sorted(sampler_names() & set(SAMPLERS)):
        for space in sorted(LIMITED.get(name, set(SPACES)) & spaces):
            sampler = make_sampler(name, **OPTIONS.get(name, {}))
            bound = sampler.bind(SPACES[space], np.random.default_rng(0))
            run = SCHEDULERS[scheduler](bound)
            drive(run, 2, loss)
            assert run.done, (name, space)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_sampler_runs_to_the_end(scheduler):
    check_all_samplers(scheduler, REPRESENTATIVE)


# These two ask for proposals in their own ways: for several at once, and ever anew.
@pytest.mark.parametrize(
    "scheduler",
    [
        "hyperband",
        "screening",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in SCHEDULERS
            if name not in {"hyperband", "screening"}
        ),
    ],
)
def test_every_sampler_runs_to_the_end_in_all_other_spaces(scheduler):
    check_all_samplers(scheduler, SPACES.keys() - REPRESENTATIVE)
