"""Weights of rows: in trainings, and in scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

__all__ = ["RowWeights"]


@dataclass(frozen=True)
class RowWeights:
    """What each row counts; None where all count alike.

    Those of a training are the user's times those of the classes. Those of a score are
    the user's alone, so that scores mean the same with and without weights of classes.
    """

    fit: np.ndarray | None
    score: np.ndarray | None

    @classmethod
    def of(cls, sample_weight: np.ndarray | None, class_weight: Any, y: Any) -> Any:
        """Return the weights of rows.

        Parameters
        ----------
        sample_weight : ndarray of shape (n_samples,) or None
            The user's.

        class_weight : dict, list, "balanced" or None
            As in scikit-learn.

        y : ndarray
            The target.
        """
        if class_weight is None:
            return cls(sample_weight, sample_weight)
        own = compute_sample_weight(class_weight, y)
        fit = own if sample_weight is None else own * sample_weight
        return cls(fit, sample_weight)

    def followed_by(
        self, others: np.ndarray | None, n_rows: int, n_others: int
    ) -> "RowWeights":
        """Return the weights with those of rows that are only scored.

        Parameters
        ----------
        others : ndarray of shape (n_others,) or None
            Their weights; None for equal ones.

        n_rows, n_others : int
            How many rows train, and how many follow.

        Returns
        -------
        RowWeights
            Of all rows.
        """
        fit = None if self.fit is None else np.r_[self.fit, np.ones(n_others)]
        # Rows that train are not scored: their weights in scores are of no use.
        score = None if others is None else np.r_[np.ones(n_rows), others]
        return RowWeights(fit, score)

    @property
    def fit_params(self) -> dict[str, Any] | None:
        """What ``fit`` gets beside X and y."""
        return None if self.fit is None else {"sample_weight": self.fit}

    @property
    def score_params(self) -> dict[str, Any] | None:
        """What the scorer gets beside X and y."""
        return None if self.score is None else {"sample_weight": self.score}
