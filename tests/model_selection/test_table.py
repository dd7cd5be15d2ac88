"""What a table, a callback and the attributes say of evaluations, without a search."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import AllFolds, Evaluation, FoldResult, Status
from sklearn_automl.model_selection._table import (
    _failed_later,
    _warn_again,
    describe_run,
    row_of,
)
from sklearn_automl.schedulers import Job


def evaluation(trial_id, resource, status=Status.COMPLETED, bracket=0, rung=0, **fold):
    job = Job(trial_id, {"a": trial_id}, bracket, rung, resource)
    fold = {"test_scores": 0.5, "units": resource, "duration": 1.0, **fold}
    folds = {split: FoldResult(**fold) for split in range(2)}
    return Evaluation(job, folds, 0.0, 1.0, status=status, loss=-0.5)


def plan_of(rungs=((),), n_resources=lambda r: r):
    sampler = SimpleNamespace(origin_of=lambda config: f"of {config['a']}")
    return SimpleNamespace(
        rungs=rungs,
        folds=AllFolds(2, 90),
        n_resources=n_resources,
        scheduler=SimpleNamespace(sampler=sampler),
        parameters=lambda job: {**job.config, "n": job.resource},
    )


def test_a_trial_that_failed_with_more_is_no_winner_with_less():
    evaluations = [
        evaluation(0, 90, Status.FAILED),
        evaluation(0, 30),
        evaluation(0, 60, Status.FAILED),
        evaluation(0, 90),
        evaluation(1, 30),
        evaluation(1, 90, Status.TIMEOUT),
        evaluation(2, 30, Status.FAILED),
        evaluation(2, 60),
    ]
    expected = [False, True, True, False, False, False, False, False]
    assert _failed_later(evaluations).tolist() == expected


def test_what_ran_is_told_by_bracket_and_rung():
    evaluations = [
        evaluation(5, 90, bracket=1, rung=0),
        evaluation(0, 90, bracket=0, rung=1),
        evaluation(0, 30, bracket=0, rung=0),
        evaluation(1, 30, bracket=0, rung=0),
    ]
    told = describe_run(evaluations, plan_of())
    assert told == {
        "brackets_": [[(2, 30), (1, 90)], [(1, 90)]],
        "min_resources_": 30,
        "max_resources_": 90,
        "n_trials_": 3,
        "total_resources_": 240,
    }
    assert type(told["total_resources_"]) is int


def test_resources_are_those_of_the_plan_and_of_what_ran():
    plan = plan_of([[(3, 20), (0, 10), (1, 60)]])
    told = describe_run([evaluation(0, 30)], plan)
    assert (told["min_resources_"], told["max_resources_"]) == (20, 60)
    told = describe_run([evaluation(0, 10), evaluation(1, 90)], plan)
    assert (told["min_resources_"], told["max_resources_"]) == (10, 90)


def test_what_is_spent_counts_in_what_the_table_shows():
    told = describe_run([evaluation(0, 30)], plan_of(n_resources=lambda r: 2 * r))
    assert told["total_resources_"] == 60
    told = describe_run([evaluation(0, 30, units=15.5)], plan_of())
    assert told["total_resources_"] == 15.5


def test_a_callback_gets_the_row_of_the_table():
    row = row_of(evaluation(3, 30, fit_time=2.0, score_time=0.5), plan_of())
    expected = {
        "trial_id": 3,
        "n_resources": 30,
        "n_folds": 2,
        "origin": "of 3",
        "status": "completed",
        "params": {"a": 3, "n": 30},
        "score": 0.5,
        "mean_test_score": 0.5,
        "mean_fit_time": 2.0,
        "mean_score_time": 0.5,
        "is_recorded": False,
    }
    assert {name: row[name] for name in expected} == expected


def test_a_callback_gets_the_means_of_several_metrics():
    several = evaluation(0, 30, test_scores={"a": 0.25, "b": 1.0})
    several.results[1].test_scores = {"a": 0.75, "b": 2.0}
    row = row_of(several, plan_of())
    assert (row["mean_test_a"], row["mean_test_b"]) == (0.5, 1.5)
    assert "mean_test_score" not in row
    # One fold without scores has no metrics.
    several.results[1].test_scores = None
    row = row_of(several, plan_of())
    assert row["mean_test_score"] == row["score"]


def test_a_callback_gets_no_infinite_score():
    failed = evaluation(0, 30, Status.FAILED)
    failed.loss = np.inf
    row = row_of(failed, plan_of())
    assert np.isnan(row["score"])
    assert np.isnan(row["mean_test_score"])
    assert row["status"] == "failed"


@pytest.mark.parametrize(("kind", "n_bad"), [("test", 2), ("train", 1)])
def test_scores_that_are_not_finite_are_counted(kind, n_bad):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(
            f"One or more of the {kind} scores are non-finite: [nan]", stacklevel=1
        )
    results = {
        "mean_test_a": np.array([np.nan, 1.0, 1.0]),
        "mean_test_b": np.array([1.0, np.inf, 1.0]),
        "mean_train_a": np.array([1.0, np.nan, 1.0]),
    }
    words = f"are non-finite: those of {n_bad} of 3 evaluations"
    with pytest.warns(UserWarning, match=words):
        _warn_again(caught, results, has_errors=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _warn_again(caught, results, has_errors=True)


@pytest.mark.parametrize("has_errors", [True, False])
def test_other_warnings_are_passed_on(has_errors):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("another", SearchWarning, stacklevel=1)
    with pytest.warns(SearchWarning, match="another"):
        _warn_again(caught, {}, has_errors)
