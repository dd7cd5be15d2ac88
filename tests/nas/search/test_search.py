"""The search: the same for any workers, resumed, limited, and with failures."""

import signal
import time
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback  # noqa: E402

from sklearn_automl.exceptions import CheckpointError, SearchWarning  # noqa: E402
from sklearn_automl.nas import ChainSpace  # noqa: E402
from sklearn_automl.nas.estimation import LowFidelity  # noqa: E402
from sklearn_automl.nas.search.translation import Translation  # noqa: E402
from sklearn_automl.nas.strategies import Evolution  # noqa: E402
from tests.nas.tiny import SPACE, tiny_classifier  # noqa: E402


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def outcome(model):
    """All that a search has found, but for times."""
    results = model.cv_results_
    names = ("params", "mean_test_score", "n_resources", "status", "trial_id")
    return {name: list(results[name]) for name in names}


# ---- the same result -------------------------------------------------------------


@pytest.mark.parametrize(
    "estimation", ["full", "hyperband", LowFidelity(resource="n_samples")]
)
@pytest.mark.workers
def test_any_number_of_workers_gives_the_same(iris, estimation):
    params = {"estimation": estimation, "n_trials": 6, "max_epochs": 3}
    one = tiny_classifier(**params).fit(*iris)
    two = tiny_classifier(**params, n_jobs=2).fit(*iris)
    assert outcome(one) == outcome(two)
    assert one.reference_score_ == two.reference_score_
    assert one.best_architecture_ == two.best_architecture_
    X = iris[0]
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_promoted_trials_equal_those_trained_in_one_go(iris):
    params = {"strategy": "random", "n_trials": 9, "max_epochs": 3, "refit": False}
    full = tiny_classifier(**params).fit(*iris).cv_results_
    low = tiny_classifier(**params, estimation="asha").fit(*iris).cv_results_
    of = dict(zip(map(str, full["params"]), full["mean_test_score"], strict=True))
    tops = [i for i, n in enumerate(low["n_resources"]) if n == 3]
    assert tops
    for i in tops:
        assert low["mean_test_score"][i] == of[str(low["params"][i])]


def test_there_is_no_folder_for_weights_that_nobody_inherits(iris, tmp_path):
    for name, is_there in (("random", False), ("evolution", True)):
        folder = tmp_path / name
        folder.mkdir()
        strategy = Evolution(inherit_weights=True) if is_there else name
        options = {"strategy": strategy, "checkpoint": str(folder / "search.db")}
        tiny_classifier(**options).fit(*iris)
        assert any(path.is_dir() for path in folder.iterdir()) == is_there


class NoteRows(Callback):
    """A score that is the number of rows of the training."""

    def on_train_end(self, net, X=None, **kwargs):
        net.n_rows_ = len(X)


def rows_of_training(net, X, y):
    return float(net.n_rows_)


@pytest.mark.parametrize("scheduler", ["hyperband", "asha"])
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_rows_as_the_resource(iris, scheduler, n_jobs):
    model = tiny_classifier(
        estimation=LowFidelity(scheduler=scheduler, resource="n_samples"),
        n_trials=10,  # the reference, in a bracket of its own, and nine others
        max_epochs=1,
        n_jobs=n_jobs,
        callbacks=[NoteRows()],
        scoring=rows_of_training,
    ).fit(*iris)
    results = model.cv_results_
    assert set(results["n_resources"]) == {13, 40, 120}
    assert list(results["mean_test_score"]) == list(results["n_resources"])
    assert (model.n_trials_, model.best_score_) == (10, 120)


# ---- weights of the parent -------------------------------------------------------


class Inherited(Callback):
    """A score that tells whether a network began with the weights of another."""

    def on_train_end(self, net, **kwargs):
        net.has_inherited_ = getattr(net, "weights_from", None) is not None


def has_inherited(net, X, y):
    return float(net.has_inherited_)


@pytest.mark.parametrize("inherits", [True, False])
def test_children_begin_with_the_weights_of_their_parents(iris, inherits):
    model = tiny_classifier(
        n_trials=8,
        max_epochs=1,
        strategy=Evolution(population_size=2, inherit_weights=inherits),
        callbacks=[Inherited()],
        scoring=has_inherited,
    ).fit(*iris)
    scores = model.cv_results_["mean_test_score"]
    assert not scores[:2].any()
    assert scores.any() == inherits
    assert "weights_from" not in model.best_estimator_.get_params()


@pytest.mark.workers
def test_heritage_does_not_depend_on_the_workers(iris):
    strategy = Evolution(population_size=2, inherit_weights=True)
    models = [
        tiny_classifier(n_trials=7, max_epochs=2, strategy=strategy, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    ]
    first, second = (outcome(model.fit(*iris)) for model in models)
    assert first == second


class Clicks:
    """How many scores there are until the search is interrupted."""

    n_left = 10**6


def score_or_interrupt(net, X, y):
    Clicks.n_left -= 1
    if Clicks.n_left < 0:
        raise KeyboardInterrupt
    return net.score(X, y)


# ---- checkpoints -----------------------------------------------------------------


def test_a_longer_search_goes_on_from_the_checkpoint(iris, tmp_path, monkeypatch):
    params = {"strategy": "random", "max_epochs": 2}
    whole = tiny_classifier(**params, n_trials=4).fit(*iris)
    path = tmp_path / "search.sqlite"
    tiny_classifier(**params, n_trials=2, checkpoint=path).fit(*iris)
    model = tiny_classifier(**params, n_trials=4, checkpoint=path).fit(*iris)
    assert outcome(model) == outcome(whole)
    again = tiny_classifier(**params, n_trials=4, checkpoint=path).fit(*iris)
    times = [m.cv_results_["mean_fit_time"] for m in (model, again)]
    np.testing.assert_array_equal(*times)  # nothing was trained again


def test_a_checkpoint_of_another_search_is_refused(iris, tmp_path):
    path = tmp_path / "search.sqlite"
    tiny_classifier(checkpoint=path).fit(*iris)
    with pytest.raises(CheckpointError, match="lr"):
        tiny_classifier(checkpoint=path, lr=0.1).fit(*iris)


@pytest.mark.parametrize("estimation", ["full", "asha"])
def test_children_of_recorded_parents_inherit_in_a_resumed_search(
    iris, tmp_path, estimation, monkeypatch
):
    params = {
        "scoring": score_or_interrupt,
        "strategy": Evolution(population_size=2, inherit_weights=True),
        "estimation": estimation,
        "max_epochs": 3,
        "refit": False,
        "batch_size": 150,
    }
    whole = tiny_classifier(**params, n_trials=6).fit(*iris)
    path = tmp_path / "search.sqlite"
    model = tiny_classifier(**params, n_trials=6, checkpoint=path)
    with monkeypatch.context() as patch:
        patch.setattr(Clicks, "n_left", 4)
        with pytest.raises(KeyboardInterrupt):
            model.fit(*iris)
    model.fit(*iris)
    assert outcome(model) == outcome(whole)


def test_a_longer_search_inherits_too_and_no_weights_is_an_error(iris, tmp_path):
    params = {
        "strategy": Evolution(population_size=2, inherit_weights=True),
        "max_epochs": 2,
    }
    whole = tiny_classifier(**params, n_trials=6).fit(*iris)
    path, folder = tmp_path / "search.sqlite", tmp_path / "search.sqlite.weights"
    tiny_classifier(**params, n_trials=3, checkpoint=path).fit(*iris)
    model = tiny_classifier(**params, n_trials=6, checkpoint=path).fit(*iris)
    assert outcome(model) == outcome(whole)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(CheckpointError, match=r"\.weights' is missing"):
        tiny_classifier(**params, n_trials=8, checkpoint=path).fit(*iris)


def test_a_new_checkpoint_does_not_take_the_weights_of_an_old_one(iris, tmp_path):
    params = {
        "strategy": Evolution(population_size=2, inherit_weights=True),
        "max_epochs": 1,
        "checkpoint": tmp_path / "search.sqlite",
    }
    folder = tmp_path / "search.sqlite.weights"
    tiny_classifier(**params).fit(*iris)
    (tmp_path / "search.sqlite").unlink()
    (folder / "mine.txt").touch()
    (folder / "0123456789abcdef.weights").touch()
    tiny_classifier(**params).fit(*iris)
    assert not (folder / "0123456789abcdef.weights").exists()
    assert (folder / "mine.txt").exists()
    (tmp_path / "other.weights").touch()
    with pytest.raises(CheckpointError, match=r"other\.weights' cannot be used"):
        tiny_classifier(**{**params, "checkpoint": tmp_path / "other"}).fit(*iris)


def test_a_child_that_begins_again_begins_with_what_its_parent_was_then(tmp_path):
    space = SPACE.bind((4,))
    rng = np.random.default_rng(0)
    parent, child = (space.decisions.sample(rng) for _ in range(2))
    translation = Translation(space, 0, str(tmp_path))
    file = translation(parent)["weights_to"]
    for n_epochs in (1, 3):
        (tmp_path / file.format(n_epochs=n_epochs)).touch()
    translation.note_parent(child, parent)
    began_with = translation(child)["weights_from"]
    assert began_with == file.format(n_epochs=3)
    (tmp_path / file.format(n_epochs=9)).touch()
    translation.note_parent(child, parent)
    assert translation(child)["weights_from"] == began_with


def test_an_interrupt_before_the_first_result_says_so(iris, monkeypatch):
    monkeypatch.setattr(Clicks, "n_left", 0)
    with pytest.raises(KeyboardInterrupt, match="No evaluation was finished"):
        tiny_classifier(scoring=score_or_interrupt).fit(*iris)


def test_a_space_with_fewer_architectures_than_asked_for_is_warned_of(iris):
    space = ChainSpace(
        n_layers=(1, 1),
        operations=["dense"],
        widths=[8, 16],
        activations=["relu"],
        dropouts=[0.0],
    )
    for limit, n in ((None, 2), (100, 1)):
        with pytest.warns(SearchWarning, match=f"no more than the {n} architectures"):
            model = tiny_classifier(
                search_space=space, n_trials=5, max_epochs=1, max_params=limit
            ).fit(*iris)
        assert model.n_trials_ == n


# ---- limits ----------------------------------------------------------------------


class Sleep(Callback):
    def __init__(self, seconds):
        self.seconds = seconds

    def on_epoch_end(self, net, **kwargs):
        time.sleep(self.seconds)


def test_time_limit(iris):
    model = tiny_classifier(
        n_trials=50, max_epochs=1, callbacks=[Sleep(0.2)], time_limit=0.5
    ).fit(*iris)
    assert model.stop_reason_ == "time_limit"
    assert 1 <= model.n_trials_ < 6
    assert model.predict(iris[0]).shape == (150,)


def test_trial_timeout(iris):
    with pytest.raises(ValueError, match=r"longer than trial_timeout=0.2"):
        tiny_classifier(
            n_trials=1, max_epochs=1, callbacks=[Sleep(60)], trial_timeout=0.2
        ).fit(*iris)


# ---- failures --------------------------------------------------------------------


class FailIfWide(Callback):
    def on_train_begin(self, net, X=None, **kwargs):
        is_search = len(X) < 150
        if is_search and "16" in str(net.architecture):
            raise RuntimeError("too wide for this test")


def test_failed_architectures_are_reported(iris):
    with pytest.warns(SearchWarning, match="cv_results_ have the reasons"):
        model = tiny_classifier(
            n_trials=8, max_epochs=1, strategy="random", callbacks=[FailIfWide()]
        ).fit(*iris)
    results = model.cv_results_
    failed = np.array(results["status"]) == "failed"
    assert 0 < failed.sum() < 8
    assert "too wide" in np.array(results["error"])[failed][0]
    assert np.isnan(results["mean_test_score"][failed]).all()


class Fail(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise RuntimeError("no luck")


def test_if_all_fail_the_first_cause_is_said(iris):
    model = tiny_classifier(callbacks=[Fail()])
    with pytest.raises(ValueError, match=r"None of the 2 .*RuntimeError: no luck"):
        model.fit(*iris)
    assert list(model.cv_results_["status"]) == ["failed", "failed"]
    assert not hasattr(model, "best_architecture_")


class Interrupt(Callback):
    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_ends_the_fit(iris):
    model = tiny_classifier(callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupt"


def test_scores_of_several_metrics_are_refused(iris):
    with pytest.raises(ValueError, match=r"several metrics: .*needs one"):
        tiny_classifier(scoring=lambda net, X, y: {"a": 1.0, "b": 2.0}).fit(*iris)


def test_there_is_no_warning_in_a_usual_search(iris):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny_classifier(max_epochs=1).fit(*iris)
