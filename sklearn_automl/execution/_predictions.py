"""Out-of-fold predictions: made by a worker, kept for the ensemble of a search.

They are float64, because a score must not depend on how they were kept: 8 bytes for
each test row and class. They are only made of folds with all of the resource, and only
kept of trials that may still come to the top or are among its best.
"""

import base64
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_automl.ensemble._classes import (
    aligned,
    votes_for,
    votes_of_decisions,
    without_column,
)
from sklearn_automl.execution._evaluation import Evaluation, FoldPredictions
from sklearn_automl.execution._status import Status

__all__ = ["MAX_MEMBERS", "OutOfFold", "PredictionLibrary", "Predictor"]

#: An ensemble is made of so many of the best configurations at most. This bounds the
#: memory, and the time of the selection.
MAX_MEMBERS = 50
# Larger ones are not recorded in a checkpoint, whose records are all read at once.
_MAX_RECORDED_BYTES = 250_000


@dataclass(frozen=True)
class Predictor:
    """Makes the predictions that can be averaged.

    Parameters
    ----------
    classes : ndarray or None
        All labels; None for regression.
    """

    classes: np.ndarray | None

    def __call__(self, estimator: Any, X: Any) -> FoldPredictions:
        """Return the predictions of a fitted estimator, or why there are none."""
        try:
            values, method = self._predict(estimator, X)
            if not np.isfinite(values).all():
                raise ValueError(f"{method} returned values that are not finite.")
        # A third-party estimator may raise anything. Its score holds nevertheless.
        except Exception as error:  # noqa: BLE001
            return FoldPredictions(error=f"{type(error).__name__}: {error}")
        return FoldPredictions(values, method)

    def _predict(self, estimator: Any, X: Any) -> tuple[np.ndarray, str]:
        if self.classes is None:
            return without_column(estimator.predict(X)), "predict"
        own = getattr(estimator, "classes_", None)
        if hasattr(estimator, "predict_proba"):
            values = aligned(estimator.predict_proba(X), own, self.classes)
            return values, "predict_proba"
        votes = votes_for(np.asarray(estimator.predict(X)), self.classes)
        has_all = own is None or np.array_equal(own, self.classes)
        if has_all and hasattr(estimator, "decision_function"):
            values = np.asarray(estimator.decision_function(X), dtype=float)
            # One-vs-one has a column for each pair of classes.
            width = (len(self.classes),) if len(self.classes) > 2 else ()
            # SVC breaks ties in another way than its decision function.
            if values.shape[1:] == width and np.array_equal(
                votes, votes_of_decisions(values, self.classes)
            ):
                return values, "decision_function"
        return votes, "predict"


class OutOfFold:
    """Predictions for the test rows of a fold, of the estimator that was scored there.

    Parameters
    ----------
    predictor : Predictor or None
        None where no predictions are wanted.

    stand_in : callable
        ``stand_in(estimator, X)`` returns what predicts in the place of an estimator.
    """

    predictions: FoldPredictions | None = None

    def __init__(
        self, predictor: Predictor | None, stand_in: Callable[[Any, Any], Any]
    ) -> None:
        self._predictor = predictor
        self._stand_in = stand_in
        self._scored: tuple[Any, Any] | None = None

    def watch(self, scorer: Any) -> Any:
        """Return the scorer; what it scores first is what predicts later."""
        if self._predictor is None:
            return scorer
        return _WatchedScorer(scorer, self._note)

    def predict(self) -> None:
        """Predict, if anything was scored. It is no part of the time of the score."""
        if self._predictor is not None and self._scored is not None:
            estimator, X = self._scored
            self._scored = None
            predicting = self._stand_in(estimator, X)
            self.predictions = self._predictor(predicting, X)

    def _note(self, estimator: Any, X: Any) -> None:
        # Training rows are scored after the test rows.
        if self._scored is None:
            self._scored = estimator, X


class _WatchedScorer:
    def __init__(self, scorer: Any, note: Callable[[Any, Any], None]) -> None:
        self._scorer = scorer
        self._note = note

    def __call__(self, estimator: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        self._note(estimator, X)
        return self._scorer(estimator, X, *args, **kwargs)

    def __repr__(self) -> str:
        return repr(self._scorer)  # scikit-learn names it in errors


class PredictionLibrary:
    """The predictions of trials that may become members of an ensemble.

    Parameters
    ----------
    is_top : callable
        Tells whether an evaluation has had all of the resource on all folds.

    n_most : int, default=MAX_MEMBERS
        How many trials of the top are kept: the best ones.
    """

    def __init__(
        self, is_top: Callable[[Evaluation], bool], n_most: int = MAX_MEMBERS
    ) -> None:
        self.is_top = is_top
        self.n_most = n_most
        self._folds: dict[int, dict[int, FoldPredictions]] = defaultdict(dict)
        self._top: list[tuple[float, int]] = []

    def take(self, evaluation: Evaluation) -> None:
        """Move the predictions of an evaluation here."""
        trial_id = evaluation.job.trial_id
        for split, fold in evaluation.results.items():
            if fold is not None and fold.predictions is not None:
                self._folds[trial_id][split] = fold.predictions
                fold.predictions = None
        if evaluation.status != Status.COMPLETED:
            self._folds.pop(trial_id, None)
        elif self.is_top(evaluation):
            insort(self._top, (evaluation.loss, trial_id))
            for _, worst in self._top[self.n_most :]:
                self._folds.pop(worst, None)
            del self._top[self.n_most :]

    def discard(self, trial_ids: Iterable[int]) -> None:
        """Let go of trials that have ended, but for the best ones of the top."""
        kept = {trial_id for _, trial_id in self._top}
        for trial_id in trial_ids:
            if trial_id not in kept:
                self._folds.pop(trial_id, None)

    def of(self, trial_id: int) -> dict[int, FoldPredictions]:
        """Return the predictions of a trial by fold, as far as they are here."""
        return dict(self._folds.get(trial_id, {}))

    def __len__(self) -> int:
        """Return the number of trials that have predictions here."""
        return len(self._folds)


def record_of(predictions: FoldPredictions) -> dict[str, Any] | None:
    """Return predictions as plain data; None if they are too large to be recorded."""
    values = predictions.values
    if values is None:
        return {"error": predictions.error}
    if values.nbytes > _MAX_RECORDED_BYTES:
        return None
    data = np.ascontiguousarray(values, dtype="<f8").tobytes()
    return {
        "method": predictions.method,
        "shape": list(values.shape),
        "data": base64.b64encode(data).decode("ascii"),
    }


def recorded(record: dict[str, Any]) -> FoldPredictions:
    """Return the predictions that :func:`record_of` made plain data of."""
    if "error" in record:
        return FoldPredictions(error=str(record["error"]))
    data = base64.b64decode(record["data"], validate=True)
    values = np.frombuffer(data, dtype="<f8").astype(float).reshape(record["shape"])
    return FoldPredictions(values, str(record["method"]))
