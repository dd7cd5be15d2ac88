"""What a default space knows of the data."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import bsr_array, csr_array
from sklearn import ensemble
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sklearn_automl.space import default_space
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.space.defaults._shape import sample_of, size_of

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
KINDS = [X, pd.DataFrame(X), csr_array(X), bsr_array(X), X.tolist()]


@pytest.mark.parametrize("data", KINDS, ids=lambda data: type(data).__name__)
def test_facts_of_numbers(data):
    shape = DataShape.of(data, [0, 1, 0])
    assert (shape.n_samples, shape.n_features, shape.n_classes) == (3, 2, 2)
    assert shape.variance == pytest.approx(np.var(X))
    assert shape.is_sparse == (not isinstance(data, np.ndarray | list | pd.DataFrame))


ODD = [
    None,
    [],
    "text",
    ["a text", "another"],
    [[1], [2, 3]],
    np.array([["a", 1], [None, 2]], dtype=object),
    pd.DataFrame({"a": ["x", None], "b": [1, 2]}),
    np.zeros((2, 3, 4)),
    np.array([[np.nan, np.inf]]),
    object(),
]


@pytest.mark.parametrize("data", ODD, ids=lambda data: type(data).__name__)
def test_data_of_any_kind_are_no_error(data):
    assert DataShape.of(data, data).target_scale is None


def test_missing_values_do_not_count():
    assert DataShape.of(np.array([[1.0, np.nan], [3.0, np.nan]])).variance == 1


def test_a_variance_that_is_no_number_is_not_known():
    with np.errstate(over="ignore"):
        assert DataShape.of(np.array([[1e200], [-1e200]])).variance is None


def test_the_number_of_rows_may_be_known_without_x():
    assert DataShape.of(None, [0, 1, 1], n_samples=5).n_samples == 5
    assert DataShape.of(X, n_samples=5).n_samples == 3


@pytest.mark.parametrize("y", [[[0], [1], [0]], np.array([[0], [1], [0]])])
def test_a_target_may_be_a_single_column(y):
    assert DataShape.of(X, y).n_classes == 2


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([[1, 2]], (1, 2)),
        ([1, 2, 3], (3,)),
        (SimpleNamespace(shape=(3, None)), ()),
        (SimpleNamespace(shape="3 x 2"), ()),
    ],
)
def test_a_size_is_known_or_empty(data, expected):
    assert size_of(data) == expected


def test_several_targets_have_no_classes():
    assert DataShape.of(X, X).n_classes is None


def test_ranges_follow_the_data():
    rng = np.random.default_rng(0)
    y = rng.normal(size=200)
    X = rng.normal(size=(200, 3))
    few, many = (default_space(Lasso(), X, s * y)["alpha"].support() for s in (1, 9))
    assert many == pytest.approx(tuple(9 * end for end in few))
    neighbors = default_space(KNeighborsClassifier(), X[:50], y[:50] > 0)
    assert neighbors["n_neighbors"].support() == (1, 10)


@pytest.mark.parametrize(("n_classes", "has_solver"), [(2, True), (3, False)])
def test_liblinear_has_two_classes(n_classes, has_solver):
    y = np.arange(len(X)) % n_classes
    assert ("solver" in default_space(LogisticRegression(), X, y)) == has_solver


@pytest.mark.parametrize("name", ["RandomForest", "ExtraTrees"])
def test_forests_for_numbers_have_more_features(name):
    for kind, least in (("Regressor", 0.15), ("Classifier", 0.1)):
        forest = getattr(ensemble, name + kind)()
        low, high = default_space(forest, X)["max_features"].support()
        assert (low, high) == pytest.approx((least, 1))


@pytest.mark.parametrize(("n", "n_kept"), [(9_999, 9_999), (10_001, 5_001)])
def test_a_sample_has_ten_thousand_rows_at_most(n, n_kept):
    assert len(sample_of(np.zeros((n, 1)))) == n_kept
