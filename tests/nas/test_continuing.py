"""A network that was found goes on learning."""

import pickle
import signal

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.exceptions import NotFittedError

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback, LRScheduler  # noqa: E402

from sklearn_automl import NASClassifier, NASRegressor  # noqa: E402
from sklearn_automl.nas.networks import ArchitectureClassifier  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

X, y = load_iris(return_X_y=True)


class Rates(Callback):
    def initialize(self):
        self.seen_ = []
        return self

    def on_grad_computed(self, net, *args, **kwargs):
        self.seen_.append(net.optimizer_.param_groups[0]["lr"])


@pytest.mark.parametrize("how", ["partial_fit", "fit_loop", "warm_start", "estimator"])
def test_the_schedule_begins_again(how):
    search = tiny_classifier(max_epochs=1, n_trials=1).fit(X, y)
    net, rates = search.best_estimator_, Rates()
    net.set_params(callbacks=[rates])
    if how == "partial_fit":
        net.set_params(max_epochs=10).partial_fit(X, y)
    elif how == "fit_loop":
        net.fit_loop(X, y, epochs=10)
    elif how == "warm_start":
        net.set_params(max_epochs=10, warm_start=True).fit(X, y)
    else:
        search.set_params(max_epochs=10).partial_fit(X, y)
    assert len(net.history) == 11
    (_, seen) = next(c for c in net.callbacks_ if c[0] == "Rates")
    assert max(seen.seen_) == pytest.approx(0.02, rel=0.1)
    assert seen.seen_[0] < 0.001
    assert seen.seen_[-1] < 0.001


def test_more_epochs_after_one_are_as_good_as_all_in_one_go():
    X, y = load_digits(return_X_y=True)
    scores = []
    for first, more in ((1, 20), (21, 0)):
        search = tiny_classifier(max_epochs=first, n_trials=1, lr=0.005)
        search.fit(X[:300], y[:300])
        if more:
            search.set_params(max_epochs=more).partial_fit(X[:300], y[:300])
        scores.append(search.score(X[300:], y[300:]))
    assert scores[0] > scores[1] - 0.02


def test_a_net_has_the_rates_of_the_user_between_trainings():
    net = tiny_classifier(n_trials=1).fit(X, y).best_estimator_
    assert net.optimizer_.param_groups[0]["lr"] == 0.02
    net.set_params(lr=0.001, callbacks=[Rates()]).partial_fit(X, y)
    assert max(net.callbacks_[-1][1].seen_) == pytest.approx(0.001, rel=0.1)


def test_an_interrupted_training_leaves_the_rates():
    class Interrupt(Callback):
        def on_batch_end(self, net, **kwargs):
            signal.raise_signal(signal.SIGINT)

    net = ArchitectureClassifier(
        architecture=tiny_classifier(n_trials=1).fit(X, y).best_architecture_,
        callbacks=[Interrupt()],
    )
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y)
    assert net.optimizer_.param_groups[0]["lr"] == net.lr


def test_a_schedule_of_many_epochs_is_not_exceeded():
    net = ArchitectureClassifier(
        architecture=tiny_classifier(n_trials=1).fit(X, y).best_architecture_,
        schedule_epochs=4,
        max_epochs=4,
        callbacks=[Rates()],
    ).fit(X, y)
    net.set_params(max_epochs=6).partial_fit(X, y)
    seen = net.callbacks_[-1][1].seen_[4 * net.n_batches_ :]
    assert max(seen) == pytest.approx(net.lr, rel=0.1)


# ---- what it has learned of the data ---------------------------------------------


def through_a_file(search, path):
    search.save(path / "model")
    return type(search).load(path / "model")


def as_it_is(search, path):
    return search


def through_a_pickle(search, path):
    return pickle.loads(pickle.dumps(search))


@pytest.mark.parametrize(
    ("way", "whose"),
    [
        (as_it_is, "estimator"),
        (through_a_file, "estimator"),
        (through_a_pickle, "estimator"),
        # The estimator asks its net.
        (as_it_is, "net"),
    ],
)
def test_standardisation_is_kept(way, whose, tmp_path):
    search = way(tiny_classifier(n_trials=1, max_epochs=6).fit(X, y), tmp_path)
    before = search.best_estimator_.module_.input_mean.clone()
    rows = np.flatnonzero(y == 2)[:20]  # unlike all others
    learner = search if whose == "estimator" else search.best_estimator_
    learner.set_params(max_epochs=1, lr=1e-5).partial_fit(X[rows], y[rows])
    assert torch.equal(search.best_estimator_.module_.input_mean, before)
    assert search.predict_proba(X).shape == (150, 3)
    assert search.score(X, y) > 0.8


@pytest.mark.parametrize("way", [as_it_is, through_a_file, through_a_pickle])
def test_the_scale_of_a_target_is_kept(way, tmp_path):
    X, y = make_regression(100, 4, random_state=0)
    search = way(tiny_regressor(max_epochs=3).fit(X, y * 100 + 1e4), tmp_path)
    net = search.best_estimator_
    before = net.y_mean_, net.y_scale_
    search.set_params(max_epochs=1).partial_fit(X[:10], np.full(10, 7.0))
    assert (net.y_mean_, net.y_scale_) == before
    assert len(net.history) == 4


def test_a_new_fit_learns_the_data_anew():
    net = tiny_classifier().fit(X, y).best_estimator_
    net.fit(X + 100, y)
    torch.testing.assert_close(
        net.module_.input_mean, torch.tensor((X + 100).mean(0), dtype=torch.float32)
    )


# ---- partial_fit of the searches -------------------------------------------------


def test_the_first_call_searches():
    first, whole = tiny_classifier(), tiny_classifier().fit(X, y)
    assert first.partial_fit(X, y) is first
    np.testing.assert_array_equal(first.predict_proba(X), whole.predict_proba(X))


def test_later_calls_train_the_same_network():
    search = tiny_classifier().fit(X, y)
    net, architecture = search.best_estimator_, search.best_architecture_
    search.partial_fit(X, y)
    assert search.best_estimator_ is net
    assert search.best_architecture_ is architecture
    phases = [entry["phase"] for entry in search.history_]
    assert phases == ["final"] * 2 + ["continued"] * 2
    assert len(pickle.dumps(search)) < 100_000


def test_classes_that_come_later_are_named_first():
    rows = y < 2
    search = tiny_classifier(max_epochs=6).partial_fit(
        X[rows], y[rows], classes=[2, 1, 0]
    )
    assert search.predict_proba(X).shape == (150, 3)
    assert search.partial_fit(X, y).score(X, y) > 0.8
    assert search.classes_.tolist() == [0, 1, 2]


def test_labels_that_are_not_among_the_classes_are_refused():
    with pytest.raises(ValueError, match=r"classes=.*does not have the label.*2"):
        tiny_classifier().partial_fit(X, y, classes=[0, 1])
    search = tiny_classifier(n_trials=1).fit(X, y)
    with pytest.raises(ValueError, match=r"label .*7.*none of the classes"):
        search.partial_fit(X, np.full(150, 7))


def test_inputs_of_another_shape_are_refused():
    search = tiny_classifier(n_trials=1).fit(X, y)
    with pytest.raises(ValueError, match="features"):
        search.partial_fit(X[:, :2], y)


@pytest.mark.parametrize("Search", [NASClassifier, NASRegressor])
def test_without_a_refit_there_is_nothing_to_train_further(Search):
    with pytest.raises(ValueError, match=r"there is none with refit=False.*refit=True"):
        Search(refit=False).partial_fit(X, y)


def test_a_clone_is_not_fitted():
    with pytest.raises(NotFittedError):
        clone(tiny_classifier(n_trials=1).fit(X, y)).predict(X)


def test_the_net_has_no_parameters_of_the_search():
    params = tiny_classifier(n_trials=1).fit(X, y).best_estimator_.get_params()
    assert not {"weights_from", "weights_to", "shared"} & params.keys()
    assert params["schedule_epochs"] is None
    assert params["n_threads"] is None


@pytest.mark.parametrize(
    ("policy", "options", "factors"),
    [
        # The epochs of the search count: skorch begins with the fourth one.
        ("StepLR", {"step_size": 2}, [1, 0.5, 0.5]),
        ("StepLR", {"step_size": 3}, [0.5, 0.5, 0.5]),
        ("ExponentialLR", {}, [1, 0.5, 0.25]),
    ],
)
def test_a_schedule_of_the_users_can_come_later(policy, options, factors):
    schedule, rates = LRScheduler(policy, gamma=0.5, **options), Rates()
    net = tiny_classifier(n_trials=1, max_epochs=3).fit(X, y).best_estimator_
    net.set_params(callbacks=[schedule, rates]).partial_fit(X, y)
    expected = [net.lr * factor for factor in factors]
    assert net.history[-3:, "event_lr"] == pytest.approx(expected)
    # The steps had these rates.
    assert rates.seen_ == pytest.approx(np.repeat(expected, net.n_batches_))


# ---- with all that fit takes -----------------------------------------------------


@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_rows_have_weights(make):
    target = np.arange(150) % 2  # nothing of X tells it
    search = make(n_trials=1).fit(X, target)
    search.set_params(max_epochs=6).partial_fit(
        X, target, sample_weight=1 + 99 * target
    )
    assert search.predict(X).mean() > 0.8
    first = make(n_trials=1, max_epochs=6).partial_fit(
        X, target, sample_weight=1 + 99 * target
    )
    assert first.predict(X).mean() > 0.8


def test_classes_have_weights():
    target = np.arange(150) % 2
    search = tiny_classifier(n_trials=1, class_weight={0: 1, 1: 100}).partial_fit(
        X, target
    )
    assert search.predict(X).mean() > 0.8
    search.set_params(class_weight={0: 100, 1: 1}, max_epochs=6)
    assert search.partial_fit(X, target).predict(X).mean() < 0.2


@pytest.mark.parametrize(
    ("way", "offset"),
    [
        (as_it_is, 0),
        (as_it_is, 1e9),
        (through_a_file, 1e9),
        (through_a_pickle, 1e9),
    ],
)
def test_sparse_rows_and_digits(way, offset, tmp_path):
    far = X + offset
    search = way(tiny_classifier(n_trials=1, max_epochs=5).fit(far, y), tmp_path)
    search.set_params(max_epochs=3)
    expected = pickle.loads(pickle.dumps(search)).partial_fit(far, y)
    search.partial_fit(sparse.csr_array(far), y)
    found = search.predict_proba(far)
    np.testing.assert_allclose(found, expected.predict_proba(far), atol=1e-6)
    assert search.score(far, y) > 0.8


@pytest.mark.parametrize("way", [as_it_is, through_a_file])
def test_images_with_channels_last(way, tmp_path, rng):
    images, labels = rng.normal(size=(40, 8, 6, 3)), np.arange(40) % 2
    search = tiny_classifier(n_trials=1, max_epochs=1, search_space="auto")
    search = way(search.fit(images, labels), tmp_path)
    assert search.partial_fit(images, labels).predict(images).shape == (40,)
    assert len(search.best_estimator_.history) == 2


def test_several_labels_are_learned_further():
    labels = np.c_[y == 0, y == 1, y > 0].astype(int)
    search = tiny_classifier(n_trials=1, max_epochs=1).fit(X, labels)
    search.set_params(max_epochs=20).partial_fit(X, labels)
    assert (search.predict(X) == labels).mean() > 0.9


def test_what_was_continued_is_trained_anew_from_the_beginning():
    search = tiny_classifier(n_trials=1).fit(X, y)
    expected = search.predict_proba(X)
    search.partial_fit(X, y).fit_best(X, y)
    np.testing.assert_array_equal(search.predict_proba(X), expected)
    assert [entry["phase"] for entry in search.history_] == ["final"] * 2


@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_a_net_that_was_trained_after_the_search_is_trained_further(make):
    search = make(refit=False, n_trials=1).fit(X, y)
    with pytest.raises(ValueError, match=r"there is none with refit=False.*fit_best"):
        search.partial_fit(X, y)
    n_epochs = len(search.fit_best(X, y).best_estimator_.history)
    assert len(search.partial_fit(X, y).best_estimator_.history) == 2 * n_epochs


@pytest.mark.parametrize("n_epochs", [1, 2])
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_max_epochs_that_are_set_are_those_of_a_call(make, n_epochs):
    X, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    model = make(n_trials=1, max_epochs=4).fit(X, y)
    model.set_params(max_epochs=n_epochs)
    for _ in range(3):
        model.partial_fit(X, y)
    phases = [epoch["phase"] for epoch in model.history_]
    assert phases == ["final"] * 4 + ["continued"] * 3 * n_epochs
