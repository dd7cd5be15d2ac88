"""scikit-learn's two searches by import: its signatures, candidates and tables."""

import functools
import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn import model_selection
from sklearn.datasets import load_iris, make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, LeaveOneOut
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import GridSearchCV, RandomizedSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import Status
from tests.fakes import FastClassifier, ScoreIsParameter
from tests.model_selection.searches import AS_IN_SKLEARN, LOGISTIC
from tests.sklearn_checks import parametrize_with_distinct_checks

GRID = {"C": list(np.logspace(-3, 3, 10)), "class_weight": [None, "balanced"]}
FEW = {"C": [0.1, 1.0, 10.0]}

both = pytest.mark.parametrize("Search", AS_IN_SKLEARN)


DATA = make_classification(n_samples=200, n_features=5, random_state=0)


@pytest.fixture(scope="module")
def data():
    return DATA


def theirs(Search):
    return getattr(model_selection, Search.__name__)


def space_of(Search):
    """Return the parameter with twenty values of ``ScoreIsParameter``, no two equal."""
    name = "param_grid" if Search is GridSearchCV else "param_distributions"
    return {name: {"value": list(np.linspace(0, 1, 20))}}


def make(Search, space=None, estimator=None, **params):
    if estimator is None:
        estimator = FastClassifier()
    if Search.__name__ == "RandomizedSearchCV":
        params = {"n_iter": 20, "random_state": 0, **params}
    return Search(estimator, GRID if space is None else space, **params)


@functools.cache
def fitted(Search):
    """Return a search that has run, for all tests that only look at it."""
    return make(Search).fit(*DATA)


@parametrize_with_distinct_checks(
    GridSearchCV(LOGISTIC, FEW, cv=2),
    siblings=[RandomizedSearchCV(LOGISTIC, FEW, cv=2)],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@both
def test_signatures_begin_as_those_of_scikit_learn(Search):
    ours = inspect.signature(Search).parameters
    for name, parameter in inspect.signature(theirs(Search)).parameters.items():
        assert ours[name].kind == parameter.kind
        assert repr(ours[name].default) == repr(parameter.default)


@both
@pytest.mark.parametrize("race", [True, False])
def test_rows_are_the_candidates_in_scikit_learns_order(Search, race, data):
    ours = make(Search, race=race).fit(*data).cv_results_
    expected = fitted(theirs(Search)).cv_results_
    assert ours["params"] == expected["params"]
    assert set(ours) - set(expected) <= {"n_folds"}
    assert set(expected) <= set(ours)


@both
def test_without_a_race_the_table_is_that_of_scikit_learn(Search, data):
    ours = make(Search, race=False, return_train_score=True).fit(*data)
    expected = make(theirs(Search), return_train_score=True).fit(*data)
    assert ours.best_params_ == expected.best_params_
    assert list(ours.cv_results_) == list(expected.cv_results_)
    for name, column in expected.cv_results_.items():
        if "time" not in name and "param" not in name:
            np.testing.assert_array_equal(ours.cv_results_[name], column)


class FailsWithHighC(FastClassifier):
    def fit(self, X, y, sample_weight=None):
        if self.C > 10:
            raise ValueError("C is high")
        return super().fit(X, y, sample_weight)


@both
@pytest.mark.parametrize("race", [True, False])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_own_columns_come_last_where_a_fit_failed(Search, race, data):
    options = {"estimator": FailsWithHighC(), "return_train_score": True}
    ours = make(Search, race=race).set_params(**options).fit(*data).cv_results_
    expected = make(theirs(Search)).set_params(**options).fit(*data).cv_results_
    names = list(ours)
    assert names[: len(expected)] == list(expected)
    assert set(names[len(expected) :]) - {"n_folds"} == {"status", "error"}


@both
def test_a_dropped_candidate_keeps_the_folds_that_it_ran(Search, data):
    search = fitted(Search)
    results = search.cv_results_
    expected = fitted(theirs(Search)).cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(5)])
    full = np.array([expected[f"split{i}_test_score"] for i in range(5)])
    ran = np.isfinite(scores)
    assert (ran.sum(axis=0) == results["n_folds"]).all()
    assert sorted(set(results["n_folds"])) == [1, 3, 5]
    np.testing.assert_array_equal(scores[ran], full[ran])


@both
def test_who_ran_on_more_folds_ranks_before_those_who_did_not(Search, data):
    results = fitted(Search).cv_results_
    order = np.argsort(results["rank_test_score"], kind="stable")
    assert (np.diff(results["n_folds"][order]) <= 0).all()


@both
def test_the_best_is_scored_on_all_folds(Search, data):
    search = fitted(Search)
    expected = fitted(theirs(Search)).cv_results_
    assert search.best_score_ == expected["mean_test_score"][search.best_index_]
    assert search.cv_results_["rank_test_score"][search.best_index_] == 1


@both
def test_fewer_folds_are_fitted(Search, data):
    search = make(Search).set_params(estimator=ScoreIsParameter(), **space_of(Search))
    search.fit(*data)
    # 20 on one fold, 10 on two more, 5 on the last two; in units of one fold.
    assert search.total_resources_ == 20 + 10 * 2 + 5 * 2


@pytest.mark.parametrize(
    "params",
    [
        {"param_grid": FEW},
        {"refit": lambda results: int(np.argmax(results["mean_test_score"]))},
        {"refit": False, "scoring": ["accuracy", "f1"]},
        {"refit": "f1", "scoring": ["accuracy", "f1"]},
        {"race": False},
    ],
)
def test_all_candidates_run_on_all_folds_where_a_race_would_hide_something(
    params, data
):
    search = make(GridSearchCV).set_params(**params).fit(*data)
    results = search.cv_results_
    assert "n_folds" not in results
    assert all(np.isfinite(results[k]).all() for k in results if k.startswith("split"))


def test_several_metrics_race_by_the_one_that_is_named(data):
    params = {"scoring": ["accuracy", "f1"], "refit": "f1", "promotion_metric": "f1"}
    results = make(GridSearchCV, **params).fit(*data).cv_results_
    at_top = results["n_folds"] == 5
    assert results["rank_test_f1"][at_top].min() == 1
    assert results["n_folds"].min() == 1


def test_ties_do_not_depend_on_the_order_of_the_grid():
    X, y = load_iris(return_X_y=True)
    neighbors = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 25]
    for values in (neighbors, neighbors[::-1]):
        grid = {"n_neighbors": values}
        found = GridSearchCV(KNeighborsClassifier(), grid, cv=10).fit(X, y)
        assert found.best_params_ == {"n_neighbors": 13}


class FailsOnLaterFolds(ScoreIsParameter):
    """Cannot be fitted with high values where the row 0 is absent."""

    def fit(self, X, y):
        if self.value > 0.5 and 0 not in X:
            raise ValueError("no row 0")
        return super().fit(X, y)


def test_the_next_best_takes_the_place_of_who_fails_on_a_later_fold():
    X, y = np.arange(300).reshape(-1, 1), np.arange(300) % 2
    grid = {"value": list(np.linspace(0, 1, 30))}
    search = GridSearchCV(FailsOnLaterFolds(), grid, cv=KFold(5))
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    assert search.best_params_["value"] == grid["value"][14]
    assert search.cv_results_["n_folds"][search.best_index_] == 5


class FailsWithoutTheFirst(ScoreIsParameter):
    def fit(self, X, y):
        if 0 not in X:
            raise ValueError("no row 0")
        return super().fit(X, y)


def test_where_all_fail_on_a_later_fold_the_first_ones_decide():
    X, y = np.arange(300).reshape(-1, 1), np.arange(300) % 2
    grid = {"value": list(np.linspace(0, 1, 9))}
    search = GridSearchCV(FailsWithoutTheFirst(), grid, cv=KFold(5), refit=False)
    with pytest.warns(
        SearchWarning, match="9 failed, the first with ValueError: no row"
    ):
        search.fit(X, y)
    assert search.best_params_ == {"value": 1.0}


def test_equal_candidates_are_evaluated_each(data):
    search = GridSearchCV(LogisticRegression(), [{"C": [1.0, 1.0]}, {"C": [1.0]}])
    assert len(search.fit(*data).cv_results_["params"]) == 3


def test_an_empty_grid_is_evaluated_once(data):
    search = GridSearchCV(LogisticRegression(), {}).fit(*data)
    assert search.best_params_ == {}


def test_the_same_candidates_come_from_a_random_state_that_is_an_object(data):
    drawn = [
        S(LogisticRegression(), {"C": loguniform(0.1, 10)}, n_iter=12, random_state=r)
        .fit(*data)
        .cv_results_["params"]
        for S, r in [
            (RandomizedSearchCV, np.random.RandomState(3)),
            (model_selection.RandomizedSearchCV, np.random.RandomState(3)),
        ]
    ]
    assert drawn[0] == drawn[1]


@both
def test_a_search_goes_on_from_its_checkpoint(Search, data, tmp_path):
    path = str(tmp_path / "search.db")
    make(Search, checkpoint=path, time_limit=1e-6).fit(*data)
    again = make(Search, checkpoint=path).fit(*data)
    expected = fitted(Search)
    assert again.best_params_ == expected.best_params_
    assert len(again.cv_results_["params"]) == 20


@pytest.mark.workers
@both
def test_workers_do_not_change_the_result(Search, data):
    one, two = fitted(Search), make(Search, n_jobs=2).fit(*data)
    for name in one.cv_results_:
        if "time" not in name and "param" not in name:
            np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])


@both
def test_a_pipeline_is_searched_by_its_steps(Search, data):
    pipe = make_pipeline(StandardScaler(), SVC())
    space = {"svc__C": list(np.logspace(-2, 2, 5)), "svc__gamma": [0.01, 0.1, 1.0]}
    search = make(Search, space, pipe)
    if Search is RandomizedSearchCV:
        search.set_params(n_iter=15)
    assert search.fit(*data).score(*data) > 0.8


def test_an_unknown_parameter_is_named(data):
    with pytest.raises(ValueError, match="Invalid parameter 'D'"):
        GridSearchCV(LogisticRegression(), {"D": [1.0]}).fit(*data)


def test_a_tie_goes_to_the_first_candidate():
    X, y = np.zeros((60, 1)), np.arange(60) % 2
    search = GridSearchCV(ScoreIsParameter(), {"value": [0.5] * 12}).fit(X, y)
    assert search.best_index_ == 0


def test_the_result_is_the_same_every_time(data):
    first = fitted(GridSearchCV).cv_results_
    second = make(GridSearchCV).fit(*data).cv_results_
    np.testing.assert_array_equal(first["n_folds"], second["n_folds"])


@both
def test_a_frame_has_a_row_for_each_candidate(Search, data):
    pytest.importorskip("pandas")
    assert len(fitted(Search).to_frame()) == 20


@both
def test_a_plan_says_the_race(Search):
    plan = make(Search).plan(200)
    assert plan["n_folds"].tolist() == [1, 3, 5]
    assert plan["n_candidates"].tolist() == [20, 10, 5]


def test_small_test_folds_are_taken_together_in_a_race():
    plan = GridSearchCV(LogisticRegression(), GRID, cv=LeaveOneOut()).plan(80)
    assert plan["n_folds"].tolist() == [40, 80]


@pytest.mark.parametrize("n_iter", [9, 12])
def test_what_is_resumed_belongs_to_its_candidate(n_iter, tmp_path):
    X, y = np.zeros((60, 1)), np.arange(60) % 2
    space = {"value": list(np.linspace(0, 1, 50))}
    params = {"random_state": 0, "checkpoint": str(tmp_path / "search.db")}
    model = ScoreIsParameter()
    RandomizedSearchCV(model, space, n_iter=9, **params).fit(X, y)
    results = RandomizedSearchCV(model, space, n_iter=n_iter, **params).fit(X, y)
    values = results.cv_results_["param_value"].astype(float)
    np.testing.assert_allclose(results.cv_results_["mean_test_score"], values)


def test_a_search_without_a_seed_goes_on_with_its_candidates(data, tmp_path):
    space = {"C": loguniform(0.1, 10)}
    path = str(tmp_path / "search.db")
    first, second = (
        RandomizedSearchCV(LogisticRegression(), space, checkpoint=path).fit(*data)
        for _ in range(2)
    )
    assert first.cv_results_["params"] == second.cv_results_["params"]


@pytest.mark.parametrize(("cv", "factor"), [(3, 7), (2, 5)])
def test_a_factor_larger_than_the_folds_leaves_no_race(cv, factor, data):
    grid = {"value": list(np.linspace(0, 1, 60))}
    search = GridSearchCV(ScoreIsParameter(), grid, cv=cv, factor=factor).fit(*data)
    assert search.total_resources_ == 60 * cv


def test_a_failure_is_named_in_the_table(data):
    grid = {"C": [-1.0, *np.logspace(-3, 3, 11)]}
    with pytest.warns(FitFailedWarning):
        search = GridSearchCV(LogisticRegression(), grid).fit(*data)
    assert search.cv_results_["status"][0] == "failed"
    assert "must be a float" in search.cv_results_["error"][0]


def test_a_best_one_without_all_folds_is_told(data):
    with pytest.warns(SearchWarning, match="n_folds=1 on 1 of 5 folds"):
        make(GridSearchCV, time_limit=1e-6).fit(*data)


@both
@pytest.mark.parametrize(
    ("name", "meant"), [("C", "'svc__C'"), ("svc__gama", "'svc__gamma'")]
)
def test_a_name_that_is_not_taken_suggests_another(Search, name, meant):
    search = Search(make_pipeline(StandardScaler(), SVC()), {name: [1, 2]})
    with pytest.raises(ValueError, match=f"Did you mean {meant}"):
        search.fit(*load_iris(return_X_y=True))


# ---- which candidates race: without a fit ----------------------------------------


@pytest.mark.parametrize(
    ("size", "factor", "n_trials"),
    [(8, 2, 1), (9, 2, 9), (9, 3, 9), (15, 4, 1), (16, 4, 16)],
)
def test_few_candidates_do_not_race(size, factor, n_trials):
    search = GridSearchCV(None, {}, factor=factor)
    assert search._n_trials(SimpleNamespace(size=size)) == n_trials


@pytest.mark.parametrize(
    ("params", "resource"),
    [
        ({}, "n_folds"),
        ({"scoring": "f1"}, "n_folds"),
        ({"scoring": ["f1"]}, None),
        ({"scoring": ["f1"], "promotion_metric": "f1"}, "n_folds"),
        ({"refit": len}, None),
        ({"scoring": ["f1"], "promotion_metric": "f1", "refit": len}, None),
        ({"race": False}, None),
    ],
)
def test_candidates_race_where_one_score_decides(params, resource):
    assert GridSearchCV(None, {}, **params).resource == resource


def evaluated(trial_id, rung, status=Status.COMPLETED):
    return SimpleNamespace(
        job=SimpleNamespace(trial_id=trial_id, rung=rung), status=status
    )


def test_rows_are_the_last_evaluations_in_the_order_of_the_candidates():
    evaluations = [evaluated(1, 0), evaluated(0, 0), evaluated(2, 0), evaluated(0, 1)]
    rows = GridSearchCV(None, {})._rows(evaluations)
    assert [(e.job.trial_id, e.job.rung) for e in rows] == [(0, 1), (1, 0), (2, 0)]


def test_rows_are_what_completed_where_all_failed_later():
    evaluations = [
        evaluated(1, 0),
        evaluated(0, 0),
        evaluated(2, 0, Status.FAILED),
        evaluated(1, 1, Status.FAILED),
        evaluated(0, 1, Status.FAILED),
    ]
    rows = GridSearchCV(None, {})._rows(evaluations)
    assert [(e.job.trial_id, e.job.rung) for e in rows] == [(0, 0), (1, 0), (2, 0)]


def test_the_order_of_folds_is_not_drawn_anew_for_each_grid():
    assert GridSearchCV(None, {}).random_state == 0
