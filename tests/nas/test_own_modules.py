"""Modules of a user's own: `build` of a space is what trains, everywhere."""

import pickle

import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from sklearn_automl import NASClassifier, NASRegressor  # noqa: E402
from sklearn_automl.nas import (  # noqa: E402
    Architecture,
    ArchitectureClassifier,
    ArchitectureRegressor,
    ChainSpace,
    ModuleSpace,
    Node,
)
from sklearn_automl.nas.strategies import Evolution  # noqa: E402
from tests.nas.own_modules import BACKBONE, Layers, OnBackbone, Sum, Wide  # noqa: E402
from tests.nas.test_persistence import rewritten  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

X, y = load_iris(return_X_y=True)
CHAIN = {"n_layers": (1, 2), "widths": [8, 16]}


class NoteModules:
    """A score that tells which modules were trained."""

    def __init__(self):
        self.seen = []

    def __call__(self, net, X, y):
        self.seen.append(net.module_)
        return float(np.mean(net.predict(X) == y))


# tests/nas/test_combinations.py has more of them, with a space of modules of one's own.
# What builds a module knows nothing of what is in it: the second space is there once.
PAIRS = [
    ("random", "full"),
    ("evolution", "hyperband"),
    ("bayesian", "asha"),
    ("reinforce", "learning_curve"),
]


@pytest.mark.parametrize(
    ("space", "strategy", "estimation"),
    [
        *((OnBackbone(**CHAIN), *pair) for pair in PAIRS),
        (Wide(**CHAIN), *PAIRS[0]),
        *(pytest.param(Wide(**CHAIN), *p, marks=pytest.mark.slow) for p in PAIRS[1:]),
    ],
)
def test_what_build_returns_is_trained(space, strategy, estimation):
    scoring = NoteModules()
    search = tiny_classifier(
        search_space=space,
        strategy=strategy,
        estimation=estimation,
        n_trials=3,
        max_epochs=3,
        scoring=scoring,
    )
    search.fit(X, y)
    kind = type(space.bind((4,)).build(search.best_architecture_, 3))
    assert scoring.seen
    assert {type(module) for module in scoring.seen} == {kind}
    assert type(search.best_estimator_.module_) is kind


def test_frozen_parameters_stay_as_they_are():
    search = tiny_classifier(search_space=OnBackbone(**CHAIN), max_epochs=6).fit(X, y)
    backbone, _ = search.best_estimator_.module_
    assert torch.equal(backbone[0].weight, BACKBONE[0].weight)
    assert search.score(X, y) > 0.8
    search.partial_fit(X, y)
    assert torch.equal(backbone[0].weight, BACKBONE[0].weight)
    n = sum(p.numel() for p in search.best_estimator_.module_.parameters())
    assert search.search_results_["n_parameters"][search.best_index_] == n


def test_children_inherit_and_the_frozen_part_stays():
    strategy = Evolution(population_size=2, inherit_weights=True)
    search = tiny_classifier(
        search_space=OnBackbone(**CHAIN), strategy=strategy, n_trials=4, max_epochs=2
    ).fit(X, y)
    assert torch.equal(search.best_estimator_.module_[0][0].weight, BACKBONE[0].weight)


def test_a_module_standardises_by_its_own_method():
    search = tiny_classifier(search_space=Wide(**CHAIN), max_epochs=6)
    search.fit(X * 1e4 + 1e6, y)
    assert isinstance(search.best_estimator_.module_, Sum)
    assert search.score(X * 1e4 + 1e6, y) > 0.8


def test_numbers_are_predicted_by_modules_of_ones_own():
    X, y = make_regression(100, 4, random_state=0)
    for space in (OnBackbone(**CHAIN), ModuleSpace(Layers, width=[8, 16])):
        model = tiny_regressor(search_space=space, n_trials=1, max_epochs=8, lr=0.1)
        search = model.fit(X, 1e3 * y)
        assert search.score(X, 1e3 * y) > 0.7


@pytest.mark.parametrize("shape", [(1, 6), (1, 6, 6)])
def test_modules_for_sequences_and_images(shape):
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    data = rng.normal(size=(40, *shape)) + 3 * labels.reshape(-1, *[1] * len(shape))
    space = ModuleSpace(Layers, width=[8, 16])
    search = tiny_classifier(search_space=space, max_epochs=4)
    assert search.fit(data, labels).score(data, labels) > 0.8


def test_the_same_seed_gives_the_same_module():
    space = ModuleSpace(Layers, depth=[1, 2], dropout=uniform(0, 0.5))
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    a, b = (tiny_classifier(search_space=space).fit(X, y) for _ in range(2))
    assert a.best_architecture_ == b.best_architecture_
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.workers
def test_workers_build_them_too():
    space = ModuleSpace(Layers, depth=[1, 2, 3], activation=[nn.ReLU, nn.GELU])
    one, two = (
        tiny_classifier(search_space=space, n_trials=3, n_jobs=n).fit(X, y)
        for n in (1, 2)
    )
    assert (two.search_results_["status"] == "completed").all()
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_networks_can_be_limited_in_size():
    space = ModuleSpace(Layers, depth=[1, 2, 3], width=[4, 8, 16, 32])
    search = tiny_classifier(search_space=space, n_trials=4, max_params=100).fit(X, y)
    assert max(search.search_results_["n_parameters"]) <= 100


@pytest.mark.parametrize(
    "space",
    [
        ModuleSpace(Layers, depth=[1, 2]),
        OnBackbone(n_layers=(2, 2), widths=[8]),  # as a ChainSpace it could share
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        {"strategy": "darts"},
        {"strategy": "enas"},
        {"strategy": "random_ws"},
        {"strategy": "random", "estimation": "one_shot"},
    ],
)
def test_what_shares_weights_refuses_them(space, options):
    with pytest.raises(
        ValueError, match=f"{type(space).__name__} cannot share weights"
    ):
        tiny_classifier(search_space=space, **options).fit(X, y)


def test_reinforce_needs_lists():
    space = ModuleSpace(Layers, dropout=uniform(0, 0.5))
    with pytest.raises(ValueError, match=r"'dropout'.*has no list of values"):
        tiny_classifier(search_space=space, strategy="reinforce").fit(X, y)


def test_build_must_return_a_module():
    class Wrong(ChainSpace):
        def build(self, architecture, n_outputs):
            return "network"

    with pytest.raises(ValueError, match=r"build of Wrong returned 'network'"):
        tiny_classifier(search_space=Wrong(**CHAIN)).fit(X, y)


# ---- alone -----------------------------------------------------------------------

ARCHITECTURE = Architecture((Node.of("layer_1", "dense", "input", width=16),))


def test_an_architecture_is_trained_alone():
    net = ArchitectureClassifier(architecture=ARCHITECTURE, max_epochs=20, lr=0.02)
    assert net.fit(X, y).score(X, y) > 0.9
    # Another fit has data of another shape.
    assert clone(net).fit(X[:, :2], y == 1).predict_proba(X[:, :2]).shape == (150, 2)
    assert net.fit(X[:, :2], y).predict_proba(X[:, :2]).shape == (150, 3)


def test_the_best_architecture_is_trained_alone_as_in_the_search():
    search = tiny_classifier().fit(X, y)
    best = search.best_estimator_
    net = ArchitectureClassifier(
        architecture=search.best_architecture_,
        max_epochs=2,
        lr=0.02,
        optimizer__weight_decay=1e-4,
        criterion__label_smoothing=0.1,
        random_state=best.random_state,
    ).fit(X, y)
    np.testing.assert_array_equal(net.predict_proba(X), best.predict_proba(X))


@pytest.mark.parametrize("n_targets", [None, 1, 3])
def test_an_architecture_predicts_numbers_alone(n_targets):
    X, y = make_regression(100, 4, n_targets=n_targets or 1, random_state=0)
    y = y.reshape((100, n_targets) if n_targets else 100)
    net = ArchitectureRegressor(architecture=ARCHITECTURE, max_epochs=10, lr=0.1)
    assert net.fit(X, y).predict(X).shape == y.shape
    assert net.score(X, y) > 0.7


@pytest.mark.parametrize(
    "space", [OnBackbone(**CHAIN), ModuleSpace(Layers, activation=[nn.ReLU, nn.GELU])]
)
def test_an_architecture_of_own_modules_is_trained_alone(space):
    architecture = tiny_classifier(search_space=space).fit(X, y).best_architecture_
    net = ArchitectureClassifier(space, architecture=architecture, max_epochs=2)
    expected = type(space.bind((4,)).build(architecture, 3))
    assert type(net.fit(X, y).module_) is expected


def test_another_architecture_makes_another_network():
    net = ArchitectureClassifier(architecture=ARCHITECTURE, max_epochs=1).fit(X, y)
    wider = Architecture((Node.of("layer_1", "dense", "input", width=32),))
    net.set_params(architecture=wider)
    assert net.partial_fit(X, y).module_.output.in_features == 32


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="has no architecture: pass one"):
        ArchitectureClassifier().fit(X, y)
    with pytest.raises(ValueError, match=r"shape of the data yet.*module__input_shape"):
        ArchitectureClassifier(architecture=ARCHITECTURE).initialize()


# ---- files -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "space",
    [
        OnBackbone(**CHAIN),
        ModuleSpace(Layers, activation=[nn.ReLU, nn.GELU], depth=[1, 2], width=4),
        ModuleSpace(Layers, dropout=uniform(0, 0.5), standardize=False),
    ],
)
def test_what_was_saved_predicts_and_learns_the_same(space, tmp_path):
    search = tiny_classifier(search_space=space, n_trials=1, max_epochs=6).fit(X, y)
    search.save(tmp_path / "model")
    for again in (
        NASClassifier.load(tmp_path / "model"),
        pickle.loads(pickle.dumps(search)),
    ):
        np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))
        again.set_params(max_epochs=3).partial_fit(X, y)
        assert again.score(X, y) > 0.8


class Elsewhere(Layers):
    """A module whose name is taken away."""


def test_a_class_that_is_not_imported_is_named(tmp_path, monkeypatch):
    search = tiny_classifier(search_space=ModuleSpace(Elsewhere), n_trials=1)
    search.fit(X, y).save(tmp_path / "model")
    monkeypatch.delattr(f"{__name__}.Elsewhere")
    with pytest.raises(
        ValueError, match=r"class Elsewhere of the module.*import tests"
    ):
        NASClassifier.load(tmp_path / "model")


def test_a_class_of_a_function_cannot_be_saved(tmp_path):
    class Local(Layers):
        pass

    search = tiny_classifier(search_space=ModuleSpace(Local, depth=[1, 2])).fit(X, y)
    with pytest.raises(ValueError, match=r"Local cannot be saved.*inside a function"):
        search.save(tmp_path / "model")


def test_an_object_among_the_arguments_cannot_be_saved(tmp_path):
    space = ModuleSpace(Layers, activation=nn.PReLU(), depth=[1, 2])
    search = tiny_classifier(search_space=space).fit(X, y)
    with pytest.raises(ValueError, match=r"activation of ModuleSpace cannot be saved"):
        search.save(tmp_path / "model")


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "builtins:dict", "torch:load"]
)
def test_a_file_names_no_other_code(name, tmp_path):
    search = tiny_classifier(
        search_space=OnBackbone(**CHAIN), n_trials=1, max_epochs=1
    ).fit(X, y)
    space = {"class": name, "params": {}}
    rewritten(search, tmp_path / "model", space=space)
    with pytest.raises(
        ValueError, match=r"is not a class that such a file can contain"
    ):
        NASClassifier.load(tmp_path / "model")


def test_losses_and_optimizers_are_saved_by_name(tmp_path):
    X, y = make_regression(50, 4, random_state=0)
    options = {"criterion": nn.HuberLoss, "criterion__delta": 0.5}
    search = tiny_regressor(optimizer=torch.optim.RMSprop, **options).fit(X, y)
    search.save(tmp_path / "model")
    again = NASRegressor.load(tmp_path / "model")
    assert again.criterion is nn.HuberLoss
    assert again.best_estimator_.criterion_.delta == 0.5
    assert type(again.best_estimator_.optimizer_) is torch.optim.RMSprop


# ---- inputs that are far from zero -----------------------------------------------


@pytest.mark.parametrize("space", [ModuleSpace(Layers, width=[8, 16]), Wide(**CHAIN)])
@pytest.mark.parametrize(
    "offset",
    [pytest.param(5e3, marks=pytest.mark.slow), np.array([0, 1e4, -3e3, 5.0])],
)
def test_offsets_do_not_matter(space, offset):
    near, far = (
        tiny_classifier(search_space=space, n_trials=1).fit(data, y)
        for data in (X, X + offset)
    )
    found = far.predict_proba(X + offset)
    np.testing.assert_allclose(found, near.predict_proba(X), atol=0.02)


def test_a_module_behind_standardised_inputs_keeps_digits():
    space = ModuleSpace(Layers, width=[8, 16])
    near, far = (
        tiny_classifier(search_space=space, n_trials=1).fit(data, y)
        for data in (X, X + 1e9)
    )
    found = far.predict_proba(X + 1e9)
    np.testing.assert_allclose(found, near.predict_proba(X), atol=0.02)


class Noting(Layers):
    """Standardises its inputs itself."""

    def standardize(self, X):
        self.seen = X

    def forward(self, X):
        return super().forward((X - self.seen.mean(0)) / self.seen.std(0))


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor, np.ndarray.tolist])
def test_a_module_that_standardises_itself_gets_what_forward_gets(kind):
    net = ArchitectureClassifier(
        Noting, module__input_shape=(4,), module__n_outputs=3, max_epochs=20
    ).fit(kind(X), y)
    assert net.module_.seen.dtype == torch.float32
    np.testing.assert_allclose(net.module_.seen, X.astype("f4"))
    assert net.score(X, y) > 0.8


@pytest.mark.parametrize("space", [ModuleSpace(Layers, width=[8, 16]), Wide(**CHAIN)])
def test_modules_of_ones_own_are_trained_alone(space, tmp_path):
    whole = tiny_classifier(search_space=space).fit(X, y)
    alone = tiny_classifier(search_space=space, refit=False).fit(X, y).fit_best(X, y)
    whole.save(tmp_path / "model")
    loaded = NASClassifier.load(tmp_path / "model").set_params(lr=0.02, max_epochs=2)
    for other in (alone, loaded.fit_best(X, y)):
        found = other.predict_proba(X)
        np.testing.assert_array_equal(found, whole.predict_proba(X))
