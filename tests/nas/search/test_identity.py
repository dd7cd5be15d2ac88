"""What tells searches from each other, of the rows that they compare on."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas.search.identity import _identity_of_validation
from sklearn_automl.nas.search.validation import Validation
from sklearn_automl.nas.search.weights import RowWeights

WEIGHTS = np.arange(20.0)


def names_of(validation, fit=None, score=None):
    splits = [(np.arange(10), np.arange(10, 20))]
    search = SimpleNamespace(
        validation=validation, splits=splits, weights=RowWeights(fit, score)
    )
    return set(_identity_of_validation(search))


@pytest.mark.parametrize("own", [{"cv": 3}, {"groups": np.arange(20)}, {"n_own": 10}])
def test_folds_that_are_no_holdout_are_compared(own):
    assert names_of(Validation(0.2, **own)) == {"folds"}
    assert names_of(Validation(0.2)) == set()


def test_weights_are_compared():
    assert names_of(Validation(0.2), fit=WEIGHTS) == {"sample_weight"}
    assert names_of(Validation(0.2), score=WEIGHTS) == {"score_weight"}
