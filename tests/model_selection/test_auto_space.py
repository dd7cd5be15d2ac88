"""``param_distributions="auto"``: the package's own space, in every search."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklearn_automl import GridSearchCV, HyperbandSearchCV, RandomizedSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.space import SearchSpace, default_space
from tests.model_selection.searches import every_search, make, small_spaces


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=6, random_state=0)


@every_search
def test_every_search_has_the_default_space(Search, data):
    model = make_pipeline(PCA(), GaussianNB())
    search = make(Search, model, "auto").fit(*data)
    space = SearchSpace(default_space(model, *data))
    names = {name for params in search.cv_results_["params"] for name in params}
    assert names == set(space.names)
    assert all(status == "completed" for status in search.cv_results_["status"])


def test_a_randomized_search_tries_different_configurations(data):
    model = make_pipeline(PCA(), GaussianNB())
    search = RandomizedSearchCV(model, "auto", n_iter=6, cv=2, random_state=0)
    search.fit(*data)
    tried = [repr(params) for params in search.cv_results_["params"]]
    assert len(set(tried)) == 6
    again = clone(search).fit(*data)
    assert [repr(params) for params in again.cv_results_["params"]] == tried


def test_the_resource_is_not_searched(data):
    model = GradientBoostingClassifier()
    search = make(HyperbandSearchCV, model, "auto", resource="n_estimators")
    search.set_params(n_iterations=1, max_resources=4).fit(*data)
    assert max(p["n_estimators"] for p in search.cv_results_["params"]) == 4


def test_ranges_are_those_of_the_data(data):
    X, y = data
    search = make(HyperbandSearchCV, LogisticRegression(), "auto", n_iterations=1)
    search.fit(X, y)
    assert any("solver" in params for params in search.cv_results_["params"])
    search.fit(X, np.arange(len(y)) % 3)
    assert not any("solver" in params for params in search.cv_results_["params"])


def test_the_plan_needs_no_data(data):
    search = make(HyperbandSearchCV, GaussianNB(), "auto", n_iterations=1)
    plan = search.plan(len(data[0]), data[1])
    brackets = search.fit(*data).brackets_
    assert [n for rungs in brackets for n, _ in rungs] == list(plan["n_candidates"])


def test_it_is_a_parameter_like_any_other(data):
    search = make(HyperbandSearchCV, GaussianNB(), "auto", n_iterations=1).fit(*data)
    assert search.get_params()["param_distributions"] == "auto"
    assert clone(search).param_distributions == "auto"
    loaded = pickle.loads(pickle.dumps(search))
    assert loaded.best_params_ == search.best_params_
    assert "auto" in repr(search)
    assert "auto" in search._repr_html_()
    space = {"var_smoothing": [1e-9, 1e-3]}
    search.set_params(param_distributions=space)
    assert search.get_params()["param_distributions"] == space


def test_a_checkpoint_goes_on(data, tmp_path):
    params = {"checkpoint": tmp_path / "search.db", "n_iterations": 1}
    model = make_pipeline(PCA(), GaussianNB())
    first = make(HyperbandSearchCV, model, "auto", **params).fit(*data)
    second = make(HyperbandSearchCV, model, "auto", **params).fit(*data)
    columns = "mean_fit_time", "start_time"
    for column in columns:
        assert list(first.cv_results_[column]) == list(second.cv_results_[column])


@pytest.mark.parametrize("space", ["Auto", "automatic", ""])
@pytest.mark.parametrize("Search", [HyperbandSearchCV, RandomizedSearchCV])
def test_another_word_is_refused(Search, space, data):
    with pytest.raises(ValueError, match=r"param_distributions.*'auto'"):
        Search(GaussianNB(), space).fit(*data)


def test_a_grid_has_no_default(data):
    with pytest.raises(ValueError, match="param_grid"):
        GridSearchCV(GaussianNB(), "auto").fit(*data)


class Unknown(ClassifierMixin, BaseEstimator):
    def __init__(self, depth=3):
        self.depth = depth

    def fit(self, X, y):
        return self


@pytest.mark.parametrize("Search", [HyperbandSearchCV, RandomizedSearchCV])
def test_an_unknown_estimator_is_refused_before_any_fit(Search, data):
    with pytest.raises(
        ValueError, match=r'(?s)no default search space.*"depth": randint'
    ):
        Search(Unknown(), "auto").fit(*data)


@small_spaces
def test_nothing_to_search_is_one_configuration(data):
    search = make(HyperbandSearchCV, LinearRegression(), "auto", n_iterations=1)
    assert search.fit(*data).n_trials_ == 1


def test_nothing_to_search_is_said(data):
    search = make(HyperbandSearchCV, LinearRegression(), "auto", n_iterations=1)
    with pytest.warns(SearchWarning, match="leaves nothing to search"):
        search.fit(*data)
