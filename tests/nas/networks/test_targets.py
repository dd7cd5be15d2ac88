"""Targets: what a network is trained on, and back."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from sklearn_automl.nas.networks.targets import (  # noqa: E402
    LabelTarget,
    MultilabelTarget,
    NumberTarget,
)


def test_a_target_that_varies_by_rounding_errors_is_constant():
    target = NumberTarget()
    target.learn_target(np.array([[0.1 + 0.2, 1.0], [0.3, 3.0], [0.3, 5.0]]))
    assert target.y_scale_[0] == 1
    assert target.y_scale_[1] == pytest.approx(np.std([1, 3, 5]))
    assert np.abs(target.encode_target(np.array([[0.3, 3.0]])).numpy()).max() < 1e-6


@pytest.mark.parametrize("label", ["a", "c", "e"])
def test_a_label_that_is_no_class_is_named(label):
    target = LabelTarget()
    target.classes_ = np.array(["b", "d"])
    assert target.encode_target(np.array(["d", "b"])).tolist() == [1, 0]
    with pytest.raises(ValueError, match=f"the label .*'{label}'.*none of the classes"):
        target.encode_target(np.array(["b", label]))


def test_a_label_that_is_as_probable_as_not_is_none():
    probabilities = np.array([[0.5, 0.51, 0.49]])
    assert MultilabelTarget().labels_of(probabilities).tolist() == [[0, 1, 0]]


class OfSkorch:
    def _get_predict_nonlinearity(self):
        return "what skorch has"


class Labels(LabelTarget, OfSkorch):
    def __init__(self, criterion, nonlinearity="auto"):
        self.criterion_, self.predict_nonlinearity = criterion, nonlinearity


def test_logits_of_any_loss_become_probabilities():
    softmax = Labels(nn.MultiMarginLoss())._get_predict_nonlinearity()
    assert softmax(torch.zeros(1, 4)).tolist() == [[0.25] * 4]
    for own in (Labels(nn.NLLLoss()), Labels(nn.CrossEntropyLoss(), None)):
        assert own._get_predict_nonlinearity() == "what skorch has"
