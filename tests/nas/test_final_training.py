"""The final training: interrupted, alone, and on other rows."""

import signal
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

pytest.importorskip("torch")
from skorch.callbacks import Callback, Checkpoint, LoadInitState, TrainEndCheckpoint

from sklearn_automl import NASClassifier
from sklearn_automl.nas._final_training import _without_files
from sklearn_automl.nas._interrupts import saying_what_is_left
from tests.nas.tiny import tiny_classifier, tiny_regressor


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


class InterruptFinal(Callback):
    """Presses Ctrl-C in a training on all rows, as often as it is armed."""

    n_left = 0

    def on_epoch_end(self, net, dataset_train=None, **kwargs):
        if InterruptFinal.n_left and len(dataset_train) == 150:
            InterruptFinal.n_left -= 1
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("make", "params"),
    [
        (tiny_classifier, {}),
        (tiny_classifier, {"cv": 2}),
        (tiny_regressor, {"estimation": "hyperband"}),
    ],
)
def test_an_interrupt_leaves_the_architecture_and_a_way_to_go_on(iris, make, params):
    X, y = iris
    params = {"max_epochs": 2, **params}
    expected = make(callbacks=[InterruptFinal()], **params).fit(X, y)
    model = make(callbacks=[InterruptFinal()], **params)
    InterruptFinal.n_left = 1
    with pytest.raises(KeyboardInterrupt, match=r"best_architecture_ .*fit_best\(X, y"):
        model.fit(X, y)
    assert model.best_architecture_ == expected.best_architecture_
    assert model.stop_reason_ == "completed"
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.fit_best(X, y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
    assert [e["phase"] for e in model.history_] == ["final"] * len(expected.history_)


def test_an_interrupt_with_a_checkpoint_names_it(iris, tmp_path):
    path = tmp_path / "search.db"
    model = tiny_classifier(callbacks=[InterruptFinal()], checkpoint=path)
    InterruptFinal.n_left = 1
    with pytest.raises(KeyboardInterrupt, match="fit again with the same checkpoint"):
        model.fit(*iris)
    assert model.fit(*iris).score(*iris) > 0.8


def test_fit_best_after_a_search_without_refit(iris):
    X, y = iris
    model = tiny_classifier(refit=False).fit(X, y)
    expected = tiny_classifier().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit_best(X, y).predict_proba(X), expected)


def test_fit_best_on_other_rows_with_weights(iris):
    X, y = iris
    model = tiny_classifier().fit(X, y)
    before = model.best_architecture_
    model.fit_best(X[::2], y[::2], sample_weight=np.where(y[::2] == 1, 1e3, 1))
    assert (model.predict(X) == 1).mean() > 0.8
    assert model.best_architecture_ == before


def test_fit_best_after_a_load(iris, tmp_path):
    X, y = iris
    model = tiny_classifier().fit(X, y)
    model.save(tmp_path / "model.nas")
    other = NASClassifier.load(tmp_path / "model.nas")
    other.set_params(lr=model.lr).fit_best(X, y)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))


def test_fit_best_refuses_what_the_search_did_not_see(iris):
    X, y = iris
    model = tiny_classifier().fit(X, y)
    with pytest.raises(ValueError, match="2 features"):
        model.fit_best(X[:, :2], y)
    with pytest.raises(ValueError, match="y has the label 5"):
        model.fit_best(X, np.where(y == 2, 5, y))
    with pytest.raises(NotFittedError):
        tiny_classifier().fit_best(X, y)


def test_a_small_share_of_few_epochs_is_one():
    model = tiny_classifier(max_epochs=None)
    model.share_of_epochs_ = 0.01
    few = SimpleNamespace(n_batches_of=lambda n_rows: n_rows)
    assert model._n_final_epochs(few, 10**4) == 1
    assert model.set_params(max_epochs=7)._n_final_epochs(few, 10**4) == 7


def test_a_tenth_of_the_epochs_is_enough(recwarn):
    model = tiny_classifier(time_limit=1.0)
    for n_epochs in (2, None):
        model._warn_if_short(n_epochs, 20)
    assert not recwarn
    with pytest.warns(UserWarning, match="after 1 of 20 epochs"):
        model._warn_if_short(1, 20)


def test_other_networks_have_no_files_of_the_best_one():
    checkpoint = Checkpoint()
    with_files = [checkpoint, TrainEndCheckpoint(), LoadInitState(checkpoint)]
    other = Callback()
    assert _without_files([*with_files, other, ("a", checkpoint), ("b", other)]) == [
        other,
        ("b", other),
    ]
    assert _without_files("disable") == "disable"


def test_an_interrupt_without_a_checkpoint_names_none():
    with (
        pytest.raises(KeyboardInterrupt) as interrupt,
        saying_what_is_left(SimpleNamespace(checkpoint=None)),
    ):
        raise KeyboardInterrupt
    assert str(interrupt.value).endswith(
        "To train what was found, call fit_best(X, y)."
    )
