"""BOHBSearchCV: Hyperband's brackets with configurations that a model proposes."""

import time

import numpy as np
import pytest
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_automl import BOHBSearchCV, HyperbandSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.samplers import make_sampler
from sklearn_automl.space import When

SURROGATES = ["gp", "rf", "kde"]
each_surrogate = pytest.mark.parametrize("surrogate", SURROGATES)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


class Valley(ClassifierMixin, BaseEstimator):
    """Scores how near its parameters are to 0.3; more iterations are a bit better."""

    def __init__(self, a=0.0, b=0.0, n_rounds=9):
        self.a = a
        self.b = b
        self.n_rounds = n_rounds

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return 1 - (self.a - 0.3) ** 2 - (self.b - 0.3) ** 2 - 0.1 / self.n_rounds


class SlowWhereAIsLarge(Valley):
    def fit(self, X, y):
        time.sleep(0.001 * 20**self.a)
        return super().fit(X, y)

    def score(self, X, y):
        return 0.5


def search(surrogate="gp", **params):
    defaults = {"resource": "n_rounds", "min_resources": 1, "cv": 2, "random_state": 0}
    space = {"a": uniform(), "b": uniform()}
    params = {**defaults, "n_iterations": 4, **params}
    return BOHBSearchCV(Valley(), space, surrogate=surrogate, **params)


@pytest.mark.parametrize("surrogate", ["gp", "rf"])
def test_with_eips_the_model_prefers_what_is_fitted_fast(surrogate, data):
    found = search(surrogate, acquisition="eips", n_iterations=2)
    found.set_params(estimator=SlowWhereAIsLarge()).fit(*data)
    later = [p["a"] for ps in params_by_bracket(found)[1:] for p in ps]
    assert np.mean(later) < 0.35


def test_auto_is_the_model_that_measured_best(data):
    auto, best = (search(s, n_iterations=1).fit(*data) for s in ("auto", "gp"))
    assert auto.cv_results_["params"] == best.cv_results_["params"]


@pytest.mark.parametrize("acquisition", ["eips", "lcb"])
def test_densities_have_no_acquisition(acquisition, data):
    with pytest.raises(ValueError, match=f"'{acquisition}'.*surrogate='kde'"):
        search("kde", acquisition=acquisition).fit(*data)


def params_by_bracket(search):
    results, brackets = search.cv_results_, {}
    for bracket, rung, params in zip(
        results["bracket"], results["rung"], results["params"], strict=True
    ):
        if rung == 0:
            brackets.setdefault(int(bracket), []).append(params)
    return [brackets[b] for b in sorted(brackets)]


@each_surrogate
def test_it_is_hyperband_with_that_sampler(surrogate, data):
    ours = search(surrogate).fit(*data)
    space = ours.param_distributions
    theirs = HyperbandSearchCV(
        Valley(),
        space,
        sampler=make_sampler(surrogate),
        **{
            k: getattr(ours, k)
            for k in ("resource", "min_resources", "cv", "random_state", "n_iterations")
        },
    ).fit(*data)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert ours.brackets_ == theirs.brackets_


@each_surrogate
def test_later_brackets_are_better_than_the_first(surrogate, data):
    found = search(surrogate, n_iterations=6).fit(*data)
    distances = [
        np.median([abs(p["a"] - 0.3) + abs(p["b"] - 0.3) for p in params])
        for params in params_by_bracket(found)
    ]
    assert np.mean(distances[-6:]) < 0.7 * distances[0]


@each_surrogate
@pytest.mark.workers
def test_workers_change_nothing(surrogate, data):
    one, two = (search(surrogate, n_jobs=n, n_iterations=2).fit(*data) for n in (1, 2))
    assert one.cv_results_["params"] == two.cv_results_["params"]
    assert one.best_params_ == two.best_params_


@each_surrogate
def test_whole_pipelines_with_conditions(surrogate, data):
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    space = [
        {
            "scale": [StandardScaler(), "passthrough", MinMaxScaler()],
            "model": [LogisticRegression()],
            "model__C": loguniform(1e-3, 1e3),
            "model__solver": ["lbfgs", "saga"],
            "model__l1_ratio": When("model__solver", "saga", uniform()),
        },
        {"model": [KNeighborsClassifier()], "model__n_neighbors": [1, 3, 5, 9, 15]},
    ]
    found = BOHBSearchCV(
        pipeline, space, surrogate=surrogate, n_iterations=2, cv=2, random_state=0
    ).fit(*data)
    assert set(found.cv_results_["status"]) == {"completed"}
    kinds = {type(p["model"]) for p in found.cv_results_["params"]}
    assert kinds == {LogisticRegression, KNeighborsClassifier}
    for params in found.cv_results_["params"]:
        is_saga = params.get("model__solver") == "saga"
        assert ("model__l1_ratio" in params) == is_saga


def test_what_cannot_be_modelled_is_named_before_the_first_fit(data):
    class OnlyDraws:
        def rvs(self, random_state=None):
            return random_state.uniform()

    found = BOHBSearchCV(Valley(), {"a": OnlyDraws()}, random_state=0)
    with pytest.raises(ValueError, match=r"GaussianProcessSampler cannot model.*'a'"):
        found.fit(*data)


def test_an_unknown_surrogate_is_refused(data):
    with pytest.raises(ValueError, match="'surrogate' parameter of BOHBSearchCV must"):
        search("tpe").fit(*data)


def test_failed_evaluations_are_survived(data):
    class Sometimes(Valley):
        def fit(self, X, y):
            if self.a > 0.6:
                raise ValueError("too large")
            return super().fit(X, y)

    found = search().set_params(estimator=Sometimes())
    with pytest.warns(FitFailedWarning, match="fits failed"):
        found.fit(*data)
    assert "failed" in set(found.cv_results_["status"])
    assert abs(found.best_params_["a"] - 0.3) < 0.1


@each_surrogate
def test_says_if_the_model_had_no_say(surrogate, data):
    found = search(surrogate, n_iterations=1, min_resources=9)
    with pytest.warns(SearchWarning, match="came from the model.*n_iterations"):
        found.fit(*data)


def test_the_sampler_tells_where_configurations_came_from(data):
    found = search().fit(*data)
    n_proposals = found.sampler_.n_proposals
    assert n_proposals.total() == found.n_trials_
    assert n_proposals["model"] > n_proposals["random fraction"] > 0
