"""Nets: the same weights however they are trained, and labels of any kind."""

import pickle
import signal
import threading
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import r2_score

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback, EarlyStopping, EpochScoring  # noqa: E402

from sklearn_automl import HyperbandSearchCV  # noqa: E402
from sklearn_automl.nas import Architecture, Node  # noqa: E402
from sklearn_automl.nas.networks import (  # noqa: E402
    ArchitectureClassifier,
    ArchitectureRegressor,
    TrialClassifier,
    inherit,
    lr_factor,
)


class Small(torch.nn.Module):
    """A network with all that is random, or depends on the batch."""

    def __init__(self, n_inputs=4, width=8, n_outputs=2):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(n_inputs, width),
            torch.nn.BatchNorm1d(width),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.2),
            torch.nn.Linear(width, n_outputs),
        )

    def forward(self, X):
        return self.layers(X)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=90, n_features=4, random_state=0)


def classifier(**params):
    params = {"max_epochs": 5, "schedule_epochs": 9, **params}
    return ArchitectureClassifier(Small, **params)


def trial(**params):
    return TrialClassifier(Small, max_epochs=5, **params)


def regressor(**params):
    return ArchitectureRegressor(Small, module__n_outputs=1, **params)


def weights(net):
    return [value.numpy().copy() for value in net.module_.state_dict().values()]


def assert_same_weights(net, other):
    for a, b in zip(weights(net), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


# ---- repeatable ------------------------------------------------------------------


@pytest.mark.parametrize("parts", [(1, 4), (2, 2, 1)])
def test_continued_training_equals_training_in_one_go(data, parts):
    whole = classifier(max_epochs=5).fit(*data)
    net = classifier(max_epochs=parts[0]).fit(*data)
    for part in parts[1:]:
        torch.manual_seed(part)  # what else happens does not matter
        net = pickle.loads(pickle.dumps(net))
        net.set_params(max_epochs=part).partial_fit(*data)
    assert_same_weights(net, whole)


def test_predictions_in_the_middle_of_an_epoch_do_not_change_the_training(data):
    class Predicting(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            net.predict(data[0])

    watched = classifier(callbacks=[Predicting()]).fit(*data)
    assert_same_weights(watched, classifier().fit(*data))


def test_layers_that_begin_in_evaluation_mode_are_trained_from_the_first_batch(data):
    class Halted(Small):
        def __init__(self):
            super().__init__()
            self.layers[3].eval()

    whole = ArchitectureClassifier(Halted, max_epochs=4, schedule_epochs=9).fit(*data)
    net = ArchitectureClassifier(Halted, max_epochs=2, schedule_epochs=9).fit(*data)
    net.predict(data[0])
    assert_same_weights(net.partial_fit(*data), whole)


@pytest.mark.parametrize(
    ("dtype", "fused"), [(torch.float32, True), (torch.complex64, False)]
)
def test_adam_is_one_kernel_for_weights_that_are_real(data, dtype, fused):
    class Turning(Small):
        def __init__(self):
            super().__init__()
            self.turn = torch.nn.Parameter(torch.ones(4, dtype=dtype))

        def forward(self, X):
            return super().forward((X * self.turn).real)

    net = ArchitectureClassifier(Turning, max_epochs=1).fit(*data)
    assert net.optimizer_.defaults["fused"] is fused
    assert not torch.equal(net.module_.turn, torch.ones(4, dtype=dtype))


def test_another_optimizer_gets_no_options_of_adam(data):
    net = classifier(optimizer=torch.optim.RMSprop).fit(*data)
    assert type(net.optimizer_) is torch.optim.RMSprop


def test_the_learning_rate_depends_on_the_last_rung_only(data):
    def rates(net):
        seen = []

        class Rates(Callback):
            def on_batch_end(self, net, training=False, **kwargs):
                seen.append(net.optimizer_.param_groups[0]["lr"])

        net.set_params(callbacks=[Rates()]).fit(*data)
        return seen

    short, long = rates(classifier(max_epochs=2)), rates(classifier(max_epochs=9))
    assert long[: len(short)] == short
    assert max(long) == pytest.approx(5e-3, rel=0.05)
    assert long[-1] < 1e-4


@pytest.mark.parametrize(
    ("progress", "factor"), [(0, 0.01), (0.1, 1.0), (0.55, 0.505), (1, 0.01), (2, 0.01)]
)
def test_learning_rate_schedule(progress, factor):
    assert lr_factor(progress) == pytest.approx(factor)


def test_the_generator_of_torch_is_left_alone(data):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    classifier().fit(*data).predict(data[0])
    assert torch.equal(torch.rand(3), expected)


def test_another_seed_gives_other_weights(data):
    first, other = classifier().fit(*data), classifier(random_state=1).fit(*data)
    assert not np.array_equal(weights(first)[0], weights(other)[0])


def test_threads_do_not_share_a_generator(data):
    alone = classifier().fit(*data)
    nets = [classifier() for _ in range(3)]
    threads = [threading.Thread(target=net.fit, args=data) for net in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for net in nets:
        assert_same_weights(net, alone)


def test_the_number_of_threads_is_given_back(data):
    before = torch.get_num_threads()
    seen = []

    class Threads(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(torch.get_num_threads())

    classifier(n_threads=before + 1, callbacks=[Threads()]).fit(*data)
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


# ---- data ------------------------------------------------------------------------


@pytest.mark.parametrize("as_labels", [["no", "yes"], [7, 3], [True, False]])
def test_labels_of_any_kind(data, as_labels):
    X, y = data[0], np.array(as_labels)[data[1]]
    net = classifier().fit(X, y)
    assert set(net.predict(X)) == set(as_labels)
    assert net.classes_.tolist() == sorted(as_labels)
    assert net.score(X, y) > 0.7
    np.testing.assert_allclose(net.predict_proba(X).sum(axis=1), 1, rtol=1e-6)


def test_classes_that_are_not_in_the_training_rows(data):
    X, y = data
    net = classifier(classes=np.array([0, 1, 2]), module__n_outputs=3).fit(X, y)
    assert net.predict_proba(X).shape == (len(X), 3)


def test_a_label_that_is_not_known_is_named(data):
    X, y = data
    with pytest.raises(ValueError, match=r"y has the label .*1.*none of the classes"):
        classifier(classes=np.array([0, 2])).fit(X, y)


@pytest.mark.parametrize("kind", [np.float64, np.float32, "tensor", "frame", "frozen"])
def test_inputs_of_any_kind(data, kind):
    X, y = data
    expected = classifier().fit(X.astype(np.float32), y).predict_proba(X)
    if kind == "tensor":
        X, y = torch.tensor(X, requires_grad=True), torch.tensor(y)
    elif kind == "frame":
        X = pytest.importorskip("pandas").DataFrame(X)
    elif kind == "frozen":
        X = X.astype(np.float32)
        X.flags.writeable = False
    else:
        X = X.astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = classifier().fit(X, y)
        np.testing.assert_array_equal(net.predict_proba(X), expected)


@pytest.mark.parametrize("n", range(1, 11))
@pytest.mark.parametrize("batch_size", [1, 2, 128])
def test_few_rows(n, batch_size):
    X, y = np.arange(4.0 * n).reshape(n, 4), np.arange(n) % 2
    net = classifier(batch_size=batch_size, classes=[0, 1]).fit(X, y)
    assert net.predict(X).shape == (n,)
    assert np.isfinite(regressor().fit(X, y).predict(X)).all()


@pytest.mark.parametrize(
    ("n", "batch_size", "n_batches"),
    [(50, 128, 7), (90, 128, 10), (500, 128, 10), (500, 20, 25), (9, 128, 2)],
)
def test_small_data_has_small_batches(n, batch_size, n_batches):
    X, y = make_classification(n_samples=n, n_features=4, random_state=0)
    net = classifier(max_epochs=1, batch_size=batch_size).fit(X, y)
    assert net.n_batches_ == n_batches


def test_no_target():
    with pytest.raises(ValueError, match="requires y"):
        classifier().fit(np.ones((3, 4)), None)


@pytest.mark.parametrize("n_outputs", [None, 1, 2])
def test_targets_are_standardised_inside(n_outputs):
    X, y = make_regression(200, 4, n_targets=n_outputs or 1, random_state=0)
    y = 1e4 * y.reshape((200, n_outputs) if n_outputs else 200) + 1e7
    net = ArchitectureRegressor(
        Small, module__n_outputs=n_outputs or 1, module__width=32, max_epochs=20
    ).fit(X, y)
    assert net.predict(X).shape == y.shape
    assert net.score(X, y) > 0.8


def test_a_constant_target():
    X = np.random.default_rng(0).normal(size=(20, 4))
    np.testing.assert_allclose(regressor().fit(X, np.full(20, 3.0)).predict(X), 3, 0.5)


# ---- in searches -----------------------------------------------------------------


def test_a_clone_is_not_fitted_and_trains_the_same(data):
    net = classifier().fit(*data)
    assert_same_weights(clone(net).fit(*data), net)


def test_a_net_goes_on_in_a_search_of_its_module(data):
    search = HyperbandSearchCV(
        classifier(max_epochs=9),
        {"module__width": [4, 8, 16], "lr": [1e-3, 1e-2]},
        resource="max_epochs",
        min_resources=3,
        folds="all",
        cv=2,
        random_state=0,
    ).fit(*data)
    # One was promoted, and had the six epochs that it lacked.
    n_epochs = sum(n * amount for rungs in search.brackets_ for n, amount in rungs)
    assert search.total_resources_ == n_epochs - 3
    params = {k: v for k, v in search.best_params_.items() if k != "max_epochs"}
    cold = classifier(max_epochs=9, **params).fit(*data)
    assert_same_weights(search.best_estimator_, cold)


# ---- weights of another net ------------------------------------------------------


@pytest.mark.parametrize("width", [4, 8, 16])
def test_weights_are_inherited_as_far_as_they_fit(data, width, tmp_path):
    path = str(tmp_path / "weights")
    parent = trial(weights_to=path).fit(*data)
    child = trial(module__width=width, weights_from=path).initialize()
    new = classifier(module__width=width).initialize()
    n = min(width, 8)
    first, of_parent, of_new = (
        net.module_.layers[0].weight.detach() for net in (child, parent, new)
    )
    assert torch.equal(first[:n], of_parent[:n])
    assert torch.equal(first[n:], of_new[n:])


@pytest.mark.parametrize("n_dims", [1, 2])
@pytest.mark.parametrize(("own", "other"), [(3, 5), (5, 3), (3, 3)])
def test_kernels_are_inherited_from_their_middle(n_dims, own, other):
    def conv(kernel):
        module = [torch.nn.Conv1d, torch.nn.Conv2d][n_dims - 1](2, 2, kernel)
        with torch.no_grad():
            module.weight.zero_()
        return module

    child, parent = conv(own), conv(other)
    with torch.no_grad():
        parent.weight[(..., *[other // 2] * n_dims)] = 1.0
    inherit(child, parent.state_dict())
    assert (child.weight[(..., *[own // 2] * n_dims)] == 1.0).all()
    assert child.weight.sum() == 4.0


# ---- how it ends -----------------------------------------------------------------


def test_early_stopping_ends_the_training(data):
    net = classifier(
        max_epochs=50, callbacks=[EarlyStopping("train_loss", patience=1, threshold=9)]
    ).fit(*data)
    assert len(net.history) < 10


def test_an_interrupt_ends_the_fit(data):
    class Interrupt(Callback):
        def on_epoch_end(self, net, **kwargs):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        classifier(callbacks=[Interrupt()]).fit(*data)


def test_diverged_training_is_an_error(data):
    with pytest.raises(ValueError, match=r"diverged.*lr"):
        classifier(lr=1e30, optimizer=torch.optim.SGD).fit(*data)


def test_nothing_is_printed(data, capsys):
    net = classifier().fit(*data)
    net.set_params(max_epochs=1).partial_fit(*data)
    assert capsys.readouterr().out == ""


def test_the_history_of_a_trial_has_the_last_batches_only(data):
    batches = trial().fit(*data).history[:, "batches"]
    assert batches[:-1] == [[]] * 4
    assert len(batches[-1]) == 10


def test_the_history_has_all_batches(data):
    history = classifier().fit(*data).history
    assert [len(batches) for batches in history[:, "batches"]] == [10] * 5


@pytest.mark.parametrize("labels", [[1, 2], ["a", "b"]])
def test_callbacks_score_by_labels_as_they_are(labels):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4)).astype(np.float32)
    y = np.array(labels)[(X[:, 0] > 0).astype(int)]
    scoring = EpochScoring("accuracy", lower_is_better=False, on_train=True)
    net = classifier(max_epochs=5, callbacks=[scoring]).fit(X, y)
    assert net.history[-1, "accuracy"] == np.mean(net.predict(X) == y)


def test_callbacks_score_by_a_target_as_it_is():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4)).astype(np.float32)
    y = 1000 * X[:, 0] + 5e4
    scoring = EpochScoring("r2", lower_is_better=False, on_train=True)
    net = regressor(max_epochs=20, callbacks=[scoring]).fit(X, y)
    assert net.history[-1, "r2"] == pytest.approx(r2_score(y, net.predict(X)))


@pytest.mark.parametrize("verbose", [0, 1])
def test_print_may_be_replaced(data, monkeypatch, verbose):
    printed = []
    monkeypatch.setattr("builtins.print", lambda *args, **_: printed.append(args))
    net = classifier(max_epochs=2, verbose=verbose).fit(*data)
    assert bool(printed) == bool(verbose)
    assert pickle.loads(pickle.dumps(net)).history[-1, "epoch"] == 2


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.float64])
def test_a_tensor_of_seconds_since_1970_is_learned_from(dtype):
    seconds = torch.arange(200)[:, None]
    y = (seconds[:, 0] % 100 < 50).numpy().astype(int)
    X = (seconds % 100 + 1_700_000_000).to(dtype)
    architecture = Architecture((Node.of("layer_1", "dense", "input", width=16),))
    net = ArchitectureClassifier(architecture=architecture, max_epochs=15, lr=0.02)
    assert net.fit(X, y).score(X, y) > 0.95


def test_an_equal_architecture_keeps_the_weights(data):
    node = Node.of("a", "dense", "input", width=4)
    net = ArchitectureClassifier(architecture=Architecture((node,)), max_epochs=1)
    module = net.fit(*data).module_
    net.set_params(architecture=Architecture.from_dict(net.architecture.to_dict()))
    assert net.module_ is module
    net.set_params(architecture=Architecture((node,), head="max"))
    assert net.module_ is not module


def test_each_epoch_has_random_numbers_of_its_own(data):
    seeds = []

    class Noting(ArchitectureClassifier):
        def seed(self, place):
            seeds.append(place)
            super().seed(place)

    net = Noting(Small, max_epochs=2).fit(*data)
    net.partial_fit(*data)
    assert seeds == [0, 1, 2, 3, 4]  # 0 is that of the weights


def test_a_target_is_decoded_as_it_was_first(data):
    X, y = data[0], data[0][:, 0]
    net = regressor(max_epochs=1).fit(X, y)
    before = net.y_mean_
    assert net.partial_fit(X, y + 100).y_mean_ is before
    assert net.fit(X, y + 100).y_mean_ == pytest.approx(before + 100)


def test_a_new_module_learns_the_scale_of_its_inputs_anew(data):
    node = Node.of("a", "dense", "input", width=4)
    net = ArchitectureClassifier(architecture=Architecture((node,)), max_epochs=1)
    assert net.fit(*data).knows_inputs_
    net.set_params(module__input_shape=(4,))
    assert not net.knows_inputs_
