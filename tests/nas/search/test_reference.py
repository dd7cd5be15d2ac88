"""The first trial of a search: a network that people made by hand."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris

pytest.importorskip("torch")
from sklearn_automl import NASClassifier
from sklearn_automl.nas import ChainSpace, ModuleSpace
from sklearn_automl.nas.estimation import LowFidelity, OneShot
from sklearn_automl.nas.networks import TrialClassifier
from sklearn_automl.nas.search import time_limit
from sklearn_automl.nas.strategies import DARTS
from tests.nas.own_modules import Layers
from tests.nas.tiny import SHARED, SPACE, tiny_classifier, tiny_regressor

ESTIMATIONS = {
    "full": {"estimation": "full"},
    "hyperband": {"estimation": "hyperband"},
    "asha": {"estimation": "asha"},
    "rows": {"estimation": LowFidelity(resource="n_samples"), "max_epochs": 2},
    "learning_curve": {"estimation": "learning_curve"},
    "one_shot": {"estimation": OneShot(n_epochs=1), "search_space": SHARED},
    "darts": {"strategy": DARTS(n_epochs=1), "search_space": SHARED},
}


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def reference_of(model):
    space = model.search_space.bind(model.input_shape_)
    return space.architecture(space.reference())


# What is predicted makes no difference to an estimation: numbers with one of them.
@pytest.mark.parametrize(
    ("make", "estimation"),
    [*((tiny_classifier, name) for name in ESTIMATIONS), (tiny_regressor, "hyperband")],
)
def test_the_first_trial_is_the_reference_and_it_is_trained_in_full(
    iris, make, estimation
):
    params = {"n_trials": 4, "max_epochs": 3, **ESTIMATIONS[estimation]}
    model = make(**params, refit=False, batch_size=150).fit(*iris)
    results = model.cv_results_
    own = np.flatnonzero(results["trial_id"] == 0)
    assert own.tolist() == [0]
    assert results["architecture"][0] == reference_of(model)
    assert results["n_resources"][0] == max(results["n_resources"])
    assert model.reference_score_ == results["mean_test_score"][0]
    assert list(map(str, results["architecture"])).count(str(reference_of(model))) == 1


class Unlike:
    """A score that says how far the size of a network is from one; or how near."""

    def __init__(self, n_parameters, sign):
        self.n_parameters, self.sign = n_parameters, sign

    def __call__(self, net, X, y):
        n = sum(p.numel() for p in net.module_.parameters())
        return self.sign * float(abs(n - self.n_parameters))


@pytest.fixture(scope="module")
def size_of_reference(iris):
    """Return a function of a space that counts the parameters of its reference."""
    sizes = {}

    def size(space):
        if space not in sizes:
            params = {"search_space": space, "n_trials": 1, "max_epochs": 1}
            model = tiny_classifier(**params, refit=False).fit(*iris)
            sizes[space] = model.cv_results_["n_parameters"][0]
        return sizes[space]

    return size


# That others can be better is no matter of what most of them do with the reference.
@pytest.mark.parametrize(
    ("estimation", "sign"),
    [
        *((name, -1) for name in ESTIMATIONS),
        *((name, 1) for name in ("full", "hyperband", "one_shot")),
        *(
            pytest.param(name, 1, marks=pytest.mark.slow)
            for name in ("asha", "rows", "learning_curve", "darts")
        ),
    ],
)
def test_the_best_is_never_below_the_reference(
    iris, size_of_reference, estimation, sign
):
    params = {
        "n_trials": 4,
        "max_epochs": 3,
        "batch_size": 150,
        **ESTIMATIONS[estimation],
    }
    scoring = Unlike(size_of_reference(params.get("search_space", SPACE)), sign)
    model = tiny_classifier(**params, scoring=scoring, refit=False).fit(*iris)
    assert model.reference_score_ == 0
    results = model.cv_results_
    is_whole = results["n_resources"] == max(results["n_resources"])
    assert model.best_score_ == max(results["mean_test_score"][is_whole])
    # With one sign all others are worse than the reference, else some are better.
    assert (model.best_score_ > 0) == (sign == 1)


@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize("estimation", ["full", "hyperband"])
def test_its_score_is_that_of_all_folds(iris, estimation, cv):
    params = {"estimation": estimation, "n_trials": 2, "max_epochs": 3}
    model = tiny_classifier(**params, cv=cv, refit=False)
    results = model.fit(*iris).cv_results_
    folds = [results[f"split{i}_test_score"][0] for i in range(model.n_splits_)]
    assert len(folds) == (cv or 1)
    assert model.reference_score_ == pytest.approx(np.mean(folds))


@pytest.mark.parametrize("estimation", ["full", "hyperband", "learning_curve"])
def test_it_is_the_only_one_if_there_is_one_trial(iris, estimation):
    model = tiny_classifier(estimation=estimation, n_trials=1, max_epochs=3).fit(*iris)
    assert model.n_trials_ == 1
    assert model.best_architecture_ == reference_of(model)
    assert model.reference_score_ == model.best_score_


@pytest.mark.parametrize("estimation", ["full", "hyperband"])
def test_a_reference_that_is_too_large_is_left_out(iris, estimation, size_of_reference):
    params = {"estimation": estimation, "n_trials": 4, "max_epochs": 3, "refit": False}
    limit = int(size_of_reference(SPACE))
    kept = tiny_classifier(**params, max_params=limit).fit(*iris)
    assert kept.cv_results_["architecture"][0] == reference_of(kept)
    model = tiny_classifier(**params, max_params=limit - 1).fit(*iris)
    assert model.reference_score_ is None
    assert reference_of(model) not in model.cv_results_["architecture"]
    assert model.n_trials_ == 4


class Without(ChainSpace):
    """A space that names no reference."""

    def reference(self):
        return None


@pytest.mark.parametrize("estimation", ["full", "hyperband"])
@pytest.mark.parametrize(
    "space",
    [Without(widths=[8, 16]), ModuleSpace(Layers, width=[4, 8, 16], depth=[1, 2])],
)
def test_a_space_can_have_no_reference(iris, space, estimation):
    model = tiny_classifier(
        search_space=space, estimation=estimation, n_trials=3, max_epochs=3
    ).fit(*iris)
    assert model.reference_score_ is None
    assert (model.n_trials_, model.score(*iris) > 0.7) == (3, True)
    # The first trial is one of the others, which begin with few epochs.
    first = model.cv_results_["n_resources"][0]
    assert first == (1 if estimation == "hyperband" else 3)


class FailsFirst:
    """A score that networks of the size of the reference do not have."""

    def __call__(self, net, X, y):
        if sum(p.numel() for p in net.module_.parameters()) == self.n_parameters:
            raise ValueError("not this one")
        return 1.0


@pytest.mark.parametrize("estimation", ["full", "hyperband"])
def test_a_reference_that_fails_has_no_score(iris, estimation, size_of_reference):
    params = {"estimation": estimation, "n_trials": 4, "max_epochs": 3, "refit": False}
    scoring = FailsFirst()
    scoring.n_parameters = size_of_reference(SPACE)
    with pytest.warns(UserWarning, match="were not completed"):
        model = tiny_classifier(**params, scoring=scoring).fit(*iris)
    assert model.cv_results_["status"][0] == "failed"
    assert model.reference_score_ is None
    assert model.best_score_ == 1.0


class Wrong(ChainSpace):
    """A space whose reference is not in it."""

    def reference(self):
        return {"n_layers": 99}


def test_a_reference_that_is_not_in_the_space_is_named(iris):
    model = tiny_classifier(search_space=Wrong())
    with pytest.raises(
        ValueError, match=r"reference\(\) of Wrong=.* not in the search"
    ):
        model.fit(*iris)


def test_it_does_not_depend_on_the_seed(iris):
    models = [tiny_classifier(random_state=seed).fit(*iris) for seed in (1, 2)]
    first, second = (model.cv_results_["architecture"] for model in models)
    assert first[0] == second[0]
    assert first != second


def test_its_score_is_saved(iris, tmp_path):
    model = tiny_classifier(n_trials=1, max_epochs=1).fit(*iris)
    model.save(tmp_path / "model")
    assert (
        NASClassifier.load(tmp_path / "model").reference_score_
        == model.reference_score_
    )


def test_a_longer_search_goes_on_after_the_reference(iris, tmp_path):
    params = {"max_epochs": 3, "search_space": SPACE}
    path = tmp_path / "search.db"
    short = tiny_classifier(**params, n_trials=3, checkpoint=path).fit(*iris)
    longer = tiny_classifier(**params, n_trials=6, checkpoint=path).fit(*iris)
    assert longer.reference_score_ == short.reference_score_
    assert longer.cv_results_["start_time"][0] == short.cv_results_["start_time"][0]


@pytest.fixture
def deadlines(monkeypatch):
    """When each training was to end, in seconds of a clock that stands still."""
    clock = SimpleNamespace(time=lambda: 0.0, perf_counter=time.perf_counter)
    monkeypatch.setattr(time_limit, "time", clock)
    noted = []

    def fit(net, X, y=None, **params):
        noted.append(net.deadline)
        return original(net, X, y, **params)

    original = TrialClassifier.fit
    monkeypatch.setattr(TrialClassifier, "fit", fit)
    return noted


@pytest.mark.parametrize("estimation", ["full", "hyperband", "learning_curve"])
def test_it_has_half_of_the_time_of_a_search_at_most(iris, estimation, deadlines):
    tiny_classifier(estimation=estimation, n_trials=4, time_limit=10**4).fit(*iris)
    assert deadlines[0] == pytest.approx(3_000, abs=60)
    assert deadlines[1:]
    assert deadlines[1:] == pytest.approx([6_000] * len(deadlines[1:]), abs=60)


def test_it_has_all_of_the_time_if_it_is_alone(iris, deadlines):
    tiny_classifier(n_trials=1, time_limit=10**4).fit(*iris)
    assert deadlines == [pytest.approx(6_000, abs=60)]


def test_it_has_no_deadline_without_a_time_limit(iris, deadlines):
    tiny_classifier(n_trials=2).fit(*iris)
    assert deadlines == [None, None]


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_it_leaves_time_to_other_trials(iris):
    # No training would end in hours.
    limits = {"max_epochs": 10**8, "time_limit": 1.0, "refit": False}
    assert tiny_classifier(n_trials=3, **limits).fit(*iris).n_trials_ > 1
