"""What only LearningCurveSearchCV does; the rest is in the tests of all searches."""

import warnings

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_automl import LearningCurveSearchCV
from sklearn_automl._sklearn_compat import InvalidParameterError
from sklearn_automl.exceptions import SearchWarning

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_automl.exceptions.SearchWarning"
)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=240, n_informative=5, random_state=0)


class Curve(ClassifierMixin, BaseEstimator):
    """Its score rises to ``final`` with ``n_steps``, whatever the data."""

    def __init__(self, final=0.5, n_steps=81):
        self.final = final
        self.n_steps = n_steps

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return self.final - 0.4 * self.n_steps**-0.7


def search_curves(finals, **params):
    return LearningCurveSearchCV(
        Curve(),
        {"final": finals},
        **{"sampler": "grid", "resource": "n_steps", "cv": 2, **params},
    )


def last_rungs(search):
    """Return the highest rung of each trial, by its final score."""
    results = search.cv_results_
    last = {}
    for final, rung in zip(results["param_final"], results["rung"], strict=True):
        last[final] = max(rung, last.get(final, 0))
    return last


def test_only_trials_that_may_win_run_in_full(data):
    finals = np.linspace(0, 0.9, 20).tolist()
    search = search_curves(finals, random_state=0).fit(*data)
    top = len(search.brackets_[0]) - 1
    last = last_rungs(search)
    assert search.best_params_ == {"final": 0.9, "n_steps": 81}
    assert last[0.9] == top
    assert search.brackets_[0][-1][0] < 10
    first = search.cv_results_["params"][0]["final"]
    assert last[first] == top  # nothing was there to beat it
    assert all(rung < top for final, rung in last.items() if final < first)


def test_less_confidence_costs_less(data):
    finals = np.linspace(0, 0.9, 20).tolist()
    spent = [
        search_curves(finals, random_state=0, confidence=c).fit(*data).total_resources_
        for c in (0.5, 0.95, 0.9999)
    ]
    assert spent[0] < spent[1] < spent[2] <= 20 * sum(range(82))


@pytest.mark.parametrize("score", [-3.0, 1e-6, 1e6])
def test_any_scale_and_sign_of_scores_will_do(data, score):
    finals = np.linspace(0, 0.9, 20).tolist()
    expected = search_curves(finals, random_state=0).fit(*data)
    search = search_curves(
        finals,
        random_state=0,
        scoring=lambda e, X, y: score * 10 + score**2 * e.score(X, y),
    ).fit(*data)
    assert search.brackets_ == expected.brackets_


def test_a_parameter_has_rungs_closer_than_rows(data):
    rows = LearningCurveSearchCV(
        LogisticRegression(), {"C": loguniform(0.1, 1)}, cv=2, folds="all", n_iter=81
    )
    trees = LearningCurveSearchCV(
        RandomForestClassifier(n_estimators=81),
        {"max_depth": list(range(1, 99))},
        resource="n_estimators",
        folds="all",
        n_iter=81,
    )
    assert rows.plan(20_000)["n_resources"].tolist() == [123, 370, 1111, 3333, 10_000]
    assert trees.plan(100)["n_resources"].tolist() == [
        *[1, 2, 3, 4, 6, 9, 13, 19, 27, 39, 56, 81]
    ]
    trees.set_params(factor=27)
    assert trees.plan(100)["n_resources"].tolist() == [3, 9, 27, 81]


def test_the_plan_is_never_exceeded(data):
    search = LearningCurveSearchCV(
        LogisticRegression(), {"C": loguniform(1e-3, 1e3)}, n_iter=15, random_state=0
    )
    plan = search.plan(240, data[1])
    search.fit(*data)
    assert (plan["n_candidates"] == 15).all()
    ran = {r: n for n, r in search.brackets_[0]}
    planned = dict(zip(plan["n_resources"], plan["n_candidates"], strict=True))
    assert set(ran) <= set(planned)
    assert all(n <= planned[r] for r, n in ran.items())
    assert sum(ran.values()) < sum(planned.values())


def test_the_best_is_chosen_at_the_last_rung_only(data):
    # The one before has less than a factor fewer steps, and must not count as full.
    class Worse(Curve):
        def score(self, X, y):
            return self.final - 0.001 * self.n_steps

    search = LearningCurveSearchCV(
        Worse(), {"final": [0.5]}, resource="n_steps", n_iter=1, cv=2
    ).fit(*data)
    assert search.best_params_["n_steps"] == 81
    assert search.cv_results_["rank_test_score"][-1] == 1


@pytest.mark.parametrize("lowest", [10, 20, 27])
def test_curves_begin_where_the_user_says(lowest, data):
    search = search_curves([0.5, 0.6, 0.7, 0.8], min_resources=lowest).fit(*data)
    assert search.cv_results_["n_resources"].min() == search.min_resources_ == lowest


def test_one_worker_gives_the_same_result_every_time(data):
    space = {"C": loguniform(1e-3, 1e3)}
    tables = [
        LearningCurveSearchCV(LogisticRegression(), space, n_iter=20, random_state=3)
        .fit(*data)
        .cv_results_
        for _ in range(2)
    ]
    for key in ("trial_id", "rung", "n_resources", "mean_test_score"):
        np.testing.assert_array_equal(tables[0][key], tables[1][key])


def test_several_workers_find_the_best_too(data):
    finals = np.linspace(0, 0.9, 20).tolist()
    with joblib.parallel_config(backend="threading"):
        search = search_curves(finals, random_state=0, n_jobs=3).fit(*data)
    assert search.best_params_["final"] == 0.9
    assert search.n_trials_ == 20


def test_models_are_continued_from_rung_to_rung(data):
    forest = RandomForestClassifier(n_estimators=27, random_state=0)
    search = LearningCurveSearchCV(
        forest,
        {"max_depth": [1, 2, 3]},
        resource="n_estimators",
        min_resources=1,
        cv=2,
        confidence=1.0 - 1e-9,
    ).fit(*data)
    assert len(search.brackets_[0]) > 5
    assert search.total_resources_ == 3 * 27


def test_equal_limits_run_everything_in_full(data):
    search = search_curves([0.1, 0.9], min_resources=81, max_resources=81).fit(*data)
    assert search.brackets_ == [[(2, 81)]]


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, "high"])
def test_confidence_is_between_0_and_1(confidence, data):
    search = search_curves([0.1], confidence=confidence)
    with pytest.raises(InvalidParameterError, match="confidence"):
        search.fit(*data)


def test_a_resource_is_needed(data):
    with pytest.raises(InvalidParameterError, match="resource"):
        search_curves([0.1], resource=None).fit(*data)


def test_fewer_configurations_than_factor_are_said_to_be_one_rung(data):
    search = LearningCurveSearchCV(
        Curve(), {"final": [0.1, 0.5, 0.9]}, sampler="grid", resource="n_steps"
    )
    search.set_params(factor=27)
    with pytest.warns(SearchWarning, match=r"3 config.*factor=27.* Lower factor to 3"):
        assert len(search.plan(240, data[1])["rung"]) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search.set_params(factor=3).plan(240, data[1])
