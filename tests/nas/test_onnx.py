"""What another runtime makes of a model in the ONNX format.

All exports are here, because the first one in a process takes seconds.
"""

import functools
import importlib

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression

pytest.importorskip("torch")
from torch import nn

from sklearn_automl.nas import ModuleSpace
from tests.nas.own_modules import Layers, OnBackbone
from tests.nas.test_categories import frame, target
from tests.nas.tiny import tiny_classifier, tiny_regressor

X, y = load_iris(return_X_y=True)


def onnx_outputs(model, path, *inputs):
    """Return what the runtime makes of each of the inputs, after one export."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    _translate_once()
    model.to_onnx(path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = [session.run(None, {"X": X})[0] for X in inputs]
    return found[0] if len(inputs) == 1 else found


@functools.cache
def _translate_once():
    """Keep what torch knows of its functions, which it reads from source each time.

    That is more than half of an export. Without these names, exports are only slower.
    """
    try:
        module = importlib.import_module("torch.onnx._internal.exporter._registration")
        registry = module.ONNXRegistry
        made = functools.cache(registry.from_torchlib)
        registry.from_torchlib = staticmethod(made)
    except (ImportError, AttributeError):
        pass


def test_images_and_any_number_of_them(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2, 6, 5))
    model = tiny_classifier(max_epochs=1, n_trials=1, search_space="auto")
    expected = model.fit(X, np.arange(30) % 2).predict_proba(X)
    numbers = X.astype(np.float32)
    found, one = onnx_outputs(model, tmp_path / "model.onnx", numbers, numbers[:1])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(one, expected[:1], rtol=1e-4, atol=1e-5)


def test_the_digits_of_the_target_are_kept(tmp_path):
    offset = -1e12
    X, y = make_regression(60, 4, random_state=0)
    model = tiny_regressor(n_trials=1, max_epochs=2).fit(X, y + offset)
    found = onnx_outputs(model, tmp_path / "model.onnx", X.astype(np.float32))
    np.testing.assert_allclose(
        found[:, 0] - offset, model.predict(X) - offset, atol=0.1
    )


def test_the_digits_of_inputs_are_kept(tmp_path):
    far = X + np.array([0, 1e8, -1e10, 5.0])
    model = tiny_classifier(n_trials=1).fit(far, y)
    found = onnx_outputs(model, tmp_path / "model.onnx", far)
    np.testing.assert_allclose(found, model.predict_proba(far), atol=1e-5)


def test_several_labels(tmp_path):
    labels = np.c_[y > 0, y > 1].astype(int)
    model = tiny_classifier(n_trials=1).fit(X, labels)
    found = onnx_outputs(model, tmp_path / "model.onnx", X.astype(np.float32))
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)


# Of numbers: what each member predicts of classes is above.
def test_every_member_is_there(tmp_path):
    model = tiny_regressor(n_trials=2, ensemble=2, max_epochs=1).fit(X, y)
    assert len(model.estimators_) == 2
    found = onnx_outputs(model, tmp_path / "model.onnx", X.astype(np.float32))
    np.testing.assert_allclose(found, model.predict(X)[:, None], atol=1e-5)


def test_what_the_encoder_makes_is_taken(tmp_path):
    X = frame()
    model = tiny_classifier(n_trials=1).fit(X, target(X))
    numbers = model.encoder_.transform(X).astype(np.float32)
    found = onnx_outputs(model, tmp_path / "model.onnx", numbers)
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)


# ---- modules of a user's own -------------------------------------------------------


# What is predicted and what is built have nothing to do with each other there. The next
# test standardises inputs of a module, too.
@pytest.mark.parametrize(
    ("make", "space"),
    [
        pytest.param(
            tiny_regressor,
            ModuleSpace(Layers, width=[8, 16]),
            marks=pytest.mark.slow,
        ),
        (tiny_classifier, ModuleSpace(Layers, width=[8, 16], standardize=False)),
        (tiny_regressor, OnBackbone(n_layers=(1, 2), widths=[8, 16])),
    ],
)
def test_modules_of_ones_own(make, space, tmp_path):
    model = make(search_space=space, n_trials=1, max_epochs=2).fit(X, y)
    outputs = onnx_outputs(model, tmp_path / "model.onnx", X.astype("f4"))
    own = model.predict_proba(X) if make is tiny_classifier else model.predict(X)
    np.testing.assert_allclose(outputs.reshape(own.shape), own, atol=1e-4)


class Softmax(Layers):
    """Gives probabilities."""

    def forward(self, X):
        return super().forward(X).softmax(dim=-1)


def test_modules_that_give_probabilities(tmp_path):
    space = ModuleSpace(Softmax, width=[8, 16])
    model = tiny_classifier(search_space=space, n_trials=1, criterion=nn.NLLLoss)
    found = onnx_outputs(model.fit(X, y), tmp_path / "model.onnx", X.astype("f4"))
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)


# ---- failures ----------------------------------------------------------------------


def test_an_export_that_fails_brings_the_network_back(monkeypatch, tmp_path):
    pytest.importorskip("onnxscript")
    model = tiny_classifier(n_trials=1, max_epochs=1).fit(X, y)
    devices = []
    net = model.best_estimator_
    monkeypatch.setattr(net.module_, "to", devices.append)

    def fail(*args, **options):
        raise RuntimeError("no such operator")

    monkeypatch.setattr("torch.onnx.export", fail)
    with pytest.raises(RuntimeError, match="no such operator"):
        model.to_onnx(tmp_path / "model.onnx")
    assert devices == ["cpu", net.device]
