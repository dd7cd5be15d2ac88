"""How many rungs a search has, and where they end."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
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
