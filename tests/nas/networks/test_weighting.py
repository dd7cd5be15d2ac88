"""Weights of rows in the loss."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from sklearn_automl.nas.architecture import Node  # noqa: E402
from sklearn_automl.nas.networks import Network  # noqa: E402
from sklearn_automl.nas.networks.nets import (  # noqa: E402
    ArchitectureClassifier,
    ArchitectureRegressor,
)
from sklearn_automl.nas.networks.weighting import (  # noqa: E402
    loss_of,
    trained_rows,
    usable_weights,
)
from tests.nas.networks.test_network import chain  # noqa: E402

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("criterion", "target"),
    [
        (nn.CrossEntropyLoss(), torch.tensor([0, 1, 0])),
        (nn.BCEWithLogitsLoss(), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])),
        (nn.MSELoss(), torch.zeros(3, 2)),
        (nn.SmoothL1Loss(), torch.zeros(3, 2)),
    ],
)
def test_a_weight_of_two_is_a_row_twice(criterion, target):
    weights = usable_weights([2, 1, 1])
    found = loss_of(criterion, LOGITS, (target, weights))
    twice = torch.tensor([0, 0, 1, 2])
    assert found == pytest.approx(criterion(LOGITS[twice], target[twice]).item())
    assert criterion.reduction == "mean"


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_criterion_that_cannot_weigh_rows_is_refused(reduction):
    criterion = nn.MSELoss(reduction=reduction)
    with pytest.raises(ValueError, match=r"MSELoss cannot weigh rows: .*sample_weight"):
        loss_of(criterion, LOGITS, (LOGITS, torch.ones(3)))


def test_rows_without_weight_are_not_trained_on():
    X, y = np.arange(6).reshape(3, 2), np.arange(3)
    X, y, weights = trained_rows(X, y, [0, 2, 1])
    assert X.tolist() == [[2, 3], [4, 5]]
    assert (y.tolist(), weights.tolist()) == ([1, 2], [2, 1])
    with pytest.raises(ValueError, match="weights of all rows"):
        trained_rows(X, y, [0, 0])


def net(kind, n_outputs, **options):
    return kind(
        Network,
        architecture=chain(Node.of("a", "dense", "input", width=8)),
        module__input_shape=(2,),
        module__n_outputs=n_outputs,
        max_epochs=30,
        lr=0.05,
        **options,
    )


def test_a_classifier_follows_the_heavy_rows(rng):
    X = np.tile(rng.normal(size=(1, 2)), (40, 1)) + 1e-3 * rng.normal(size=(40, 2))
    y = np.arange(40) % 2
    for heavy in (0, 1):
        weights = np.where(y == heavy, 20.0, 1.0)
        own = net(ArchitectureClassifier, 2).fit(X, y, sample_weight=weights)
        assert (own.predict(X) == heavy).mean() > 0.9
        assert own.predict_proba(X)[:, heavy].mean() == pytest.approx(20 / 21, abs=0.1)


def test_a_regressor_follows_the_heavy_rows(rng):
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2 * 1.0
    X[:] = 1e-3 * X
    own = net(ArchitectureRegressor, 1)
    heavy = own.fit(X, y, sample_weight=1 + 9 * y).predict(X).mean()
    assert heavy == pytest.approx(10 / 11, abs=0.15)


def test_weights_of_one_training_are_not_those_of_the_next(rng):
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    plain = net(ArchitectureClassifier, 2).fit(X, y).predict_proba(X)
    own = net(ArchitectureClassifier, 2).fit(X, y, sample_weight=1 + 9 * y)
    np.testing.assert_array_equal(own.fit(X, y).predict_proba(X), plain)
