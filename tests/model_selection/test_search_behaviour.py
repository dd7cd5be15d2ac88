"""What a search does with its parameters, and what is left when it has ended."""

import functools
import os
import pickle
import signal
import time
import warnings

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl import (
    ASHASearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution.backends._local import InProcessExecutor
from sklearn_automl.space import When
from tests.fakes import DiesAbove, FailsAbove
from tests.model_selection.searches import (
    LOGISTIC,
    SEARCHES,
    every_kind_of_search,
    every_search,
    every_search_with_a_sampler,
    make,
    parameters_of,
    small_spaces,
)

pytestmark = small_spaces

DATA = make_classification(n_samples=120, n_features=4, random_state=0)
# Whatever the search is, the same executor runs its evaluations.
with_workers = pytest.mark.parametrize(
    ("Search", "n_jobs"),
    [
        *((Search, 1) for Search in SEARCHES),
        pytest.param(HyperbandSearchCV, 2, marks=pytest.mark.workers),
        pytest.param(ASHASearchCV, 2, marks=pytest.mark.workers),
    ],
)


@pytest.fixture(scope="module")
def data():
    return DATA


@functools.cache
def fitted(Search, **params):
    """Return a search that has run, for all tests that only look at it."""
    return make(Search, **params).fit(*DATA)


# ---- metrics and refit -----------------------------------------------------------


def choosing(index, seen):
    """Return a `refit` that notes its table and chooses a row."""

    def choose(results):
        seen.append(results)
        return index

    return choose


@every_search
@pytest.mark.parametrize("folds", ["grow", "all"])
def test_a_callable_refit_chooses_among_rows_with_all_of_the_resource(
    Search, folds, data
):
    seen = []
    search = make(Search, refit=choosing(0, seen), folds=folds).fit(*data)
    (table,), results = seen, search.cv_results_
    is_full = (results["n_resources"] == 60) & (results["n_folds"] == 2)
    assert 0 < is_full.sum() < len(is_full)
    assert list(table) == list(results)
    for name, column in table.items():
        full = [
            value
            for value, has_all in zip(results[name], is_full, strict=True)
            if has_all
        ]
        np.testing.assert_array_equal(column, full)


@every_search
def test_the_choice_of_a_callable_refit_is_a_row_of_the_whole_table(Search, data):
    seen = []
    search = make(Search, refit=choosing(0, seen)).fit(*data)
    assert search.best_params_ == seen[0]["params"][0]
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    assert search.cv_results_["n_folds"][search.best_index_] == 2
    assert search.best_estimator_.get_params()["C"] == search.best_params_["C"]
    assert not hasattr(search, "best_score_")


def test_a_callable_refit_sees_no_failure(data):
    seen = []
    space = {"value": [0.1, 0.2, 0.3, 0.8]}
    search = make(ASHASearchCV, FailsAbove(), space, resource=None, n_iter=4)
    with pytest.warns(FitFailedWarning):
        search.set_params(refit=choosing(2, seen)).fit(*data)
    assert len(search.cv_results_["params"]) == 4
    values = [params["value"] for params in search.cv_results_["params"]]
    values.remove(0.8)
    assert [params["value"] for params in seen[0]["params"]] == values
    assert search.best_params_["value"] == values[2]


def test_a_callable_refit_gets_the_largest_evaluations_of_a_search_cut_short(data):
    seen = []
    search = make(SuccessiveHalvingSearchCV, n_iter=6, time_limit=1e-9)
    search.set_params(refit=choosing(0, seen))
    with pytest.warns(SearchWarning, match="No configuration was evaluated with all"):
        search.fit(*data)
    assert len(seen[0]["params"]) == 1
    assert search.best_index_ == 0


@every_kind_of_search
def test_a_callable_refit_sees_all_metrics(Search, data):
    seen = []
    search = make(Search, scoring=["accuracy", "roc_auc"], refit=choosing(0, seen))
    search.fit(*data)
    assert {"mean_test_accuracy", "mean_test_roc_auc"} <= set(seen[0])
    assert search.predict(data[0]).shape == data[1].shape


named = pytest.mark.parametrize(
    ("scoring", "refit"),
    [
        ("accuracy", "accuracy"),
        (None, "accuracy"),
        ("f1", "score"),
        (make_scorer(accuracy_score), "accuracy"),
    ],
)


@every_kind_of_search
@named
def test_refit_may_name_the_only_metric(Search, scoring, refit, data, recwarn):
    search = make(Search, scoring=scoring, refit=refit).fit(*data)
    expected = fitted(Search, scoring=scoring)
    assert search.best_params_ == expected.best_params_
    assert search.best_score_ == expected.best_score_
    assert not [w for w in recwarn if "refit=" in str(w.message)]


@every_kind_of_search
@pytest.mark.parametrize(
    ("scoring", "refit"),
    [(None, "f1"), ("f1", "accuracy"), (lambda estimator, X, y: 1.0, "f1")],
)
def test_refit_that_names_another_metric_is_told(Search, scoring, refit, data):
    with pytest.warns(SearchWarning, match=f"refit='{refit}' is not the metric"):
        search = make(Search, scoring=scoring, refit=refit).fit(*data)
    assert hasattr(search, "best_score_")


@every_kind_of_search
@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [(0.5, TypeError, "not an integer"), (500, IndexError, "out of range")],
)
def test_a_callable_refit_must_return_a_row(Search, answer, error, words, data):
    with pytest.raises(error, match=f"best_index_.*{words}"):
        make(Search, refit=lambda results: answer).fit(*data)


@every_kind_of_search
def test_failures_are_told_before_a_callable_refit_is_asked(Search, data):
    def refuses(results):
        raise RuntimeError("no choice")

    space = {"value": [0.1, 0.2, 0.3, 0.8]}
    search = make(Search, FailsAbove(), space, refit=refuses)
    search.set_params(initial_params=[{"value": 0.8}])
    with (
        pytest.warns(FitFailedWarning, match="were not completed"),
        pytest.raises(RuntimeError, match="no choice"),
    ):
        search.fit(*data)


@every_kind_of_search
def test_a_callable_scoring_may_give_several_metrics(Search, data):
    def scores(estimator, X, y):
        right = estimator.predict(X) == y
        return {"right": right.mean(), "wrong": 1 - right.mean()}

    search = make(Search, scoring=scores, refit="right").fit(*data)
    results = search.cv_results_
    np.testing.assert_allclose(
        results["mean_test_right"] + results["mean_test_wrong"], 1.0
    )
    assert search.best_score_ == results["mean_test_right"][search.best_index_]


@every_kind_of_search
def test_the_first_metric_decides_if_refit_names_none(Search, data):
    def negative(estimator, X, y):
        return -estimator.score(X, y)

    scoring = {"wrong": negative, "right": "accuracy"}
    alone = make(Search, scoring=negative).fit(*data)
    for refit in (False, lambda results: 0):
        search = make(Search, scoring=scoring, refit=refit).fit(*data)
        assert search.cv_results_["params"] == alone.cv_results_["params"]


@every_kind_of_search
def test_without_refit_there_is_a_best_but_no_estimator(Search, data):
    search = make(Search, refit=False).fit(*data)
    refitted = fitted(Search)
    assert search.best_params_ == refitted.best_params_
    assert search.best_score_ == refitted.best_score_
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "refit_time_")
    assert not hasattr(search, "predict")


@every_kind_of_search
def test_without_refit_several_metrics_have_no_best(Search, data):
    search = make(Search, scoring=["accuracy", "roc_auc"], refit=False).fit(*data)
    grid = GridSearchCV(search.estimator, {"C": [1]}, cv=2)
    grid.set_params(scoring=search.scoring, refit=False).fit(*data)
    for name in ("best_index_", "best_score_", "best_params_"):
        assert hasattr(search, name) == hasattr(grid, name)


@every_kind_of_search
def test_train_scores_are_those_of_the_rows_that_were_fitted(Search, data):
    tree = DecisionTreeClassifier(random_state=0)
    space = {"min_samples_leaf": [1], "max_depth": [50, 60, 70]}
    search = make(Search, tree, space, return_train_score=True).fit(*data)
    # A tree without limits knows its own rows by heart.
    assert set(search.cv_results_["mean_train_score"]) == {1.0}
    assert min(search.cv_results_["mean_test_score"]) < 1.0


# ---- spaces ----------------------------------------------------------------------

KERNELS = {
    "model": [SVC()],
    "model__C": loguniform(0.1, 10),
    "model__kernel": ["rbf", "poly"],
    "model__degree": When("model__kernel", "poly", [2, 3]),
}
NEIGHBOURS = {"model": [KNeighborsClassifier()], "model__n_neighbors": randint(1, 9)}


@every_search
def test_alternatives_are_searched_together_and_masked_where_absent(Search, data):
    pipeline = Pipeline([("model", SVC())])
    search = make(Search, pipeline, [KERNELS, NEIGHBOURS], random_state=1).fit(*data)
    models = {type(p["model"]) for p in search.cv_results_["params"]}
    assert models == {SVC, KNeighborsClassifier}
    of_best = type(search.best_params_["model"])
    assert type(search.best_estimator_["model"]) is of_best
    for name in ("model__C", "model__kernel", "model__n_neighbors"):
        column = search.cv_results_[f"param_{name}"]
        given = [name in p for p in search.cv_results_["params"]]
        assert np.ma.getmaskarray(column).tolist() == [not g for g in given]


@every_search
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_conditional_parameter_is_there_only_when_its_condition_holds(Search, data):
    space = {
        "solver": ["lbfgs", "saga"],
        "tol": When("solver", "saga", [1e-3, 1e-2, 1e-1]),
        "max_iter": When("solver", ["saga", "lbfgs"], [50, 100]),
    }
    search = make(Search, LogisticRegression(), space, error_score="raise").fit(*data)
    params = search.cv_results_["params"]
    assert {p["solver"] for p in params} == {"lbfgs", "saga"}
    assert all(("tol" in p) == (p["solver"] == "saga") for p in params)
    assert all("max_iter" in p for p in params)


@every_search
def test_no_configuration_is_tried_twice(Search, data):
    search = make(
        Search, space={"C": [1.0, 1.0, 2.0], "fit_intercept": [True, False]}
    ).fit(*data)
    results = search.cv_results_
    tried = dict(zip(results["trial_id"], map(str, results["params"]), strict=True))
    assert len(set(tried.values())) == len(tried) == search.n_trials_


@every_kind_of_search
def test_a_resource_that_one_alternative_does_not_have_is_refused(Search, data):
    forests = {"model": [RandomForestClassifier()], "model__max_depth": [1, 2, 3]}
    pipeline = Pipeline([("model", SVC())])
    search = make(
        Search, pipeline, [forests, NEIGHBOURS], resource="model__n_estimators"
    )
    with pytest.raises(ValueError, match="resource='model__n_estimators'"):
        search.set_params(max_resources=9).fit(*data)


# ---- initial parameters ----------------------------------------------------------


@every_search
def test_initial_params_come_first_and_once(Search, data):
    search = make(Search, initial_params=[{"C": 0.3}, {"C": 0.3}, {"C": 0.7}])
    search.fit(*data)
    first = [p["C"] for p in search.cv_results_["params"][:3]]
    assert first[:2] == [0.3, 0.7]
    assert first[2] not in {0.3, 0.7}


@every_search_with_a_sampler
def test_initial_params_are_not_repeated_by_the_grid(Search, data):
    space = {"C": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
    search = make(Search, space=space, sampler="grid", initial_params=[{"C": 4.0}])
    search.fit(*data)
    results = search.cv_results_
    bottom = [
        p["C"]
        for p, rung in zip(results["params"], results["rung"], strict=True)
        if rung == 0
    ]
    assert bottom[0] == 4.0
    assert len(set(bottom)) == len(bottom)


@every_kind_of_search
def test_initial_params_are_left_as_they_are(Search, data):
    initial = [{"C": 0.3}, {"C": 0.7}]
    search = make(Search, initial_params=initial).fit(*data)
    assert search.initial_params is initial
    assert initial == [{"C": 0.3}, {"C": 0.7}]


# ---- time and text ---------------------------------------------------------------


@with_workers
def test_a_time_limit_lets_what_runs_end(Search, n_jobs, data):
    search = make(Search, time_limit=1e-6, n_jobs=n_jobs).fit(*data)
    assert search.stop_reason_ == "time_limit"
    # Everything that was started is complete: no fold is missing.
    assert set(search.cv_results_["status"]) == {"completed"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every_kind_of_search
def test_a_long_time_limit_changes_nothing(Search, data):
    limited = make(Search, time_limit=1e6).fit(*data)
    free = fitted(Search)
    assert limited.stop_reason_ == free.stop_reason_ == "completed"
    assert limited.cv_results_["params"] == free.cv_results_["params"]


@every_search
def test_verbose_names_the_search_and_each_new_best(Search, data, capsys):
    search = make(Search, verbose=1).fit(*data)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(f"[{Search.__name__}] ") for line in lines)
    best = [line for line in lines if "best so far" in line]
    assert f"C={search.best_params_['C']:#.4g}".rstrip(".") in best[-1]
    assert "on rung" in best[-1]
    assert "n_samples=60" in best[-1]
    assert f"{len(search.cv_results_['params'])} evaluations" in lines[-1]


@every_kind_of_search
def test_verbose_says_why_a_search_ended_early(Search, data, capsys):
    make(Search, verbose=1, time_limit=1e-6).fit(*data)
    assert "time_limit" in capsys.readouterr().out.splitlines()[-1]


@every_kind_of_search
def test_more_verbose_prints_every_fit(Search, data, capsys):
    search = make(Search, verbose=3).fit(*data)
    out = capsys.readouterr().out
    n_fits = search.cv_results_["n_folds"].sum()
    assert out.count("] END") == n_fits


@with_workers
def test_two_verbose_prints_every_evaluation(Search, n_jobs, data, capsys):
    search = make(Search, verbose=2, n_jobs=n_jobs).fit(*data)
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if "trial" in line and " on fold" in line]
    assert len(told) == len(search.cv_results_["params"])
    assert sum("with n_samples=60 on folds 0, 1 in" in line for line in told) == sum(
        search.cv_results_["n_folds"] == 2
    )


@every_search
def test_verbose_may_be_a_bar(Search, data, capsys):
    make(Search, verbose="bar").fit(*data)
    lines = capsys.readouterr().out.splitlines()
    assert 2 <= len(lines) <= 11
    assert " evaluations in " in lines[-1]
    assert "; best " in lines[-1]


def test_a_bar_has_another_word(data):
    with pytest.raises(ValueError, match=r"'verbose'.*'bar'.*Got 'bars'"):
        make(ASHASearchCV, verbose="bars").fit(*data)


@every_kind_of_search
def test_a_notebook_shows_the_estimator_inside(Search, data):
    assert "FastClassifier" in make(Search)._repr_html_()
    assert "best_estimator_" in fitted(Search)._repr_html_()


# ---- what is left ----------------------------------------------------------------


@with_workers
def test_a_fitted_search_is_pickled_with_its_results(Search, n_jobs, data):
    search = make(Search, n_jobs=n_jobs).fit(*data)
    again = pickle.loads(pickle.dumps(search))
    assert again.cv_results_["params"] == search.cv_results_["params"]
    assert vars(again).keys() == vars(search).keys()
    np.testing.assert_array_equal(again.predict(data[0]), search.predict(data[0]))


@every_search
def test_a_clone_of_a_fitted_search_is_not_fitted(Search, data):
    search = fitted(Search)
    again = clone(search)
    with pytest.raises(NotFittedError):
        again.predict(data[0])
    # It would find the same.
    assert again.fit(*data).cv_results_["params"] == search.cv_results_["params"]


@every_search
def test_fit_leaves_the_parameters_as_they_are(Search, data):
    search = make(Search)
    before = search.get_params(deep=False)
    after = search.fit(*data).get_params(deep=False)
    assert all(after[name] is before[name] for name in before)


@every_search
def test_a_second_fit_forgets_the_first(Search, data):
    search = make(Search, scoring=["accuracy", "roc_auc"], refit="accuracy").fit(*data)
    search.set_params(scoring=None, refit=False).fit(data[0][:, :2], data[1])
    fresh = make(Search, refit=False).fit(data[0][:, :2], data[1])
    assert search.cv_results_.keys() == fresh.cv_results_.keys()
    assert search.multimetric_ is False


@every_search
def test_a_seeded_random_state_gives_other_draws_each_time(Search, data):
    search = make(Search, random_state=np.random.RandomState(0))
    first = search.fit(*data).cv_results_["params"]
    assert search.fit(*data).cv_results_["params"] != first


@every_kind_of_search
def test_columns_of_scikit_learn_come_first(Search, data):
    names = list(fitted(Search).cv_results_)
    own = names.index("trial_id")
    assert names[0] == "mean_fit_time"
    assert names.index("rank_test_score") == own - 1
    assert {"bracket", "rung", "n_resources", "error", "n_folds"} <= set(names[own:])


@every_search
def test_columns_have_a_type_of_their_values(Search, data):
    space = {"C": [0.5, 1.0], "max_iter": [50, 100], "class_weight": [None, "balanced"]}
    results = make(Search, LOGISTIC, space).fit(*data).cv_results_
    kinds = {k: v.dtype.kind for k, v in results.items() if k != "params"}
    expected = {
        "param_C": "f",
        "param_max_iter": "i",
        "param_class_weight": "O",
        "trial_id": "i",
        "bracket": "i",
        "rung": "i",
        "n_resources": "i",
        "n_folds": "i",
        "rank_test_score": "i",
        "origin": "U",
        "status": "U",
        "error": "U",
        "start_time": "f",
        "end_time": "f",
    }
    assert {k: kinds[k] for k in expected} == expected
    # All others are of splits, or means over them, as in scikit-learn.
    others = kinds.keys() - expected.keys() - {"iter"}  # of halving searches only
    assert [k for k in others if not k.startswith(("split", "mean_", "std_"))] == []
    assert len({len(v) for v in results.values()}) == 1


@every_kind_of_search
@pytest.mark.workers
def test_evaluations_do_not_end_before_they_start(Search, data):
    results = make(Search, n_jobs=2).fit(*data).cv_results_
    assert (results["start_time"] >= 0).all()
    assert (results["end_time"] >= results["start_time"]).all()


@every_search
def test_the_reported_rows_are_the_rows_that_were_fitted(Search, data):
    class Counts(KNeighborsClassifier):
        def fit(self, X, y):
            self.n_rows_ = len(X)
            return super().fit(X, y)

        def score(self, X, y):
            return float(self.n_rows_)

    search = make(Search, Counts(), {"n_neighbors": [1, 2, 3]}).fit(*data)
    results = search.cv_results_
    np.testing.assert_array_equal(results["mean_test_score"], results["n_resources"])


@every_search
def test_the_resources_of_the_lowest_and_highest_rung_are_those_run(Search, data):
    search = make(Search, min_resources=7, max_resources=59).fit(*data)
    rungs = search.cv_results_["n_resources"]
    assert search.min_resources_ == rungs.min()
    assert search.max_resources_ == rungs.max()


@every_search
def test_initial_params_that_find_no_place_are_told(Search, data):
    search = make(Search)
    search.set_params(initial_params=[{"C": float(c)} for c in range(1, 60)])
    with pytest.warns(SearchWarning, match="59 initial_params are more than the"):
        search.fit(*data)


@every_search
def test_the_best_of_an_earlier_search_can_be_tried_first(Search, data):
    model = RandomForestClassifier(random_state=0)
    params = {"resource": "n_estimators", "min_resources": 1, "max_resources": 3}
    search = make(Search, model, {"max_depth": [1, 2, 3, 4]}, **params).fit(*data)
    search.set_params(initial_params=[search.best_params_])
    first = search.fit(*data).cv_results_["params"][0]
    assert first["max_depth"] == search.initial_params[0]["max_depth"]


@every_kind_of_search
def test_no_row_order_stays_on_a_search_that_failed(Search, data):
    search = make(Search, scoring="no such metric")
    with pytest.raises(ValueError, match="no such metric"):
        search.fit(*data)
    assert not [name for name in vars(search) if name.startswith("_")]


# ---- interrupts and dying workers ------------------------------------------------


class InterruptedAbove(FailsAbove):
    """Lets Ctrl-C happen where FailsAbove raises; ``parent`` runs the search.

    It happens once, which the file ``once`` says. A second worker would interrupt the
    next test, if it was not killed before.
    """

    def __init__(self, value=0.0, limit=0.5, parent=None, once=None):
        super().__init__(value, limit)
        self.parent = parent
        self.once = once

    def before_fit(self, X, y):
        if self.value > self.limit:
            if self.once is None or self.is_first():
                os.kill(self.parent, signal.SIGINT)
            time.sleep(60)  # until the search has heard it

    def is_first(self):
        try:
            self.once.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


@with_workers
def test_an_interrupt_leaves_what_was_finished(Search, n_jobs, data, tmp_path):
    space = {"value": [0.1, 0.2, 0.3, 0.4, 0.9]}
    first = [{"value": value} for value in space["value"]]
    model = InterruptedAbove(parent=os.getpid(), once=tmp_path / "once")
    search = make(Search, model, space, n_jobs=n_jobs)
    search.set_params(initial_params=first, min_resources=60)
    if "n_iterations" in parameters_of(Search):  # one configuration each time
        search.set_params(n_iterations=5)
    with pytest.raises(KeyboardInterrupt, match="are in cv_results_"):
        search.fit(*data)
    assert search.stop_reason_ == "interrupt"
    assert len(search.cv_results_["status"]) >= 3
    assert set(search.cv_results_["status"]) == {"completed"}
    assert search.best_params_["value"] == search.cv_results_["param_value"].max()
    assert not hasattr(search, "best_estimator_")


def test_a_second_interrupt_while_the_first_ends_the_search_loses_nothing(
    data, monkeypatch
):
    def close(executor):
        raise KeyboardInterrupt

    monkeypatch.setattr(InProcessExecutor, "close", close)
    space = {"value": [0.1, 0.2, 0.9]}
    model = InterruptedAbove(parent=os.getpid())
    search = make(ASHASearchCV, model, space, resource=None, n_iter=3)
    search.set_params(initial_params=[{"value": v} for v in space["value"]])
    with pytest.raises(KeyboardInterrupt, match="2 finished evaluations"):
        search.fit(*data)
    assert len(search.cv_results_["params"]) == 2


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_an_interrupt_before_anything_was_finished_says_so(n_jobs, data, tmp_path):
    model = InterruptedAbove(0.9, parent=os.getpid(), once=tmp_path / "once")
    search = make(ASHASearchCV, model, {"limit": [0.1, 0.2]}, n_jobs=n_jobs)
    with pytest.raises(KeyboardInterrupt, match=r"No evaluation.*no cv_results_"):
        search.fit(*data)
    assert search.stop_reason_ == "interrupt"
    assert not hasattr(search, "cv_results_")


def test_after_an_interrupt_without_results_a_search_can_be_shown_and_fitted(data):
    model = InterruptedAbove(0.9, parent=os.getpid())
    search = make(ASHASearchCV, model, {"limit": [0.1, 0.2]})
    with pytest.raises(KeyboardInterrupt):
        search.fit(*data)
    assert "ASHASearchCV" in search._repr_html_()
    with pytest.raises(NotFittedError):
        search.to_frame()
    search.set_params(estimator__value=0.0)
    assert len(search.fit(*data).to_frame()) > 0


def test_a_search_that_was_ended_before_its_first_result_says_what_ended_it(data):
    space = {"value": [0.8, 0.9]}
    search = make(ASHASearchCV, FailsAbove(), space, error_score="raise")
    with pytest.raises(RuntimeError, match="is too much"):
        search.fit(*data)
    assert search.stop_reason_ == "error"


@pytest.mark.workers
def test_a_machine_on_which_all_workers_die_is_told(data):
    space = {"value": [0.1, *np.linspace(0.6, 0.9, 7)]}
    search = make(ASHASearchCV, DiesAbove(), space, n_jobs=2, resource=None)
    search.set_params(initial_params=[{"value": 0.1}], n_iter=8)
    with pytest.raises(RuntimeError, match=r"(?s)5 different.*EXIT\(3\).*n_jobs"):
        search.fit(*data)
    assert search.best_params_ == {"value": 0.1}
    assert (search.cv_results_["status"] == "crashed").sum() >= 5


@every_search
def test_a_fit_that_fails_leaves_nothing_of_the_one_before(Search, data):
    search = make(Search).fit(*data)
    search.set_params(estimator=DummyClassifier(strategy="constant"))
    search.set_params(param_distributions={"constant": ["nobody"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="constant"):
            search.fit(*data)
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "best_params_")
    assert set(search.cv_results_["status"]) == {"failed"}
