"""A scorer says of known predictions what it says of the estimator that made them."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import check_scoring, get_scorer
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from sklearn_automl.ensemble._stand_in import FoldAverage, _Rows

IRIS = load_iris(return_X_y=True)
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
CANCER = [part[:200] for part in load_breast_cancer(return_X_y=True)]


@pytest.mark.parametrize("data", [IRIS, CANCER], ids=["three classes", "two classes"])
@pytest.mark.parametrize(
    "scoring",
    [None, "accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"],
)
def test_scores_of_probabilities_are_those_of_the_estimator(data, scoring):
    X, y = data
    model = LogisticRegression(max_iter=50).fit(X[::3], y[::3])
    scorer = check_scoring(model, scoring)
    average = FoldAverage(
        scorer, X, y, {}, classes=model.classes_, method="predict_proba"
    )
    assert average(model.predict_proba(X)) == scorer(model, X, y)


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "average_precision"])
def test_scores_of_decisions_are_those_of_the_estimator(scoring):
    X, y = CANCER
    model = LinearSVC().fit(X[::3], y[::3])
    scorer = get_scorer(scoring)
    average = FoldAverage(
        scorer, X, y, {}, classes=model.classes_, method="decision_function"
    )
    assert average(model.decision_function(X)) == scorer(model, X, y)


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_absolute_error"])
def test_scores_of_numbers_are_those_of_the_estimator(scoring):
    X, y = load_diabetes(return_X_y=True)
    model = Ridge().fit(X, y)
    scorer = check_scoring(model, scoring)
    assert FoldAverage(scorer, X, y, {})(model.predict(X)) == scorer(model, X, y)


def test_what_the_scorer_gets_beside_the_data_is_passed_on():
    X, y = IRIS
    weight = np.arange(len(y), dtype=float)
    model = LogisticRegression(max_iter=20).fit(X, y)
    average = FoldAverage(
        get_scorer("accuracy"),
        X,
        y,
        {"sample_weight": weight},
        classes=model.classes_,
        method="predict_proba",
    )
    expected = get_scorer("accuracy")(model, X, y, sample_weight=weight)
    assert average(model.predict_proba(X)) == expected


def test_labels_may_be_strings():
    X, y = IRIS
    names = np.array(["a", "b", "c"])
    average = FoldAverage(get_scorer("accuracy"), X, names[y], {}, classes=names)
    assert average(np.eye(3)[y]) == 1.0


def test_a_class_that_the_fold_cannot_know_has_no_column():
    X, y = CANCER
    columns = np.array([True, False, True])
    average = FoldAverage(
        get_scorer("roc_auc"),
        X,
        np.array([0, 2])[y],
        {},
        classes=np.arange(3),
        columns=columns,
        method="predict_proba",
    )
    votes = np.zeros((len(y), 3))
    votes[np.arange(len(y)), np.array([0, 2])[y]] = 1.0
    assert average(votes) == 1.0


def test_decisions_for_the_classes_of_a_fold_are_a_single_column():
    X, y = CANCER
    average = FoldAverage(
        get_scorer("roc_auc"),
        X,
        np.array([0, 2])[y],
        {},
        classes=np.arange(3),
        columns=np.array([True, False, True]),
        method="decision_function",
    )
    assert average(2.0 * y - 1) == 1.0


@pytest.mark.parametrize("method", ["predict_proba", "decision_function", "predict"])
def test_a_stand_in_has_what_its_estimators_have(method):
    X, y = CANCER
    seen = []
    average = FoldAverage(
        lambda e, *_: seen.append(e), X, y, {}, classes=np.arange(2), method=method
    )
    average(np.zeros((len(y), 2)))
    for name in ("predict_proba", "decision_function"):
        assert hasattr(seen[0], name) == (name == method)


# ---- rows ------------------------------------------------------------------------

NUMBERS = np.random.default_rng(0).normal(size=(30, 4))
CONTAINERS = {
    "array": NUMBERS,
    "floats": NUMBERS.astype(np.float32),
    "images": NUMBERS.reshape(30, 2, 2),
    "objects": NUMBERS.astype(object),
    "frame": pd.DataFrame(NUMBERS),
    "mixed frame": pd.DataFrame(
        {"a": NUMBERS[:, 0], "b": [f"n{i}" for i in range(30)]}
    ),
    "csr": sparse.csr_array(NUMBERS * (NUMBERS > 0)),
    "csc": sparse.csc_array(NUMBERS * (NUMBERS > 0)),
    "texts": [f"text {i}" for i in range(30)],
    "ragged": [list(range(i)) for i in range(30)],
}


def take(X, rows):
    if isinstance(X, list):
        return [X[i] for i in rows]
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_scorer_may_predict_some_of_the_rows_in_any_order(kind):
    X = CONTAINERS[kind]
    rows = np.array([7, 3, 29, 3])
    average = FoldAverage(
        lambda e, X, y: e.predict(take(X, rows)).tolist(), X, np.zeros(30), {}
    )
    assert average(np.arange(30.0)) == rows.tolist()


@pytest.mark.parametrize("integer", [np.int32, np.int64])
@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [3, 2, 1, 0]])
def test_sparse_rows_are_known_whatever_the_order_and_type_of_indices(columns, integer):
    X = sparse.csr_array(NUMBERS)
    indices = np.tile(np.array(columns, dtype=integer), 30)
    same = sparse.csr_array(
        (NUMBERS[:, columns].ravel(), indices, X.indptr.astype(integer))
    )
    average = FoldAverage(lambda e, X, y: e.predict(same).tolist(), X, np.zeros(30), {})
    assert average(np.arange(30.0)) == [*range(30)]


@pytest.mark.parametrize("kind", ["array", "frame", "csr"])
def test_a_scorer_that_predicts_other_rows_is_refused(kind):
    X = CONTAINERS[kind]
    average = FoldAverage(lambda e, X, y: e.predict(X * 2), X, np.zeros(30), {})
    with pytest.raises(ValueError, match="this scorer asked for other rows"):
        average(np.arange(30.0))


def test_a_scorer_cannot_change_the_predictions():
    X = CONTAINERS["array"]

    def scorer(estimator, X, y):
        estimator.predict(X)[:] = -1

    predictions = np.arange(30.0)
    FoldAverage(scorer, X, np.zeros(30), {})(predictions)
    assert predictions.tolist() == list(range(30))


def test_sparse_rows_are_left_as_they_are():
    X = sparse.csr_matrix((np.ones(3), [2, 0, 1], [0, 2, 3]), shape=(2, 3))
    found = _Rows(X).of(np.array([5.0, 7.0]), X[[1]])
    assert found.tolist() == [7.0]
    assert X.indices.tolist() == [2, 0, 1]


def test_a_scorer_may_ask_whether_the_estimator_is_fitted():
    def scorer(estimator, X, y):
        check_is_fitted(estimator)
        return 1.0

    X, y = IRIS
    assert FoldAverage(scorer, X, y, {})(y) == 1.0


def test_votes_are_no_probabilities():
    def scorer(estimator, X, y):
        return [m for m in METHODS if hasattr(estimator, m)]

    X, y = CANCER
    average = FoldAverage(scorer, X, y, {}, classes=np.unique(y))
    assert average(np.eye(2)[y]) == ["predict"]
