"""The fitted ensembles: as scikit-learn's voting, where that can do it."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.parallel import Parallel

from sklearn_automl.ensemble import (
    WeightedEnsembleClassifier,
    WeightedEnsembleRegressor,
    _weighted,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["red", "green", "blue"])[Y]
TREE = DecisionTreeClassifier(max_depth=2, random_state=0)
SOFT = [("linear", LogisticRegression(max_iter=500)), ("tree", TREE)]
XR, YR = load_diabetes(return_X_y=True)
NUMBERS = [("linear", Ridge()), ("tree", DecisionTreeRegressor(max_depth=3))]


@parametrize_with_checks(
    [
        WeightedEnsembleClassifier(SOFT),
        WeightedEnsembleClassifier([("ridge", RidgeClassifier()), ("tree", TREE)]),
        WeightedEnsembleRegressor(NUMBERS),
    ]
)
def test_it_is_an_estimator(estimator, check):
    check(estimator)


def test_probabilities_are_those_of_soft_voting():
    ours = WeightedEnsembleClassifier(SOFT, weights=[3, 1]).fit(X, NAMES)
    theirs = VotingClassifier(SOFT, voting="soft", weights=[3, 1]).fit(X, NAMES)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


def test_votes_are_those_of_hard_voting():
    members = [
        ("svc", LinearSVC(random_state=0)),
        ("ridge", RidgeClassifier()),
        ("strong ridge", RidgeClassifier(1000.0)),
    ]
    ours = WeightedEnsembleClassifier(members, weights=[1, 3, 1]).fit(X, NAMES)
    theirs = VotingClassifier(members, weights=[1, 3, 1]).fit(X, NAMES)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert not hasattr(ours, "predict_proba")


def test_numbers_are_those_of_voting():
    members = [("linear", Ridge()), ("tree", DecisionTreeRegressor(random_state=0))]
    ours = WeightedEnsembleRegressor(members, weights=[1, 2]).fit(XR, YR)
    theirs = VotingRegressor(members, weights=[1, 2]).fit(XR, YR)
    np.testing.assert_allclose(ours.predict(XR), theirs.predict(XR))


def test_decisions_are_averaged():
    Xc, yc = load_breast_cancer(return_X_y=True)
    members = [("weak", RidgeClassifier(100.0)), ("strong", RidgeClassifier(1.0))]
    ensemble = WeightedEnsembleClassifier(
        members, weights=[1, 3], method="decision_function"
    ).fit(Xc, yc)
    weak, strong = (e.decision_function(Xc) for e in ensemble.estimators_)
    expected = 0.25 * weak + 0.75 * strong
    np.testing.assert_allclose(ensemble.decision_function(Xc), expected)
    np.testing.assert_array_equal(ensemble.predict(Xc), (expected > 0).astype(int))
    assert not hasattr(ensemble, "predict_proba")


def test_a_classifier_without_probabilities_votes_beside_one_that_has_them():
    members = [("ridge", RidgeClassifier()), ("tree", TREE)]
    ensemble = WeightedEnsembleClassifier(members, weights=[1, 1]).fit(X, Y)
    ridge, tree = ensemble.estimators_
    average = (np.eye(3)[ridge.predict(X)] + tree.predict_proba(X)) / 2
    np.testing.assert_array_equal(ensemble.predict(X), average.argmax(axis=1))
    assert not hasattr(ensemble, "predict_proba")


def test_whether_there_are_probabilities_is_known_before_fit():
    def has_probabilities(third):
        ensemble = WeightedEnsembleClassifier([*SOFT, ("third", third)])
        return hasattr(ensemble, "predict_proba")

    assert has_probabilities(TREE)
    assert has_probabilities("drop")
    assert not has_probabilities(LinearSVC())


def test_members_get_the_labels_themselves():
    weight = {"red": 1, "green": 5, "blue": 1}
    tree = DecisionTreeClassifier(max_depth=1, class_weight=weight)
    ensemble = WeightedEnsembleClassifier([("tree", tree)]).fit(X, NAMES)
    assert ensemble.estimators_[0].classes_.tolist() == ["blue", "green", "red"]


class SeesTwo(DecisionTreeClassifier):
    """Fitted without the last class."""

    def fit(self, X, y):
        known = y < 2
        return super().fit(X[known], y[known])


def test_a_member_that_lacks_a_class_gives_it_no_probability():
    ensemble = WeightedEnsembleClassifier([("two", SeesTwo()), *SOFT]).fit(X, Y)
    assert ensemble.predict_proba(X).shape == (150, 3)
    np.testing.assert_allclose(ensemble.predict_proba(X).sum(axis=1), 1)


def test_several_outputs_are_averaged():
    YY = np.column_stack([YR, -YR])
    ensemble = WeightedEnsembleRegressor(NUMBERS).fit(XR, YY)
    assert ensemble.predict(XR).shape == YY.shape


@pytest.mark.parametrize(("member", "is_able"), [("drop", True), (LinearSVR(), False)])
def test_several_outputs_need_every_member(member, is_able):
    ensemble = WeightedEnsembleRegressor([*NUMBERS, ("third", member)])
    assert get_tags(ensemble).target_tags.multi_output == is_able


def test_a_column_of_numbers_is_one_dimensional():
    members = [("flat", DecisionTreeRegressor()), ("column", LinearRegression())]
    ensemble = WeightedEnsembleRegressor(members).fit(XR, YR.reshape(-1, 1))
    assert ensemble.predict(XR).shape == YR.shape


def test_fit_passes_parameters_to_every_member():
    weight = np.where(Y == 2, 0.01, 1.0)
    ensemble = WeightedEnsembleClassifier(SOFT).fit(X, Y, sample_weight=weight)
    for (_, estimator), member in zip(SOFT, ensemble.estimators_, strict=True):
        expected = clone(estimator).fit(X, Y, sample_weight=weight).predict_proba(X)
        np.testing.assert_array_equal(member.predict_proba(X), expected)


@pytest.mark.workers
def test_members_that_are_fitted_in_parallel_are_the_same():
    one = WeightedEnsembleClassifier(SOFT).fit(X, Y)
    two = clone(one).set_params(n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_numbers_are_no_classes_whatever_the_members_say():
    ensemble = WeightedEnsembleClassifier([("dummy", DummyClassifier())])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        ensemble.fit(XR, YR / 7)


def test_as_many_members_are_fitted_at_a_time_as_n_jobs_says(monkeypatch):
    seen = []

    def parallel(n_jobs):
        seen.append(n_jobs)
        return Parallel(n_jobs=1)

    monkeypatch.setattr(_weighted, "Parallel", parallel)
    WeightedEnsembleClassifier(SOFT, n_jobs=7).fit(X, Y)
    assert seen == [7]


def test_parameters_of_members_can_be_set():
    ensemble = WeightedEnsembleClassifier(SOFT).set_params(tree__max_depth=5)
    assert ensemble.named_estimators["tree"].max_depth == 5
    ensemble.set_params(tree__max_depth=2, linear="drop", weights=[1, 4]).fit(X, Y)
    assert len(ensemble.estimators_) == 1
    assert ensemble.weights_.tolist() == [1.0]


@pytest.mark.parametrize(
    ("ensemble", "method"),
    [
        (WeightedEnsembleClassifier(SOFT), "predict"),
        (WeightedEnsembleClassifier(SOFT), "predict_proba"),
        (
            WeightedEnsembleClassifier(SOFT, method="decision_function"),
            "decision_function",
        ),
        (WeightedEnsembleRegressor(NUMBERS), "predict"),
    ],
)
def test_nothing_is_predicted_before_fit(ensemble, method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(ensemble, method)(X)


def test_it_survives_a_pickle():
    ensemble = WeightedEnsembleClassifier(SOFT).fit(X, Y)
    copy = pickle.loads(pickle.dumps(ensemble))
    np.testing.assert_array_equal(copy.predict_proba(X), ensemble.predict_proba(X))


def test_names_of_features_are_kept_and_forgotten():
    frame = pd.DataFrame(X, columns=list("abcd"))
    ensemble = WeightedEnsembleClassifier(SOFT).fit(frame, Y)
    assert ensemble.feature_names_in_.tolist() == list("abcd")
    assert ensemble.n_features_in_ == 4
    assert not hasattr(ensemble.fit(X, Y), "feature_names_in_")


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [[1, 2]], [np.nan, 1]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="a positive number for each of the 2"):
        WeightedEnsembleClassifier(SOFT, weights=weights).fit(X, Y)


@pytest.mark.parametrize(
    ("estimators", "message"),
    [([], "non-empty list"), ([("a", Ridge())], "should be a classifier")],
)
def test_members_that_are_no_classifiers_are_refused(estimators, message):
    with pytest.raises(ValueError, match=message):
        WeightedEnsembleClassifier(estimators).fit(X, Y)
