"""Trainings in bfloat16, and with the channels last in memory."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

torch = pytest.importorskip("torch")
from sklearn_automl.nas.architecture import Node  # noqa: E402
from sklearn_automl.nas.networks import (  # noqa: E402
    ArchitectureClassifier,
    ArchitectureMultilabelClassifier,
    ArchitectureRegressor,
)
from tests.nas.networks.test_network import chain  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

SHAPES = {"flat": (5,), "sequence": (2, 12), "image": (3, 6, 6)}
rng = np.random.default_rng(0)
y = np.arange(60) % 2


def data(kind):
    shape = SHAPES[kind]
    return rng.normal(size=(60, *shape)) + y.reshape(-1, *[1] * len(shape))


def net(kind="image", make=ArchitectureClassifier, **options):
    name = "dense" if kind == "flat" else "conv"
    nodes = Node.of("a", name, "input", width=8), Node.of("b", name, "a", width=8)
    return make(architecture=chain(*nodes), max_epochs=8, lr=0.02, **options)


class Seen:
    """What the layers of a net give."""

    def __init__(self, own):
        self.trained, self.predicted = set(), set()
        self.was_last = []
        own.initialize()
        for layer in own.module_.modules():
            if isinstance(layer, torch.nn.Linear | torch.nn.Conv1d | torch.nn.Conv2d):
                layer.register_forward_hook(self.note)

    def note(self, layer, args, output):
        (self.trained if layer.training else self.predicted).add(output.dtype)
        if output.ndim == 4:
            is_last = output.is_contiguous(memory_format=torch.channels_last)
            self.was_last.append(is_last and not output.is_contiguous())


def looked_at(own, X):
    own.look_at(X, y)
    seen = Seen(own)
    own.partial_fit(X, y)
    own.predict(X)
    return seen


@pytest.mark.parametrize("kind", SHAPES)
def test_trainings_are_in_bfloat16_and_the_rest_is_not(kind):
    X, own = data(kind), net(kind, mixed_precision=True)
    seen = looked_at(own, X)
    assert seen.trained == {torch.bfloat16}
    assert seen.predicted == {torch.float32}
    assert {p.dtype for p in own.module_.parameters()} == {torch.float32}
    assert own.score(X, y) > 0.8
    assert own.history[-1, "train_loss"] < own.history[0, "train_loss"]
    assert looked_at(net(kind), X).trained == {torch.float32}


@pytest.mark.parametrize("mixed_precision", [False, True])
def test_channels_are_last_in_every_layer(mixed_precision):
    X = data("image")
    own = net(memory_format="channels_last", mixed_precision=mixed_precision)
    seen = looked_at(own, X)
    assert all(seen.was_last)
    assert not any(looked_at(net(), X).was_last)
    assert own.score(X, y) > 0.9


def test_the_order_in_memory_changes_last_digits_only():
    X = data("image")
    plain, last = (
        net(memory_format=name).fit(X, y) for name in (None, "channels_last")
    )
    np.testing.assert_allclose(plain.predict_proba(X), last.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize("kind", ["flat", "sequence"])
def test_what_is_no_image_is_trained_as_before(kind):
    X = data(kind)
    plain, last = (
        net(kind, memory_format=name).fit(X, y) for name in (None, "channels_last")
    )
    np.testing.assert_array_equal(plain.predict_proba(X), last.predict_proba(X))


class Volumes(torch.nn.Module):
    """A module of a user's that takes volumes, and returns a pair."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv3d(2, 3, 3)
        self.is_last = []

    def forward(self, X):
        last = torch.channels_last_3d
        self.is_last.append(
            X.is_contiguous(memory_format=last)
            and self.conv.weight.is_contiguous(memory_format=last)
        )
        x = self.conv(X).mean(dim=(2, 3, 4))
        return x, x


class TwoOutputs(ArchitectureRegressor):
    def get_loss(self, y_pred, y_true, *args, **kwargs):
        assert {part.dtype for part in y_pred} == {torch.float32}
        return super().get_loss(y_pred[0], y_true, *args, **kwargs)


def test_volumes_and_several_outputs_of_a_users_module():
    X = rng.normal(size=(20, 2, 4, 4, 4))
    options = {"mixed_precision": True, "memory_format": "channels_last"}
    own = TwoOutputs(Volumes, max_epochs=1, **options)
    own.fit(X, rng.normal(size=(20, 3)))
    assert own.module_.is_last
    assert all(own.module_.is_last)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mixed_precision": "bf16"}, "mixed_precision='bf16' of .*True or False"),
        ({"memory_format": "last"}, "memory_format='last' of .*None or 'channels_"),
        ({"memory_format": True}, "memory_format=True of .*None or 'channels_last'"),
    ],
)
def test_options_that_do_not_exist_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        net(**options).fit(data("image"), y)
    for make in (tiny_classifier, tiny_regressor):
        search = make(**options)
        name = type(search).__name__
        with pytest.raises(ValueError, match=message.replace("of", f"of {name}")):
            search.fit(data("flat"), y)


OPTIONS = {"mixed_precision": True, "memory_format": "channels_last"}


@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_a_search_hands_them_to_every_net(make, tmp_path):
    X = data("image")
    search = make(**OPTIONS, search_space="chain", max_epochs=2).fit(X, y)
    for own in search.estimators_:
        assert {name: getattr(own, name) for name in OPTIONS} == OPTIONS
    assert clone(search).get_params().items() >= OPTIONS.items()
    search.save(tmp_path / "model")
    loaded = type(search).load(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict(X), search.predict(X), rtol=1e-4)
    assert loaded.partial_fit(X, y).best_estimator_.mixed_precision
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.best_estimator_.predict(X))


def test_a_search_without_them_has_no_such_parameters():
    assert not OPTIONS.keys() & tiny_classifier().get_params().keys()


def test_several_labels_are_trained_in_bfloat16_too():
    labels = np.c_[y, 1 - y]
    own = net(
        make=ArchitectureMultilabelClassifier,
        mixed_precision=True,
        criterion=torch.nn.BCEWithLogitsLoss,
        predict_nonlinearity=torch.sigmoid,
        classes=2 * [[0, 1]],
    )
    X = data("image")
    assert (own.fit(X, labels).predict(X) == labels).mean() > 0.9


@pytest.mark.parametrize("option", ["foreach", "differentiable", "fused"])
def test_steps_of_adam_are_as_the_user_says(option):
    value = option != "fused"
    options = {"module__input_shape": (5,), "module__n_outputs": 2}
    own = net("flat", **options, **{f"optimizer__{option}": value}).initialize()
    assert own.optimizer_.defaults[option] is value
    assert not own.optimizer_.defaults["fused"]
