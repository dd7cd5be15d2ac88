"""How many rungs a search has, and where they end."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.exceptions import SearchWarning
from tests.fakes import ScoreIsParameter
from tests.model_selection.searches import set_n_trials

X, y = np.zeros((40, 1)), np.arange(40) % 2


@pytest.mark.parametrize(
    ("n_trials", "n_rungs"), [(1, 1), (2, 1), (3, 2), (8, 2), (9, 3), (26, 3), (27, 4)]
)
@pytest.mark.parametrize(
    "Search", [SuccessiveHalvingSearchCV, ASHASearchCV, BayesianSearchCV]
)
def test_auto_makes_no_more_rungs_than_configurations_can_fill(
    Search, n_trials, n_rungs
):
    space = {"C": [float(c) for c in range(1, 100)]}
    search = Search(
        LogisticRegression(), space, resource="n_samples", folds="all", cv=2
    )
    plan = set_n_trials(search, n_trials).plan(20000, np.arange(20000) % 2)
    amounts = np.unique(plan["n_resources"])
    assert amounts.tolist() == [10000 // 3**i for i in reversed(range(n_rungs))]
    assert plan["n_candidates"].max() == n_trials


class Trees(ScoreIsParameter):
    """Scores ``value``, whatever the number of trees."""

    def __init__(self, value=0.0, n_estimators=100):
        super().__init__(value)
        self.n_estimators = n_estimators


@pytest.mark.parametrize("seed", range(10))
def test_every_bracket_ends_at_the_largest_resource(seed):
    search = HyperbandSearchCV(
        Trees(),
        {"value": np.linspace(0, 1, 200).tolist()},
        resource="n_estimators",
        min_resources=1,
        max_resources=50,
        cv=2,
        random_state=seed,
    ).fit(X, y)
    results = search.cv_results_
    last = {
        int(bracket): int(results["n_resources"][results["bracket"] == bracket].max())
        for bracket in np.unique(results["bracket"])
    }
    assert last == dict.fromkeys(range(5), 50)  # 100 // 81 trees, of two folds of 50
    assert search.best_params_["n_estimators"] == 50
    at_top = results["n_resources"] == 50
    assert search.best_score_ == results["mean_test_score"][at_top].max()


def test_auto_makes_at_most_five_rungs():
    search = HyperbandSearchCV(
        Trees(),
        {"value": np.linspace(0, 1, 2000).tolist()},
        resource="n_estimators",
        max_resources=3**8,
    )
    amounts = np.unique(search.plan(100)["n_resources"]).tolist()
    assert amounts == [405, 1215, 3645, 6561]  # the last twice: on two folds, and five
    assert np.unique(search.plan(100)["rung"]).tolist() == [0, 1, 2, 3, 4]


# ---- a least amount of the user --------------------------------------------------


def planned(**params):
    """Return the rungs of a search with 15 configurations on five folds."""
    params = {"n_iter": 15, "resource": "n_folds", **params}
    space = {"value": np.linspace(0, 1, 200).tolist()}
    search = SuccessiveHalvingSearchCV(Trees(), space, **params)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SearchWarning)
        plan = search.plan(100)
    rungs = zip(plan["n_candidates"], plan["n_folds"], strict=True)
    return [(int(n), int(k)) for n, k in rungs], [str(w.message) for w in caught]


@pytest.mark.parametrize(
    ("cv", "factor", "least", "rungs"),
    [
        (5, 3, 1, [(15, 1), (5, 2), (1, 5)]),
        (5, 3, 2, [(15, 2), (5, 5)]),
        (5, 2, 3, [(15, 3), (7, 5)]),
        (10, 3, 3, [(15, 3), (5, 10)]),
        (4, 2, 1, [(15, 1), (7, 2), (3, 4)]),
    ],
)
def test_the_least_number_of_folds_is_that_of_the_lowest_rung(cv, factor, least, rungs):
    assert planned(cv=cv, factor=factor, min_resources=least) == (rungs, [])


@pytest.mark.parametrize(
    ("params", "remedy"),
    [
        ({"min_resources": 3}, "Lower min_resources to 2 or less or factor to 2."),
        ({"min_resources": 4}, "Lower min_resources to 2 or less."),
        ({"cv": 2, "factor": 5, "min_resources": 1}, "Lower factor to 4."),
        (
            {"resource": "n_estimators", "min_resources": 40, "folds": "all"},
            "Lower min_resources to 33 or less or factor to 2.",
        ),
        (
            {"resource": "n_samples", "min_resources": 60, "folds": "all"},
            "Lower min_resources to 26 or less.",
        ),
    ],
)
def test_a_least_amount_that_leaves_no_rung_is_said_with_the_remedy(params, remedy):
    rungs, (message,) = planned(**params)
    assert len(rungs) == 1
    assert f"min_resources={params['min_resources']} leaves no rung" in message
    assert message.endswith(remedy)
    for part in remedy.removeprefix("Lower ").rstrip(".").split(" or "):
        name, _, value = part.partition(" to ")
        if value:
            rungs, messages = planned(**{**params, name: int(value)})
            assert len(rungs) > 1
            assert not messages


@pytest.mark.parametrize(
    "params",
    [
        {"min_resources": 5},
        {"resource": "n_estimators", "min_resources": 9, "max_resources": 9},
        {"min_resources": 3, "n_iter": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("folds", ["grow", "all"])
def test_who_asked_for_a_single_rung_is_not_warned(params, folds):
    if params.get("resource") == "n_estimators":
        params = {**params, "folds": folds}
    _, messages = planned(**params)
    assert not [m for m in messages if "leaves no rung" in m]


# ---- folds of very different sizes -----------------------------------------------

SIZES = (3, 469, 200, 50)


def uneven_folds():
    ends = np.cumsum((0, *SIZES))
    rows = np.arange(ends[-1])
    tests = [rows[a:b] for a, b in pairwise(ends)]
    return [(np.setdiff1d(rows, test), test) for test in tests]


@pytest.mark.parametrize("seed", range(8))
def test_the_first_folds_have_enough_test_rows_together(seed):
    search = SuccessiveHalvingSearchCV(
        Trees(),
        {"value": np.linspace(0, 1, 200).tolist()},
        resource="n_estimators",
        cv=uneven_folds(),
        random_state=seed,
    )
    X = np.zeros((sum(SIZES), 1))
    lowest = int(search.plan(len(X))["n_folds"][0])
    results = search.fit(X, np.arange(len(X)) % 2).cv_results_
    scores = np.array([results[f"split{i}_test_score"][0] for i in range(4)])
    first = np.flatnonzero(~np.isnan(scores))
    assert len(first) == lowest == (2 if 0 in first else 1)
    assert sum(SIZES[i] for i in first) >= 20


def test_a_race_on_folds_of_very_different_sizes_has_rungs():
    X = np.zeros((sum(SIZES), 1))
    search = GridSearchCV(
        Trees(), {"value": np.linspace(0, 1, 40).tolist()}, cv=uneven_folds()
    ).fit(X, np.arange(len(X)) % 2)
    assert len(search.brackets_[0]) > 1
    assert search.cv_results_["n_folds"].min() <= 2
