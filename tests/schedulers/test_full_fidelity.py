import math

import numpy as np
import pytest

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import FullFidelity
from sklearn_automl.space import SearchSpace
from tests.schedulers.drive import SPACE, drive, random_sampler


def test_every_trial_runs_once_in_full():
    history = drive(FullFidelity(random_sampler(), 10, resource=150), 3)
    assert sorted(job.trial_id for job in history.asked) == list(range(10))
    assert {job.resource for job in history.asked} == {150}
    assert {job.previous_resource for job in history.asked} == {0}
    assert all(job.is_final for job in history.asked)


def test_never_makes_a_worker_wait_while_trials_are_left():
    scheduler = FullFidelity(random_sampler(), 1000)
    assert all(scheduler.ask() is not None for _ in range(1000))
    assert scheduler.ask() is None


@pytest.mark.parametrize("loss", [0.5, math.inf, math.nan])
def test_a_trial_is_over_when_told(loss):
    scheduler = FullFidelity(random_sampler(), 2)
    jobs = [scheduler.ask(), scheduler.ask()]
    assert scheduler.tell(jobs[1], loss) == [1]
    assert not scheduler.done
    assert scheduler.tell(jobs[0], loss) == [0]
    assert scheduler.done


def test_no_limit_goes_through_the_whole_space():
    space = SearchSpace({"x": [1.0, 2.0, 3.0], "y": [True, False]})
    history = drive(FullFidelity(random_sampler(space=space), math.inf), 2, len_of)
    assert len(history.asked) == 6


class Recorder(RandomSampler):
    """Remembers after which results each configuration was asked for."""

    learns = True

    def start(self):
        self.told, self.known = [], []

    def propose(self, resource):
        self.known.append(tuple(self.told))
        return super().propose(resource)

    def tell(self, observation):
        self.told.append(observation.loss)


def recorder():
    return Recorder().bind(SPACE, np.random.default_rng(0))


@pytest.mark.parametrize("n_workers", [1, 2, 3, 10])
def test_what_a_trial_knows_does_not_depend_on_the_workers(n_workers):
    sampler = recorder()
    drive(FullFidelity(sampler, 12, n_unknown=3), n_workers, lambda job: job.trial_id)
    assert sampler.known == [tuple(range(max(i - 2, 0))) for i in range(12)]


def test_a_trial_that_is_asked_for_again_later_is_told_once():
    scheduler = FullFidelity(sampler := recorder(), 3, n_unknown=1)
    job = scheduler.ask()
    assert scheduler.ask() is None
    assert scheduler.ask() is None
    scheduler.tell(job, math.inf)
    assert scheduler.ask().trial_id == 1
    assert sampler.told == [math.inf]


def len_of(job):
    return float(len(repr(job.config)))


def test_there_is_no_room_for_more_trials_than_were_asked_for():
    scheduler = FullFidelity(random_sampler(), 5)
    scheduler.widen(4)
    assert scheduler.n_planned == 5
