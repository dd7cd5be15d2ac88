"""What is refused before the first fit, asked of the functions that refuse it."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.model_selection._checks import (
    as_numbers,
    check_fit_names,
    check_lengths,
    check_metrics,
    check_n_samples,
    check_parameters,
    check_target,
    class_labels,
    decisive_metric,
)

PIPE = Pipeline([("a", StandardScaler()), ("b", LogisticRegression())])


def search_of(**params):
    params = {
        "estimator": Ridge(),
        "_check_refit_for_multimetric": lambda names: None,
        "n_jobs": None,
        "resource": None,
        "folds": "all",
        "error_score": np.nan,
        "scoring": None,
        "refit": True,
        "promotion_metric": None,
        **params,
    }
    return SimpleNamespace(**params)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_jobs": 0}, "'n_jobs' .* must not be 0"),
        ({"error_score": True}, "'error_score'.*Got True"),
        ({"error_score": np.inf}, "'error_score'.*Got inf"),
        ({"error_score": -np.inf}, "'error_score'.*Got -inf"),
        ({"resource": "n_folds"}, "'folds' .* must be 'grow'"),
    ],
)
def test_values_that_mean_nothing_are_refused(params, words):
    with pytest.raises(ValueError, match=words):
        check_parameters(search_of(**params))


@pytest.mark.parametrize(
    "params",
    [
        {"n_jobs": -1},
        {"error_score": "raise"},
        {"error_score": 0},
        {"resource": "n_folds", "folds": "grow"},
    ],
)
def test_values_that_mean_something_are_taken(params):
    check_parameters(search_of(**params))


def test_a_metric_that_promotes_is_one_of_several():
    several = search_of(scoring=["a", "b"], refit="a", promotion_metric="b")
    check_metrics(several, ["a", "b"])
    assert decisive_metric(several) == "b"
    assert decisive_metric(search_of(refit="a")) == "a"
    assert decisive_metric(search_of()) is None
    several.promotion_metric = "c"
    with pytest.raises(ValueError, match="promotion_metric='c' is not one of"):
        check_metrics(several, ["a", "b"])
    with pytest.raises(ValueError, match=r"several metrics.*pass a list or a dict"):
        check_metrics(search_of(promotion_metric="a"), None)
    with pytest.raises(ValueError, match="returned an empty dict"):
        check_metrics(search_of(scoring=dict), [])


@pytest.mark.parametrize("n", [0, -1, True, 3.0, "3"])
def test_what_is_no_number_of_rows_is_refused(n):
    check_n_samples(1)
    check_n_samples(np.int64(3))
    with pytest.raises(ValueError, match="number of rows of X, an int of at least 1"):
        check_n_samples(n)


def is_warned(estimator, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_target(estimator, y)
    return [w.category for w in caught] == [SearchWarning]


@pytest.mark.parametrize("estimator", [PIPE, Ridge(), TargetEncoder()])
def test_a_target_that_is_needed_is_asked_for(estimator):
    with pytest.raises(ValueError, match="requires y to be passed"):
        check_target(estimator, None)
    check_target(KMeans(), None)


def test_a_target_of_one_class_is_told():
    assert is_warned(PIPE, ["a", "a"])
    assert is_warned(PIPE, [[1], [1]])
    assert not is_warned(PIPE, [["a", "a"], ["a", "a"]])
    assert not is_warned(PIPE, sparse.csr_matrix([[1], [1]]))
    assert not is_warned(PIPE, ["a", "b"])
    assert not is_warned(PIPE, [[1, 2], [3]])  # of many lengths
    assert not is_warned(Ridge(), [1.0, 1.0])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        check_target(Ridge(), [1.0, np.nan])


def test_classes_of_several_outputs_have_numbers_of_their_own():
    y = np.array([[0, 7, 1], [2, 7, 0], [1, 9, 0]])
    numbers = class_labels(PIPE, y)
    assert numbers.tolist() == [[0, 3, 6], [2, 3, 5], [1, 4, 5]]
    indicators = np.array([[0, 1], [1, 0], [1, 1]])
    expected = [[0, 3], [1, 2], [1, 3]]
    assert class_labels(PIPE, indicators).tolist() == expected
    assert class_labels(PIPE, sparse.csr_matrix(indicators)).tolist() == expected
    assert class_labels(PIPE, ["b", "a", "b"]).tolist() == [1, 0, 1]
    assert class_labels(Ridge(), [0, 1]) is None
    assert class_labels(PIPE, None) is None
    with pytest.raises(ValueError, match="no order"):
        as_numbers(np.array([1, None, "a"], dtype=object), "y")


@pytest.mark.parametrize("name", ["groups", "sample_weight", "b__sample_weight"])
def test_what_has_a_value_for_each_row_has_as_many(name):
    X = np.zeros((3, 2))
    check_lengths(X, {name: [1, 2, 3], "other": [1]})
    check_lengths(X, {name: None})
    with pytest.raises(ValueError, match=f"{name} has 2 values, but X has 3 rows"):
        check_lengths(X, {name: [1, 2]})


class TakesAny(BaseEstimator):
    def fit(self, X, y, **params):
        return self


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (PIPE, "sample_weight"),
        (PIPE, "c__sample_weight"),
        (LogisticRegression(), "weight"),
        (LogisticRegression(), "y"),
        (LogisticRegression(), "X"),
    ],
)
def test_a_name_that_fit_does_not_take_is_refused(estimator, name):
    with pytest.raises(TypeError, match=f"does not accept the parameter '{name}'"):
        check_fit_names(estimator, [name])


def test_names_that_fit_takes():
    check_fit_names(PIPE, ["b__sample_weight", "a__anything"])
    check_fit_names(LogisticRegression(), ["sample_weight"])
    check_fit_names(TakesAny(), ["anything"])
