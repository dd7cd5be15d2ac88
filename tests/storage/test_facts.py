"""What is remembered of data, and how alike two data sets are."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sklearn_automl.storage import DataFacts


def facts(X, y=None, task="classification"):
    return DataFacts.of(X, y, task)


def test_of_an_array():
    X = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    known = facts(X, ["a", "b", "b", "b"])
    assert (known.n_samples, known.n_features, known.n_classes) == (4, 2, 2)
    assert known.missing == 1 / 8
    assert known.categorical == 0
    assert known.entropy == pytest.approx(0.8113, abs=1e-4)


def test_equal_classes_have_entropy_one_and_a_single_one_none():
    X = np.zeros((6, 1))
    assert facts(X, [0, 1, 2] * 2).entropy == pytest.approx(1)
    assert facts(X, [0] * 6).entropy == 0


def test_of_a_frame():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [True, False], "d": [0.1, 2]})
    known = facts(X.assign(e=[3, 4]))
    assert known.categorical == 2 / 5
    assert known.missing == 1 / 10


def test_of_sparse_data():
    known = facts(csr_matrix(np.eye(4)))
    assert (known.n_samples, known.categorical, known.missing) == (4, 0.0, 0.0)
    assert facts(csr_matrix([[np.nan, 0.0], [1.0, 0.0]])).missing == 1 / 4


@pytest.mark.parametrize("X", [None, "text", [], 7, [[1, 2], [3]], object()])
def test_of_what_is_no_data(X):
    assert math.isfinite(facts(X, None).distance(facts(X, None)))


@pytest.mark.parametrize("X", [None, 7, object()])
def test_a_size_that_is_not_known_is_zero(X):
    known = facts(X, None)
    assert (known.n_samples, known.n_features) == (0, 0)


@pytest.mark.parametrize("y", [None, [1, "a", None], np.zeros((3, 2))])
def test_of_a_target_without_an_order_nothing_is_known(y):
    known = facts(np.zeros((3, 1)), y)
    assert (known.n_classes, known.entropy) == (0, 0.0)


def test_a_target_of_regression_has_no_classes():
    known = facts(np.zeros((3, 1)), [1.0, 2.0, 3.0], "regression")
    assert (known.n_classes, known.entropy) == (0, 0.0)


def test_distances():
    a = DataFacts("classification", 99, 9, 1)
    assert a.distance(a) == 0
    assert a.distance(DataFacts("classification", 999, 9, 1)) == pytest.approx(1)
    assert a.distance(DataFacts("classification", 99, 9, 3)) == pytest.approx(1)
    assert a.distance(DataFacts("classification", 99, 99, 1)) == pytest.approx(1)
    assert a.distance(DataFacts("regression", 99, 9, 1)) == math.inf


@pytest.mark.parametrize("share", ["categorical", "missing", "entropy"])
def test_any_share_is_part_of_a_distance(share):
    a, b = (DataFacts("regression", 99, 9, **{share: value}) for value in (0.0, 0.5))
    assert a.distance(b) == pytest.approx(0.5)
