"""Screening: all are scored for nothing, the best get the resource."""

import math

import pytest

from sklearn_automl.schedulers import Screening
from sklearn_automl.space import SearchSpace
from tests.schedulers.drive import drive, random_sampler


def loss(job):
    """The later a trial, the better."""
    return -float(job.trial_id)


def test_the_best_and_the_first_of_the_others_get_the_resource():
    scheduler = Screening(random_sampler(), 10, 7, n_best=3, n_others=2)
    assert scheduler.plan == [[(10, 0), (5, 7)]]
    history = drive(scheduler, 1, loss)
    assert history.rung(0) == list(range(10))
    assert history.rung(1) == [9, 8, 7, 0, 1]
    assert {job.resource for job in history.asked if job.rung == 0} == {0}
    assert {job.resource for job in history.asked if job.rung == 1} == {7}
    assert {job.previous_resource for job in history.asked} == {0}


def test_who_is_left_behind_is_known_when_all_are_scored():
    history = drive(Screening(random_sampler(), 6, 7, 2, 1), 3, loss, seed=1)
    over = [f.over for f in history.told if f.job.rung == 0]
    assert over[:-1] == [[]] * 5
    assert sorted(over[-1]) == [1, 2, 3]


def test_the_sampler_learns_from_what_was_trained():
    sampler, told = random_sampler(), []
    scheduler = Screening(sampler, 6, 7, 2, 1)
    sampler.tell = told.append
    drive(scheduler, 1, loss)
    trained = [o for o in told if o.resource == 7]
    assert [o.loss for o in trained] == [-5.0, -4.0, 0.0]


def test_a_failure_takes_no_place():
    def some_fail(job):
        return math.nan if job.trial_id in (0, 9) and job.rung == 0 else loss(job)

    history = drive(Screening(random_sampler(), 10, 7, 2, 1), 1, some_fail)
    assert history.rung(1) == [8, 7, 1]


def test_nothing_follows_if_all_fail():
    scheduler = Screening(random_sampler(), 4, 7, 2, 1)
    history = drive(scheduler, 2, lambda job: math.inf)
    assert scheduler.done
    assert history.rung(1) == []


@pytest.mark.parametrize(("n_trials", "n_trained"), [(1, 1), (3, 3), (4, 3)])
def test_fewer_trials_than_places(n_trials, n_trained):
    scheduler = Screening(random_sampler(), n_trials, 7, n_best=2, n_others=1)
    assert len(drive(scheduler, 1, loss).rung(1)) == n_trained
    assert scheduler.plan[0][1][0] == n_trained


@pytest.mark.parametrize("n_workers", [1, 2, 7])
def test_a_space_that_runs_out_is_screened_and_the_best_are_run(n_workers):
    space = SearchSpace({"x": [1, 2, 3]})
    scheduler = Screening(random_sampler(space=space), 20, 7, 1, 1)
    history = drive(scheduler, n_workers, loss)
    assert scheduler.done
    assert sorted(history.rung(0)) == [0, 1, 2]
    assert sorted(history.rung(1)) == [0, 2]


def test_a_sampler_that_learns_knows_all_but_the_last_ones():
    scheduler = Screening(random_sampler(), 10, 7, 2, 1, n_unknown=3)
    assert sum(scheduler.ask() is not None for _ in range(10)) == 3


def test_who_is_left_behind_is_told_although_the_space_ran_out():
    space = SearchSpace({"x": [1, 2, 3, 4]})
    scheduler = Screening(random_sampler(space=space), 10, 7, n_best=1)
    history = drive(scheduler, 1, loss)
    over = sorted(i for finished in history.told for i in finished.over)
    assert over == [0, 1, 2, 3]
