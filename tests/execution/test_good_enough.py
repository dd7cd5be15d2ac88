"""When a search has found enough, with a clock that is set by hand."""

from datetime import timedelta

import pytest

from sklearn_automl.execution import (
    AllFolds,
    Evaluation,
    FoldResult,
    GoodEnough,
    Status,
    StopReason,
)
from sklearn_automl.schedulers import Job
from tests.fakes import FakeClock

FULL = 9
is_top = AllFolds(n_splits=1, full=FULL).is_everything


def evaluation(score, resource=FULL, status=Status.COMPLETED, is_final=False):
    job = Job(0, {}, 0, 0, resource, is_final=is_final)
    loss = float("inf") if score is None else -score
    return Evaluation(job, {0: FoldResult()}, status=status, loss=loss)


def failure(resource=FULL):
    return evaluation(None, resource, Status.FAILED)


def answers(evaluations, clock=None, **params):
    enough = GoodEnough(is_top, clock=clock or FakeClock(), **params)
    return [enough.evaluated(e) for e in evaluations]


def test_without_parameters_nothing_is_enough():
    assert answers([evaluation(1e9), *[evaluation(0.0)] * 99]) == [False] * 100


@pytest.mark.parametrize("score", [0.9, 0.95, 1e9])
def test_a_score_that_is_reached_is_enough(score):
    assert answers([evaluation(0.89), evaluation(score)], stop_at=0.9) == [
        False,
        StopReason.STOP_AT,
    ]


@pytest.mark.parametrize(
    "too_small", [evaluation(1.0, 8), failure(), evaluation(-0.11), failure(8)]
)
def test_only_completed_evaluations_with_everything_reach_a_score(too_small):
    assert answers([too_small], stop_at=-0.1) == [False]


def test_the_last_evaluation_of_a_trial_counts_whatever_its_amount_is():
    assert answers([evaluation(0.9, 6, is_final=True)], stop_at=0.9)[0]


def test_patience_counts_evaluations_since_the_best_one():
    scores = [0.5, 0.4, 0.6, 0.6, 0.1]
    told = answers(map(evaluation, scores), patience=2)
    assert told == [False] * 4 + [StopReason.PATIENCE]


def test_failures_with_everything_are_waited_for_too():
    assert answers([evaluation(0.5), failure(), failure()], patience=2)[-1]


def test_evaluations_of_lower_rungs_try_no_patience():
    lower = [evaluation(0.1, 3), failure(3), evaluation(0.9, 8)]
    assert answers([evaluation(0.5), *lower], patience=1) == [False] * 4


def test_nothing_is_waited_for_before_there_is_a_result():
    clock = FakeClock()
    enough = GoodEnough(is_top, None, timedelta(seconds=1), clock)
    for e in [failure(), evaluation(0.3, 3), failure()]:
        clock.now += 10
        assert not enough.evaluated(e)
    assert answers([failure()] * 5, patience=1) == [False] * 5


def test_patience_may_be_a_time_since_the_best_one():
    clock = FakeClock()
    enough = GoodEnough(is_top, None, timedelta(minutes=1), clock)
    told = []
    # The times of a good one, one that is no better, a better one, and lower ones.
    steps = [(5, 0.5, 9), (59, 0.4, 9), (60, 0.6, 9), (119, 0.9, 3), (120, 0.9, 3)]
    for clock.now, score, resource in steps:
        told.append(enough.evaluated(evaluation(score, resource)))
    assert told == [False] * 4 + [StopReason.PATIENCE]


@pytest.mark.parametrize("patience", [timedelta(0), timedelta(seconds=-1)])
def test_a_time_must_be_positive(patience):
    with pytest.raises(ValueError, match=r"patience=.*not a positive time.*minutes=5"):
        GoodEnough(is_top, patience=patience)
