"""What a classifier learns from its target, without a search."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

pytest.importorskip("torch")
from sklearn_automl.nas._labels import LearnsLabels


class Labels(LearnsLabels, BaseEstimator):
    """It learns its target, and nothing else."""

    _parameter_constraints: dict = {}

    def _continue(self, X, y, sample_weight):
        return self._learn_target(np.asarray(y))


def test_classes_can_be_named_in_any_order_and_more_than_once():
    own, classes = Labels(), ["d", "c", "a", "b", "a"]
    _, numbers = own.partial_fit(None, ["b", "a", "c"], classes=classes)
    assert own.classes_.tolist() == ["a", "b", "c", "d"]
    assert numbers.tolist() == [1, 0, 2]
    with pytest.raises(ValueError, match="does not have the label"):
        own.partial_fit(None, ["b", "e"], classes=["a", "b"])


def test_classes_are_those_of_one_call():
    own = Labels()
    own.partial_fit(None, [0, 1], classes=[0, 1, 2])
    own._learn_target(np.array([4, 5]))
    assert own.classes_.tolist() == [4, 5]


def test_several_labels_are_integers_whatever_they_were():
    own = Labels()
    for kind in (bool, float, np.int8):
        y, numbers = own._learn_target(np.array([[0, 1], [1, 1]], dtype=kind))
        assert (y.dtype, numbers) == (np.int64, None)
        assert [known.tolist() for known in own.classes_] == [[0, 1]] * 2
