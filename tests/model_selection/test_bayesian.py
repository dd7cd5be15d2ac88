"""BayesianSearchCV: every configuration in full, proposed by a Gaussian process."""

import warnings

import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.datasets import make_classification

from sklearn_automl import ASHASearchCV, BayesianSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.samplers import GaussianProcessSampler
from tests.model_selection.test_bohb import Valley

SPACE = {"a": uniform(), "b": uniform()}


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=60, n_features=4, random_state=0)


def search(**params):
    params = {"n_iter": 20, "cv": 2, "random_state": 0, **params}
    return BayesianSearchCV(Valley(), SPACE, **params)


# "eips" weighs the seconds of a clock, so its proposals are not always the same.
@pytest.mark.parametrize(
    ("acquisition", "share"), [("log_ei", 0.1), ("eips", 0.6), ("lcb", 0.1)]
)
def test_finds_what_random_search_does_not(acquisition, share, data):
    ours = search(acquisition=acquisition).fit(*data)
    random = ASHASearchCV(
        Valley(), SPACE, resource=None, n_iter=20, cv=2, random_state=0
    ).fit(*data)
    best = 1 - 0.1 / 9
    assert best - ours.best_score_ < share * (best - random.best_score_)


def test_every_configuration_runs_once_in_full(data):
    found = search().fit(*data)
    assert found.brackets_ == [[(20, 30)]]
    assert found.stop_reason_ == "completed"


def test_it_is_the_sampler_in_an_asynchronous_search(data):
    sampler = GaussianProcessSampler(random_fraction=0)
    theirs = ASHASearchCV(
        Valley(), SPACE, resource=None, sampler=sampler, n_iter=20, cv=2, random_state=0
    ).fit(*data)
    assert search().fit(*data).cv_results_["params"] == theirs.cv_results_["params"]


def test_with_a_resource_trials_are_promoted(data):
    found = search(
        resource="n_rounds", min_resources=1, max_resources=9, folds="all"
    ).fit(*data)
    amounts = found.cv_results_["n_resources"]
    assert np.count_nonzero(amounts == 1) == 20
    assert 1 <= np.count_nonzero(amounts == 9) < np.count_nonzero(amounts == 3) < 20


@pytest.mark.workers
def test_two_workers_do_not_try_the_same(data):
    found = search(n_jobs=2).fit(*data)
    points = np.array([[p["a"], p["b"]] for p in found.cv_results_["params"]])
    assert len(np.unique(points.round(6), axis=0)) == 20


def test_a_small_space_is_tried_once_each_with_a_warning(data):
    found = search().set_params(param_distributions={"a": [0.1, 0.3, 0.7]})
    with pytest.warns(SearchWarning, match="3 configurations, fewer than n_iter=20"):
        found.fit(*data)
    assert sorted(p["a"] for p in found.cv_results_["params"]) == [0.1, 0.3, 0.7]


@pytest.mark.parametrize(
    ("params", "taken"),
    [
        ({}, "GaussianProcessSampler"),
        ({"param_distributions": {"a": [0.1, 0.3], "b": [0.2]}}, "RandomSampler"),
        ({"n_iter": 501}, "ParticleSwarmSampler"),
        ({"n_iter": 501, "acquisition": "lcb"}, "GaussianProcessSampler"),
    ],
)
def test_auto_takes_what_measured_best(params, taken, data):
    found = search(sampler="auto", time_limit=1e-9).set_params(**params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SearchWarning)
        found.fit(*data)
    assert type(found.sampler_).__name__ == taken


def test_an_unknown_acquisition_is_refused(data):
    with pytest.raises(ValueError, match="'acquisition' parameter of BayesianSearchCV"):
        search(acquisition="ei").fit(*data)


def test_the_acquisition_decides_what_is_proposed(data):
    tried = [
        search(acquisition=a).fit(*data).cv_results_["params"]
        for a in ("log_ei", "lcb")
    ]
    assert tried[0][:6] == tried[1][:6]  # the initial design
    assert tried[0] != tried[1]
