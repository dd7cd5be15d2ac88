"""Scores of averaged predictions, by the scorer itself.

A scorer takes a fitted estimator. Here it gets a stand-in that returns known
predictions, for exactly the rows that it is asked for.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_automl.ensemble._classes import labels_of

__all__ = ["FoldAverage", "UnknownRowsError"]


class FoldAverage:
    """The test rows of a fold, and the score of any predictions for them.

    Parameters
    ----------
    scorer : callable
        scikit-learn's, or one like it.

    X, y : array-like
        The test rows of the fold.

    params : dict
        What the scorer gets beside them.

    classes : ndarray, default=None
        The labels that the columns of predictions stand for; None for regression.

    columns : ndarray of bool, default=None
        Which of the classes an estimator can know that was fitted on the training rows
        of the fold; None for all.

    method : {"predict_proba", "decision_function", "predict"}, default="predict"
        What the predictions of classifiers are, and so what the stand-in has. With
        "predict" they are shares of votes.
    """

    def __init__(
        self,
        scorer: Callable[..., Any],
        X: Any,
        y: Any,
        params: Mapping[str, Any],
        *,
        classes: np.ndarray | None = None,
        columns: np.ndarray | None = None,
        method: str = "predict",
    ) -> None:
        self._scorer = scorer
        self._X = X
        self._y = y
        self._params = params
        self._rows = _Rows(X)
        self._columns = columns
        self._method = method
        self._classes = classes
        if classes is not None and columns is not None:
            self._classes = classes[columns]

    def __call__(self, predictions: np.ndarray) -> Any:
        """Return what the scorer says of predictions for all test rows."""
        if self._classes is None:
            stand_in: Any = _Regressor(predictions, self._rows)
        else:
            if self._columns is not None and self._method != "decision_function":
                predictions = predictions[:, self._columns]
            stand_in = _Classifier(predictions, self._rows, self._classes, self._method)
        return self._scorer(stand_in, self._X, self._y, **self._params)


class UnknownRowsError(ValueError):
    """A scorer wants predictions for rows that nobody has predicted."""


class _StandIn(BaseEstimator):
    """Has no parameters that a scorer could read."""

    def fit(self, X, y=None):
        # `check_is_fitted` accepts only objects that have a fit.
        raise NotImplementedError("With ensemble, a scorer cannot fit the estimator.")

    def get_params(self, deep=True):  # noqa: ARG002
        return {}

    def __sklearn_is_fitted__(self):
        return True


class _Regressor(RegressorMixin, _StandIn):
    def __init__(self, values, rows):
        self._values = values
        self._rows = rows

    def predict(self, X):
        return self._rows.of(self._values, X)


class _Classifier(ClassifierMixin, _StandIn):
    def __init__(self, values, rows, classes, method):
        self._values = values
        self._rows = rows
        self._method = method
        self.classes_ = classes

    def predict(self, X):
        return labels_of(self._rows.of(self._values, X), self.classes_)

    @available_if(lambda self: self._method == "predict_proba")
    def predict_proba(self, X):
        return self._rows.of(self._values, X)

    @available_if(lambda self: self._method == "predict_proba")
    def predict_log_proba(self, X):
        return np.log(self.predict_proba(X))

    @available_if(lambda self: self._method == "decision_function")
    def decision_function(self, X):
        return self._rows.of(self._values, X)


class _Rows:
    """Finds rows among those of X, by what is in them.

    Where two rows are equal, their predictions are equal too.
    """

    def __init__(self, X: Any) -> None:
        self._X = X

    def of(self, values: np.ndarray, X: Any) -> np.ndarray:
        """Return the values of the rows X, a part of all rows in any order."""
        if X is self._X:
            return values.copy()
        try:
            return values[[self._places[key] for key in _row_keys(X)]]
        except KeyError:
            raise UnknownRowsError(
                "With ensemble, a scorer can only ask for predictions of rows that it "
                "was given, but this scorer asked for other rows. Pass another "
                "scoring, or ensemble=None."
            ) from None

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {key: i for i, key in enumerate(_row_keys(self._X))}


def _row_keys(X: Any) -> list[Any]:
    """Return something for each row that is equal for equal rows only."""
    if sparse.issparse(X):
        X = sparse.csr_array(X, copy=True)
        X.sort_indices()
        indices = X.indices.astype(np.int64)  # some are of 32 bits, others of 64
        pairs = zip(X.indptr[:-1], X.indptr[1:], strict=True)
        return [(indices[a:b].tobytes(), X.data[a:b].tobytes()) for a, b in pairs]
    if not hasattr(X, "dtype") and not hasattr(X, "columns"):
        return [joblib.hash(row) for row in X]
    X = np.asarray(X)
    if X.dtype.kind == "O":
        return [joblib.hash(row.tolist()) for row in X.reshape(len(X), -1)]
    X = np.ascontiguousarray(X).reshape(len(X), -1)
    return [row.tobytes() for row in X]
