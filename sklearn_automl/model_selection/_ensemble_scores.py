"""How an ensemble of a search is scored: by its scorer, of averaged predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier

from sklearn_automl._sklearn_compat import (
    check_fit_params,
    is_multimetric_scorer,
    named_scorers,
    safe_split,
)
from sklearn_automl.ensemble._classes import votes_of_decisions
from sklearn_automl.ensemble._stand_in import FoldAverage
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import FoldPredictions, last_step
from sklearn_automl.model_selection._data import Data

__all__ = [
    "Candidate",
    "Scoring",
    "classes_of",
    "has_plain_score",
    "metric_of",
    "scorer_of",
    "text_of_unscorable",
]


@dataclass(frozen=True)
class Candidate:
    """A row of ``cv_results_`` with its predictions for each fold."""

    row: int
    folds: list[FoldPredictions]

    @property
    def method(self) -> str:
        """What all folds have; "predict" if they differ."""
        methods = {fold.method for fold in self.folds}
        return methods.pop() if len(methods) == 1 else "predict"

    @property
    def error(self) -> str:
        return next((fold.error for fold in self.folds if fold.error), "")


class Scoring:
    """The mean over folds of the search's own score, of averaged predictions.

    ``candidates`` are those that can be scored, ``library`` has their predictions, and
    ``method`` is that of the ensemble.
    """

    def __init__(
        self,
        search: Any,
        data: Data,
        metric: str | None,
        candidates: list[Candidate],
        scorer: Any,
    ) -> None:
        self._search = search
        self._scorer = scorer
        self._data = data
        self._metric = metric
        self._classes = classes_of(search, data)
        self.candidates = candidates
        methods = {c.method for c in candidates}
        if len(methods) == 1:
            self._use(methods.pop())
            error = self._try()
        else:
            # With labels alone everybody can be a member.
            self._use("predict")
            error = self._try()
            if error is not None:
                best = "predict_proba"
                best = best if best in methods else "decision_function"
                self._restrict_to(best)
                error = self._try()
        if error is not None:
            raise ValueError(
                f"{text_of_unscorable(search, error)} best_estimator_ and cv_results_ "
                "are there."
            ) from error

    def __call__(self, folds: list[np.ndarray]) -> float:
        pairs = zip(self._folds, folds, strict=True)
        scores = [average(predictions) for average, predictions in pairs]
        if self._metric is not None:
            scores = [s[self._metric] if isinstance(s, dict) else s for s in scores]
        return float(np.mean(scores))

    def _use(self, kind: str) -> None:
        """Average what this method returns; votes where it is "predict"."""
        self.method = "decision_function"
        if kind != "decision_function":
            self.method = "predict_proba"
        self.library = [
            [self._values(fold, kind) for fold in c.folds] for c in self.candidates
        ]
        self._folds = [
            self._fold(i, train, test, kind)
            for i, (train, test) in enumerate(self._data.folds.splits)
        ]

    def _restrict_to(self, kind: str) -> None:
        n_all = len(self.candidates)
        self.candidates = [c for c in self.candidates if c.method == kind]
        warn(
            f"{n_all - len(self.candidates)} of {n_all} configurations have no {kind}, "
            "which the scoring needs. They are not members of ensemble_."
        )
        self._use(kind)

    def _values(self, fold: FoldPredictions, kind: str) -> np.ndarray:
        values: Any = fold.values
        if fold.method == "decision_function" and kind != fold.method:
            return votes_of_decisions(values, np.asarray(self._classes))
        return np.asarray(values)

    def _fold(self, split: int, train: Any, test: Any, kind: str) -> FoldAverage:
        search, data = self._search, self._data
        X, y = safe_split(search.estimator, data.X, data.y, test, train)
        params = data.routed.scorer.score
        columns = None
        if self._classes is not None and kind != "decision_function":
            # An estimator that was fitted here can know no other class.
            columns = np.isin(self._classes, np.asarray(data.y)[train])
            for predictions in self.library:
                columns |= (predictions[split] > 0).any(axis=0)
        return FoldAverage(
            self._scorer,
            X,
            y,
            check_fit_params(data.X, params=params, indices=test),
            classes=self._classes,
            columns=columns,
            method=kind,
        )

    def _try(self) -> Exception | None:
        try:
            self(self.library[0])
        # The scorer may be the user's, and raise anything of a stand-in.
        except Exception as error:  # noqa: BLE001
            return error
        return None


def text_of_unscorable(search: Any, error: Exception) -> str:
    """Say why an ensemble cannot be scored, and what to do instead."""
    return (
        f"ensemble={search.ensemble!r} cannot be scored with "
        f"scoring={search.scoring!r}: {type(error).__name__}: {error}\nThe scorer gets "
        "averaged predictions instead of an estimator. If it needs probabilities, use "
        "an estimator that has predict_proba, such as CalibratedClassifierCV. If it "
        "needs something else of the estimator, pass another scoring or ensemble=None."
    )


def scorer_of(scorers: Any, metric: str | None, data: Data) -> Any:
    """Return the scorer of the metric that decides, or all where params are routed."""
    if is_multimetric_scorer(scorers) and not data.routed.scorer.score:
        return named_scorers(scorers)[metric]
    return scorers


def metric_of(search: Any) -> str | None:
    """Return the metric that ``best_score_`` has; None if there is a single one."""
    if not search.multimetric_:
        return None
    prefix = "mean_test_"
    names = [k[len(prefix) :] for k in search.cv_results_ if k.startswith(prefix)]
    for name in (search.refit, search.promotion_metric):
        if isinstance(name, str):
            return name
    return names[0]


def has_plain_score(estimator: Any) -> bool:
    """Tell whether the score of an estimator is that of scikit-learn's mixins."""
    estimator = last_step(estimator)
    if type(estimator).__module__.startswith("catboost."):
        return True  # accuracy and R2, too
    own = getattr(type(estimator), "score", None)
    return own in (ClassifierMixin.score, RegressorMixin.score)


def classes_of(search: Any, data: Data) -> np.ndarray | None:
    return np.unique(np.asarray(data.y)) if is_classifier(search.estimator) else None
