"""What a default space may know of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

__all__ = ["DataShape", "column_of", "sample_of", "size_of"]

# Means and variances are read from this many rows, spread over all of them.
_MOST_ROWS = 10_000


@dataclass(frozen=True)
class DataShape:
    """Facts about the data that ranges depend on; None where one is not known."""

    n_samples: int | None = None
    n_features: int | None = None
    #: Number of different values of a target with one column.
    n_classes: int | None = None
    #: Unknown data are taken for dense; None is behind a step that may return either.
    is_sparse: bool | None = False
    #: Variance of all numbers in X together.
    variance: float | None = None
    #: Standard deviation of a numeric target.
    target_scale: float | None = None

    @classmethod
    def of(cls, X: Any, y: Any = None, n_samples: int | None = None) -> "DataShape":
        """Read the facts from data that may be anything: what is wrong is left out."""
        size = size_of(X)
        target = column_of(y)
        return cls(
            n_samples=size[0] if size else n_samples,
            n_features=size[1] if len(size) == 2 else None,
            n_classes=_n_values(target),
            is_sparse=issparse(X),
            variance=_variance(X),
            target_scale=_positive_root(_variance(target)),
        )


def size_of(X: Any) -> tuple[int, ...]:
    """Return the number of rows, and of columns if there are any."""
    shape = getattr(X, "shape", None)
    if shape is None and isinstance(X, Sequence) and not isinstance(X, str) and X:
        first = X[0]
        has_columns = isinstance(first, Sequence | np.ndarray)
        shape = (len(X), len(first)) if has_columns else (len(X),)
    if not isinstance(shape, tuple) or not all(isinstance(n, int) for n in shape):
        return ()
    return shape


def column_of(y: Any) -> np.ndarray | None:
    """Return a target of one column, None for any other."""
    if y is None or issparse(y):
        return None
    try:
        column = np.asarray(y)
    except ValueError:  # rows of different lengths
        return None
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    return column if column.ndim == 1 and len(column) else None


def _n_values(column: np.ndarray | None) -> int | None:
    if column is None:
        return None
    try:
        return len(np.unique(column))
    except TypeError:  # values without an order
        return None


def _variance(X: Any) -> float | None:
    """Return the variance of the numbers in X; None if they are not all numbers."""
    size = size_of(X)
    if not size or not size[0]:
        return None
    try:
        rows = sample_of(X)
        if issparse(rows):
            rows = rows.astype(float)
            return _positive(rows.multiply(rows).mean() - rows.mean() ** 2)
        numbers = np.asarray(rows)
        if numbers.dtype.kind not in "fiu":
            return None
        numbers = numbers.astype(float)
        finite = numbers[np.isfinite(numbers)]
        return _positive(finite.var()) if finite.size else None
    # Data of any library may refuse any of this, and a range is not worth an error.
    except Exception:  # noqa: BLE001
        return None


def sample_of(X: Any) -> Any:
    """Return some rows of data, spread over all of them."""
    step = max(-(-size_of(X)[0] // _MOST_ROWS), 1)
    if issparse(X):
        return X.tocsr()[::step]
    return X.iloc[::step] if hasattr(X, "iloc") else X[::step]


def _positive(value: Any) -> float | None:
    number = float(value)
    return number if 0 < number < np.inf else None


def _positive_root(variance: float | None) -> float | None:
    return None if variance is None else variance**0.5
