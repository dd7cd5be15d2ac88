"""A search of architectures begins with what earlier ones found, and is remembered."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import make_classification

pytest.importorskip("torch")
from sklearn.base import clone

from sklearn_automl import NASClassifier
from sklearn_automl.exceptions import HistoryError, SearchWarning
from sklearn_automl.execution import Status
from sklearn_automl.nas import ChainSpace, ModuleSpace, MultiBranchSpace
from sklearn_automl.nas.estimation import OneShot
from sklearn_automl.nas.search.history import Memory, Taken
from sklearn_automl.nas.search.size_limit import SizeLimit
from sklearn_automl.nas.strategies import DARTS
from sklearn_automl.storage import SearchHistory
from tests.model_selection.searches import is_seconds
from tests.nas.own_modules import Layers
from tests.nas.tiny import SHARED, SPACE, tiny_classifier, tiny_regressor

STRATEGIES = ["random", "evolution", "bayesian", "reinforce"]


def data_set(seed=0):
    return make_classification(60, 4, random_state=seed)


X, Y = data_set()
OTHER = data_set(1)
IMAGES = np.random.default_rng(0).normal(size=(60, 1, 4, 4)).astype(np.float32)
SEQUENCES = IMAGES.reshape(60, 1, 16)


@pytest.fixture
def history(tmp_path):
    return SearchHistory(tmp_path / "history.db")


def search(history=None, **params):
    params = {"max_epochs": 1, "refit": False, **params}
    return tiny_classifier(history=history, **params)


def origins(model):
    return model.cv_results_["origin"].tolist()


def leave(history, data=OTHER, search_space=SPACE, best=None):
    """Leave a search in a history without a training; return its best decisions."""
    inputs, _ = data
    space = search_space.bind(inputs.shape[1:])
    rng = np.random.default_rng(0)
    configs = [space.decisions.sample(rng) for _ in range(6)]
    best = configs[2] if best is None else best
    losses = [*(0.1 * i for i in range(6)), -1.0]
    evaluations = [
        SimpleNamespace(
            job=SimpleNamespace(config=config, resource=1),
            status=Status.COMPLETED,
            loss=loss,
            seconds=1.0,
        )
        for config, loss in zip([*configs, best], losses, strict=True)
    ]
    past = SimpleNamespace(
        estimator=NASClassifier(),
        space=space,
        evaluations=evaluations,
        splits=[(np.arange(40), np.arange(40, 60))],
        estimation=SimpleNamespace(resource="max_epochs"),
    )
    Memory(history, None, *data).remember(past)
    return best


def taken(history, search_space=SPACE, initial=(), max_params=None, n_trials=6):
    """Return what a search takes from a history, whatever its strategy then tries."""
    space = search_space.bind((4,))
    asking = SimpleNamespace(
        estimator=NASClassifier(n_trials=n_trials),
        space=space,
        sharing=SimpleNamespace(options=None),
        size_limit=SizeLimit(space, 2, max_params),
        reference=SimpleNamespace(initial=initial),
    )
    return Memory(history, None, X, Y).recall(asking).configs


def copied(history, folder):
    """Return the path of a copy, which another search may write to."""
    return shutil.copy(history.path, folder / "copy.db")


def equal_but_for_times(a, b):
    assert a.keys() == b.keys()
    for name in a:
        if not is_seconds(name):
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    return True


# ---- what is remembered ------------------------------------------------------------


def test_a_search_is_remembered(history):
    model = search(history.path).fit(X, Y)
    frame = history.to_frame()
    assert len(history) == 1
    np.testing.assert_allclose(frame["score"], model.cv_results_["mean_test_score"])
    row = frame.iloc[0]
    assert (row["algorithm"], row["estimator"], row["cv"]) == (
        "NASClassifier",
        "sklearn_automl.ChainSpace",
        "holdout, 1 folds",
    )
    assert (row["task"], row["n_samples"], row["n_features"], row["n_classes"]) == (
        "classification",
        60,
        4,
        2,
    )
    assert (row["resource"], row["amount"], row["n_folds"]) == ("max_epochs", 1, 1)
    assert row["params"]["sklearn_automl.ChainSpace:layer_1_width"] == "16"


def test_a_regressor_is_remembered(history):
    tiny_regressor(history=history, refit=False, max_epochs=1).fit(X, X[:, 0])
    assert history.to_frame()["task"].unique().tolist() == ["regression"]


@pytest.mark.parametrize(
    ("inputs", "task", "n_features"),
    [
        (SEQUENCES, "classification of sequences", 16),
        (IMAGES, "classification of images", 16),
    ],
)
def test_the_kind_of_input_is_remembered(inputs, task, n_features, history):
    search(history, search_space=ChainSpace(n_layers=(1, 1), widths=[4])).fit(inputs, Y)
    row = history.to_frame().iloc[0]
    assert (row["task"], row["n_features"]) == (task, n_features)


def test_the_data_are_recognised_when_they_are_to_be_forgotten(history):
    search(history).fit(X, Y)
    assert history.forget(X=X, y=Y) == 1


def test_a_space_is_forgotten_by_its_class(history):
    search(history).fit(X, Y)
    assert history.forget(estimator=ChainSpace) == 1


def test_scores_with_shared_weights_are_not_remembered(history):
    estimation = OneShot(n_epochs=1, n_best=1, n_random=1)
    model = search(history, estimation=estimation, search_space=SHARED, n_trials=6)
    model.fit(X, Y)
    n_trained = np.count_nonzero(model.cv_results_["n_resources"])
    assert len(history.to_frame()) == n_trained < len(model.cv_results_["params"])


# ---- what is suggested -------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_best_architecture_comes_after_the_reference(strategy, history):
    best = leave(history)
    model = search(history, strategy=strategy, n_trials=4).fit(X, Y)
    assert origins(model) == ["reference", "history", "sampler", "sampler"]
    assert model.cv_results_["params"][1] == best


@pytest.mark.parametrize("estimation", ["hyperband", "asha", "learning_curve"])
def test_rungs_begin_with_it(estimation, history):
    best = leave(history)
    model = search(history, estimation=estimation, n_trials=4, max_epochs=4).fit(X, Y)
    results = model.cv_results_
    taken = [p for p, o in zip(results["params"], origins(model), strict=True)
             if o == "history"]  # fmt: skip
    assert taken
    assert all(params == best for params in taken)
    assert results["trial_id"][results["origin"] == "history"].tolist()[0] == 1


@pytest.mark.parametrize(("n_trials", "n_taken"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_a_third_of_the_trials_is_taken_at_most(n_trials, n_taken, history):
    decisions = SPACE.bind((4,)).decisions
    for seed in (1, 2, 3):
        best = decisions.sample(np.random.default_rng(seed))
        leave(history, data_set(seed), best=best)
    model = search(history, n_trials=n_trials).fit(X, Y)
    assert origins(model).count("history") == n_taken


def test_the_reference_is_not_tried_twice(history):
    reference = search(n_trials=1).fit(X, Y).cv_results_["params"][0]
    leave(history, best=reference)
    model = search(history, n_trials=4).fit(X, Y)
    assert origins(model) == ["reference", "sampler", "sampler", "sampler"]


def test_the_reference_is_not_taken(history):
    reference = SPACE.bind((4,)).reference()
    other = leave(history, data_set(2))
    leave(history, best=reference)
    # The strategy would not try it again either.
    assert taken(history, initial=[reference]) == [other]
    assert reference in taken(history)


def test_the_reference_takes_no_place_of_the_others(history):
    reference = SPACE.bind((4,)).reference()
    other = leave(history, data_set(2))
    leave(history, best=reference)
    # One place, and what would be taken first is tried anyway.
    assert taken(history, n_trials=3) == [reference]
    assert taken(history, initial=[reference], n_trials=3) == [other]


def test_the_same_data_give_more_than_one(history):
    leave(history, data=(X, Y))
    model = search(history, n_trials=6).fit(X, Y)
    assert origins(model)[:3] == ["reference", "history", "history"]


def test_widths_move_to_the_nearest_and_layers_that_are_not_there_are_left_out(history):
    leave(history, search_space=ChainSpace(n_layers=(2, 2), widths=[16, 64, 70]))
    narrow = ChainSpace(n_layers=(1, 1), widths=[20, 200, 90], dropouts=[0.0])
    model = search(history, search_space=narrow, n_trials=4).fit(X, Y)
    (place,) = np.flatnonzero(model.cv_results_["origin"] == "history")
    params = model.cv_results_["params"][place]
    assert params["layer_1_width"] in (20, 90)
    assert not any(name.startswith("layer_2") for name in params)


def test_networks_that_are_too_large_are_not_taken(history):
    space = ChainSpace(n_layers=(2, 2), widths=[8, 16, 512], dropouts=[0.0])
    small = {**space.bind((4,)).reference(), "layer_1_width": 8, "layer_2_width": 16}
    large = {**small, "layer_1_width": 512, "layer_2_width": 512}
    leave(history, search_space=space, best=small)
    leave(history, data_set(2), search_space=space, best=large)
    model = search(history, search_space=space, n_trials=6, max_params=2_000)
    assert large not in model.fit(X, Y).cv_results_["params"]
    assert "history" in origins(model)


def test_networks_that_are_too_large_are_left_to_other_searches(history):
    space = ChainSpace(n_layers=(2, 2), widths=[8, 16, 512], dropouts=[0.0])
    small = {**space.bind((4,)).reference(), "layer_1_width": 8, "layer_2_width": 16}
    large = {**small, "layer_1_width": 512, "layer_2_width": 512}
    leave(history, search_space=space, best=small)
    leave(history, data_set(2), search_space=space, best=large)
    # The strategy would not try it either.
    within = taken(history, space, max_params=2_000)
    assert small in within
    assert large not in within
    assert large in taken(history, space)


def test_own_modules_match_by_their_decisions(history):
    space = ModuleSpace(Layers, width=[4, 8, 16])
    best = leave(history, search_space=space)
    model = search(history, search_space=space, n_trials=3).fit(X, Y)
    assert origins(model).count("history") == 1
    assert model.cv_results_["params"][0] == best


# ---- where there is no match -------------------------------------------------------


FEW_LAYERS = ChainSpace(n_layers=(1, 2), widths=[8, 16])


@pytest.mark.parametrize(
    "past",
    [
        {"search_space": MultiBranchSpace(n_layers=(2, 2), widths=[8, 16])},
        {"search_space": ModuleSpace(Layers, width=[4, 8, 16, 32])},
        {"data": (IMAGES, Y), "search_space": FEW_LAYERS},
        {"data": (SEQUENCES, Y), "search_space": FEW_LAYERS},
    ],
)
def test_without_a_match_nothing_differs(past, history):
    leave(history, **past)
    params = {"n_trials": 4, "refit": True}
    with_it, alone = search(history, **params), search(**params)
    assert equal_but_for_times(
        with_it.fit(X, Y).cv_results_, alone.fit(X, Y).cv_results_
    )
    np.testing.assert_array_equal(with_it.predict_proba(X), alone.predict_proba(X))


def test_regressions_do_not_match_classifications(history):
    leave(history)
    model = tiny_regressor(history=history, refit=False, max_epochs=1, n_trials=4)
    assert "history" not in origins(model.fit(X, X[:, 0]))


@pytest.mark.parametrize(
    "params",
    [
        {"strategy": DARTS(n_epochs=1)},
        {"estimation": OneShot(n_epochs=1, n_best=1, n_random=1)},
    ],
)
def test_a_supernet_takes_nothing(params, history):
    space = ChainSpace(n_layers=(2, 2), widths=[8], activations=["relu", "gelu"])
    leave(history, search_space=space)
    model = search(history, search_space=space, n_trials=4, **params).fit(X, Y)
    assert "history" not in origins(model)
    assert len(history) == 2


# ---- the file ----------------------------------------------------------------------


def test_a_file_that_is_no_history_is_refused_before_training(tmp_path, monkeypatch):
    file = tmp_path / "notes.txt"
    file.write_text("something else, and long enough to be read as a header" * 20)
    monkeypatch.setattr("sklearn_automl.nas._base.ArchitectureSearch", None)
    with pytest.raises(HistoryError, match=r"notes\.txt"):
        search(file).fit(X, Y)


def test_one_file_for_both_is_refused(tmp_path):
    file = str(tmp_path / "both")
    with pytest.raises(ValueError, match="same file"):
        search(file, checkpoint=file).fit(X, Y)


def test_a_search_that_cannot_be_remembered_keeps_its_results(history, monkeypatch):
    monkeypatch.setattr(SearchHistory, "add", lambda *_: 1 / 0)
    model = search(history)
    with pytest.warns(SearchWarning, match="not in its history: ZeroDivisionError"):
        model.fit(X, Y)
    assert len(model.cv_results_["params"]) == 2


def test_what_cannot_be_read_is_a_warning(history, monkeypatch):
    monkeypatch.setattr(Memory, "_read", lambda *_: 1 / 0)
    model = search(history, n_trials=3)
    with pytest.warns(SearchWarning, match="Nothing was taken from"):
        model.fit(X, Y)
    assert "history" not in origins(model)


def test_a_search_that_goes_on_keeps_what_it_had_taken(history, tmp_path):
    leave(history)
    params = {"n_trials": 3, "checkpoint": tmp_path / "checkpoint"}
    first = search(history, **params).fit(X, Y)
    assert "history" in origins(first)
    other = SPACE.bind((4,)).decisions.sample(np.random.default_rng(7))
    leave(history, (X, Y), best=other)
    anew = search(SearchHistory(copied(history, tmp_path)), n_trials=4).fit(X, Y)
    assert anew.cv_results_["params"][1] == other != first.cv_results_["params"][1]
    n_before = len(history)
    second = search(history, **{**params, "n_trials": 4}).fit(X, Y)
    assert second.cv_results_["params"][:3] == first.cv_results_["params"]
    assert origins(second)[:3] == origins(first)
    assert len(history) == n_before  # it replaces what it left before


def test_what_was_taken_survives_as_text():
    space = SPACE.bind((4,)).decisions
    configs = [space.sample(np.random.default_rng(seed)) for seed in range(5)]
    taken = Taken.of(space, configs)
    assert Taken.of_text(space, taken.text) == taken
    assert Taken.of_text(space, Taken.of(space, []).text) == Taken()


# ---- the parameter -----------------------------------------------------------------


def test_a_file_of_a_model_has_no_history(history, tmp_path):
    model = search(history.path, refit=True).fit(X, Y)
    model.save(tmp_path / "model.zip")
    assert NASClassifier.load(tmp_path / "model.zip").history is None


def test_an_estimator_with_a_history_can_be_cloned(history):
    copy = clone(search(history))
    copy.fit(X, Y)
    assert len(history) == 1
