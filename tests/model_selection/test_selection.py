"""Which rows of a table a choice is made of."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer

from sklearn_automl.execution import AllFolds, Evaluation, FoldResult, FoldsOnly, Status
from sklearn_automl.model_selection._selection import (
    best_row,
    warn_of_unused_name,
    with_most,
)
from sklearn_automl.schedulers import Job

FOLDS = AllFolds(n_splits=1, full=9)


def evaluation(resource, status=Status.COMPLETED, is_final=False):
    job = Job(0, {}, 0, 0, resource, is_final=is_final)
    return Evaluation(job, {0: FoldResult()}, status=status)


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([evaluation(9), evaluation(3), evaluation(9)], [0, 2]),
        # The end of a search with less, and one that goes on to all of it.
        ([evaluation(6, is_final=True), evaluation(9), evaluation(3)], [0, 1]),
        ([evaluation(6, is_final=True), evaluation(8)], [0]),
        # Nobody had all of it.
        ([evaluation(3), evaluation(1), evaluation(3)], [0, 2]),
        ([evaluation(9, Status.FAILED), evaluation(3), evaluation(1)], [1]),
    ],
)
def test_a_choice_is_made_of_rows_with_all_of_the_resource(rows, places):
    assert with_most(rows, FOLDS) == places


def test_all_of_the_resource_can_be_a_part_of_the_folds():
    folds = FoldsOnly(order=[0, 1, 2, 3, 4], n_most=3)
    rows = [evaluation(2), evaluation(6), evaluation(4)]
    assert with_most(rows, folds) == [1]


# ---- who chooses -----------------------------------------------------------------


def test_a_choice_of_the_user_is_a_place_among_the_rows_that_can_be_chosen():
    table = {"a": np.array([5, 6, 7, 8]), "params": ["p", "q", "r", "s"]}
    seen = []

    def choose(cv_results):
        seen.append((cv_results["a"].tolist(), cv_results["params"]))
        return 1

    search = SimpleNamespace(
        refit=choose, cv_results_=table, _choices=lambda rows, folds: [1, 3]
    )
    assert best_row(search, choose, "four", FOLDS) == 3
    assert seen == [([6, 8], ["q", "s"])]
    search.refit = True
    assert best_row(search, choose, "four", FOLDS) == 1
    assert seen[1] == ([5, 6, 7, 8], ["p", "q", "r", "s"])


def named(estimator, X, y):
    return 0.0


@pytest.mark.parametrize(
    ("estimator", "scoring", "names"),
    [
        (DummyClassifier(), None, {"score", "accuracy"}),
        (DummyRegressor(), None, {"score", "r2"}),
        (DummyClassifier(), "f1", {"score", "f1"}),
        (DummyClassifier(), named, {"score", "named"}),
        (DummyClassifier(), get_scorer("f1"), {"score", "f1"}),
    ],
)
def test_a_single_metric_may_have_these_names(estimator, scoring, names):
    for name in ("score", "accuracy", "r2", "f1", "named"):
        search = SimpleNamespace(refit=name, scoring=scoring, estimator=estimator)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_of_unused_name(search)
        assert bool(caught) is (name not in names), name
