"""Scores of nets on validation rows, which may lack a class."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from sklearn_automl._sklearn_compat import (
    accepts_sample_weight,
    asks_for_probabilities,
    is_sklearn_scorer,
    with_all_labels,
)
from sklearn_automl.nas._scores import as_number

__all__ = ["NetScorer"]

# What an oracle leaves to the classes that are wrong.
_DOUBT = 1e-3


@dataclass(frozen=True)
class NetScorer:
    """Scores a net as the user's scorer does, with what validation rows can tell.

    Parameters
    ----------
    scorer : callable
        What scikit-learn made of `scoring`.

    classes : ndarray, list or None
        All classes, or a list of two for each label; None for regression.
    """

    scorer: Any
    classes: Any

    def __call__(
        self, net: Any, X: Any, y: Any, sample_weight: np.ndarray | None = None
    ) -> Any:
        """Return the score, a number if it is one."""
        scorer, options = self.scorer, {}
        if sample_weight is not None and self.accepts_weights:
            options["sample_weight"] = sample_weight
        has_classes = isinstance(self.classes, np.ndarray)
        if has_classes and asks_for_probabilities(scorer):
            present = np.isin(self.classes, y)
            if not present.all():
                scorer, net = self._without(scorer, net, present)
        return as_number(scorer(net, X, y, **options))

    def __repr__(self) -> str:
        return repr(self.scorer)  # scikit-learn names it in errors

    def _without(self, scorer: Any, net: Any, present: np.ndarray) -> tuple[Any, Any]:
        """Return what scores rows that lack a class."""
        known = with_all_labels(scorer, self.classes)
        if known is not None:
            return known, net
        return scorer, _PresentClasses(net, present)

    @property
    def accepts_weights(self) -> bool:
        """Whether weights of rows change the score."""
        return accepts_sample_weight(self.scorer)

    def check(self, y: Any, weights: np.ndarray | None, described: str) -> None:
        """Refuse a metric that cannot score these rows, whatever is predicted.

        A scorer of the user's own is called with trained nets only, because it may look
        at more than their predictions.

        Parameters
        ----------
        y : ndarray
            The targets of validation rows.

        weights : ndarray or None
            Their weights.

        described : str
            What the user passed.
        """
        if not is_sklearn_scorer(self.scorer):
            return
        oracle = _NumberOracle(y) if self.classes is None else _Oracle(y, self.classes)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                score = self(oracle, np.zeros((len(y), 1)), y, weights)
            problem = "" if np.isfinite(score) else f"the score is {score}"
        # What a metric raises is its own choice.
        except Exception as error:  # noqa: BLE001
            problem = str(error).strip().rstrip(".")
        if problem:
            raise ValueError(
                f"scoring={described} cannot score the {len(y)} validation rows, even "
                f"if all predictions are right: {problem}. Pass another metric, or "
                "other validation rows (validation_fraction, cv, validation_data)."
            )


class _NumberOracle(RegressorMixin, BaseEstimator):
    """Predicts the target, to see whether that can be scored."""

    def __init__(self, y: Any) -> None:
        self.y = y

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> Any:  # noqa: ARG002  (the rows are known)
        """Return the target."""
        return self.y


class _Oracle(ClassifierMixin, BaseEstimator):
    """The same for classes: it is nearly sure of the right ones."""

    def __init__(self, y: Any, classes_: Any) -> None:
        self.y = y
        self.classes_ = classes_

    def predict(self, X: Any) -> Any:  # noqa: ARG002
        """Return the target."""
        return self.y

    def predict_proba(self, X: Any) -> Any:  # noqa: ARG002
        """Return a little doubt, because certainty has an infinite loss."""
        is_right = self.y
        if isinstance(self.classes_, np.ndarray):
            is_right = self.y[:, None] == self.classes_
        sure = np.where(is_right, 1 - _DOUBT, _DOUBT)
        if isinstance(self.classes_, np.ndarray):
            sure /= sure.sum(axis=1, keepdims=True)
        return sure


class _PresentClasses(ClassifierMixin, BaseEstimator):
    """A net that only knows the classes of some rows: the others have no part."""

    def __init__(self, net: Any, present: np.ndarray) -> None:
        self.net = net
        self.present = present
        self.classes_ = net.classes_[present]

    def predict(self, X: Any) -> Any:
        """Return what the net predicts, whatever it is."""
        return self.net.predict(X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes, given that it is one of them."""
        known: np.ndarray = self.net.predict_proba(X)[:, self.present].astype(float)
        total = known.sum(axis=1, keepdims=True)
        # Where none of them is possible, they are equally so.
        equal = np.full_like(known, 1 / known.shape[1])
        return np.divide(known, total, out=equal, where=total > 0)
