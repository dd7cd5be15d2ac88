"""How long networks are trained, in the search and in the end."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from skorch.callbacks import Callback
from torch import nn

from sklearn_automl import NASClassifier, NASRegressor
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.estimation import LowFidelity
from sklearn_automl.nas.networks import n_epochs_for

SPACE = ChainSpace(n_layers=(1, 2), widths=[4, 8], dropouts=[0.0])


def make(cls=NASClassifier, **options):
    options = {"n_trials": 2, "random_state": 0, **options}
    return cls(SPACE, "random", **options)


@pytest.fixture
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture
def rows(iris):
    X, y = iris
    return X[::5], y[::5]


def n_final(model):
    return sum(epoch["phase"] == "final" for epoch in model.history_)


@pytest.mark.parametrize(
    ("n_batches", "n_epochs"), [(1, 100), (25, 100), (50, 50), (125, 20), (10**4, 20)]
)
def test_about_2500_steps_are_20_to_100_epochs(n_batches, n_epochs):
    assert n_epochs_for(n_batches) == n_epochs


def test_by_default_the_final_training_is_three_times_as_long(rows):
    model = make(n_trials=1).fit(*rows)
    assert n_final(model) == 100
    # 200 steps of three batches are no less than that.
    assert set(model.search_results_["n_resources"]) == {67}


def test_a_third_of_the_epochs_is_enough_where_they_are_200_steps(iris):
    model = make(n_trials=1, refit=False).fit(*iris)
    assert set(model.search_results_["n_resources"]) == {33}


def test_epochs_that_are_set_are_those_of_all_trainings(rows):
    model = make(max_epochs=3).fit(*rows)
    assert n_final(model) == 3
    assert set(model.search_results_["n_resources"]) == {3}


def test_epochs_of_the_search_can_be_set_alone(rows):
    model = make(n_trials=1, search_epochs=2).fit(*rows)
    assert n_final(model) == 100
    assert set(model.search_results_["n_resources"]) == {2}


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
@pytest.mark.parametrize(
    "n_jobs", [1, pytest.param(2, marks=[pytest.mark.workers, pytest.mark.slow])]
)
@pytest.mark.parametrize("cls", [NASClassifier, NASRegressor])
def test_a_time_limit_ends_all_trainings(cls, n_jobs, rows):
    # Neither training would end in hours.
    model = make(cls, time_limit=0.3, max_epochs=10**8, n_jobs=n_jobs).fit(*rows)
    assert model.stop_reason_ == "time_limit"
    assert len(model.search_results_["params"]) >= 1
    assert 1 <= n_final(model) < 10**8
    model.predict(rows[0])


def test_a_time_limit_ends_the_search_without_a_final_training(rows):
    model = make(time_limit=0.2, max_epochs=10**8, refit=False).fit(*rows)
    assert model.stop_reason_ == "time_limit"


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_with_a_checkpoint_a_training_of_the_search_runs_to_its_end(rows, tmp_path):
    # What is recorded must be whole: a later search goes on with it.
    scores = [
        make(
            time_limit=limit,
            search_epochs=30,
            n_trials=1,
            checkpoint=file,
            refit=False,
        )
        .fit(*rows)
        .best_score_
        for limit, file in [(None, None), (1e-3, tmp_path / "search.db")]
    ]
    assert scores[0] == scores[1]


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_the_time_limit_is_no_parameter_of_the_network(rows):
    model = make(time_limit=0.4, max_epochs=10**8).fit(*rows)
    net = clone(model.best_estimator_).set_params(max_epochs=2)
    assert len(net.fit(*rows).history) == 2


def test_a_final_training_of_little_is_told(rows):
    with pytest.warns(SearchWarning, match=r"time_limit=0.4 ended .* fit_best"):
        make(time_limit=0.4, max_epochs=10**8).fit(*rows)


def test_rows_that_only_score_do_not_make_trainings_shorter(rows, iris):
    X, y = iris
    many = [0] * 10
    many_rows = (np.vstack([X[many]] * 500), np.hstack([y[many]] * 500))
    model = make(n_trials=1, refit=False).fit(*rows, validation_data=many_rows)
    # All 30 other rows are trained on: four batches an epoch.
    assert set(model.search_results_["n_resources"]) == {50}


@pytest.mark.parametrize(
    ("options", "smoothing"),
    [
        ({}, 0.1),
        ({"scoring": "accuracy"}, 0.1),
        ({"scoring": "neg_log_loss"}, 0.0),
        ({"criterion__label_smoothing": 0.0}, 0.0),
        ({"criterion": nn.CrossEntropyLoss}, 0.0),
    ],
)
def test_labels_are_smoothed_unless_the_user_decides_on_the_loss(
    options, smoothing, rows
):
    model = make(max_epochs=1, n_trials=1, **options).fit(*rows)
    assert model.best_estimator_.criterion_.label_smoothing == smoothing


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (NASClassifier, {}),
        (NASRegressor, {"n_trials": 1}),
        (NASClassifier, {"cv": 2}),
        # Callbacks that are not known, after which no training goes on.
        (NASClassifier, {"callbacks": [Callback()]}),
    ],
)
def test_the_table_says_which_trainings_a_time_limit_has_ended(cls, options, rows):
    limits = {"time_limit": 0.2, "search_epochs": 10**8, "refit": False}
    model = make(cls, **limits, **options).fit(*rows)
    table = model.cv_results_
    assert model.stop_reason_ == "time_limit"
    assert set(table["status"]) == {"completed"}
    for n_epochs, error in zip(table["n_resources"], table["error"], strict=True):
        assert n_epochs < 10**8
        assert error == (
            f"time_limit ended its training after {n_epochs} of 100000000 epochs."
        )


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_a_training_of_a_rung_was_to_have_the_epochs_of_the_rung(rows):
    estimation = LowFidelity(scheduler="asha", min_resources=10**7)
    limits = {"time_limit": 0.5, "search_epochs": 10**8, "refit": False}
    model = NASClassifier(SPACE, "random", estimation, n_trials=3, **limits).fit(*rows)
    full, rung = model.cv_results_["error"]  # the reference has half of the time
    assert full.endswith("of 100000000 epochs.")
    assert rung.endswith("of 11111111 epochs.")


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_rows_stay_the_resource_of_a_training_that_is_cut_short(rows):
    estimation = LowFidelity(resource="n_samples", min_resources=24)
    limits = {"time_limit": 0.2, "search_epochs": 10**8, "refit": False}
    model = NASClassifier(SPACE, "random", estimation, n_trials=1, **limits).fit(*rows)
    assert list(model.cv_results_["n_resources"]) == [24]
    assert "of 100000000 epochs" in model.cv_results_["error"][0]


def test_a_search_that_ends_in_time_has_no_word_of_it(rows):
    table = make(time_limit=60, max_epochs=2, cv=2).fit(*rows).cv_results_
    assert set(table["n_resources"]) == {2}
    assert set(table["error"]) == {""}
