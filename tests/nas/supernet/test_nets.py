"""Nets with shared weights: until they have had epochs of their own."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from sklearn_automl.nas.networks import ArchitectureClassifier, ArchitectureRegressor
from sklearn_automl.nas.supernet.nets import sharing_net

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


class Shared:
    """Returns the same weights every time."""

    def __call__(self):
        layer = nn.Linear(3, 2)
        nn.init.constant_(layer.weight, 0.5)
        return layer


def net_of(Net, **options):
    y = np.arange(20) % 2 if Net is ArchitectureClassifier else X[:, :2]
    net = Net(nn.Linear, module__in_features=3, module__out_features=2, **options)
    return sharing_net(net, Shared()), y


each_net = pytest.mark.parametrize(
    "Net", [ArchitectureClassifier, ArchitectureRegressor]
)


@each_net
def test_without_epochs_it_has_the_shared_weights(Net):
    net, y = net_of(Net, max_epochs=0)
    net.fit(X, y)
    assert (net.module_.weight == 0.5).all()


@each_net
def test_with_epochs_it_has_weights_of_its_own(Net):
    net, y = net_of(Net, max_epochs=1)
    net.fit(X, y)
    own = Net(nn.Linear, module__in_features=3, module__out_features=2, max_epochs=1)
    own.fit(X, y)
    assert torch.equal(net.module_.weight, own.module_.weight)


@each_net
def test_clones_and_pickles_share_too(Net):
    net, y = net_of(Net, max_epochs=0)
    for other in (clone(net), pickle.loads(pickle.dumps(net))):
        other.fit(X, y)
        assert (other.module_.weight == 0.5).all()


@each_net
def test_options_of_the_net_are_kept_unless_they_are_given(Net):
    net = Net(nn.Linear, module__in_features=3, batch_size=7, max_epochs=3)
    shared = sharing_net(net, Shared(), max_epochs=0)
    assert (shared.batch_size, shared.max_epochs) == (7, 0)
    assert shared.module__in_features == 3
