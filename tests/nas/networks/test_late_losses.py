"""Losses of a net that are read at the end of an epoch, where its device is apart."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback  # noqa: E402
from skorch.dataset import ValidSplit  # noqa: E402

from sklearn_automl.nas.networks import ArchitectureRegressor  # noqa: E402
from tests.nas.networks.test_iterators import net  # noqa: E402
from tests.nas.waits import Waits, pretend  # noqa: E402

X, y = load_iris(return_X_y=True)


class CountSteps(Callback):
    """Counts what waits from the first batch of an epoch to its last one."""

    def __init__(self):
        self.waits, self.found = Waits(), []

    def on_train_begin(self, net, **kwargs):
        self.waits.__enter__()

    def on_train_end(self, net, **kwargs):
        self.waits.__exit__(None, None, None)

    def on_batch_begin(self, net, training, **kwargs):
        if training and len(net.history[-1, "batches"]) == 1:
            self.start = self.waits.n

    def on_batch_end(self, net, training, **kwargs):
        if training and len(net.history[-1, "batches"]) == net.n_batches_:
            # skorch has read the loss of this batch before.
            self.found.append(self.waits.n - self.start)


@pytest.mark.parametrize("is_weighed", [False, True])
def test_a_step_does_not_wait_for_a_device(is_weighed, monkeypatch):
    weights = 1.0 + y if is_weighed else None
    found = []
    for _ in range(2):
        count = CountSteps()
        net(max_epochs=2, callbacks=[count]).fit(X, y, sample_weight=weights)
        found.append(count.found)
        pretend(monkeypatch)
    n_batches = 10
    assert found == [[n_batches] * 2, [0] * 2]


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
@pytest.mark.parametrize("split", [None, ValidSplit(5)])
def test_the_history_is_the_same(kind, split, monkeypatch):
    options = {"kind": ArchitectureRegressor} if kind == "regressor" else {}
    histories = []
    for _ in range(2):
        own = net(max_epochs=3, train_split=split, **options).fit(X, y)
        histories.append(
            [
                {k: v for k, v in epoch.items() if k != "dur"}
                for epoch in own.history.to_list()
            ]
        )
        pretend(monkeypatch)
    assert histories[0] == histories[1]
    batches = histories[1][-1]["batches"]
    assert isinstance(batches[-1]["valid_loss" if split else "train_loss"], float)


class Interrupt(Callback):
    """Presses Ctrl-C in the third batch."""

    def on_batch_end(self, net, batch=None, training=False, loss=None, **kwargs):
        assert np.isfinite(float(loss))
        if len(net.history[-1, "batches"]) == 3:
            raise KeyboardInterrupt


def test_an_epoch_that_is_interrupted_has_numbers_too(monkeypatch):
    pretend(monkeypatch)
    own = net(callbacks=[Interrupt()]).fit(X, y)  # as skorch: it ends here
    losses = own.history[-1, "batches", :, "train_loss"]
    assert [type(loss) for loss in losses] == [float] * 3
