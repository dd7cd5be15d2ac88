"""Options of the net: named as in skorch, in every training of a search."""

import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import get_scorer, log_loss, make_scorer

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback, EpochTimer, LRScheduler  # noqa: E402
from torch import nn  # noqa: E402
from torch.optim.lr_scheduler import StepLR  # noqa: E402

from sklearn_automl import NASClassifier, NASRegressor  # noqa: E402
from sklearn_automl.nas import CellSpace, ModuleSpace  # noqa: E402
from sklearn_automl.nas.estimation import OneShot  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

X, y = load_iris(return_X_y=True)


class Focal(nn.Module):
    """A loss of a user's own."""

    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        loss = nn.functional.cross_entropy(logits, target, reduction="none")
        return ((1 - torch.exp(-loss)) ** self.gamma * loss).mean()


class Note(Callback):
    """Notes every net that is trained, by a list of the class."""

    nets: list = []  # emptied by each test

    def on_train_end(self, net, **kwargs):
        self.nets.append(net)


def trained(**options):
    """Return all nets that a search has trained, the last one with all data."""
    Note.nets.clear()
    callbacks = [Note(), *options.pop("callbacks", [])]
    params = {"max_epochs": 2, "callbacks": callbacks, **options}
    tiny_classifier(**params).fit(X, y)
    assert len(Note.nets) == 3
    return Note.nets


def loss_has(name, value):
    return lambda net: getattr(net.criterion_, name) == value


def optimizer_has(name, value):
    return lambda net: net.optimizer_.defaults[name] == value


def batches_are(*numbers):
    return lambda net: net.history[-1, "train_batch_count"] in numbers


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        ({"criterion__label_smoothing": 0.2}, loss_has("label_smoothing", 0.2)),
        ({"criterion": Focal, "criterion__gamma": 3.0}, loss_has("gamma", 3)),
        ({"criterion": Focal(4.0)}, loss_has("gamma", 4)),
        ({"optimizer__eps": 1e-5}, optimizer_has("eps", 1e-5)),
        ({"optimizer__foreach": True}, optimizer_has("foreach", True)),
        ({"optimizer__weight_decay": 0.5}, optimizer_has("weight_decay", 0.5)),
        (
            {"optimizer": "sgd", "optimizer__momentum": 0.5},
            optimizer_has("momentum", 0.5),
        ),
        ({"optimizer": torch.optim.NAdam}, optimizer_has("weight_decay", 1e-4)),
        ({"optimizer": torch.optim.Rprop}, optimizer_has("etas", (0.5, 1.2))),
        ({"iterator_train__batch_size": 30}, batches_are(4, 5)),
        ({"iterator_train__batch_size": -1}, batches_are(1)),
        (
            {"iterator_train__batch_size": 50, "iterator_train__drop_last": True},
            batches_are(2, 3),
        ),
        (
            {"callbacks__train_loss": None},
            lambda net: "train_loss" not in net.history[-1],
        ),
    ],
)
def test_options_arrive_in_every_training(options, holds):
    assert all(holds(net) for net in trained(max_epochs=1, **options))


def test_rows_can_stay_in_their_order():
    seen = []

    class First(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            if training and len(net.history[-1, "batches"]) == 1:
                seen.append(batch[0].tolist())

    options = {"iterator_train__shuffle": False, "n_trials": 1}
    tiny_classifier(callbacks=[First()], max_epochs=2, **options).fit(X, y)
    assert seen[0] == seen[1]
    seen.clear()
    tiny_classifier(callbacks=[First()], max_epochs=2, n_trials=1).fit(X, y)
    assert seen[0] != seen[1]


def test_probabilities_are_probabilities_with_any_loss():
    proba = tiny_classifier(criterion=Focal, max_epochs=6).fit(X, y).predict_proba(X)
    assert proba.min() >= 0
    assert proba.sum(axis=1) == pytest.approx(1)


def test_modules_that_give_probabilities_have_the_loss_of_these():
    class Softmax(nn.Sequential):
        def __init__(self, n_inputs, n_outputs, width=8):
            layers = nn.Linear(n_inputs, width), nn.ReLU(), nn.Linear(width, n_outputs)
            super().__init__(*layers, nn.Softmax(dim=-1))

    space = ModuleSpace(Softmax, width=[8, 16])
    options = {"search_space": space, "criterion": nn.NLLLoss, "max_epochs": 6}
    search = tiny_classifier(**options).fit(X, y)
    proba = search.predict_proba(X)
    assert search.score(X, y) > 0.8
    assert proba.sum(axis=1) == pytest.approx(1)
    assert proba.max() > 0.6  # and not the softmax of probabilities


# ---- schedules -------------------------------------------------------------------


class Rates(Callback):
    """Notes the learning rate of every batch."""

    seen: list = []  # emptied by each test

    def on_grad_computed(self, net, *args, **kwargs):
        self.seen.append(net.optimizer_.param_groups[0]["lr"])


@pytest.mark.parametrize("step_every", ["epoch", "batch"])
@pytest.mark.parametrize("estimation", ["full", "hyperband"])
def test_a_schedule_of_the_users_replaces_ours(step_every, estimation):
    Rates.seen.clear()
    schedule = LRScheduler(StepLR, step_size=1, gamma=0.5, step_every=step_every)
    nets = trained(
        callbacks=[schedule, Rates()], lr=0.04, n_trials=2, estimation=estimation
    )
    assert max(Rates.seen) == 0.04
    steps = {rate / 0.04 for rate in Rates.seen}
    assert all(step in {2.0**-i for i in range(60)} for step in steps)
    if step_every == "epoch":
        assert nets[-1].history[:, "event_lr"] == [0.04, 0.02]


def test_who_changes_a_rate_has_it_for_the_rest_of_the_training():
    class Halve(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 2:
                net.optimizer_.param_groups[0]["lr"] = 0.123

    Rates.seen.clear()
    net = trained(callbacks=[Halve(), Rates()])[-1]
    n = len(Rates.seen) // 2
    last = Rates.seen[-net.n_batches_ :]
    assert set(last) == {0.123}
    assert n > net.n_batches_


def test_groups_of_parameters_keep_the_ratio_of_their_rates():
    seen = []

    class Both(Callback):
        def on_grad_computed(self, net, *args, **kwargs):
            a, b = (group["lr"] for group in net.optimizer_.param_groups)
            seen.append(a / b)

    groups = [("output.*", {"lr": 0.2})]
    tiny_classifier(optimizer__param_groups=groups, callbacks=[Both()]).fit(X, y)
    assert seen == pytest.approx([10] * len(seen))


# ---- as parameters ---------------------------------------------------------------


@pytest.mark.parametrize("Search", [NASClassifier, NASRegressor])
def test_options_are_parameters(Search):
    search = Search(optimizer__eps=1e-6, n_trials=3)
    assert clone(search).get_params()["optimizer__eps"] == 1e-6
    search.set_params(optimizer__eps=1e-7, criterion__reduction="sum", n_trials=4)
    assert search.optimizer__eps == 1e-7
    assert search.get_params(deep=False)["criterion__reduction"] == "sum"
    assert "optimizer__eps=1e-07" in repr(search)


@pytest.mark.parametrize("Search", [NASClassifier, NASRegressor])
def test_a_name_that_is_no_option_is_refused_at_once(Search):
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'n_trails'"):
        Search(n_trails=3)
    with pytest.raises(ValueError, match=r"Invalid parameter 'module'"):
        Search().set_params(module__width=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"criterion__gamma": 1}, r"'criterion' parameter.*argument 'gamma'"),
        ({"criterion": "cross_entropy"}, r"'criterion' parameter"),
        ({"criterion": nn.NLLLoss}, r"criterion=NLLLoss needs probabilities"),
        ({"optimizer__momentum": 1}, r"'optimizer' parameter.*'momentum'"),
        ({"optimizer": "lion"}, r"'optimizer' parameter"),
        ({"optimizer": torch.optim.SGD, "optimizer__nesterov": True}, "Nesterov"),
        (
            {"callbacks__foo__bar": 1},
            r"callbacks__foo__bar.*callback that does not exist",
        ),
        ({"callbacks": [("a", EpochTimer()), ("a", EpochTimer())]}, "duplicate"),
        ({"net_options": {"criterion__weight": 1}}, r"\*\*options"),
    ],
)
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_options_that_cannot_be_used_are_refused_before_any_training(
    make, options, message
):
    if make is tiny_regressor and options.get("criterion") is nn.NLLLoss:
        pytest.skip("a loss of classes")
    Note.nets.clear()
    options = {"callbacks": [Note()], **options}
    with pytest.raises(ValueError, match=message):
        make(**options).fit(X, y)
    assert not Note.nets


def test_a_supernet_has_the_loss_as_well():
    space = CellSpace(n_nodes=1, n_cells=1, width=4)
    options = {"search_space": space, "estimation": OneShot(n_epochs=1)}
    plain, smooth = (
        tiny_classifier(strategy="random", max_epochs=1, **options, **more).fit(X, y)
        for more in ({}, {"criterion__label_smoothing": 0.9})
    )
    a, b = (m.history_[0]["train_loss"] for m in (plain, smooth))
    assert a != b


def test_a_checkpoint_knows_the_options(tmp_path):
    options = {"checkpoint": str(tmp_path / "search.db"), "n_trials": 1}
    tiny_classifier(criterion__label_smoothing=0.1, **options).fit(X, y)
    with pytest.raises(ValueError, match="criterion__label_smoothing"):
        tiny_classifier(criterion__label_smoothing=0.2, **options).fit(X, y)


def test_callbacks_are_disabled_all_together():
    search = tiny_classifier(callbacks="disable").fit(X, y)
    assert "train_loss" not in search.history_[-1]


def smoothing_of(X=X, **options):
    model = NASClassifier(n_trials=1, max_epochs=1, random_state=0, **options)
    return model.fit(X, y).best_estimator_.criterion_.label_smoothing


@pytest.mark.parametrize(
    "scoring",
    [
        "neg_log_loss",
        get_scorer("neg_log_loss"),
        make_scorer(log_loss, greater_is_better=False, response_method="predict_proba"),
    ],
)
def test_labels_are_not_smoothed_if_probabilities_count(scoring):
    assert smoothing_of(scoring=scoring) == 0


def test_labels_of_tables_are_smoothed_and_those_of_sequences_are_not():
    assert smoothing_of() == 0.1
    assert smoothing_of(X[:, None]) == 0
