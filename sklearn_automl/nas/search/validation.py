"""Which rows train in a search, and which score: as the user says, or one holdout."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    StratifiedGroupKFold,
    check_cv,
)

from sklearn_automl.exceptions import warn
from sklearn_automl.nas.search.holdout import holdout

__all__ = ["Validation", "first_only"]

# A share of the rows is so many folds of this number, or of fewer.
_MOST_FOLDS = 20

Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Validation:
    """How rows are divided.

    Parameters
    ----------
    fraction : float
        Share of the rows of a holdout.

    cv : int, splitter, iterable or None
        As in scikit-learn; None for one holdout.

    groups : ndarray of shape (n_samples,) or None
        No group is on both sides.

    n_own : int
        So many of the last rows are the user's own validation rows; 0 for none.
    """

    fraction: float
    cv: Any = None
    groups: np.ndarray | None = None
    n_own: int = 0

    def splits(
        self, X: Any, y: Any, labels: np.ndarray | None, seed: int
    ) -> Sequence[Split]:
        """Return training and validation rows of each fold.

        Parameters
        ----------
        X, y : ndarray
            All rows, the user's own validation rows at the end.

        labels : ndarray of shape (n_samples,) or None
            Class of each row as a number, None for regression or several labels.

        seed : int
            Decides a holdout.

        Returns
        -------
        sequence of (ndarray, ndarray)
            Row numbers.
        """
        n_rows = len(X)
        if self.n_own:
            n_train = n_rows - self.n_own
            return [(np.arange(n_train), np.arange(n_train, n_rows))]
        if self.cv is None:
            if self.groups is None:
                return [holdout(n_rows, labels, self.fraction, seed)]
            return [self._of_groups(np.arange(n_rows), labels, self.fraction, seed)]
        cv = self._splitter(y, labels)
        splits = [
            (np.asarray(train), np.asarray(valid))
            for train, valid in cv.split(X, y, self.groups)
        ]
        for place, (train, valid) in enumerate(splits):
            if not len(train) or not len(valid):
                side = "validation" if len(train) else "training"
                raise ValueError(
                    f"Fold {place} of cv has no {side} rows. Pass a "
                    "splitter whose folds have rows on both sides."
                )
        return splits

    def halves(self, rows: np.ndarray, labels: np.ndarray | None, seed: int) -> Split:
        """Divide the training rows between weights and architecture of a supernet."""
        own = None if labels is None else labels[rows]
        if self.groups is not None and len(np.unique(self.groups[rows])) > 1:
            parts = self._of_groups(rows, own, 0.5, seed)
        else:
            parts = holdout(len(rows), own, 0.5, seed)
        return rows[parts[0]], rows[parts[1]]

    def _of_groups(
        self, rows: np.ndarray, labels: np.ndarray | None, fraction: float, seed: int
    ) -> Split:
        """Hold whole groups out; classes in proportion as far as groups allow it."""
        groups = np.asarray(self.groups)[rows]
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise ValueError(
                f"groups has one group, {groups.tolist()[0]!r}, but some groups must "
                "be held out. Pass at least two different groups, or no groups."
            )
        n_held, n_folds = 0, 1
        if labels is not None:
            # No class may have fewer rows than there are folds, or scikit-learn warns.
            most = min(n_groups, _least_of_a_class(labels), _MOST_FOLDS)
            n_held, n_folds = _part_of_folds(fraction, most)
        if not 0 < n_held < n_folds:
            n_valid = min(max(round(fraction * n_groups), 1), n_groups - 1)
            cv = GroupShuffleSplit(1, test_size=n_valid, random_state=seed)
            train, valid = next(cv.split(rows, labels, groups))
            return train, valid
        folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        parts = islice(folds.split(rows, labels, groups), n_held)
        valid = np.sort(np.concatenate([part for _, part in parts]))
        return np.setdiff1d(np.arange(len(rows)), valid), valid

    def _splitter(self, y: Any, labels: np.ndarray | None) -> Any:
        is_number = isinstance(self.cv, int | np.integer)
        if is_number and self.groups is not None:
            # scikit-learn's folds of a number would tear groups apart.
            make = GroupKFold if labels is None else StratifiedGroupKFold
            return make(int(self.cv))
        return check_cv(self.cv, y, classifier=labels is not None)


def _part_of_folds(fraction: float, most: int) -> tuple[int, int]:
    """Return how many folds of how many are nearest to a share of the rows."""
    share = Fraction(fraction).limit_denominator(most)
    return share.numerator, share.denominator


def _least_of_a_class(labels: np.ndarray) -> int:
    return int(np.unique(labels, return_counts=True)[1].min())


def first_only(splits: Sequence[Split], reason: str) -> Sequence[Split]:
    """Return the first split, and say so if there are others."""
    if len(splits) > 1:
        warn(
            f"Only the first of the {len(splits)} folds of cv is used, because "
            f"{reason}: weights that are trained on one fold would know the validation "
            "rows of other folds."
        )
    return splits[:1]
