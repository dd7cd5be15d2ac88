"""Continuation seen from outside: a trial's evaluations on the rungs of a search."""

import copy
import pickle
from typing import ClassVar

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, DictionaryLearning
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import TreeGrower
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.mixture import GaussianMixture
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.tree import BaseDecisionTree
from threadpoolctl import threadpool_limits

from sklearn_automl.execution import _continuation
from sklearn_automl.execution._continuation import (
    Memory,
    _are_equal,
    fit_from,
    locate,
    modules_of,
)
from sklearn_automl.execution._growth import growth_of
from sklearn_automl.execution._growth_base import Growth
from tests.execution.trials import (
    Trials,
    assert_same_model,
    grow,
    make_classes,
    make_numbers,
    outputs,
)


@pytest.fixture(autouse=True)
def one_thread():
    """Histograms of 80 rows are not worth several threads, if others use them."""
    with threadpool_limits(1):
        yield


ENSEMBLES = [
    (RandomForestClassifier(), "n_estimators", make_classes),
    (RandomForestRegressor(), "n_estimators", make_numbers),
    (ExtraTreesClassifier(), "n_estimators", make_classes),
    (ExtraTreesRegressor(), "n_estimators", make_numbers),
    (GradientBoostingClassifier(), "n_estimators", make_classes),
    (GradientBoostingRegressor(), "n_estimators", make_numbers),
    (HistGradientBoostingClassifier(), "max_iter", make_classes),
    (HistGradientBoostingRegressor(), "max_iter", make_numbers),
    (BaggingClassifier(), "n_estimators", make_classes),
    (BaggingRegressor(), "n_estimators", make_numbers),
]
ENSEMBLES = [(e.set_params(random_state=0), name, d) for e, name, d in ENSEMBLES]

# Options with which an ensemble draws more random numbers or looks at its past.
VARIANTS = [
    RandomForestClassifier(class_weight="balanced"),
    RandomForestClassifier(class_weight="balanced_subsample", max_samples=0.5),
    RandomForestClassifier(oob_score=True),
    ExtraTreesClassifier(bootstrap=True),
    GradientBoostingClassifier(subsample=0.5, max_features=2),
    GradientBoostingClassifier(n_iter_no_change=2, tol=0.1),
    HistGradientBoostingClassifier(min_samples_leaf=5, max_features=0.5),
    HistGradientBoostingClassifier(min_samples_leaf=5, early_stopping=True, tol=0.5),
    BaggingClassifier(max_samples=0.5, max_features=0.5, bootstrap_features=True),
    BaggingClassifier(oob_score=True),
    IsolationForest(max_samples=20),
]
VARIANTS = [e.set_params(random_state=0) for e in VARIANTS]


def name_of(value):
    return value.__name__ if callable(value) else str(value)


every_ensemble = pytest.mark.parametrize(
    ("estimator", "name", "make"), ENSEMBLES, ids=name_of
)


def parameter_of(estimator):
    is_hist = isinstance(estimator, HistGradientBoostingClassifier)
    return "max_iter" if is_hist else "n_estimators"


@every_ensemble
def test_an_ensemble_predicts_as_one_fitted_at_once(estimator, name, make, tmp_path):
    X, y = make()
    model, units = grow(tmp_path, estimator, name, X, y)
    assert_same_model(model, clone(estimator).set_params(**{name: 27}).fit(X, y), X)
    assert units == [3, 6, 18]


@every_ensemble
def test_a_pipeline_predicts_as_one_fitted_at_once(estimator, name, make, tmp_path):
    X, y = make()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", estimator)])
    name = f"model__{name}"
    model, units = grow(tmp_path, pipeline, name, X, y)
    assert_same_model(model, clone(pipeline).set_params(**{name: 27}).fit(X, y), X)
    assert units == [3, 6, 18]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB scores")
@pytest.mark.parametrize("estimator", VARIANTS, ids=str)
def test_an_option_keeps_an_ensemble_exact(estimator, tmp_path):
    X, y = make_classes()
    name = parameter_of(estimator)
    model, _ = grow(tmp_path, estimator, name, X, y)
    assert_same_model(model, clone(estimator).set_params(**{name: 27}).fit(X, y), X)


@pytest.mark.filterwarnings("error")
def test_continuing_does_not_warn_of_class_weights(tmp_path):
    forest = RandomForestClassifier(class_weight="balanced", random_state=0)
    grow(tmp_path, forest, "n_estimators", *make_classes())


@pytest.fixture
def n_trees(monkeypatch):
    """Count the trees that are fitted, for every kind of ensemble."""
    counted = []
    for owner, method in ((BaseDecisionTree, "_fit"), (TreeGrower, "grow")):
        original = getattr(owner, method)

        def counting(*args, original=original, **kwargs):
            counted.append(1)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, method, counting)
    return lambda: len(counted)


@every_ensemble
def test_each_tree_is_fitted_once(estimator, name, make, tmp_path, n_trees):
    grow(tmp_path, estimator, name, *make())
    assert n_trees() == 27


def test_sample_weights_reach_the_continued_step(tmp_path):
    X, y = make_classes()
    weight = np.linspace(0.1, 3, len(y))
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0))
    model, units = grow(
        tmp_path,
        pipeline,
        "randomforestclassifier__n_estimators",
        X,
        y,
        fit_params={"randomforestclassifier__sample_weight": weight},
    )
    Xt = StandardScaler().fit_transform(X)
    cold = RandomForestClassifier(27, random_state=0).fit(Xt, y, sample_weight=weight)
    assert_same_model(model[-1], cold, Xt)
    assert units == [3, 6, 18]


# ---- pipelines -------------------------------------------------------------------


class CountsFits(StandardScaler):
    n_fits = 0

    def fit(self, X, y=None):
        type(self).n_fits += 1
        return super().fit(X, y)


def test_transformers_are_fitted_once(tmp_path):
    class Scaler(CountsFits):
        pass

    forest = RandomForestClassifier(random_state=0)
    pipeline = Pipeline([("scale", Scaler()), ("model", forest)])
    grow(tmp_path, pipeline, "model__n_estimators", *make_classes())
    assert Scaler.n_fits == 1


def test_missing_values_do_not_stop_a_pipeline_from_continuing(tmp_path):
    X, y = make_classes()
    X[::2, 0] = np.nan
    pipeline = make_pipeline(StandardScaler(), HistGradientBoostingClassifier())
    name = "histgradientboostingclassifier__max_iter"
    _, units = grow(tmp_path, pipeline, name, X, y)
    assert units == [3, 6, 18]


def test_a_nested_pipeline_continues_its_last_step(tmp_path):
    X, y = make_classes()
    forest = RandomForestClassifier(random_state=0)
    inner = Pipeline([("reduce", PCA(3, random_state=0)), ("model", forest)])
    outer = Pipeline([("scale", StandardScaler()), ("inner", inner)])
    name = "inner__model__n_estimators"
    model, units = grow(tmp_path, outer, name, X, y)
    assert units == [3, 6, 18]
    cold = clone(outer).set_params(**{name: 27}).fit(X, y)
    np.testing.assert_allclose(outputs(model, X), outputs(cold, X))


def test_a_searched_step_is_continued(tmp_path, n_trees):
    X, y = make_classes()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", "passthrough")])
    forest = RandomForestClassifier(random_state=0)
    name = "model__n_estimators"
    model, units = grow(tmp_path, pipeline, name, X, y, params={"model": forest})
    assert units == [3, 6, 18]
    assert n_trees() == 27
    cold = clone(pipeline).set_params(model=clone(forest)).set_params(**{name: 27})
    assert_same_model(model, cold.fit(X, y), X)


def test_a_searched_step_is_not_fitted_itself(tmp_path):
    pipeline = Pipeline([("scale", StandardScaler()), ("model", "passthrough")])
    forest = RandomForestClassifier(random_state=0)
    grow(
        tmp_path,
        pipeline,
        "model__n_estimators",
        *make_classes(),
        params={"model": forest},
    )
    assert not hasattr(forest, "estimators_")
    assert forest.n_estimators == 100


@pytest.mark.parametrize("nested", [False, True])
def test_after_a_cross_fitted_transformer_all_is_fitted_anew(nested, tmp_path):
    encoder = TargetEncoder()
    if nested:
        encoder = ColumnTransformer([("encode", encoder, [0, 1, 2])])
    forest = RandomForestClassifier(random_state=0)
    pipeline = Pipeline([("encode", encoder), ("model", forest)])
    _, units = grow(tmp_path, pipeline, "model__n_estimators", *make_classes())
    assert units == [3, 9, 27]


def test_a_cross_fitted_transformer_in_a_nested_pipeline_is_found(tmp_path):
    forest = RandomForestClassifier(random_state=0)
    inner = Pipeline([("encode", TargetEncoder()), ("model", forest)])
    pipeline = Pipeline([("scale", StandardScaler()), ("inner", inner)])
    _, units = grow(tmp_path, pipeline, "inner__model__n_estimators", *make_classes())
    assert units == [3, 9, 27]


def test_after_a_transformer_that_fits_its_own_output_all_is_fitted_anew(tmp_path):
    """Its fit_transform and its transform differ, without any cross-fitting."""
    X, y = make_classes()
    learned = DictionaryLearning(3, random_state=0, max_iter=5)
    forest = RandomForestClassifier(random_state=0)
    pipeline = Pipeline([("learn", learned), ("model", forest)])
    name = "model__n_estimators"
    model, _ = grow(tmp_path, pipeline, name, X, y)
    assert_same_model(model, clone(pipeline).set_params(**{name: 27}).fit(X, y), X)


class HalfOfTheRows(Pipeline):
    """Fits on other rows than it is given, as pipelines with resamplers do."""

    def fit(self, X, y):
        return super().fit(X[::2], y[::2])


def test_a_pipeline_that_resamples_predicts_as_one_fitted_at_once(tmp_path):
    X, y = make_classes()
    pipeline = HalfOfTheRows([("model", RandomForestClassifier(random_state=0))])
    name = "model__n_estimators"
    model, _ = grow(tmp_path, pipeline, name, X, y)
    assert_same_model(model, clone(pipeline).set_params(**{name: 27}).fit(X, y), X)


# ---- epochs and iterations -------------------------------------------------------

BY_EPOCH = [
    SGDClassifier(tol=None),
    SGDClassifier(tol=None, average=True, learning_rate="constant", eta0=0.1),
    SGDClassifier(loss="log_loss"),
    Perceptron(tol=None),
    Perceptron(),
    MLPClassifier((4,)),
    MLPClassifier((4,), solver="sgd", momentum=0.5),
    MLPClassifier((4,), early_stopping=True),
    MLPClassifier((4,), solver="lbfgs"),
]
BY_EPOCH = [(e.set_params(random_state=0), make_classes) for e in BY_EPOCH] + [
    (SGDRegressor(tol=None, random_state=0), make_numbers),
    (MLPRegressor(hidden_layer_sizes=(4,), random_state=0), make_numbers),
]

by_epoch = pytest.mark.parametrize(("estimator", "make"), BY_EPOCH, ids=name_of)


@by_epoch
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_rungs_on_the_way_do_not_change_the_model(estimator, make, tmp_path):
    X, y = make()
    X = StandardScaler().fit_transform(X)
    model, _ = grow(tmp_path, estimator, "max_iter", X, y)
    at_once, _ = grow(tmp_path, estimator, "max_iter", X, y, (27,), trial_id=1)
    assert_same_model(model, at_once, X)


@pytest.mark.parametrize("name", ["PassiveAggressiveClassifier", "Perceptron"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_relatives_of_sgd_do_what_their_fit_does(name, tmp_path):
    if not hasattr(linear_model, name):
        pytest.skip(f"scikit-learn has no {name} any more")
    X, y = make_classes()
    estimator = getattr(linear_model, name)(random_state=0)
    model, _ = grow(tmp_path, estimator, "max_iter", X, y)
    assert_same_model(model, clone(estimator).set_params(max_iter=27).fit(X, y), X)


@pytest.mark.parametrize(
    "estimator", [SGDClassifier(tol=None), MLPClassifier((4,), tol=0.0)], ids=str
)
def test_epochs_add_up(estimator, tmp_path):
    X, y = make_classes()
    estimator.set_params(random_state=0)
    model, units = grow(tmp_path, estimator, "max_iter", X, y)
    # t_ counts rows; that of SGD begins at 1.
    assert model.t_ // len(X) == 27
    assert units == [3, 6, 18]


def test_epochs_see_the_rows_in_different_orders(tmp_path):
    X, y = make_classes()
    estimator = SGDClassifier(tol=None, random_state=0)
    model, _ = grow(tmp_path, estimator, "max_iter", X, y)
    same_order = clone(estimator)
    for _ in range(27):
        same_order.partial_fit(X, y, classes=[0, 1])
    assert (model.coef_ != same_order.coef_).any()


@pytest.mark.parametrize("kind", [int, np.random.RandomState])
def test_another_seed_gives_other_epochs(kind, tmp_path):
    models = [
        grow(
            tmp_path,
            SGDClassifier(tol=None, random_state=kind(seed)),
            "max_iter",
            *make_classes(),
        )[0]
        for seed in (1, 2)
    ]
    assert (models[0].coef_ != models[1].coef_).any()


@pytest.mark.parametrize("seed", [3, np.random.RandomState(3)], ids=["int", "state"])
def test_a_searched_seed_is_set_only_once(seed, tmp_path):
    X, y = make_classes()
    estimator = SGDClassifier(tol=None)
    params = {"random_state": seed}
    model, _ = grow(tmp_path, estimator, "max_iter", X, y, params=params)
    at_once, _ = grow(
        tmp_path, estimator, "max_iter", X, y, (27,), params=params, trial_id=1
    )
    assert_same_model(model, at_once, X)


def test_a_network_with_several_labels(tmp_path):
    X, y = make_classes()
    Y = np.column_stack([y, 1 - y, X[:, 0] > 0]).astype(int)
    network = MLPClassifier((4,), random_state=0)
    model, _ = grow(tmp_path, network, "max_iter", X, Y)
    assert model.predict(X).shape == Y.shape


@pytest.mark.parametrize(
    ("estimator", "make"),
    [
        (LogisticRegression(tol=1e-12), make_classes),
        (LogisticRegression(solver="saga", tol=1e-12, random_state=0), make_classes),
        (ElasticNet(alpha=0.01, tol=1e-12), make_numbers),
        (HuberRegressor(tol=1e-12), make_numbers),
        (GaussianMixture(3, tol=0.0, random_state=0), make_classes),
    ],
    ids=name_of,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_rung_of_a_solver_adds_its_iterations(estimator, make, tmp_path):
    model, units = grow(tmp_path, estimator, "max_iter", *make(), (2, 4, 6, 8))
    assert units == [2, 2, 2, 2]
    assert np.max(model.n_iter_) == 8


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), SGDClassifier(random_state=0)], ids=str
)
def test_a_converged_solver_is_not_fitted_again(estimator, tmp_path):
    X, y = make_classes()
    trials = Trials(tmp_path, estimator, "max_iter", X, y)
    (first, _), (second, units) = trials.climb((500, 1000))
    assert units == 0
    assert_same_model(first, second, X)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(tol=1e-12), SGDClassifier(tol=None)], ids=str
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_parameter_ends_at_the_amount(estimator, tmp_path):
    model, _ = grow(tmp_path, estimator, "max_iter", *make_classes())
    assert model.max_iter == 27


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (HistGradientBoostingClassifier(max_iter=3, random_state=0), "max_leaf_nodes"),
        (HistGradientBoostingClassifier(max_iter=3, random_state=0), "max_bins"),
        (GaussianMixture(2, random_state=0), "n_init"),
        (MLPClassifier((4,), random_state=0, max_iter=5), "n_iter_no_change"),
        (SGDClassifier(random_state=0, tol=None, max_iter=5), "n_iter_no_change"),
        (RandomForestClassifier(3, random_state=0), "max_depth"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_parameter_that_does_not_count_iterations_is_fitted_anew(
    model, name, tmp_path
):
    X, y = make_classes()
    grown, units = grow(tmp_path, model, name, X, y)
    assert units == [3, 9, 27]
    assert_same_model(grown, clone(model).set_params(**{name: 27}).fit(X, y), X)


@pytest.mark.parametrize("seed", range(6))
def test_boosting_that_stops_early_stops_where_a_cold_fit_does(seed, tmp_path):
    X, y = make_classes()
    model = HistGradientBoostingClassifier(
        early_stopping=True,
        n_iter_no_change=2,
        learning_rate=0.6,
        max_leaf_nodes=8,
        random_state=seed,
    )
    grown, _ = grow(tmp_path, model, "max_iter", X, y)
    cold = clone(model).set_params(max_iter=27).fit(X, y)
    assert grown.n_iter_ == cold.n_iter_
    assert_same_model(grown, cold, X)


class WarmsUp(ClassifierMixin, BaseEstimator):
    """Not scikit-learn's; goes on to a total, and says so."""

    continued_by: ClassVar = {"max_iter": "warm_start"}

    def __init__(self, max_iter=5, warm_start=False):
        self.max_iter = max_iter
        self.warm_start = warm_start

    def fit(self, X, y):
        self.starts_ = [*getattr(self, "starts_", []), getattr(self, "total_", 0)]
        self.total_ = self.max_iter
        return self


def test_boosting_that_stops_early_counts_what_it_fits_from_scratch(tmp_path):
    model = HistGradientBoostingClassifier(early_stopping=True, random_state=0)
    _, units = grow(tmp_path, model, "max_iter", *make_classes(), (3, 9))
    assert units == [3, 9]


def test_an_estimator_can_say_that_its_warm_start_goes_on(tmp_path):
    model, units = grow(tmp_path, WarmsUp(), "max_iter", *make_classes())
    assert model.starts_ == [0, 3, 9]
    assert units == [3, 6, 18]


@pytest.mark.filterwarnings("ignore")
def test_a_relative_without_warm_start_is_fitted_anew(tmp_path):
    model = LogisticRegressionCV(Cs=2, cv=2)
    _, units = grow(tmp_path, model, "max_iter", *make_classes())
    assert units == [3, 9, 27]


class CountsEpochs(ClassifierMixin, BaseEstimator):
    """Not scikit-learn's; knows how many times it was called, and says so."""

    continued_by: ClassVar = {"n_epochs": "partial_fit"}

    def __init__(self, n_epochs=5, width=5):
        self.n_epochs = n_epochs
        self.width = width

    def fit(self, X, y):
        self.calls_ = [None] * self.n_epochs
        return self

    def partial_fit(self, X, y, classes=None):
        self.calls_ = [*getattr(self, "calls_", []), classes]
        return self


def test_an_estimator_can_say_that_partial_fit_is_one_epoch(tmp_path):
    model, units = grow(tmp_path, CountsEpochs(), "n_epochs", *make_classes())
    assert len(model.calls_) == 27
    assert units == [3, 6, 18]


def test_only_the_first_partial_fit_gets_the_classes(tmp_path):
    model, _ = grow(tmp_path, CountsEpochs(), "n_epochs", *make_classes())
    assert list(model.calls_[0]) == [0, 1]
    assert model.calls_[1:] == [None] * 26


def test_only_the_parameter_that_is_named_is_continued(tmp_path):
    _, units = grow(tmp_path, CountsEpochs(), "width", *make_classes())
    assert units == [3, 9, 27]


class TakesNoClasses(CountsEpochs):
    def partial_fit(self, X, y):
        return super().partial_fit(X, y)


def test_partial_fit_need_not_take_the_classes(tmp_path):
    model, _ = grow(tmp_path, TakesNoClasses(), "n_epochs", *make_classes())
    assert model.calls_ == [None] * 27


class SaysNothing(CountsEpochs):
    continued_by: ClassVar = {}


class HasAnotherFit(CountsEpochs):
    def fit(self, X, y):
        return super().fit(X, y)


class WarmsUpUnasked(WarmsUp):
    continued_by: ClassVar = {}


class RepeatsTheRareRows(SGDClassifier):
    def fit(self, X, y):
        rare = np.flatnonzero(y == np.bincount(y).argmin())
        rows = np.concatenate([np.arange(len(y)), rare, rare])
        return super().fit(X[rows], y[rows])


class ScalesFirst(MLPClassifier):
    def fit(self, X, y):
        return super().fit(X / 10, y)


class OtherEpochs(SGDClassifier):
    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(X / 10, y, classes)


class GrowsOtherTrees(RandomForestClassifier):
    def fit(self, X, y):
        return super().fit(np.abs(X), y)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (SaysNothing(), "n_epochs"),
        (HasAnotherFit(), "n_epochs"),
        (WarmsUpUnasked(), "max_iter"),
        (RepeatsTheRareRows(tol=None), "max_iter"),
        (RepeatsTheRareRows(random_state=0), "max_iter"),
        (ScalesFirst(), "max_iter"),
        (OtherEpochs(tol=None), "max_iter"),
        (GrowsOtherTrees(), "n_estimators"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_may_do_more_in_fit_is_fitted_anew(estimator, name, tmp_path):
    _, units = grow(tmp_path, estimator, name, *make_classes())
    assert units == [3, 9, 27]


class KeepsTheFit(SGDClassifier):
    def predict(self, X):
        return super().predict(X)


def test_a_subclass_with_the_fit_of_its_base_is_continued(tmp_path):
    model = KeepsTheFit(tol=None, random_state=0)
    _, units = grow(tmp_path, model, "max_iter", *make_classes())
    assert units == [3, 6, 18]


def test_what_is_said_of_continuing_is_checked():
    class Wrong(CountsEpochs):
        continued_by: ClassVar = {"n_epochs": "fit"}

    with pytest.raises(ValueError, match=r"must say one of .*'partial_fit'.*'fit'"):
        growth_of(Wrong(), "n_epochs")


class ForgetsItsModule(ClassifierMixin, BaseEstimator):
    """As a network of skorch, begins anew when its module is set."""

    continued_by: ClassVar = {"max_epochs": "partial_fit"}

    def __init__(self, max_epochs=5, module__width=5, rate=0.1):
        self.max_epochs = max_epochs
        self.module__width = module__width
        self.rate = rate

    def initialize_module(self):
        self.n_seen_ = 0

    def set_params(self, **params):
        for name, value in params.items():
            setattr(self, name, value)
        if "module__width" in params:
            self.initialize_module()
        return self

    def fit(self, X, y):
        self.initialize_module()
        self.n_seen_ = self.max_epochs
        return self

    def partial_fit(self, X, y):
        self.n_seen_ = getattr(self, "n_seen_", 0) + 1
        return self


def test_the_module_of_a_network_is_set_only_once(tmp_path):
    params = {"module__width": 3, "rate": 0.2}
    model, units = grow(
        tmp_path, ForgetsItsModule(), "max_epochs", *make_classes(), params=params
    )
    assert (model.n_seen_, units) == (27, [3, 6, 18])
    assert (model.module__width, model.rate) == (3, 0.2)


# ---- what cannot be continued ----------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (AdaBoostClassifier(), "n_estimators"),
        (LogisticRegression(solver="liblinear", tol=1.0), "max_iter"),
        (GradientBoostingClassifier(n_iter_no_change=3), "n_estimators"),
        (RandomForestClassifier(), "max_depth"),
        (
            BaggingClassifier(RandomForestClassifier(random_state=0)),
            "estimator__n_estimators",
        ),
        (MiniBatchKMeans(2, n_init=1), "max_iter"),  # partial_fit is a mini-batch
        (GaussianMixture(2, n_init=2), "max_iter"),
        (SGDClassifier(tol=None, class_weight="balanced"), "max_iter"),
        (
            Pipeline(
                [("few", RandomTreesEmbedding()), ("many", ExtraTreesClassifier())]
            ),
            "few__n_estimators",
        ),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_cannot_be_continued_is_fitted_anew(estimator, name, tmp_path):
    X, y = make_classes()
    seeds = {p: 0 for p in estimator.get_params() if p.endswith("random_state")}
    estimator.set_params(**seeds)
    model, units = grow(tmp_path, estimator, name, X, y)
    assert units == [3, 9, 27]
    assert_same_model(model, clone(estimator).set_params(**{name: 27}).fit(X, y), X)


def test_no_model_is_kept_where_none_can_be_continued(tmp_path):
    grow(tmp_path, AdaBoostClassifier(), "n_estimators", *make_classes())
    assert list(tmp_path.iterdir()) == []


def test_no_model_is_kept_after_the_last_rung(tmp_path):
    X, y = make_classes()
    forest = RandomForestClassifier(random_state=0)
    trials = Trials(tmp_path, forest, "n_estimators", X, y)
    trials.run(0, 3, is_last=True)
    assert trials.model_store.load(0, 0, 3) is None


def test_a_lost_model_is_fitted_anew(tmp_path):
    X, y = make_classes()
    forest = RandomForestClassifier(random_state=0)
    trials = Trials(tmp_path, forest, "n_estimators", X, y)
    trials.run(0, 9)
    trials.model_store.discard([0])
    model, units = trials.run(9, 27)
    assert units == 27
    cold = clone(forest).set_params(n_estimators=27).fit(X, y)
    assert_same_model(model, cold, X)


# ---- nothing leaks ---------------------------------------------------------------


def two_folds(n):
    rows = np.arange(n)
    return [(rows[: n // 2], rows[n // 2 :]), (rows[n // 2 :], rows[: n // 2])]


def test_no_model_crosses_to_another_configuration_or_fold(tmp_path):
    X, y = make_classes()
    forest = RandomForestClassifier(random_state=0)
    splits = two_folds(len(X))
    trials = Trials(tmp_path, forest, "n_estimators", X, y, splits)
    configs = [{"max_depth": 1}, {"max_depth": 5}]
    runs = [(i, split) for i in range(2) for split in range(2)]
    for start, amount in ((0, 3), (3, 9)):
        for i, split in runs:
            model, _ = trials.run(start, amount, i, split, params=configs[i])
            cold = clone(forest).set_params(n_estimators=amount, **configs[i])
            train = splits[split][0]
            assert_same_model(model, cold.fit(X[train], y[train]), X)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (RandomForestClassifier(random_state=0), "n_estimators"),
        (MLPClassifier((4,), random_state=0), "max_iter"),
        (
            Pipeline([("s", StandardScaler()), ("m", SGDClassifier(random_state=0))]),
            "m__max_iter",
        ),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_estimator_of_the_search_stays_as_it_was(estimator, name, tmp_path):
    before = repr(estimator.get_params())
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    attributes = set(vars(last))
    grow(tmp_path, estimator, name, *make_classes())
    assert repr(estimator.get_params()) == before
    assert set(vars(last)) == attributes


def test_the_fitted_model_has_the_fit_of_its_class(tmp_path):
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0))
    name = "randomforestclassifier__n_estimators"
    model, _ = grow(tmp_path, pipeline, name, *make_classes())
    assert "fit" not in vars(model)
    assert "fit" not in vars(model[-1])


# ---- the fit that is taken over --------------------------------------------------


class CopiesItself(RandomForestClassifier):
    """Does in ``fit`` what a shadowed method would break."""

    continued_by: ClassVar = {"n_estimators": "warm_start"}

    def fit(self, X, y):
        pickle.dumps(self)
        clone(self), copy.deepcopy(self)
        return super().fit(X, y)


def test_an_estimator_can_copy_and_pickle_itself_in_fit(tmp_path):
    X, y = make_classes()
    _, units = grow(tmp_path, CopiesItself(random_state=0), "n_estimators", X, y)
    assert units == [3, 6, 18]


class Delegates:
    """Has the ``fit`` of what it wraps, and none of its own."""

    def __init__(self, inner):
        self.inner = inner

    def get_params(self, deep=True):
        return {"inner": self.inner}

    def set_params(self, **params):
        self.inner.set_params(**params)
        return self

    def __getattr__(self, name):
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)


def test_an_estimator_may_have_fit_by_delegation():
    X, y = make_classes()
    model = Delegates(RandomForestClassifier(3, random_state=0))
    with fit_from(model, "n_estimators", 0, 3) as progress:
        model.fit(X, y)
    assert progress.units == 3
    assert model.predict(X).shape == y.shape


def test_a_fit_parameter_that_partial_fit_does_not_have_is_not_lost():
    X, y = make_classes()
    model = SGDClassifier(tol=None, max_iter=3, random_state=0)
    with fit_from(model, "max_iter", 0, 3):
        model.fit(X, y, coef_init=np.ones((1, X.shape[1])))
    cold = clone(model).fit(X, y, coef_init=np.ones((1, X.shape[1])))
    assert_same_model(model, cold, X)


# ---- rows, places and memories: without a fit ------------------------------------


@pytest.mark.parametrize("kind", [np.asarray, list, sparse.csr_matrix])
def test_rows_are_known_again_by_some_from_the_first_to_the_last(kind):
    X = np.arange(200.0).reshape(100, 2)
    rows = _continuation._some_rows(kind(X))
    assert _are_equal(rows, _continuation._some_rows(kind(X)))
    for changed in (0, 99):
        other = X.copy()
        other[changed] += 1
        assert not _are_equal(rows, _continuation._some_rows(kind(other)))
    shown = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
    assert shown.shape == (16, 2)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_rows_may_differ_by_rounding(kind):
    rows = kind(np.array([[-100.0, 0.5], [0.0, 1.0]]))
    tiny = kind(np.array([[-100.0 + 1e-5, 0.5], [0.0, 1.0]]))
    assert _are_equal(rows, tiny)
    for place, change in (((0, 0), 1.0), ((0, 0), -1.0), ((1, 1), 0.1)):
        other = np.array([[-100.0, 0.5], [0.0, 1.0]])
        other[place] += change
        assert not _are_equal(rows, kind(other))


def test_rows_without_numbers_are_equal_or_not():
    assert _are_equal(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]))
    big = np.array([10**9])
    assert not _are_equal(big, big + 1)
    assert not _are_equal(np.array(["a"]), np.array(["b"]))
    empty = sparse.csr_matrix((2, 2))
    assert _are_equal(empty, empty.copy())
    assert not _are_equal(empty, sparse.csr_matrix(np.eye(2)))


def test_the_place_of_a_parameter_is_the_last_step():
    last = SGDClassifier()
    pipe = Pipeline([("a", StandardScaler()), ("b", Pipeline([("c", last)]))])
    assert locate(pipe, "b__c__max_iter") == (last, "max_iter")
    assert locate(last, "max_iter") == (last, "max_iter")
    assert locate(last, "estimator__max_iter") is None
    assert locate(pipe, "a__with_mean") is None

    class FitsOther(Pipeline):
        def fit(self, X, y=None, **params):
            return self

    assert locate(FitsOther([("c", last)]), "c__max_iter") is None


def test_what_a_net_trains_is_found_in_any_pipeline():
    class Net(BaseEstimator):
        def initialize_module(self):
            pass

    parts = ("module", "criterion", "optimizer", "callbacks", "compile")
    pipe = Pipeline([("a", StandardScaler()), ("b", Pipeline([("c", Net())]))])
    assert modules_of(Net()) == parts
    assert modules_of(pipe) == tuple(f"b__c__{part}" for part in parts)


class Notes(BaseEstimator):
    """Notes what its fit is given; ``n`` is what grows."""

    def __init__(self, n=9):
        self.n = n

    def fit(self, X, y=None, **params):
        self.given_ = params
        return self


class Grows(Growth):
    """Notes its fits, and what was kept of the last one."""

    has_ended = False

    def fit(self, estimator, start, stop, X, y, **params):
        self.was = self.kept
        self.kept = f"until {stop}"
        estimator.given_ = start, stop, params
        return stop - start

    def has_converged(self, estimator, start):
        return self.has_ended

    def paused(self, estimator):
        return "waits"


@pytest.fixture
def growth(monkeypatch):
    made = Grows("n")
    monkeypatch.setattr(_continuation, "growth_of", lambda estimator, name: made)
    return made


X4 = np.arange(8.0).reshape(4, 2)


def test_what_is_not_continued_is_fitted_as_ever_and_costs_everything(monkeypatch):
    monkeypatch.setattr(_continuation, "growth_of", lambda estimator, name: None)
    model = Notes()
    with fit_from(model, "n", 3, 7) as progress:
        assert model.fit(X4, None, weight=1) is model
    assert model.given_ == {"weight": 1}
    assert (progress.units, progress.can_continue, progress.paused) == (7, False, None)


def test_a_continuation_gets_what_the_last_one_has_kept(growth):
    model = Notes()
    with fit_from(model, "n", 3, 7, Memory(kept="until 3")) as progress:
        model.fit(X4, None, weight=1)
    assert growth.was == "until 3"
    assert model.given_ == (3, 7, {"weight": 1})
    assert (progress.units, progress.can_continue) == (4, True)
    assert (progress.memory.kept, progress.paused) == ("until 7", "waits")


def test_who_has_converged_is_only_said_to_have_had_more(growth):
    growth.has_ended = True
    model = Notes()
    with fit_from(model, "n", 3, 7) as progress:
        model.fit(X4)
    assert (model.n, progress.units) == (7, 0)
    assert not hasattr(model, "given_")


def test_a_pipeline_waits_as_a_copy(growth):
    last = Notes()
    pipe = Pipeline([("a", "passthrough"), ("b", last)])
    with fit_from(pipe, "b__n", 0, 3) as progress:
        pipe.fit(X4)
    assert last.given_ == (0, 3, {})
    assert progress.paused.steps == [("a", "passthrough"), ("b", "waits")]
    assert pipe.steps[1][1] is last
    # With the same rows it goes on, with others everything is fitted anew.
    for X, given in ((X4, (3, 7, {})), (X4 + 1, (0, 7, {}))):
        pipe.steps[1] = ("b", last)
        with fit_from(pipe, "b__n", 3, 7, progress.memory):
            pipe.fit(X)
        fitted = pipe.steps[1][1]
        assert fitted.given_ == given
        assert (fitted is last) is (X is X4)
