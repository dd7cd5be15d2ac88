"""What every search must do, whichever scheduler it runs."""

import pickle

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl import (
    ASHASearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from tests.fakes import DiesAbove, FailsAbove, FastClassifier
from tests.model_selection.searches import (
    LOGISTIC,
    SEARCHES,
    SPACE,
    every_kind_of_search,
    every_search,
    is_seconds,
    parameters_of,
)
from tests.sklearn_checks import parametrize_with_distinct_checks

SYNCHRONOUS = [SuccessiveHalvingSearchCV, HyperbandSearchCV]
CS = [0.1, 1.0, 10.0]


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=240, n_informative=5, random_state=0)


def make(Search, estimator=None, space=SPACE, **params):
    if estimator is None:
        estimator = FastClassifier()
    # Some have no resource by default.
    defaults = {"random_state": 0, "cv": 3, "resource": "n_samples"}
    if "n_iter" in parameters_of(Search):
        defaults["n_iter"] = 9
    if "n_iterations" in parameters_of(Search):
        defaults["n_iterations"] = 1
    if "n_generations" in parameters_of(Search):
        defaults |= {"population_size": 6, "n_generations": 2}
    return Search(estimator, space, **{**defaults, **params})


def around_a_classifier(Search):
    return Search(LOGISTIC, {"C": CS}, cv=2)


# What a search takes from its estimator and what its fit does with data, all have from
# the same class.
@parametrize_with_distinct_checks(
    around_a_classifier(HyperbandSearchCV),
    SuccessiveHalvingSearchCV(Ridge(), {"alpha": CS}, cv=2),
    siblings=[around_a_classifier(S) for S in SEARCHES if S is not HyperbandSearchCV],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def without_times(results):
    # As text, because NaN is not equal to itself.
    return {k: repr(list(v)) for k, v in results.items() if not is_seconds(k)}


@pytest.mark.parametrize("Search", SYNCHRONOUS)
@pytest.mark.parametrize(
    "backend", [pytest.param("loky", marks=pytest.mark.workers), "threading"]
)
def test_the_number_and_kind_of_workers_do_not_change_the_result(Search, backend, data):
    one = make(Search).fit(*data)
    with joblib.parallel_config(backend=backend):
        two = make(Search, n_jobs=2).fit(*data)
    assert without_times(one.cv_results_) == without_times(two.cv_results_)


@every_search
def test_the_best_is_one_at_the_highest_resource(Search, data):
    search = make(Search).fit(*data)
    results = search.cv_results_
    at_top = results["n_resources"] == results["n_resources"].max()
    at_top &= results["n_folds"] == search.n_splits_
    assert at_top[search.best_index_]
    assert search.best_score_ == results["mean_test_score"][at_top].max()
    assert results["rank_test_score"][search.best_index_] == 1


@every_search
def test_the_best_score_is_that_of_cross_validation_on_all_rows(Search, data):
    search = make(Search).fit(*data)
    best = clone(search.best_estimator_)
    assert search.best_score_ == cross_val_score(best, *data, cv=3).mean()


@pytest.mark.parametrize("Search", SYNCHRONOUS)
def test_the_plan_is_what_fit_runs(Search, data):
    search = make(Search)
    plan = search.plan(len(data[0]), data[1])
    search.fit(*data)
    planned = [
        (int(n), int(r))
        for n, r in zip(plan["n_candidates"], plan["n_resources"], strict=True)
    ]
    assert planned == [rung for bracket in search.brackets_ for rung in bracket]
    assert len(search.cv_results_["params"]) == plan["n_candidates"].sum()


@every_search
def test_initial_params_are_tried_first(Search, data):
    search = make(Search, initial_params=[{"C": 0.5}]).fit(*data)
    assert search.cv_results_["params"][0] == {"C": 0.5}


@every_search
def test_a_search_is_cloned_and_pickled(Search, data):
    search = clone(make(Search)).fit(*data)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(data[0]), search.predict(data[0]))


@every_search
def test_several_metrics_with_one_for_promotion(Search, data):
    search = make(
        Search,
        scoring=["accuracy", "roc_auc"],
        refit="accuracy",
        promotion_metric="roc_auc",
    ).fit(*data)
    results = search.cv_results_
    assert results["rank_test_accuracy"][search.best_index_] == 1
    bottom = (results["rung"] == 0) & (results["bracket"] == 0)
    promoted = set(
        results["trial_id"][(results["rung"] == 1) & (results["bracket"] == 0)]
    )
    best = results["trial_id"][bottom][np.argmax(results["mean_test_roc_auc"][bottom])]
    assert best in promoted


@every_kind_of_search
def test_groups_are_never_cut(Search, data):
    X, y = data
    groups = np.arange(len(y)) // 6
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y):
            seen.append(np.bincount(X[:, -1].astype(int)))
            return super().fit(X, y)

    X = np.column_stack([X, groups])
    make(Search, Spy(max_iter=20), cv=GroupKFold(3)).fit(X, y, groups=groups)
    assert all(set(counts) <= {0, 6} for counts in seen)


@every_kind_of_search
def test_nothing_is_printed(Search, data, capsys):
    make(Search).fit(*data)
    assert capsys.readouterr().out == ""


@every_search
@pytest.mark.filterwarnings("ignore")
def test_failed_trials_are_named_and_not_promoted(Search, data):
    space = {"value": np.linspace(0, 1, 27).tolist()}
    search = make(Search, FailsAbove(), space, error_score=5.0, n_jobs=1).fit(*data)
    results = search.cv_results_
    failed = results["status"] == "failed"
    assert failed.any()
    assert (results["rung"][failed] == 0).all()
    assert "too much" in results["error"][failed][0]
    assert search.best_params_["value"] <= 0.5


@every_kind_of_search
@pytest.mark.filterwarnings("ignore")
def test_all_trials_failing_is_an_error_that_keeps_the_results(Search, data):
    search = make(Search, FailsAbove(limit=-1), {"value": [0.1, 0.2, 0.3]})
    with pytest.raises(ValueError, match="too much"):
        search.fit(*data)


@every_search
def test_a_time_limit_ends_the_search_with_a_result(Search, data):
    search = make(Search, time_limit=1e-6).fit(*data)
    assert search.stop_reason_ == "time_limit"
    assert search.n_trials_ == 1
    assert hasattr(search, "best_estimator_")


@every_kind_of_search
def test_random_folds_are_drawn_once(Search, data):
    cv = ShuffleSplit(3, random_state=np.random.RandomState(0))
    assert np.isfinite(make(Search, cv=cv).fit(*data).best_score_)


@every_kind_of_search
def test_a_search_in_a_pipeline_in_cross_validation(Search, data):
    scores = cross_val_score(make_pipeline(StandardScaler(), make(Search)), *data, cv=2)
    assert np.isfinite(scores).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.workers
def test_a_dead_worker_is_named_and_the_rest_goes_on(data):
    space = {"value": [0.1, 0.2, 0.9, 0.3]}
    search = make(
        ASHASearchCV, DiesAbove(), space, sampler="grid", resource=None, n_jobs=2
    )
    search.fit(*data)
    assert search.cv_results_["status"].tolist() == [
        "completed",
        "completed",
        "crashed",
        "completed",
    ]
    assert search.best_params_ == {"value": 0.3}


@pytest.mark.workers
def test_a_dead_worker_ends_a_search_whose_errors_are_to_be_raised(data):
    search = make(ASHASearchCV, DiesAbove(), {"value": [0.9]}, resource=None, n_jobs=2)
    search.set_params(error_score="raise", n_iter=1)
    with pytest.raises(RuntimeError, match=r"(?s)Its worker died.*{'value': 0.9}"):
        search.fit(*data)


def test_a_grid_is_taken_in_random_order_where_there_are_rungs(data):
    space = {"C": [float(c) for c in range(1, 28)]}
    ladder = make(ASHASearchCV, space=space, sampler="grid", n_iter=27)
    first = [p["C"] for p in ladder.fit(*data).cv_results_["params"][:27]]
    assert sorted(first) == space["C"] != first
    full = ladder.set_params(resource=None).fit(*data)
    assert [p["C"] for p in full.cv_results_["params"]] == space["C"]


def test_continuation_fits_each_tree_once_and_scores_as_cold_fits(data):
    X, y = data[0][:90], data[1][:90]
    forest = RandomForestClassifier(n_estimators=27, random_state=0)
    space = {"max_depth": list(range(1, 601))}
    search = make(
        HyperbandSearchCV, forest, space, resource="n_estimators", folds="all", cv=2
    ).fit(X, y)
    # Brackets of 27, 12, 6 and 4 configurations.
    assert search.total_resources_ == 81 + 78 + 90 + 108
    assert len(search.cv_results_["params"]) == 40 + 17 + 8 + 4
    for row in (0, 30, 45, search.best_index_):
        cold = clone(forest).set_params(**search.cv_results_["params"][row])
        expected = cross_val_score(cold, X, y, cv=2).mean()
        assert search.cv_results_["mean_test_score"][row] == expected


def test_kfold_of_a_regression():
    X = np.random.default_rng(0).normal(size=(90, 3))
    search = make(HyperbandSearchCV, Ridge(), {"alpha": loguniform(1e-3, 1e3)})
    search.set_params(cv=KFold(3)).fit(X, X @ [1.0, 2.0, 3.0])
    assert search.best_score_ > 0.9
