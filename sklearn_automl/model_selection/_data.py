"""What ``fit`` was given: checked, routed and split."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import indexable

from sklearn_automl._sklearn_compat import check_fit_params, num_samples
from sklearn_automl.model_selection._checks import (
    as_numbers,
    check_fit_names,
    check_lengths,
    check_rows,
    check_splits,
    check_target,
    make_cv,
)

__all__ = ["Data", "Folds", "class_labels", "make_data", "make_folds"]


@dataclass(frozen=True)
class Folds:
    """The data split once, for the whole search: folds are the same in every rung."""

    n_samples: int
    #: The splitter.
    cv: Any
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

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 without classes."""
        return 0 if self.labels is None else len(np.unique(self.labels))


@dataclass(frozen=True)
class Data:
    """What ``fit`` was given."""

    X: Any
    y: Any
    #: The parameters of ``fit``, as they were given.
    params: dict[str, Any]
    #: The same for the estimator, the scorer and the splitter.
    routed: Any
    folds: Folds

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What scikit-learn's callbacks are told beside X and y."""
        weight = self.params.get("sample_weight")
        return None if weight is None else {"sample_weight": weight}


def make_data(search: Any, X: Any, y: Any, params: dict[str, Any]) -> Data:
    """Check, route and split everything that ``fit`` was given."""
    X, y = indexable(X, y)
    check_rows(search.estimator, X)
    check_target(search.estimator, y)
    check_lengths(X, params)
    params = check_fit_params(X, params=params)
    routed = search._get_routed_params_for_fit(params)
    check_fit_names(search.estimator, routed.estimator.fit)
    labels = class_labels(search.estimator, y)
    folds = make_folds(search, X, y, labels, routed.splitter.split)
    return Data(X, y, params, routed, folds)


def make_folds(
    search: Any,
    X: Any,
    y: Any,
    labels: np.ndarray | None,
    split_params: dict[str, Any],
) -> Folds:
    """Split the rows of X as ``search.cv`` says."""
    cv = make_cv(search, y)
    n_splits = cv.get_n_splits(X, y, **split_params)
    splits = list(cv.split(X, y, **split_params))
    check_splits(search, splits, n_splits, X)
    return Folds(
        num_samples(X),
        cv,
        [(_rows(train), _rows(test)) for train, test in splits],
        labels,
        split_params.get("groups"),
    )


def class_labels(estimator: Any, y: Any) -> np.ndarray | None:
    """Return each row's class as an integer; None if there are no classes to keep."""
    if y is None or not is_classifier(estimator):
        return None
    if type_of_target(y) not in {"binary", "multiclass"}:
        return None
    return as_numbers(y, "y")


def _rows(fold: Any) -> np.ndarray:
    """Return row numbers, also of a fold that is given as a boolean mask."""
    fold = np.asarray(fold)
    return np.flatnonzero(fold) if fold.dtype == bool else fold
