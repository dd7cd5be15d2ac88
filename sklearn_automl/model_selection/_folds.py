"""The folds of a search: split once, checked, and the same in every rung."""

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from sklearn_automl._sklearn_compat import num_samples

__all__ = ["Folds", "make_folds"]


@dataclass(frozen=True)
class Folds:
    """The data split once, for the whole search: folds are the same in every rung."""

    n_samples: int
    #: Row numbers of each training and test fold.
    splits: list[tuple[np.ndarray, np.ndarray]]
    #: Class of each row as a number, None if there are no classes to keep.
    labels: np.ndarray | None
    #: Of each row, None if the splitter gets no groups.
    groups: Any

    @property
    def smallest_train(self) -> int:
        """Number of rows of the smallest training fold."""
        return min(len(train) for train, _ in self.splits)

    @cached_property
    def is_ordered(self) -> bool:
        """Whether every fold tests on later rows than it trains on.

        The folds themselves show it, whatever class of splitter or list made them. A
        single fold shows nothing: the last rows are often held out of shuffled data.
        """
        if len(self.splits) == 1:
            return False
        return all(train.max() < test.min() for train, test in self.splits)

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 without classes."""
        return 0 if self.labels is None else len(np.unique(self.labels))


def make_folds(
    search: Any,
    X: Any,
    y: Any,
    labels: np.ndarray | None,
    split_params: dict[str, Any],
) -> Folds:
    """Split the rows of X as ``search.cv`` says."""
    cv = _make_cv(search, y)
    n_splits = cv.get_n_splits(X, y, **split_params)
    splits = list(cv.split(X, y, **split_params))
    _check_splits(search, splits, n_splits, X)
    return Folds(
        num_samples(X),
        [(_rows(train), _rows(test)) for train, test in splits],
        labels,
        split_params.get("groups"),
    )


def _rows(fold: Any) -> np.ndarray:
    """Return row numbers, also of a fold that is given as a boolean mask."""
    fold = np.asarray(fold)
    return np.flatnonzero(fold) if fold.dtype == bool else fold


def _make_cv(search: Any, y: Any) -> Any:
    """Return the splitter that ``search.cv`` means."""
    cv = search.cv
    if isinstance(cv, Iterable) and not hasattr(cv, "split"):
        cv = list(cv)
        for i, pair in enumerate(cv):
            if not hasattr(pair, "__len__") or len(pair) != 2:
                raise ValueError(
                    f"Split {i} of cv is {reprlib.repr(pair)}, not a pair; pass a list "
                    "of (train, test) pairs of row numbers."
                )
    return check_cv(cv, y, classifier=is_classifier(search.estimator))


def _check_splits(search: Any, splits: list[Any], n_promised: int, X: Any) -> None:
    """Refuse folds that cannot be fitted or scored."""
    cv = f"cv={search.cv!r}"
    if len(splits) != n_promised:
        raise ValueError(
            "cv.split and cv.get_n_splits return inconsistent results. Expected "
            f"{n_promised} splits, got {len(splits)}. Correct the get_n_splits of "
            f"{cv}, or pass cv as a list of (train, test) pairs."
        )
    if not splits:
        raise ValueError(
            f"No fits were performed. Was the CV iterator empty? {cv} gave no split. "
            "An iterator is exhausted after its first use; pass a list of "
            "(train, test) pairs."
        )
    n_samples = num_samples(X)
    for i, (train, test) in enumerate(splits):
        for kind, rows in (("training", train), ("test", test)):
            fault = _fault_of(np.asarray(rows), n_samples)
            if fault:
                raise ValueError(
                    f"The {kind} fold of split {i} of cv ({type(search.cv).__name__}) "
                    f"{fault}. A fold is a non-empty array of row numbers, or a mask "
                    "with a bool for each row."
                )


def _fault_of(rows: np.ndarray, n_samples: int) -> str:
    """Say what is wrong with the rows of a fold; nothing if they are good."""
    if rows.size == 0:
        return "is empty"
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        return f"has the shape {rows.shape} and the dtype {rows.dtype}"
    if rows.dtype.kind == "b":
        if len(rows) != n_samples:
            return f"is a mask of {len(rows)} rows, but X has {n_samples}"
        return "" if rows.any() else "is empty"
    if rows.max() >= n_samples or rows.min() < -n_samples:
        row = rows.max() if rows.max() >= n_samples else rows.min()
        return f"has row {row}, but X has {n_samples} rows, 0 to {n_samples - 1}"
    return ""
