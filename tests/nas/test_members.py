"""Networks that predict together."""

import json
import time
import zipfile
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_multilabel_classification

torch = pytest.importorskip("torch")
from skorch.callbacks import (  # noqa: E402
    Callback,
    EarlyStopping,
    TrainEndCheckpoint,
)

from sklearn_automl import NASClassifier, NASRegressor  # noqa: E402
from sklearn_automl.nas._members import (  # noqa: E402
    best_rows,
    n_members,
    train_members,
)
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

X, y = load_iris(return_X_y=True)
EITHER = pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])


def fitted(make=tiny_classifier, **params):
    options = {"n_trials": 4, "ensemble": 3, "max_epochs": 3, **params}
    return make(**options).fit(X, y)


@pytest.fixture(scope="module", params=[tiny_classifier, tiny_regressor])
def model(request):
    return fitted(request.param)


# ---- how many, and which -----------------------------------------------------------


@pytest.mark.parametrize(
    ("ensemble", "n_trials", "expected"),
    [
        *[(None, 1, 1), (None, 9, 1), (None, 10, 2), (None, 20, 4), (None, 99, 4)],
        *[(1, 20, 1), (7, 20, 7), (7, 3, 7)],
    ],
)
def test_a_fifth_of_the_architectures_by_default(ensemble, n_trials, expected):
    assert n_members(ensemble, n_trials) == expected


def table(scores, amounts, architectures):
    order = sorted(range(len(scores)), key=lambda i: (-amounts[i], -scores[i]))
    ranks = np.empty(len(scores), dtype=int)
    ranks[order] = np.arange(1, len(scores) + 1)
    return {
        "mean_test_score": np.array(scores),
        "rank_test_score": ranks,
        "architecture": architectures,
    }


@pytest.mark.parametrize(
    ("scores", "amounts", "architectures", "n_rows", "expected"),
    [
        pytest.param([0.5, 0.9, 0.7], [3, 3, 3], "abc", 2, [1, 2], id="in order"),
        pytest.param([0.9, 0.8, 0.7], [3, 3, 3], "aac", 3, [0, 2], id="each once"),
        pytest.param([0.6, 0.9, 0.5], [9, 3, 9], "abc", 3, [0, 2], id="lower rung"),
        pytest.param([0.6, np.nan, 0.5], [9, 9, 9], "abc", 3, [0, 2], id="no score"),
    ],
)
def test_members_are_the_best(scores, amounts, architectures, n_rows, expected):
    results = table(scores, amounts, list(architectures))
    assert best_rows(results, amounts, n_rows) == expected


def test_the_best_estimator_is_the_first_member(model):
    assert len(model.estimators_) == 3
    assert model.best_estimator_ is model.estimators_[0]
    assert model.best_estimator_.architecture == model.best_architecture_
    assert len({net.architecture for net in model.estimators_}) == 3


# ---- what they predict -------------------------------------------------------------


def test_predictions_are_means(model):
    if isinstance(model, NASRegressor):
        expected = np.mean([net.predict(X) for net in model.estimators_], axis=0)
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-6)
        return
    expected = np.mean([net.predict_proba(X) for net in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X), expected.argmax(axis=1))


def test_one_member_predicts_as_its_net_does():
    model = fitted(ensemble=1)
    expected = model.best_estimator_.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_the_first_member_is_the_same_in_any_ensemble(model):
    make = tiny_regressor if isinstance(model, NASRegressor) else tiny_classifier
    alone = fitted(make, ensemble=1)
    np.testing.assert_array_equal(
        alone.best_estimator_.predict(X), model.best_estimator_.predict(X)
    )


def test_labels_that_are_text_and_several_labels():
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = tiny_classifier(n_trials=2, ensemble=2, max_epochs=6).fit(X, names)
    assert model.score(X, names) > 0.8
    Xs, Ys = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    several = tiny_classifier(n_trials=2, ensemble=2, max_epochs=1).fit(Xs, Ys)
    means = np.mean([n.predict_proba(Xs) for n in several.estimators_], axis=0)
    np.testing.assert_array_equal(several.predict(Xs), means > 0.5)


# ---- more data, and files ----------------------------------------------------------


@EITHER
def test_partial_fit_trains_every_member(make):
    model = fitted(make)
    before = [net.predict(X) for net in model.estimators_]
    model.partial_fit(X, y)
    assert [len(net.history) for net in model.estimators_] == [6, 6, 6]
    for net, old in zip(model.estimators_, before, strict=True):
        assert not np.array_equal(net.predict_proba(X), old)
    continued = [e["member"] for e in model.history_ if e["phase"] == "continued"]
    assert continued == [0] * 3 + [1] * 3 + [2] * 3


def test_fit_best_trains_every_member_anew(model):
    expected = model.predict(X)
    model.fit_best(X, y)
    assert len(model.estimators_) == 3
    np.testing.assert_array_equal(model.predict(X), expected)


def test_a_file_has_every_member(model, tmp_path):
    path = tmp_path / "model.nas"
    model.save(path)
    again = type(model).load(path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert [len(net.history) for net in again.estimators_] == [3, 3, 3]
    again.fit_best(X, y)
    assert len(again.estimators_) == 3


def test_a_file_of_one_network_is_one_that_older_versions_read(tmp_path):
    for ensemble, expected in ((1, 1), (2, 3)):
        path = tmp_path / f"{ensemble}.nas"
        fitted(ensemble=ensemble, n_trials=2, max_epochs=1).save(path)
        with zipfile.ZipFile(path) as archive:
            assert json.loads(archive.read("estimator.json"))["format"] == expected


def test_files_of_a_checkpoint_are_those_of_the_best_network(tmp_path):
    callbacks = [
        TrainEndCheckpoint(dirname=tmp_path),
        ("named", TrainEndCheckpoint(dirname=tmp_path, fn_prefix="named_")),
    ]
    net = fitted(callbacks=callbacks).best_estimator_
    expected = net.predict_proba(X)
    for name in ("train_end_params.pt", "named_params.pt"):
        net.load_params(f_params=tmp_path / name)
        np.testing.assert_array_equal(net.predict_proba(X), expected)


def test_a_training_that_a_callback_ends_is_a_member():
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=0.9)
    model = fitted(callbacks=[stop], time_limit=600, max_epochs=20)
    assert len(model.estimators_) == 3
    assert max(len(net.history) for net in model.estimators_) < 10


# ---- failures, interrupts and time -------------------------------------------------


class FailsInFinal(Callback):
    """Fails in the final training of one member."""

    member, n_begun = 1, 0

    def on_train_begin(self, net, X=None, **kwargs):
        if len(X) == len(y):
            FailsInFinal.n_begun += 1
            if FailsInFinal.n_begun == self.member + 1:
                raise RuntimeError("out of memory")


@pytest.fixture
def failing(monkeypatch):
    monkeypatch.setattr(FailsInFinal, "n_begun", 0)
    return FailsInFinal


def test_a_member_that_fails_is_left_out(failing):
    with pytest.warns(UserWarning, match="architecture 2 of 3 failed.*out of memory"):
        model = fitted(callbacks=[failing()])
    assert len(model.estimators_) == 2
    assert [e["member"] for e in model.history_] == [0] * 3 + [1] * 3
    assert np.isfinite(model.predict_proba(X)).all()


def test_the_best_member_that_fails_is_an_error(failing, monkeypatch):
    monkeypatch.setattr(failing, "member", 0)
    with pytest.raises(RuntimeError, match="out of memory"):
        fitted(callbacks=[failing()])


class InterruptsFinal(Callback):
    def on_train_begin(self, net, X=None, **kwargs):
        if len(X) == len(y):
            FailsInFinal.n_begun += 1
            if FailsInFinal.n_begun == 3:
                raise KeyboardInterrupt


def test_a_member_that_fails_in_partial_fit_is_an_error(failing):
    failing.n_begun = -9
    model = fitted(callbacks=[failing()], n_trials=3, ensemble=2)
    failing.n_begun = 0
    with pytest.raises(RuntimeError, match="out of memory"):
        model.partial_fit(X, y)
    # Both can predict, and the history is that of both.
    assert [len(net.history) for net in model.estimators_] == [6, 3]
    continued = [e["member"] for e in model.history_ if e["phase"] == "continued"]
    assert continued == [0] * 3
    assert len(model.predict(X)) == len(y)


def test_an_interrupt_leaves_the_members_that_are_complete(failing, tmp_path):
    model = tiny_classifier(
        n_trials=4, ensemble=3, max_epochs=3, callbacks=[InterruptsFinal()]
    )
    with pytest.raises(KeyboardInterrupt, match=r"complete \(2\) predict.*fit_best"):
        model.fit(X, y)
    assert len(model.estimators_) == 2
    model.save(tmp_path / "model.nas")
    again = NASClassifier.load(tmp_path / "model.nas")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


class Trained:
    """A net whose training takes seconds of a clock that does not tick."""

    def __init__(self, clock, seconds, max_epochs=10):
        self.clock, self.seconds, self.max_epochs = clock, seconds, max_epochs
        self.optimizer_ = SimpleNamespace(state={"weight": "momentum"})
        self.module_ = SimpleNamespace(zero_grad=lambda **_: self.cleared.append(1))
        self.cleared, self.n_threads = [], 1

    def ending_by(self, deadline):
        self.end = deadline
        return nullcontext()

    def fit(self, X, y):
        left = max(self.end - self.clock.now, 0)
        share = min(left / self.seconds, 1)
        self.clock.now += min(left, self.seconds)
        n_epochs = max(round(share * self.max_epochs), 1)
        self.n_in_time_ = None if share == 1 else n_epochs

    def set_params(self, **params):
        vars(self).update(params)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (100, [0, 1, 2]),
        (29, [0, 1, 2]),
        (24, [0, 1]),
        (16, [0, 1]),
        (15, [0, 1]),  # half of the epochs is enough
        (11, [0]),
        (2, [0]),
        (-1, [0]),
    ],
)
def test_members_are_those_that_there_is_time_for(monkeypatch, deadline, expected):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    nets = [Trained(clock, 10) for _ in range(3)]
    data = (None, None, None)
    done = dict(train_members(nets, "fit", data, deadline))
    assert list(done) == expected
    assert clock.now <= max(deadline, 0)


def test_the_time_that_a_member_needs_is_that_of_the_slowest(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    nets = [Trained(clock, seconds) for seconds in (20, 2, 2)]
    assert list(dict(train_members(nets, "fit", (None,) * 3, 31))) == [0, 1]
    assert clock.now == 22


def test_only_what_predicts_is_left_of_a_training(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    net = Trained(clock, 1)
    list(train_members([net], "fit", (None,) * 3, 9))
    assert net.optimizer_.state == {}
    assert net.cleared
    assert net.n_threads is None  # predictions use all of them
