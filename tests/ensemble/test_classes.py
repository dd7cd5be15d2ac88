"""Columns for all classes, and the labels of columns."""

import numpy as np
import pytest

from sklearn_automl.ensemble._classes import (
    aligned,
    labels_of,
    votes_for,
    votes_of_decisions,
    without_column,
)

CLASSES = np.array(["a", "b", "c"])


def test_a_class_that_an_estimator_lacks_has_probability_zero():
    values = aligned([[0.3, 0.7]], ["a", "c"], CLASSES)
    assert values.tolist() == [[0.3, 0.0, 0.7]]


def test_an_estimator_without_classes_has_all_of_them_in_order():
    assert aligned([[0.2, 0.3, 0.5]], None, CLASSES).tolist() == [[0.2, 0.3, 0.5]]


@pytest.mark.parametrize("own", [["a", "z"], ["A", "b"], ["b", "zz"]])
def test_a_class_that_is_not_in_y_is_refused(own):
    with pytest.raises(ValueError, match="is a class that y does not have"):
        aligned([[0.5, 0.5]], own, CLASSES)


@pytest.mark.parametrize("values", [[[0.5, 0.5]], [0.5, 0.2, 0.3]])
def test_probabilities_of_another_shape_are_refused(values):
    with pytest.raises(ValueError, match="predict_proba returned the shape"):
        aligned(values, None, CLASSES)


@pytest.mark.parametrize("labels", [["c", "a"], np.array([["c"], ["a"]])])
def test_a_vote_is_a_probability_of_one(labels):
    assert votes_for(labels, CLASSES).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_labels_of_two_classes_are_told_by_the_sign():
    assert labels_of(np.array([-1.0, 0.0, 2.0]), CLASSES[:2]).tolist() == [
        "a",
        "a",
        "b",
    ]


def test_decisions_become_votes():
    values = np.array([[0.1, 3.0, 2.0]])
    assert votes_of_decisions(values, CLASSES).tolist() == [[0, 1, 0]]


@pytest.mark.parametrize(
    "values", [[[1.0], [2.0]], [1.0, 2.0], [[1.0, 3.0], [2.0, 4.0]]]
)
def test_only_a_single_column_of_numbers_loses_a_dimension(values):
    expected = [1.0, 2.0] if np.shape(values) == (2, 1) else values
    assert without_column(values).tolist() == expected
