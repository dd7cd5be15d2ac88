"""A score to stop at that the metric can never have."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.linear_model import LinearRegression, RidgeClassifier
from sklearn.metrics import (
    accuracy_score,
    get_scorer,
    get_scorer_names,
    make_scorer,
    mean_squared_error,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_automl import ASHASearchCV, GridSearchCV
from sklearn_automl.model_selection._metric_bounds import highest_of

X, Y = make_classification(40, 4, random_state=0)
UNBOUNDED = {"mutual_info_score", "positive_likelihood_ratio"}


class NeverFitted(RidgeClassifier):
    def fit(self, X, y):
        raise AssertionError("fit was called")


def refusal(stop_at, estimator=None, y=Y, **options):
    estimator = NeverFitted() if estimator is None else estimator
    with pytest.raises(ValueError, match=r"stop_at=.* can never be reached") as caught:
        GridSearchCV(estimator, {}, stop_at=stop_at, **options).fit(X, y)
    return str(caught.value)


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "roc_auc", "r2"])
def test_more_than_a_perfect_score_is_refused(name):
    assert f"{name} is 1 at most. Pass a number" in refusal(1.5, scoring=name)


@pytest.mark.parametrize("name", ["neg_log_loss", "neg_mean_squared_error"])
def test_a_loss_that_is_not_negated_is_refused(name):
    text = refusal(0.2, scoring=name)
    assert f"{name} is 0 at most. A loss is negated: pass stop_at=-0.2" in text


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (NeverFitted(), "accuracy"),
        (make_pipeline(StandardScaler(), NeverFitted()), "accuracy"),
        (DecisionTreeRegressor(), "r2"),
    ],
)
def test_the_score_of_an_estimator_is_known(estimator, name):
    assert f"{name} is 1 at most" in refusal(95, estimator)


@pytest.mark.parametrize(
    ("scoring", "options", "name"),
    [
        (["neg_log_loss", "accuracy"], {"refit": "neg_log_loss"}, "neg_log_loss"),
        (["accuracy", "neg_log_loss"], {"refit": False}, "accuracy"),
        (
            ["accuracy", "neg_log_loss"],
            {"refit": "accuracy", "promotion_metric": "neg_log_loss"},
            "neg_log_loss",
        ),
        ({"acc": "accuracy"}, {"refit": "acc"}, r"acc (accuracy)"),
        ({"r2": "accuracy"}, {"refit": "r2"}, r"r2 (accuracy)"),
    ],
)
def test_the_metric_that_decides_is_meant(scoring, options, name):
    assert f"reached: {name} is" in refusal(1.5, scoring=scoring, **options)


@pytest.mark.parametrize(
    "scorer", [make_scorer(accuracy_score), get_scorer("neg_log_loss")]
)
def test_a_scorer_of_a_known_function_is_known(scorer):
    assert " at most" in refusal(1.5, scoring=scorer)


def ends_itself(stop_at, estimator=None, **options):
    estimator = DecisionTreeClassifier() if estimator is None else estimator
    search = GridSearchCV(estimator, {}, stop_at=stop_at, cv=2, **options)
    return search.fit(X, Y).stop_reason_ == "completed"


def test_a_perfect_score_may_be_asked_for():
    assert GridSearchCV(DecisionTreeClassifier(), {}, stop_at=1.0).fit(X, Y)
    options = {"scoring": "neg_mean_squared_error", "stop_at": 0}
    assert GridSearchCV(DecisionTreeRegressor(), {}, **options).fit(X, Y)


def other_accuracy(y, predicted):
    return 100 * np.mean(y == predicted)


other_accuracy.__name__ = "accuracy_score"


@pytest.mark.parametrize(
    "scoring",
    [
        lambda estimator, X, y: 0.0,
        make_scorer(accuracy_score, normalize=False),
        make_scorer(mean_squared_error),
        make_scorer(other_accuracy),
        make_scorer(lambda y, predicted: 0.0),
    ],
)
def test_what_is_not_known_may_reach_anything(scoring):
    assert ends_itself(1000.0, scoring=scoring)


class OwnScore(DecisionTreeClassifier):
    def score(self, X, y):
        return 100 * super().score(X, y)


@pytest.mark.parametrize(
    "estimator", [KMeans(2, n_init=1), OwnScore(), make_pipeline(OwnScore())]
)
def test_a_score_of_its_own_may_reach_anything(estimator):
    assert ends_itself(1000.0, estimator)


def test_other_searches_refuse_too():
    search = ASHASearchCV(LinearRegression(), {"positive": [True, False]}, stop_at=2)
    with pytest.raises(ValueError, match="stop_at=2 can never be reached: r2"):
        search.fit(X, Y)


def test_every_metric_of_sklearn_has_a_verdict():
    names = set(get_scorer_names())
    losses = {n for n in names if n.startswith("neg_") or n == "max_error"}
    assert {n for n in names if highest_of(n) is None} == UNBOUNDED & names
    assert {n for n in names if highest_of(n) == 0} == losses
    signs = {n: "greater_is_better=False" in repr(get_scorer(n)) for n in names}
    assert {n for n, negated in signs.items() if negated} == losses
