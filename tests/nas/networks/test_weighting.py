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
    with pytest.raises(ValueError, match="not zero for all rows"):
        trained_rows(X, y, [0, 0])


def net(kind, n_outputs, **options):
    options = {"max_epochs": 30, **options}
    return kind(
        Network,
        architecture=chain(Node.of("a", "dense", "input", width=8)),
        module__input_shape=(2,),
        module__n_outputs=n_outputs,
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


INPUTS = np.random.default_rng(0).normal(size=(40, 2)).astype("f4")
TARGET = (INPUTS[:, 0] > 0).astype(int)


@pytest.mark.parametrize("kind", [ArchitectureClassifier, ArchitectureRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(39), r"sample_weight.shape == \(39,\), expected \(40,\)"),
        (np.ones((40, 1)), r"sample_weight.shape == \(40, 1\)"),
        (-np.ones(40), "must not be negative"),
        (np.zeros(40), "not zero for all rows"),
        (np.r_[np.nan, np.ones(39)], "sample_weight contains NaN"),
        (np.r_[np.inf, np.ones(39)], "sample_weight contains infinity"),
        (["a"] * 40, "could not convert string"),
    ],
)
def test_a_net_refuses_weights_that_are_none(kind, method, weights, message):
    y = TARGET.astype(np.float32) if kind is ArchitectureRegressor else TARGET
    with pytest.raises(ValueError, match=message):
        getattr(net(kind, 2), method)(INPUTS, y, sample_weight=weights)


@pytest.mark.parametrize(
    "weights",
    [1 + TARGET, (1.0 + TARGET).tolist(), torch.as_tensor(1 + TARGET), TARGET > 0],
)
@pytest.mark.parametrize("kind", ["frame", "list", "tensor"])
def test_weights_and_inputs_of_any_kind(kind, weights):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(INPUTS, index=np.arange(40)[::-1] + 7)
    X = {"frame": frame, "list": INPUTS.tolist(), "tensor": torch.tensor(INPUTS)}[kind]
    expected = net(ArchitectureClassifier, 2, max_epochs=3)
    expected.fit(INPUTS, TARGET, sample_weight=np.asarray(weights))
    own = net(ArchitectureClassifier, 2, max_epochs=3)
    own.fit(X, TARGET, sample_weight=weights)
    np.testing.assert_array_equal(own.predict_proba(X), expected.predict_proba(INPUTS))


def test_one_number_is_the_weight_of_all_rows():
    own = net(ArchitectureClassifier, 2)
    expected = own.fit(INPUTS, TARGET).predict_proba(INPUTS)
    own.fit(INPUTS, TARGET, sample_weight=3)
    np.testing.assert_allclose(own.predict_proba(INPUTS), expected, rtol=1e-5)
