"""Nets of skorch that are continued, seen from outside."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from skorch.callbacks import (  # noqa: E402
    Callback,
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    LRScheduler,
)
from skorch.dataset import ValidSplit  # noqa: E402

from sklearn_automl.execution._net_growth import (  # noqa: E402
    MoreEpochs,
    net_growth,
)
from tests.execution.trials import Trials, grow, make_classes  # noqa: E402


class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(6, 2)

    def forward(self, X):
        return torch.softmax(self.layer(X), 1)


def make_net(**params):
    options = {"lr": 0.5, "verbose": 0, "train_split": None, "module": Module}
    # Ray replaces print, and then the one of skorch cannot be pickled.
    options["callbacks__print_log"] = None
    return skorch.NeuralNetClassifier(**{**options, **params})


def data():
    X, y = make_classes()
    return X.astype(np.float32), y


def weights(net):
    return net.module_.layer.weight.detach().numpy()


def cold(net, n_epochs):
    return net.set_params(max_epochs=n_epochs).fit(*data())


def quiet(text):
    """Take the place of ``print``, which cannot be pickled once Ray has replaced it."""


def stops(**options):
    return EarlyStopping(threshold=0.05, monitor="train_loss", sink=quiet, **options)


@pytest.mark.parametrize(
    "callbacks",
    [
        None,
        "disable",
        [GradientNormClipping(1.0)],
        [("accuracy", EpochScoring("accuracy"))],
        [stops(patience=50)],
    ],
    ids=["none", "disable", "clipping", "scoring", "patient"],
)
def test_a_net_continues_where_it_stopped(callbacks, tmp_path):
    train_split = ValidSplit(4) if callbacks and callbacks != "disable" else None
    options = {"callbacks": callbacks, "train_split": train_split}
    net, units = grow(tmp_path, make_net(**options), "max_epochs", *data())
    assert units == [3, 6, 18]
    np.testing.assert_allclose(weights(net), weights(cold(make_net(**options), 27)))


def test_a_net_that_stopped_early_is_kept(tmp_path):
    trials = Trials(
        tmp_path, make_net(callbacks=[stops(patience=2)]), "max_epochs", *data()
    )
    (_, first), (_, second), (net, third) = trials.climb()
    stopped_at = len(cold(make_net(callbacks=[stops(patience=2)]), 27).history)
    assert 3 < stopped_at < 27
    assert first + second + third == stopped_at
    assert len(net.history) == stopped_at


def test_early_stopping_remembers_how_long_it_has_waited(tmp_path):
    make = lambda: make_net(callbacks=[stops(patience=5)])  # noqa: E731
    steps = tuple(range(2, 28, 2))
    net, _ = grow(tmp_path, make(), "max_epochs", *data(), steps)
    assert len(net.history) == len(cold(make(), 27).history) < 27


class Unknown(Callback):
    pass


@pytest.mark.parametrize(
    "callback",
    [
        LRScheduler("StepLR", step_size=2),
        ("lr", LRScheduler("CosineAnnealingLR", T_max=27)),
        LRScheduler,
        stops(patience=50, load_best=True),
        Unknown(),
    ],
    ids=["step", "cosine", "class", "best", "unknown"],
)
def test_callbacks_that_begin_anew_have_a_net_fitted_anew(callback, tmp_path):
    net = make_net(callbacks=[callback])
    _, units = grow(tmp_path, net, "max_epochs", *data())
    assert units == [3, 9, 27]


def test_a_callback_can_be_given_by_its_name(tmp_path):
    net = make_net(
        callbacks=[("own", None)], callbacks__own=LRScheduler("StepLR", step_size=2)
    )
    _, units = grow(tmp_path, net, "max_epochs", *data())
    assert units == [3, 9, 27]


def test_an_option_of_a_callback_can_be_given_by_its_name(tmp_path):
    net = make_net(
        callbacks=[("es", stops(patience=50))], callbacks__es__load_best=True
    )
    _, units = grow(tmp_path, net, "max_epochs", *data())
    assert units == [3, 9, 27]


class HasItsOwnFit(skorch.NeuralNetClassifier):
    def fit(self, X, y):
        return super().fit(X / 2, y)


def test_a_net_with_a_fit_of_its_own_is_fitted_anew(tmp_path):
    net = HasItsOwnFit(Module, verbose=0, train_split=None)
    _, units = grow(tmp_path, net, "max_epochs", *data())
    assert units == [3, 9, 27]


# ---- nets that only have what is asked of them -----------------------------------


class Stops:
    __module__ = "skorch.callbacks"

    def __init__(self, patience=3, misses=0, load_best=False):
        self.patience, self.misses_, self.load_best = patience, misses, load_best


class Own:
    """No callback of skorch, whatever its name is."""

    misses_ = 9


Stops.__name__ = Own.__name__ = "EarlyStopping"


class Net:
    """Trains an epoch less than it is asked for in every later call."""

    __module__ = "skorch.net"

    def __init__(self, callbacks=None, n_epochs=0, **options):
        self.callbacks, self.history = callbacks, [0] * n_epochs
        self.callbacks_ = [("a", None), ("b", Stops())]
        self.told = []
        vars(self).update(options)

    def set_params(self, **params):
        vars(self).update(params)

    def notify(self, name, **params):
        self.told.append((name, params))

    def fit(self, X, y, **params):
        self.history = [0] * self.max_epochs
        self.notify("on_train_begin")

    def partial_fit(self, X, y, **params):
        self.history = self.history + [0] * (self.max_epochs - 1)
        self.notify("on_train_begin")
        self.notify("on_train_end", X=X)


def test_epochs_that_were_run_are_counted():
    net, growth = Net(n_epochs=7), MoreEpochs("max_epochs")
    assert growth.fit(net, 0, 3, "X", "y") == 3
    assert (net.max_epochs, net.told) == (3, [("on_train_begin", {})])
    assert growth.fit(net, 3, 8, "X", "y") == 4
    assert net.max_epochs == 8
    # That it begins is not told again; and a later fit tells it.
    assert net.told[1:] == [("on_train_end", {"X": "X"})]
    assert "notify" not in vars(net)


@pytest.mark.parametrize(
    ("n_epochs", "misses", "has_ended"),
    [(5, 0, False), (4, 0, True), (5, 2, False), (5, 3, True), (5, 4, True)],
)
def test_a_net_has_ended_if_it_has_waited_or_has_fewer_epochs(
    n_epochs, misses, has_ended
):
    net = Net(n_epochs=n_epochs)
    net.callbacks_[1][1].misses_ = misses
    assert MoreEpochs("max_epochs").has_converged(net, 5) is has_ended


@pytest.mark.parametrize(
    ("net", "is_continued"),
    [
        (Net(), True),
        (Net("disable"), True),
        (Net([Stops]), True),
        (Net([Stops()]), True),
        (Net([("a", Stops())]), True),
        (Net([["a", Stops()]]), True),
        (Net([Stops(load_best=True)]), False),
        (Net([["a", Stops(load_best=True)]]), False),
        (Net([Own()]), False),
        (Net([Net()]), False),
        (Net(callbacks__a=None), True),
        (Net(callbacks__a=Stops()), True),
        (Net(callbacks__a=Own()), False),
        (Net(callbacks__a__patience=7), True),
        (Net(callbacks__a__load_best=True), False),
        (Net(callbacks__a__load_best=False), True),
    ],
)
def test_which_callbacks_let_a_net_go_on(net, is_continued):
    assert (net_growth(net, "max_epochs") is not None) is is_continued
    assert net_growth(net, "batch_size") is None


def test_these_callbacks_of_skorch_go_on():
    names = [
        "BatchScoring",
        "EarlyStopping",
        "EpochScoring",
        "EpochTimer",
        "Freezer",
        "GradientNormClipping",
        "InputShapeSetter",
        "ParamMapper",
        "PassthroughScoring",
        "PrintLog",
        "ProgressBar",
        "Unfreezer",
    ]
    for name in names:
        kind = getattr(skorch.callbacks, name)
        assert net_growth(Net([kind]), "max_epochs") is not None, name


@pytest.mark.parametrize(
    ("module", "goes_on"),
    [("skorch.net", True), ("sklearn_automl.nas", True), ("skorch_other", False)],
)
def test_only_classes_of_known_packages_go_on(module, goes_on):
    methods = {name: vars(Net)[name] for name in ("fit", "partial_fit")}
    Other = type("Other", (Net,), {**methods, "__module__": module})
    assert (net_growth(Other(), "max_epochs") is not None) is goes_on
    kind = type("EarlyStopping", (), {"__module__": module})
    goes_on = module == "skorch.net"
    assert (net_growth(Net([kind]), "max_epochs") is not None) is goes_on
