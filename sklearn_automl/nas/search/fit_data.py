"""What ``fit`` was given: checked, encoded, and one array of all rows."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from sklearn_automl.nas._inputs import as_plain, checked_data, checked_inputs
from sklearn_automl.nas._refusals import refuse_data
from sklearn_automl.nas.networks import checked_weights
from sklearn_automl.nas.search.time_limit import share_held_out
from sklearn_automl.nas.search.validation import Validation
from sklearn_automl.nas.search.weights import RowWeights

__all__ = ["FitData", "make_fit_data"]


@dataclass(frozen=True)
class FitData:
    """All rows of a search: the user's own validation rows are the last ones."""

    X: np.ndarray
    y: np.ndarray
    #: Class of each row as a number; None for regression and for several labels.
    labels: np.ndarray | None
    weights: RowWeights
    validation: Validation

    @property
    def of_training(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """X, y and weights of the rows that the final training has."""
        n = len(self.X) - self.validation.n_own
        weights = self.weights.fit
        return self.X[:n], self.y[:n], None if weights is None else weights[:n]


def make_fit_data(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    groups: Any,
    validation_data: Any,
) -> FitData:
    """Check and encode everything that ``fit`` was given.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        It learns what it has to know of inputs and targets.

    X, y, sample_weight, groups, validation_data : object
        As ``fit`` has them.

    Returns
    -------
    FitData
        Of all rows.
    """
    X, y = checked_data(estimator, X, y, **estimator._target_checks)
    y, labels = estimator._learn_target(y)
    estimator._target_shape = y.shape[1:]
    groups = _checked_groups(groups, X)
    sample_weight = checked_weights(sample_weight, len(X))
    # Folds of the user's have the numbers of all rows.
    has_own_folds = not (estimator.cv is None or isinstance(estimator.cv, Integral))
    if sample_weight is not None and not sample_weight.all() and not has_own_folds:
        # As if they were not there: they are in no fold either.
        X, y, labels, groups, sample_weight = (
            None if values is None else values[sample_weight > 0]
            for values in (X, y, labels, groups, sample_weight)
        )
    class_weight = getattr(estimator, "class_weight", None)
    weights = RowWeights.of(sample_weight, class_weight, y)
    n_own = 0
    if validation_data is not None:
        _refuse_two_validations(estimator, groups)
        own = _own_rows(estimator, validation_data, "y of validation_data")
        n_own = len(own.X)
        X = np.concatenate([X, own.X.astype(X.dtype, copy=False)])
        y = np.concatenate([y, own.y])
        if labels is not None:
            labels = np.searchsorted(estimator.classes_, y)
        weights = weights.followed_by(own.weights, len(X) - n_own, n_own)
    fraction = estimator.validation_fraction
    if estimator.checkpoint is None:  # a later run can have another limit
        fraction = share_held_out(fraction, len(X), estimator.time_limit)
    validation = Validation(fraction, estimator.cv, groups, n_own)
    return FitData(X, y, labels, weights, validation)


def make_training_data(
    estimator: Any, X: Any, y: Any, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Check rows that a fitted estimator is to train its architecture on.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        With a search behind it.

    X, y, sample_weight : object
        As ``fit`` has them.

    Returns
    -------
    X, y : ndarray
        Checked.

    weights : ndarray or None
        Those of a training.
    """
    rows = _own_rows(estimator, (X, y), "y")
    sample_weight = checked_weights(sample_weight, len(rows.X))
    class_weight = getattr(estimator, "class_weight", None)
    return rows.X, rows.y, RowWeights.of(sample_weight, class_weight, rows.y).fit


def _checked_groups(groups: Any, X: np.ndarray) -> np.ndarray | None:
    if groups is None:
        return None
    groups = column_or_1d(as_plain(groups))
    check_consistent_length(X, groups)
    result: np.ndarray = groups
    return result


def _refuse_two_validations(estimator: Any, groups: Any) -> None:
    other = "groups" if groups is not None else f"cv={estimator.cv!r}"
    if groups is not None or estimator.cv is not None:
        raise ValueError(
            f"validation_data and {other} both say which rows compare architectures. "
            "Pass one of them."
        )


@dataclass(frozen=True)
class _OwnRows:
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None


def _own_rows(estimator: Any, data: Any, name: str) -> _OwnRows:
    """Return rows beside those of the search, which has said what they are like."""
    is_sequence = isinstance(data, list | tuple)
    if not is_sequence or len(data) not in (2, 3):
        raise ValueError(
            "validation_data must be (X, y) or (X, y, sample_weight), got "
            f"{type(data).__name__}. Pass a tuple of arrays."
        )
    X, y, *rest = data
    refuse_data(estimator, X, y)
    X = checked_inputs(estimator, X)
    y = check_array(as_plain(y), ensure_2d=False, dtype=None, input_name="y")
    shape = getattr(estimator, "_target_shape", y.shape[1:])  # unknown after a load
    if y.shape[1:] == (1,) and shape == ():
        y = column_or_1d(y)
    check_consistent_length(X, y)
    if y.shape[1:] != shape:
        raise ValueError(
            f"{name} has the shape {y.shape}, but should have {(len(y), *shape)}, like "
            "the target of the search. Pass the same columns."
        )
    _check_labels(estimator, y, name)
    return _OwnRows(X, y, checked_weights(rest[0] if rest else None, len(X)))


def _check_labels(estimator: Any, y: np.ndarray, name: str) -> None:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return
    known = classes if isinstance(classes, np.ndarray) else classes[0]
    unknown = np.setdiff1d(y, known)
    if len(unknown):
        first = unknown.tolist()[0]
        raise ValueError(
            f"{name} has the label {first!r}, which is none of the classes {known}. "
            "Pass rows of these classes only."
        )
