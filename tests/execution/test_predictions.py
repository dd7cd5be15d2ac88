"""Out-of-fold predictions: what a worker makes, and how long they are kept."""

import json
import re

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl.execution._evaluation import (
    Evaluation,
    FoldPredictions,
    FoldResult,
)
from sklearn_automl.execution._predictions import (
    MAX_MEMBERS,
    OutOfFold,
    PredictionLibrary,
    Predictor,
    record_of,
    recorded,
)
from sklearn_automl.execution._status import Status
from sklearn_automl.schedulers import Job

X, Y = load_iris(return_X_y=True)
XC, YC = load_breast_cancer(return_X_y=True)
XR, YR = load_diabetes(return_X_y=True)


@pytest.mark.parametrize(
    ("estimator", "data", "method", "shape"),
    [
        (LogisticRegression(max_iter=500), (X, Y), "predict_proba", (150, 3)),
        (DecisionTreeClassifier(), (XC, YC), "predict_proba", (569, 2)),
        (LinearSVC(), (X, Y), "decision_function", (150, 3)),
        (LinearSVC(), (XC, YC), "decision_function", (569,)),
        (SVC(), (XC, YC), "decision_function", (569,)),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_classifiers_predict_what_they_can(estimator, data, method, shape):
    classes = np.unique(data[1])
    made = Predictor(classes)(estimator.fit(*data), data[0])
    assert (made.method, made.values.shape, made.error) == (method, shape, "")
    expected = getattr(estimator, method)(data[0])
    np.testing.assert_array_equal(made.values, expected)
    assert made.values.dtype == np.float64


class Labels(DecisionTreeClassifier):
    """Has nothing but labels."""

    predict_proba = property()


class Contrary(LinearSVC):
    """Its labels are not those with the largest value, as some of SVC's."""

    def predict(self, X):
        return (super().predict(X) + 1) % 4


@pytest.mark.parametrize(
    "estimator",
    [
        Labels(),
        # A column for each pair of four classes.
        SVC(decision_function_shape="ovo"),
        Contrary(),
    ],
)
def test_a_classifier_without_usable_values_votes(estimator):
    y = np.arange(150) % 4
    made = Predictor(np.arange(4))(estimator.fit(X, y), X)
    assert made.method == "predict"
    np.testing.assert_array_equal(made.values, np.eye(4)[estimator.predict(X)])


def test_decisions_on_fewer_classes_are_votes():
    made = Predictor(np.arange(3))(LinearSVC().fit(X[:100], Y[:100]), X)
    assert (made.method, made.values.shape) == ("predict", (150, 3))


def test_probabilities_on_fewer_classes_have_a_column_for_each():
    model = LogisticRegression().fit(X[50:], Y[50:])
    made = Predictor(np.arange(3))(model, X)
    np.testing.assert_array_equal(made.values[:, 1:], model.predict_proba(X))
    assert not made.values[:, 0].any()


@pytest.mark.parametrize(
    ("y", "shape"), [(YR, (442,)), (YR[:, None], (442,)), (np.c_[YR, YR], (442, 2))]
)
def test_regressors_predict_a_number_for_each_output(y, shape):
    made = Predictor(None)(LinearRegression().fit(XR, y), XR)
    assert made.values.shape == shape


class Broken(DecisionTreeClassifier):
    def predict_proba(self, X):
        raise NotImplementedError("no probabilities here")


class Infinite(DecisionTreeClassifier):
    def predict_proba(self, X):
        return np.full((len(X), 3), np.nan)


class TooMany(DecisionTreeClassifier):
    def predict_proba(self, X):
        return np.full((len(X), 4), 0.25)


@pytest.mark.parametrize(
    ("estimator", "error"),
    [
        (Broken(), "NotImplementedError: no probabilities here"),
        (Infinite(), "predict_proba returned values that are not finite"),
        (TooMany(), r"predict_proba returned the shape \(150, 4\) for 3 classes"),
    ],
)
def test_what_cannot_be_predicted_is_an_error_of_the_prediction(estimator, error):
    made = Predictor(np.arange(3))(estimator.fit(X, Y), X)
    assert made.values is None
    assert re.search(error, made.error)


def test_the_test_rows_are_predicted_and_not_the_training_rows():
    outside = OutOfFold(Predictor(np.arange(3)), lambda estimator, X: estimator)
    model = DecisionTreeClassifier().fit(X, Y)
    scorer = outside.watch(lambda estimator, X, y: 0.5)
    assert scorer(model, X[:10], Y[:10]) == 0.5
    scorer(model, X, Y)
    outside.predict()
    assert len(outside.predictions.values) == 10


def test_without_a_predictor_the_scorer_is_the_same():
    outside = OutOfFold(None, lambda estimator, X: estimator)
    scorer = object()
    assert outside.watch(scorer) is scorer
    outside.predict()
    assert outside.predictions is None


# ---- the library -----------------------------------------------------------------


def evaluated(trial_id, rung, loss=0.0, splits=(0, 1), status=Status.COMPLETED):
    folds = {
        split: FoldResult(predictions=FoldPredictions(np.full(3, loss), "predict"))
        for split in splits
    }
    job = Job(trial_id, {}, bracket=0, rung=rung, resource=3**rung)
    return Evaluation(job, folds, status=status, loss=loss)


def library_of(n_most=10):
    return PredictionLibrary(lambda e: e.job.rung == 1, n_most)


def test_predictions_leave_the_evaluation():
    library, evaluation = library_of(), evaluated(0, rung=1)
    library.take(evaluation)
    assert all(fold.predictions is None for fold in evaluation.folds)
    assert list(library.of(0)) == [0, 1]


def test_a_fold_that_is_not_run_again_keeps_its_predictions():
    library = library_of()
    library.take(evaluated(0, rung=0, splits=[1]))
    library.take(evaluated(0, rung=1, splits=[0]))
    assert sorted(library.of(0)) == [0, 1]


def test_a_trial_that_ends_below_the_top_lets_go_of_its_predictions():
    library = library_of()
    library.take(evaluated(0, rung=0))
    library.take(evaluated(1, rung=1))
    library.discard([0, 1])
    assert len(library) == 1
    assert library.of(0) == {}


def test_an_evaluation_that_failed_lets_go_of_its_predictions():
    library = library_of()
    library.take(evaluated(0, rung=0))
    library.take(evaluated(0, rung=1, splits=[1], status=Status.FAILED))
    assert len(library) == 0


@pytest.mark.parametrize("order", [range(6), range(5, -1, -1), [3, 0, 5, 1, 4, 2]])
def test_the_best_of_the_top_are_kept_in_whatever_order_they_come(order):
    library = library_of(n_most=2)
    for trial_id in order:
        library.take(evaluated(trial_id, rung=1, loss=trial_id / 10))
        library.discard([trial_id])
    assert [bool(library.of(i)) for i in range(6)] == [True, True] + [False] * 4


def test_equal_losses_are_told_apart_by_the_trial():
    library = library_of(n_most=2)
    for trial_id in (2, 1, 0):
        library.take(evaluated(trial_id, rung=1))
    assert [bool(library.of(i)) for i in range(3)] == [True, True, False]


# ---- records ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(7,), (5, 3), (4, 1)])
def test_a_record_is_plain_data_and_gives_the_very_values_back(shape):
    values = np.random.default_rng(0).normal(size=shape)
    record = json.loads(json.dumps(record_of(FoldPredictions(values, "predict"))))
    again = recorded(record)
    np.testing.assert_array_equal(again.values, values)
    assert again.method == "predict"


def test_an_error_is_recorded():
    assert recorded(record_of(FoldPredictions(error="no"))).error == "no"


def test_large_predictions_are_not_recorded():
    assert record_of(FoldPredictions(np.zeros(100_000), "predict")) is None


@pytest.mark.parametrize(
    "record",
    [
        {"method": "predict", "shape": [2], "data": "not base64!"},
        {"method": "predict", "shape": [9], "data": "AAAAAAAAAAA="},
    ],
)
def test_a_damaged_record_is_an_error(record):
    with pytest.raises(ValueError):  # noqa: PT011
        recorded(record)


@pytest.mark.parametrize("data", ["AAAA*AAAAAAA", "AAAAAAAAAAA=\n"])
def test_other_signs_than_those_of_base64_are_an_error(data):
    with pytest.raises(ValueError):  # noqa: PT011
        recorded({"method": "predict", "shape": [1], "data": data})


def test_values_that_were_recorded_can_be_changed():
    again = recorded(record_of(FoldPredictions(np.zeros(3), "predict")))
    again.values[0] = 1.0
    assert again.values.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(("n_values", "is_kept"), [(31_250, True), (31_251, False)])
def test_predictions_are_recorded_up_to_a_quarter_of_a_megabyte(n_values, is_kept):
    record = record_of(FoldPredictions(np.zeros(n_values), "predict"))
    assert (record is not None) is is_kept


# ---- classifiers and libraries that are asked only -------------------------------


class Asked:
    """A classifier of three rows that has the values it is made with."""

    def __init__(self, labels, decisions, **own):
        self.labels, self.decisions = labels, decisions
        vars(self).update(own)

    def predict(self, X):
        return np.array(self.labels)

    def decision_function(self, X):
        return np.array(self.decisions)


def test_decisions_of_a_classifier_that_does_not_say_its_classes_are_used():
    model = Asked([0, 1, 1], [-1.0, 1.0, 2.0])
    assert Predictor(np.arange(2))(model, None).method == "decision_function"
    assert (
        Predictor(np.arange(2))(
            Asked([0, 1, 1], [-1.0, 1.0, 2.0], classes_=np.array([0])), None
        ).method
        == "predict"
    )


def test_a_column_of_decisions_for_two_classes_is_not_averaged():
    model = Asked([0, 1, 1], [[-1.0], [1.0], [2.0]])
    assert Predictor(np.arange(2))(model, None).method == "predict"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_value_that_is_not_finite_is_an_error(value):
    class Numbers:
        def predict(self, X):
            return np.array([1.0, value])

    made = Predictor(None)(Numbers(), None)
    assert made.values is None
    assert made.error == "ValueError: predict returned values that are not finite."


def test_a_scorer_that_is_watched_has_its_name():
    watched = OutOfFold(Predictor(None), lambda estimator, X: estimator).watch(
        "accuracy"
    )
    assert repr(watched) == "'accuracy'"


def test_predictions_are_made_once_for_each_score():
    class Counts:
        n = 0

        def predict(self, X):
            Counts.n += 1
            return np.zeros(2)

    outside = OutOfFold(Predictor(None), lambda estimator, X: estimator)
    outside.watch(lambda estimator, X: 0.0)(Counts(), None)
    outside.predict()
    outside.predict()
    assert Counts.n == 1
    assert outside.predictions.method == "predict"


def test_who_was_once_among_the_best_makes_no_place_later():
    library = library_of(n_most=1)
    library.take(evaluated(0, rung=1, loss=0.5))
    library.take(evaluated(1, rung=1, loss=0.1))
    # Trial 0 is not one of the top any more: what it gets now can go.
    library.take(evaluated(0, rung=0, loss=0.5))
    library.discard([0])
    assert library.of(0) == {}
    assert library.of(7) == {}
    assert len(library) == 1


def test_fifty_members_at_most():
    library = PredictionLibrary(lambda evaluation: True)
    for trial_id in range(52):
        library.take(evaluated(trial_id, rung=1, loss=float(trial_id)))
    assert len(library) == MAX_MEMBERS == 50
