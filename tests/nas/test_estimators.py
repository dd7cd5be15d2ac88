"""NASClassifier and NASRegressor: scikit-learn's contracts, and data of any kind."""

import pickle
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback  # noqa: E402

from sklearn_automl.exceptions import SearchWarning  # noqa: E402
from sklearn_automl.nas import ChainSpace  # noqa: E402
from sklearn_automl.nas.estimation import Full, LowFidelity  # noqa: E402
from sklearn_automl.nas.strategies import Evolution  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402
from tests.sklearn_checks import parametrize_with_distinct_checks  # noqa: E402

# The rows of a batch are drawn: two copies of a row can be in two batches, and a row
# with the weight 2 is in one.
BATCHES = "weights are equivalent to copies of rows only without batches"


@parametrize_with_distinct_checks(
    tiny_classifier(n_trials=1, search_epochs=1, max_epochs=5, lr=0.04),
    tiny_regressor(n_trials=1, search_epochs=1, max_epochs=10),
    expected_failures={
        "check_sample_weight_equivalence_on_dense_data": BATCHES,
        "check_sample_weight_equivalence_on_sparse_data": BATCHES,
    },
    # Another check has the same path: the one for arrays, or for float32 in a file.
    slow={
        "check_estimator_sparse_matrix()",
        "check_sample_weight_equivalence_on_sparse_data()",
        "check_classifiers_train(readonly_memmap=True)",
        "check_regressors_train(readonly_memmap=True)",
    },
)
@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def fitted(iris):
    return tiny_classifier(max_epochs=6).fit(*iris)


def images(n=40):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 1, 8, 8)) + 2 * y[:, None, None, None], y


def sequences(n=40):
    X, y = images(n)
    return X.reshape(n, 2, 32), y


# ---- what fit makes --------------------------------------------------------------


def test_fitted_attributes(fitted, iris):
    X, y = iris
    assert fitted.score(X, y) > 0.8
    assert fitted.n_trials_ == 2
    assert fitted.stop_reason_ == "completed"
    assert fitted.input_shape_ == (4,)
    assert fitted.classes_.tolist() == sorted(set(y))
    assert len(fitted.history_) == 6
    assert fitted.history_[-1]["train_loss"] < fitted.history_[0]["train_loss"]
    assert fitted.best_estimator_.module_.training is False


def test_results_have_a_row_for_each_evaluation(fitted):
    results = fitted.search_results_
    assert {len(column) for column in results.values()} == {2}
    best = fitted.best_index_
    assert results["rank_test_score"][best] == 1
    assert results["mean_test_score"][best] == fitted.best_score_
    assert results["architecture"][best] == fitted.best_architecture_
    assert list(results["n_resources"]) == [6, 6]
    n = sum(p.numel() for p in fitted.best_estimator_.module_.parameters())
    assert results["n_parameters"][best] == n


# How each space is built for images is in tests/nas/space.
@pytest.mark.parametrize(
    ("search_space", "make"),
    [
        ("auto", images),
        ("auto", sequences),
        ("chain", images),
        ("multi_branch", images),
        ("cell", sequences),
        pytest.param("cell", images, marks=pytest.mark.slow),
    ],
)
def test_inputs_with_axes(search_space, make):
    X, y = make()
    model = tiny_classifier(search_space=search_space, max_epochs=1, n_trials=1)
    model.fit(X, y)
    assert model.input_shape_ == X.shape[1:]
    assert model.n_features_in_ == X.shape[1]
    assert model.predict(X).shape == (40,)
    with pytest.raises(ValueError, match=r"inputs of the shape .* was fitted on"):
        model.predict(X[..., :-1])


def test_tensors_of_half_precision_are_taken(iris):
    X = torch.tensor(iris[0])
    for dtype in (torch.bfloat16, torch.float16):
        model = tiny_classifier(n_trials=1).fit(X.to(dtype), iris[1])
        assert model.score(X.to(dtype), iris[1]) > 0.8


def test_tensors_are_taken(iris):
    X, y = iris
    codes = np.unique(y, return_inverse=True)[1]
    expected = tiny_classifier().fit(X, codes).predict_proba(X)
    X, codes = torch.tensor(X, requires_grad=True), torch.tensor(codes)
    model = tiny_classifier().fit(X, codes)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_names_of_features_are_kept():
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = tiny_classifier().fit(X, y)
    assert model.feature_names_in_.tolist() == X.columns.tolist()


def test_several_targets():
    X, y = make_regression(60, 4, n_targets=2, random_state=0)
    model = tiny_regressor().fit(X, y)
    assert model.predict(X).shape == (60, 2)
    assert model.best_estimator_.module__n_outputs == 2


def test_without_refit_there_is_an_architecture_and_no_net(iris):
    model = tiny_classifier(refit=False).fit(*iris)
    assert model.best_architecture_ == tiny_classifier().fit(*iris).best_architecture_
    with pytest.raises(NotFittedError):
        model.predict(iris[0])


def test_the_final_training_has_its_own_number_of_epochs(iris):
    model = tiny_classifier(search_epochs=2, max_epochs=5).fit(*iris)
    assert set(model.search_results_["n_resources"]) == {2}
    assert len(model.history_) == 5


# ---- the world of scikit-learn ---------------------------------------------------


def test_last_step_of_a_pipeline_and_cross_validation(iris):
    pipeline = make_pipeline(StandardScaler(), tiny_classifier())
    assert cross_val_score(pipeline, *iris, cv=2).mean() > 0.8


def test_inside_a_grid_search(iris):
    search = GridSearchCV(tiny_classifier(n_trials=1), {"lr": [1e-6, 1e-2]}, cv=2)
    assert search.fit(*iris).best_params_ == {"lr": 1e-2}


def test_clone_of_objects(iris):
    model = tiny_classifier(
        strategy=Evolution(population_size=2, tournament_size=1), estimation=Full()
    )
    other = clone(model)
    assert other.strategy is not model.strategy
    assert other.fit(*iris).best_score_ == model.fit(*iris).best_score_
    assert not hasattr(model.strategy, "n_proposals")  # a clone was fitted


@pytest.mark.parametrize(
    "scoring",
    ["roc_auc_ovr", "neg_log_loss", lambda net, X, y: -net.score(X, y)],
)
def test_any_scorer(iris, scoring):
    model = tiny_classifier(scoring=scoring).fit(*iris)
    assert np.isfinite(model.best_score_)
    assert not callable(scoring) or model.best_score_ <= 0


# All other pairs are in test_combinations.py.
@pytest.mark.parametrize(
    ("strategy", "estimation"),
    [
        ("random", "learning_curve"),
        ("evolution", "full"),
        ("bayesian", "hyperband"),
        ("reinforce", "asha"),
    ],
)
def test_strategies_and_estimations(iris, strategy, estimation):
    model = tiny_classifier(
        strategy=strategy, estimation=estimation, n_trials=4, max_epochs=3, refit=False
    ).fit(*iris)
    results = model.search_results_
    assert results["n_resources"][model.best_index_] == 3
    assert len(set(results["trial_id"])) == model.n_trials_ == 4


def test_pickles_are_small_and_predict_the_same(fitted, iris):
    data = pickle.dumps(fitted)
    other = pickle.loads(data)
    X = iris[0]
    np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
    weights = sum(4 * p.numel() for p in fitted.best_estimator_.module_.parameters())
    assert len(data) < weights + 30_000
    assert not fitted.best_estimator_.optimizer_.state


def test_the_generator_of_torch_is_left_alone(iris):
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    tiny_classifier().fit(*iris).predict(iris[0])
    assert torch.equal(torch.rand(2), expected)


class CountEpochs(Callback):
    def __init__(self):
        self.n_ = 0

    def on_epoch_end(self, net, **kwargs):
        self.n_ += 1
        net.history.record("n_seen", self.n_)


def test_callbacks_are_passed_on(iris):
    model = tiny_classifier(callbacks=[CountEpochs()]).fit(*iris)
    assert "n_seen" in model.history_[-1]


# ---- progress --------------------------------------------------------------------


def test_progress_is_printed(iris, capsys):
    tiny_classifier(verbose=1).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    name = "[NASClassifier]"
    assert lines[0] == f"{name} 2 of 40 configurations, 2 evaluations:"
    assert "best so far" in lines[2]
    assert "dense to" in lines[2]
    assert lines[-3].startswith(f"{name} 2 evaluations in ")
    assert lines[-2] == f"{name} final training: 1 x 2 epochs"
    assert lines[-1].startswith(f"{name}   network 1 after ")


def test_nothing_is_printed(iris, capsys):
    tiny_classifier().fit(*iris)
    assert capsys.readouterr().out == ""


# ---- what the parameters of the training do --------------------------------------


class NoteTraining(Callback):
    """Keeps what each training of a process was like."""

    seen: ClassVar[list] = []

    def on_train_end(self, net, X=None, **kwargs):
        self.seen.append((net.optimizer_, net.n_batches_, len(X)))


@pytest.fixture
def trainings(iris):
    """All trainings of a fit, the final one last."""

    def run(**params):
        NoteTraining.seen.clear()
        params = {"max_epochs": 1, "callbacks": [NoteTraining()], **params}
        tiny_classifier(**params).fit(*iris)
        return list(zip(*NoteTraining.seen, strict=True))

    return run


@pytest.mark.parametrize(
    ("name", "optimizer", "options"),
    [
        ("adam", torch.optim.Adam, {"fused": True}),
        ("adamw", torch.optim.AdamW, {"fused": True}),
        ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_optimizer_and_weight_decay_arrive(trainings, name, optimizer, options):
    optimizers, _, _ = trainings(optimizer=name, weight_decay=0.07)
    assert len(optimizers) == 3
    assert {type(o) for o in optimizers} == {optimizer}
    for group in (group for o in optimizers for group in o.param_groups):
        assert group["weight_decay"] == 0.07
        assert group.items() >= options.items()


def test_batch_size_arrives(trainings):
    _, n_batches, _ = trainings(batch_size=5)
    assert n_batches == (24, 24, 30)  # of 120 rows, twice, and of 150


@pytest.mark.parametrize(("fraction", "n"), [(0.2, 120), (0.5, 75)])
def test_validation_rows_do_not_train(trainings, fraction, n):
    _, _, n_rows = trainings(validation_fraction=fraction)
    assert n_rows == (n, n, 150)


def test_no_network_has_more_than_max_params(iris):
    params = {"n_trials": 6, "max_epochs": 1, "strategy": "random"}
    n_all = tiny_classifier(**params).fit(*iris).search_results_["n_parameters"]
    assert n_all.max() > 120
    with pytest.warns(SearchWarning, match="no more than the 2 architectures"):
        few = tiny_classifier(**params, max_params=120).fit(*iris)
    assert few.search_results_["n_parameters"].max() <= 120
    net = few.best_estimator_.module_
    assert sum(p.numel() for p in net.parameters()) <= 120


# ---- few rows --------------------------------------------------------------------


@pytest.mark.parametrize("n", range(2, 11))
def test_few_rows(n):
    X, y = np.arange(2.0 * n).reshape(n, 2), np.arange(n) % 2
    with pytest.warns(SearchWarning) if n < 4 else np.errstate():
        model = tiny_classifier(max_epochs=2).fit(X, y)
    assert model.predict(X).shape == (n,)


def test_a_class_with_a_single_row():
    X = np.arange(60.0).reshape(30, 2)
    y = np.r_[np.arange(29) % 2, 7]
    model = tiny_classifier().fit(X, y)
    assert model.classes_.tolist() == [0, 1, 7]


# ---- what is refused -------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"strategy": "genetic"}, "'strategy' parameter of NASClassifier"),
        ({"estimation": "half"}, "'estimation' parameter of NASClassifier"),
        ({"search_space": "tree"}, "'search_space' parameter of NASClassifier"),
        ({"search_space": ChainSpace}, "'search_space' parameter .*an instance of"),
        ({"strategy": Evolution}, "'strategy' parameter .*an instance of"),
        ({"estimation": LowFidelity}, "'estimation' parameter .*an instance of"),
        ({"n_trials": 0}, "'n_trials' parameter"),
        ({"n_jobs": 0}, "'n_jobs' parameter of NASClassifier must not be 0"),
        ({"scoring": "precise"}, "'scoring' parameter"),
        ({"device": "abacus"}, r"device='abacus' cannot be used: .*\. Pass 'auto'"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"estimation": LowFidelity(factor=1)}, "factor=1 of LowFidelity"),
        ({"search_space": ChainSpace(n_layers=(3, 1))}, "n_layers"),
    ],
)
def test_parameters_that_cannot_be_used(iris, params, message):
    with pytest.raises(ValueError, match=message):
        tiny_classifier(**params).fit(*iris)


def test_one_class():
    with pytest.raises(ValueError, match="at least two classes, but y has one class"):
        tiny_classifier().fit(np.ones((5, 2)), np.ones(5))


@pytest.mark.parametrize("shape", [(5, 1, 2, 2, 2), (5, 0, 2)])
def test_shapes_that_cannot_be_used(shape):
    with pytest.raises(ValueError, match=r"X has the shape|0 feature"):
        tiny_classifier().fit(np.ones(shape), [0, 1, 0, 1, 0])


def test_no_architecture_is_small_enough(iris):
    with pytest.raises(ValueError, match="max_params=3"):
        tiny_classifier(max_params=3).fit(*iris)


# Each strategy has to give up, and each estimation to end when there is nothing to ask.
@pytest.mark.parametrize(
    ("strategy", "estimation"),
    [
        ("random", "full"),
        ("evolution", "asha"),
        ("bayesian", "learning_curve"),
        ("reinforce", "hyperband"),
    ],
)
def test_the_search_for_small_architectures_has_an_end(
    iris, monkeypatch, strategy, estimation
):
    monkeypatch.setattr("sklearn_automl.nas.search.size_limit._MAX_REFUSED", 60)
    space = ChainSpace(n_layers=(1, 4), widths=[8, 16, 32])
    assert 10_000 < space.bind((4,)).decisions.size < 1_000_000
    model = tiny_classifier(
        search_space=space, strategy=strategy, estimation=estimation, max_params=3
    )
    with pytest.raises(ValueError, match=r"of 60 that were drawn has max_params=3"):
        model.fit(*iris)


def test_a_search_that_finds_no_more_small_architectures_says_so(iris, monkeypatch):
    monkeypatch.setattr("sklearn_automl.nas.search.size_limit._MAX_REFUSED", 300)
    space = ChainSpace(n_layers=(1, 4), widths=[8, 16, 32], dropouts=[0.0])
    model = tiny_classifier(
        search_space=space, strategy="random", n_trials=5, max_epochs=1, max_params=90
    )
    with pytest.warns(SearchWarning, match=r"ended early: none of 300 .*max_params=90"):
        model.fit(*iris)
    assert 1 <= model.n_trials_ < 5
