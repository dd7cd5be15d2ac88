"""Searches that end when a score is good enough, or when none becomes better."""

from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.datasets import make_classification

from sklearn_automl import ASHASearchCV, GridSearchCV, RandomizedSearchCV
from tests.fakes import ScoreIsParameter
from tests.model_selection.searches import (
    every_search,
    make,
    set_n_trials,
    small_spaces,
)

pytestmark = small_spaces

with_workers = pytest.mark.parametrize(
    "n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)]
)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def make_known(Search, **params):
    """Return a search whose scores are values between 0 and 1."""
    return make(Search, ScoreIsParameter(), {"value": uniform()}, **params)


def has_all(search):
    results = search.cv_results_
    return (results["n_resources"] == 60) & (results["n_folds"] == 2)


@every_search
def test_a_search_ends_when_a_score_is_reached(Search, data):
    search = make_known(Search, stop_at=0.0).fit(*data)
    assert search.stop_reason_ == "stop_at"
    assert has_all(search).sum() == 1
    assert search.best_score_ >= 0.0
    assert len(search.cv_results_["params"]) < len(
        make_known(Search).fit(*data).cv_results_["params"]
    )


@every_search
def test_a_score_that_is_not_reached_ends_nothing(Search, data):
    search = make_known(Search, stop_at=1.1, patience=1000).fit(*data)
    assert search.stop_reason_ == "completed"
    expected = make_known(Search).fit(*data).cv_results_["params"]
    assert search.cv_results_["params"] == expected


@every_search
def test_a_search_ends_when_patience_is_lost(Search, data):
    # All scores are equal, so that none is better than the first.
    space = {"value": [0.5], "weight": uniform()}
    search = make(Search, Weighted(), space, patience=2, n_jobs=1)
    search = set_many(search).fit(*data)
    assert search.stop_reason_ == "patience"
    assert has_all(search).sum() == 3


class Weighted(ScoreIsParameter):
    def __init__(self, value=0.5, weight=0.0):
        super().__init__(value)
        self.weight = weight


def set_many(search):
    if "n_iterations" in search.get_params():
        return search.set_params(n_iterations=3)
    return set_n_trials(search, 27)


def test_patience_may_be_a_time(data):
    search = make_known(ASHASearchCV, patience=timedelta(microseconds=1)).fit(*data)
    assert search.stop_reason_ == "patience"
    assert has_all(search).sum() == 1


@with_workers
@pytest.mark.parametrize("Search", [GridSearchCV, RandomizedSearchCV])
def test_a_race_ends_with_the_first_candidate_on_all_folds(Search, n_jobs, data):
    space = {"value": np.linspace(0, 1, 10).tolist()}
    search = Search(ScoreIsParameter(), space, stop_at=0.5, n_jobs=n_jobs).fit(*data)
    assert search.stop_reason_ == "stop_at"
    assert search.best_score_ >= 0.5


@pytest.mark.workers
def test_what_runs_elsewhere_is_waited_for(data):
    search = make_known(ASHASearchCV, stop_at=0.0, n_jobs=2).fit(*data)
    assert search.stop_reason_ == "stop_at"
    assert (search.cv_results_["status"] == "completed").all()


def test_the_score_is_that_of_the_deciding_metric(data):
    def scores(estimator, X, y):
        return {"value": estimator.value, "none": -1.0}

    params = {"scoring": scores, "refit": "none", "stop_at": 0.0, "n_iter": 9}
    search = make_known(ASHASearchCV, promotion_metric="value", **params).fit(*data)
    assert search.stop_reason_ == "stop_at"
    search = make_known(ASHASearchCV, **params).fit(*data)
    assert search.stop_reason_ == "completed"


@pytest.mark.parametrize("change", [{"stop_at": 0.0}, {"patience": 1}])
def test_a_search_that_has_ended_so_goes_on_from_its_checkpoint(change, data, tmp_path):
    params = {"checkpoint": tmp_path / "search.db", "resource": None, "n_iter": 9}
    search = make_known(ASHASearchCV, **params, **change).fit(*data)
    few = search.cv_results_["params"]
    assert len(few) < 9
    again = make_known(ASHASearchCV, **params, **change).fit(*data)
    assert again.cv_results_["params"] == few
    assert again.stop_reason_ == search.stop_reason_
    full = make_known(ASHASearchCV, **params).fit(*data)
    assert full.cv_results_["params"][: len(few)] == few
    assert full.stop_reason_ == "completed"
    assert (
        full.cv_results_["params"]
        == make_known(ASHASearchCV, **{**params, "checkpoint": None})
        .fit(*data)
        .cv_results_["params"]
    )


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"stop_at": "0.9"}, "'stop_at'.*Got '0.9'"),
        ({"stop_at": float("nan")}, "'stop_at'.*Got nan"),
        ({"patience": 0}, "'patience'.*Got 0"),
        ({"patience": 2.5}, "'patience'.*'datetime.timedelta'.*Got 2.5"),
        ({"patience": "60s"}, "'patience'.*'datetime.timedelta'.*Got '60s'"),
        ({"patience": timedelta(0)}, "patience=.*not a positive time"),
    ],
)
def test_what_is_no_score_and_no_patience_is_refused(params, words, data):
    with pytest.raises(ValueError, match=words):
        make_known(ASHASearchCV, **params).fit(*data)
