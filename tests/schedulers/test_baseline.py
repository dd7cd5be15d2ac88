"""A baseline first: in full, and whatever the others do."""

import math

import numpy as np
import pytest

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import (
    ASHA,
    BaselineFirst,
    FullFidelity,
    Hyperband,
    SuccessiveHalving,
)
from tests.schedulers.drive import SPACE, drive, noisy_loss, random_sampler

RESTS = {
    "halving": lambda sampler: SuccessiveHalving(sampler, 9, 1, 9),
    "hyperband": lambda sampler: Hyperband(sampler, 1, 9),
    "asha": lambda sampler: ASHA(sampler, 12, 1, 9),
    "full": lambda sampler: FullFidelity(sampler, 4, 9),
}


@pytest.fixture(params=RESTS)
def rest(request):
    return RESTS[request.param]


def worst(job):
    """The baseline is worse than all others."""
    return 1e9 if job.trial_id == 0 else noisy_loss(job)


@pytest.mark.parametrize("loss", [noisy_loss, worst])
@pytest.mark.parametrize("n_workers", [1, 3, 50])
def test_the_baseline_is_trial_0_in_full_and_once(rest, loss, n_workers):
    history = drive(BaselineFirst(rest(random_sampler()), 9), n_workers, loss)
    own = [job for job in history.asked if job.trial_id == 0]
    assert own == history.asked[:1]
    assert (own[0].resource, own[0].previous_resource) == (9, 0)
    assert (own[0].bracket, own[0].rung, own[0].is_final) == (0, 0, True)
    assert next(f.over for f in history.told if f.job is own[0]) == [0]


def test_it_is_what_the_sampler_proposes_first(rest):
    expected = random_sampler().ask()
    assert BaselineFirst(rest(random_sampler()), 9).ask().config == expected


def test_the_others_run_as_without_it(rest):
    sampler = random_sampler()
    sampler.ask()  # the baseline's
    alone = drive(rest(sampler), 1)
    beside = drive(BaselineFirst(rest(random_sampler()), 9), 1)
    expected = [
        (j.trial_id + 1, j.bracket + 1, j.config, j.resource) for j in alone.asked
    ]
    found = [(j.trial_id, j.bracket, j.config, j.resource) for j in beside.asked[1:]]
    assert found == expected
    over = [[i + 1 for i in f.over] for f in alone.told]
    assert [f.over for f in beside.told[1:]] == over


@pytest.mark.parametrize("loss", [math.inf, math.nan, 1e9])
def test_a_baseline_that_fails_does_not_touch_the_others(rest, loss):
    def own(job):
        return loss if job.trial_id == 0 else noisy_loss(job)

    beside = drive(BaselineFirst(rest(random_sampler()), 9), 1)
    failed = drive(BaselineFirst(rest(random_sampler()), 9), 1, own)
    assert failed.asked == beside.asked


def test_the_plan_has_a_bracket_for_it():
    scheduler = BaselineFirst(SuccessiveHalving(random_sampler(), 9, 1, 9), 9)
    assert scheduler.plan == [[(1, 9)], [(9, 1), (3, 3), (1, 9)]]
    assert scheduler.plan_is_exact


def test_without_a_plan_of_the_others_there_is_none():
    rest = FullFidelity(random_sampler(), 4, 9)
    rest.plan = []
    assert BaselineFirst(rest, 9).plan == []


def test_it_is_not_done_before_the_baseline_is():
    scheduler = BaselineFirst(FullFidelity(random_sampler(), 1, 9), 9)
    baseline, other = scheduler.ask(), scheduler.ask()
    scheduler.tell(other, 0.0)
    assert not scheduler.done
    scheduler.tell(baseline, 0.0)
    assert scheduler.done


class Listening(RandomSampler):
    learns = True

    def start(self):
        self.heard = []

    def tell(self, observation):
        self.heard.append(observation.config)


def test_the_sampler_is_not_told_of_it(rest):
    sampler = Listening().bind(SPACE, np.random.default_rng(0))
    history = drive(BaselineFirst(rest(sampler), 9), 3)
    baseline, *others = sorted(
        (f.job for f in history.told), key=lambda job: job.trial_id
    )
    assert baseline.config not in sampler.heard
    assert len(sampler.heard) == len(others)


def test_its_plan_is_as_exact_as_that_of_the_others():
    exact = SuccessiveHalving(random_sampler(), 9, 1, 9)
    for rest in (exact, ASHA(random_sampler(), 9, 1, 9)):
        assert BaselineFirst(rest, 9).plan_is_exact == rest.plan_is_exact
    assert not rest.plan_is_exact
