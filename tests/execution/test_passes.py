"""Passes: a model on its way up equals one whose partial_fit is called in a loop."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import Birch, MiniBatchKMeans
from sklearn.decomposition import IncrementalPCA
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from sklearn_automl.execution import PASSES, fault_of_passes, fit_in_passes
from sklearn_automl.execution._continuation import fit_from
from tests.execution.trials import (
    Trials,
    assert_same_model,
    grow,
    make_classes,
    make_numbers,
)


@pytest.fixture(autouse=True)
def one_thread():
    """Clusters of few rows are not worth several threads, if others use them."""
    with threadpool_limits(1):
        yield


CLASSIFIERS = [
    SGDClassifier(random_state=0),
    Perceptron(random_state=0),
    GaussianNB(),
    BernoulliNB(),
    MLPClassifier((4,), random_state=0),
]
UNSUPERVISED = [
    MiniBatchKMeans(3, random_state=0),
    IncrementalPCA(2),
    # A single leaf, a tree, and one of many levels.
    Birch(threshold=0.5, n_clusters=3, branching_factor=100),
    Birch(threshold=0.5, n_clusters=None, branching_factor=20),
    Birch(threshold=0.3, n_clusters=3, branching_factor=3),
]


class Notes(ClassifierMixin, BaseEstimator):
    """A mini-batch class of a user, which notes what its methods get."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y):
        raise AssertionError("fit was called")

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if classes is not None:
            self.calls_, self.classes_ = [], classes
        total = None if sample_weight is None else np.sum(sample_weight)
        self.calls_.append((len(X), None if classes is None else list(classes), total))
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=str)
def test_a_classifier_is_what_a_loop_makes_of_it(estimator, tmp_path):
    X, y = make_classes()
    model, units = grow(tmp_path, estimator, PASSES, X, y)
    assert units == [3, 6, 18]
    other = clone(estimator)
    for _ in range(27):
        other.partial_fit(X, y, classes=np.unique(y))
    assert_same_model(model, other, X)


@pytest.mark.parametrize("estimator", UNSUPERVISED, ids=str)
@pytest.mark.parametrize("has_target", [True, False])
def test_an_unsupervised_estimator_is_what_a_loop_makes_of_it(
    estimator, has_target, tmp_path
):
    X, y = make_classes()
    model, _ = grow(tmp_path, estimator, PASSES, X, y if has_target else None)
    other = clone(estimator)
    for _ in range(27):
        other.partial_fit(X)
    np.testing.assert_array_equal(model.transform(X), other.transform(X))


def test_a_regressor_is_what_a_loop_makes_of_it(tmp_path):
    X, y = make_numbers()
    model, _ = grow(tmp_path, SGDRegressor(random_state=0), PASSES, X, y)
    other = SGDRegressor(random_state=0)
    for _ in range(27):
        other.partial_fit(X, y)
    assert_same_model(model, other, X)


@pytest.mark.parametrize("estimator", [*CLASSIFIERS, *UNSUPERVISED], ids=str)
def test_no_parameter_is_changed(estimator, tmp_path):
    model, _ = grow(tmp_path, estimator, PASSES, *make_classes())
    assert model.get_params() == estimator.get_params()


def test_every_pass_has_all_rows_and_the_first_one_the_classes(tmp_path):
    X, y = make_classes()
    model, units = grow(tmp_path, Notes(), PASSES, X, y, steps=(2, 3))
    assert units == [2, 1]
    assert model.calls_ == [(80, [0, 1], None), (80, None, None), (80, None, None)]


def test_every_pass_has_the_weights(tmp_path):
    X, y = make_classes()
    params = {"sample_weight": np.full(80, 0.5)}
    model, _ = grow(tmp_path, Notes(), PASSES, X, y, steps=(1, 2), fit_params=params)
    assert [total for *_, total in model.calls_] == [40.0, 40.0]


class CountsFits(StandardScaler):
    n_fits = 0

    def fit(self, X, y=None):
        CountsFits.n_fits += 1
        return super().fit(X, y)


def test_the_last_step_of_a_nested_pipeline_makes_the_passes(tmp_path):
    X, y = make_classes()
    pipeline = make_pipeline(CountsFits(), make_pipeline(GaussianNB()))
    CountsFits.n_fits = 0
    model, units = grow(tmp_path, pipeline, PASSES, X, y)
    assert units == [3, 6, 18]
    assert CountsFits.n_fits == 1
    assert model[-1][-1].class_count_.sum() == 27 * 80


def test_after_a_cross_fitted_transformer_all_passes_are_made_anew(tmp_path):
    X, y = make_classes()
    X = np.round(X)
    pipeline = make_pipeline(TargetEncoder(), GaussianNB())
    model, units = grow(tmp_path, pipeline, PASSES, X, y)
    assert units == [3, 9, 27]
    assert model[-1].class_count_.sum() == 27 * 80


def test_a_fit_that_does_more_is_not_called(tmp_path):
    class Balances(SGDClassifier):
        def fit(self, X, y):
            raise AssertionError("fit was called")

    model, _ = grow(tmp_path, Balances(), PASSES, *make_classes(), steps=(2,))
    assert model.t_ == 2 * 80 + 1


def test_several_outputs_have_a_list_of_classes(tmp_path):
    X, y = make_classes()
    Y = np.column_stack([y, 1 + y])
    estimator = MultiOutputClassifier(SGDClassifier(random_state=0))
    model, _ = grow(tmp_path, estimator, PASSES, X, Y)
    assert [list(e.classes_) for e in model.estimators_] == [[0, 1], [1, 2]]


class OnlyX(BaseEstimator):
    def fit(self, X):
        raise AssertionError("fit was called")

    def partial_fit(self, X):
        self.n_ = getattr(self, "n_", 0) + 1


class XAndWeights(OnlyX):
    def partial_fit(self, X, sample_weight=None):
        super().partial_fit(X)


class AnyTarget(OnlyX):
    def partial_fit(self, X, Y):
        assert len(X) == len(Y)
        super().partial_fit(X)


class Anything(OnlyX):
    def partial_fit(self, *args, **params):
        assert len(args) == 2
        super().partial_fit(args[0])


@pytest.mark.parametrize("Class", [OnlyX, XAndWeights, AnyTarget, Anything])
def test_the_target_is_given_where_there_is_a_place_for_it(Class, tmp_path):
    model, _ = grow(tmp_path, Class(), PASSES, *make_classes())
    assert model.n_ == 27


def test_a_lost_model_makes_all_its_passes_again(tmp_path):
    X, y = make_classes()
    trials = Trials(tmp_path, GaussianNB(), PASSES, X, y)
    trials.run(0, 3)
    trials.model_store.discard([0])
    model, units = trials.run(3, 9)
    assert units == 9
    assert model.class_count_.sum() == 9 * 80


def test_a_fit_in_passes_gives_the_estimator_its_fit_back():
    X, y = make_classes()
    model = fit_in_passes(5, MultinomialNB(), np.abs(X), y, {})
    assert model.class_count_.sum() == 5 * 80
    assert "fit" not in vars(model)


class HasItsOwnFit(Pipeline):
    def fit(self, X, y=None, **params):
        return super().fit(X, y, **params)


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (SVC(), "SVC has no partial_fit"),
        (MLPClassifier(solver="lbfgs"), "MLPClassifier has no partial_fit with these"),
        (MLPClassifier(early_stopping=True), "not support early_stopping=True"),
        (SGDClassifier(early_stopping=True), "not support early_stopping=True"),
        (SGDClassifier(class_weight="balanced"), "support class_weight='balanced'"),
        (make_pipeline(StandardScaler(), SVC()), "SVC has no partial_fit"),
        (make_pipeline(GaussianNB(), "passthrough"), "last step .* is 'passthrough'"),
        (Pipeline([("a", GaussianNB()), ("b", None)]), "last step .* is None"),
        (HasItsOwnFit([("m", GaussianNB())]), "HasItsOwnFit of tests has a fit of its"),
    ],
    ids=str,
)
def test_an_estimator_that_makes_no_passes_is_refused(estimator, words):
    assert fault_of_passes(estimator)
    X, y = make_classes()
    with (
        pytest.raises(ValueError, match=f"resource='partial_fit' cannot .*{words}"),
        fit_from(estimator, PASSES, 0, 2),
    ):
        estimator.fit(X, y)


@pytest.mark.parametrize("estimator", [*CLASSIFIERS, *UNSUPERVISED, Notes()], ids=str)
def test_an_estimator_that_makes_passes_has_no_fault(estimator):
    assert fault_of_passes(estimator) == ""
