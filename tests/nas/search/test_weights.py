"""What rows count in trainings, and in scores."""

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas.search.weights import RowWeights

Y = np.array([0, 0, 0, 1])


def test_weights_of_classes_are_for_trainings_only():
    own = RowWeights.of(np.array([1.0, 2, 3, 4]), {0: 1, 1: 10}, Y)
    assert own.fit.tolist() == [1, 2, 3, 40]
    assert own.score.tolist() == [1, 2, 3, 4]
    assert RowWeights.of(None, {0: 1, 1: 10}, Y).score_params is None


def test_rows_that_are_only_scored_follow():
    own = RowWeights(np.arange(4.0), np.arange(4.0))
    assert own.followed_by(None, 4, 2).score is None
    both = own.followed_by(np.array([5.0, 6.0]), 4, 2)
    assert both.fit.tolist() == [0, 1, 2, 3, 1, 1]
    assert both.score.tolist()[4:] == [5, 6]
