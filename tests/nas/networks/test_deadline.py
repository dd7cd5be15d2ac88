"""Nets whose training ends at a deadline, with a clock of the test's own."""

import numpy as np
import pytest
from skorch.callbacks import Callback
from torch import nn

from sklearn_automl.nas import ArchitectureClassifier
from sklearn_automl.nas.networks import deadline as module


class Clock:
    """Each batch of a training takes a second."""

    now = 1_000.0

    def time(self):
        return self.now


class Ticks(nn.Module):
    clock = Clock()

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, X):
        if self.training:
            self.clock.now += 1
        return self.layer(X)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(Ticks, "clock", clock)
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(int)


def trained(clock, data, seconds, callbacks=None):
    """Train four epochs of ten batches, with so many seconds."""
    net = ArchitectureClassifier(
        Ticks, max_epochs=4, batch_size=10, callbacks=callbacks
    )
    net.deadline = None if seconds is None else clock.now + seconds
    return net.fit(*data)


def n_batches(net):
    return [len(epoch["batches"]) for epoch in net.history]


def test_without_a_deadline_all_epochs_run(clock, data):
    assert n_batches(trained(clock, data, None)) == [10, 10, 10, 10]


class BeginsSlowly(Callback):
    def on_epoch_begin(self, net, **kwargs):
        Ticks.clock.now += 1_000


def test_a_late_deadline_changes_nothing(clock, data):
    early = trained(clock, data, None)
    late = trained(clock, data, 10**6, callbacks=[BeginsSlowly()])
    assert n_batches(late) == n_batches(early)
    np.testing.assert_array_equal(
        late.predict_proba(data[0]), early.predict_proba(data[0])
    )


def test_a_training_ends_within_an_epoch(clock, data):
    assert n_batches(trained(clock, data, 25)) == [10, 10, 5]


def test_a_training_ends_between_epochs(clock, data):
    assert n_batches(trained(clock, data, 20)) == [10, 10]


@pytest.mark.parametrize("seconds", [-5, 0, 0.5])
def test_one_batch_is_trained_however_late_it_is(clock, data, seconds):
    assert n_batches(trained(clock, data, seconds)) == [1]


def test_the_learning_rate_has_come_down_by_then(clock, data):
    rates = []

    class Notes(ArchitectureClassifier):
        def train_step(self, batch, **params):
            rates.append(self.optimizer_.param_groups[0]["lr"])
            return super().train_step(batch, **params)

    net = Notes(Ticks, max_epochs=1_000, batch_size=10, lr=1.0)
    net.deadline = clock.now + 50
    net.fit(*data)
    assert len(rates) == 50
    assert max(rates) > 0.9
    assert rates[-1] < 0.05


def test_the_deadline_of_one_training_is_no_parameter_and_in_no_file(clock, data):
    seen = []

    class Looks(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append((set(net.get_params(deep=False)), net.__getstate__()))

    net = ArchitectureClassifier(Ticks, max_epochs=2, callbacks=[Looks()])
    before = set(net.get_params(deep=False))
    with net.ending_by(clock.now + 10**6):
        net.fit(*data, sample_weight=np.arange(100) + 1)
    assert len(seen) == 2
    for parameters, state in seen:
        assert parameters == before
        assert "deadline_" not in state


@pytest.mark.parametrize(
    ("seconds", "n_whole"),
    [
        (5, 0),
        (10, 1),  # at the end of an epoch
        (15, 1),
        (39, 3),
        (40, None),  # as long as the training
        (100, None),
        (None, None),
    ],
)
def test_a_net_knows_after_how_many_whole_epochs_it_was_ended(
    seconds, n_whole, clock, data
):
    assert trained(clock, data, seconds).n_in_time_ == n_whole


def test_a_training_that_ends_by_itself_is_whole_after_one_that_did_not(clock, data):
    net = trained(clock, data, 5)
    net.deadline = None
    assert net.fit(*data).n_in_time_ is None
