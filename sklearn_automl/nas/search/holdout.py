"""Which rows train in a search, and which score."""

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

__all__ = ["holdout"]

# Each side needs this many rows to train or to score.
_MIN_SIDE = 2


def holdout(
    n_rows: int, labels: np.ndarray | None, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows into those that train and those that score.

    Parameters
    ----------
    n_rows : int
        How many there are.

    labels : ndarray of shape (n_rows,) or None
        Their classes, of which both sides get their share; None for regression.

    fraction : float
        Share of the rows that score.

    seed : int
        Decides which.

    Returns
    -------
    train : ndarray of int
        Row numbers, sorted. A row that is the only one of its class is among them.
    valid : ndarray of int
        Row numbers, sorted. Where too few rows are left to score all other classes,
        both are all rows.
    """
    n_classes, rows, alone = 1, np.arange(n_rows), np.array([], dtype=int)
    if labels is not None:
        is_alone = np.bincount(labels)[labels] < _MIN_SIDE
        rows, alone = np.flatnonzero(~is_alone), np.flatnonzero(is_alone)
        n_classes = len(np.unique(labels[rows]))
    least = max(_MIN_SIDE, n_classes)
    n_valid = max(round(fraction * len(rows)), least)
    if n_classes == 0 or len(rows) - n_valid < least:
        return np.arange(n_rows), np.arange(n_rows)
    make = ShuffleSplit if labels is None else StratifiedShuffleSplit
    splitter = make(1, test_size=n_valid, random_state=seed)
    y = None if labels is None else labels[rows]
    train, valid = (rows[part] for part in next(splitter.split(rows, y)))
    if labels is not None:
        # Either side's share of a small class can be less than one row.
        train, valid = _with_all_classes(train, valid, labels)
        valid, train = _with_all_classes(valid, train, labels)
    return np.sort(np.r_[train, alone]), np.sort(valid)


def _with_all_classes(
    train: np.ndarray, valid: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move a row of each class that the second side does not have there."""
    missing = np.setdiff1d(labels[train], labels[valid])
    moved = [train[labels[train] == label][0] for label in missing]
    return np.setdiff1d(train, moved), np.r_[valid, moved].astype(int)
