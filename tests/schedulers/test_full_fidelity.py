import math

import pytest

from sklearn_automl.schedulers import FullFidelity
from sklearn_automl.space import SearchSpace
from tests.schedulers.drive import drive, random_sampler


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


def len_of(job):
    return float(len(repr(job.config)))
