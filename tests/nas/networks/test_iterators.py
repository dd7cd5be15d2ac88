"""Batches of rows that are held out, weighed, or far from zero."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

torch = pytest.importorskip("torch")
from skorch.dataset import Dataset, ValidSplit  # noqa: E402
from skorch.helper import predefined_split  # noqa: E402
from torch.utils.data import DataLoader, Subset, TensorDataset  # noqa: E402

from sklearn_automl.nas.architecture import Node  # noqa: E402
from sklearn_automl.nas.networks import (  # noqa: E402
    ArchitectureClassifier,
    ArchitectureMultilabelClassifier,
    ArchitectureRegressor,
)
from tests.nas.networks.test_network import chain  # noqa: E402

X, y = load_iris(return_X_y=True)
FAR = X + 1e9


class Loader(DataLoader):
    """A loader of the user's."""


def net(kind=ArchitectureClassifier, **options):
    options = {"max_epochs": 10, "lr": 0.02, **options}
    node = Node.of("a", "dense", "input", width=16)
    return kind(architecture=chain(node), **options)


def own_split(dataset, y):
    """Hold the last fifty rows out, by a part of a part."""
    whole = Subset(dataset, np.arange(len(y))[::-1])
    return Subset(whole, np.arange(50, len(y))), Subset(whole, np.arange(50))


def thirds(dataset, y):
    return [Subset(dataset, np.flatnonzero(np.arange(len(y)) % 3 == i)) for i in (0, 1)]


LOADERS = [{}, {"iterator_train": Loader}, {"iterator_train__drop_last": False}]
SPLITS = [ValidSplit(5, stratified=True), own_split, thirds]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("split", SPLITS)
def test_weights_follow_the_rows_of_a_split(split, loader):
    labels = np.arange(150) % 2  # nothing of X tells them
    for heavy in (0, 1):
        weights = np.where(labels == heavy, 50.0, 1.0)
        own = net(train_split=split, max_epochs=6, **loader)
        own.fit(X, labels, sample_weight=weights)
        assert (own.predict(X) == heavy).mean() > 0.9
        # The rows that are held out have their weights too.
        assert own.history[-1]["valid_loss"] < 0.3


@pytest.mark.parametrize("loader", [{}, {"iterator_valid": Loader}])
@pytest.mark.parametrize(
    "kind", [Dataset, lambda X, y: TensorDataset(*map(torch.tensor, (X, y)))]
)
def test_validation_rows_of_another_dataset_count_alike(kind, loader):
    labels = 2 * y  # which are encoded, wherever they are
    others = predefined_split(kind(X.astype("f4"), labels))
    weights = np.r_[np.full(50, 1e3), np.ones(100)]
    options = {"max_epochs": 1, "callbacks__valid_acc": None, **loader}
    own = net(train_split=others, **options).fit(X, labels, sample_weight=weights)
    plain = torch.as_tensor(own.predict_proba(X))[np.arange(150), y].log().mean()
    assert own.history[-1]["valid_loss"] == pytest.approx(-float(plain), rel=1e-4)


def test_rows_without_weights_among_weighed_ones_are_refused():
    def others(dataset, y):
        return Dataset(dataset.X[:50], dataset.y[:50]), None

    with pytest.raises(ValueError, match=r"weights of its training rows.*Subset"):
        net(train_split=others).fit(X, y, sample_weight=1 + y)
    net(train_split=others).fit(X, y)


@pytest.mark.parametrize("loader", [{}, {"iterator_valid": Loader}, *LOADERS[1:]])
@pytest.mark.parametrize("split", SPLITS)
def test_rows_that_are_held_out_keep_their_digits(split, loader):
    options = {"train_split": split, "max_epochs": 2, **loader}
    near = net(**options).fit(X, y).history
    far = net(**options).fit(FAR, y).history
    for name in ("train_loss", "valid_loss", "valid_acc"):
        assert far[-1][name] == pytest.approx(near[-1][name], abs=0.02)


class Changing(Dataset):
    """A dataset of the user's that changes rows when they are asked for."""

    def __getitem__(self, i):
        inputs, target = super().__getitem__(i)
        return inputs, int(target)


def test_a_dataset_of_the_users_keeps_its_digits():
    near = net(dataset=Changing).fit(X, y)
    far = net(dataset=Changing).fit(FAR, y)
    loss = near.history[-1]["train_loss"]
    assert far.history[-1]["train_loss"] == pytest.approx(loss, abs=0.02)
    assert far.score(FAR, y) == pytest.approx(near.score(X, y), abs=0.02)


@pytest.mark.parametrize(
    "kind", [Dataset, lambda X, y: TensorDataset(*map(torch.tensor, (X, y)))]
)
def test_datasets_keep_their_digits(kind):
    own = net().fit(kind(FAR, y), None)
    assert own.score(FAR, y) > 0.8
    np.testing.assert_array_equal(own.predict(kind(FAR, y)), own.predict(FAR))


def test_lists_can_have_rows_without_weight():
    weights = (np.arange(150) % 3 > 0) * 1.0
    expected = net().fit(X[weights > 0], y[weights > 0]).predict_proba(X)
    own = net().fit(X.tolist(), y.tolist(), sample_weight=weights)
    np.testing.assert_array_equal(own.predict_proba(X), expected)


def test_several_labels_are_scored_while_they_are_trained():
    labels = np.c_[y == 0, y == 1, y > 0].astype(int)
    options = {"criterion": torch.nn.BCEWithLogitsLoss, "classes": 3 * [[0, 1]]}
    own = net(
        ArchitectureMultilabelClassifier,
        predict_nonlinearity=torch.sigmoid,
        train_split=ValidSplit(5),
        **options,
    )
    own.fit(X, labels)
    assert own.history[-1]["valid_acc"] > 0.5
    assert (own.predict(X) == labels).mean() > 0.8


def test_numbers_are_weighed_with_a_split():
    target = (np.arange(150) % 2) * 1.0
    own = net(ArchitectureRegressor, train_split=ValidSplit(5))
    own.fit(X, target, sample_weight=1 + 99 * target)
    assert own.predict(X).mean() > 0.8


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("options", [{}, {"iterator_train__batch_size": 30}])
def test_batches_are_gathered_on_the_device(is_training, options):
    own = net(module__input_shape=(4,), module__n_outputs=3, **options)
    own.initialize().learn_target(y)
    own.device = "meta"
    inputs, target = next(iter(own.get_iterator(Dataset(X, y), is_training)))
    assert (inputs.device.type, target.device.type) == ("meta", "meta")


def untrained(**options):
    own = net(module__input_shape=(4,), module__n_outputs=3, **options).initialize()
    own.learn_target(y)
    return own


def test_no_row_that_is_held_out_is_dropped():
    own = untrained(iterator_valid=Loader, iterator_valid__batch_size=8)
    batches = own.get_iterator(Dataset(X[:9], y[:9]))
    assert [len(inputs) for inputs, _ in batches] == [8, 1]


class Stream:
    """Batches whose number is not known before they have come."""

    def __init__(self, dataset, batch_size, **options):
        self.batches = Loader(dataset, batch_size)

    def __iter__(self):
        return iter(self.batches)


def test_batches_whose_number_is_not_known_count_as_one():
    own = untrained(iterator_train=Stream, batch_size=10)
    assert len(list(own.get_iterator(Dataset(X, y), training=True))) == 15
    assert own.n_batches_ == 1
