"""What a fit in another process may change in place, and no other fit should see.

Rows are cut from arrays, and that copies them. Anything else would be one object for
all fits of a worker, in memory that it shares with others and cannot write:
coefficients to start from, an evaluation set, the elements of a list. Each fold gets
copies of these, as each task of joblib does.
"""

import pickle
from collections.abc import Mapping
from typing import Any

import cloudpickle
import numpy as np

from sklearn_automl._sklearn_compat import num_samples

__all__ = ["holds_objects", "params_for_a_fold", "rows_for_a_fold"]

_IMMUTABLE = (str, bytes, int, float, complex, bool, type(None), np.generic)


def holds_objects(data: Any) -> bool:
    """Tell whether rows hold what could be changed in place after they are cut."""
    if isinstance(data, list | tuple):
        return not _are_immutable(data)
    if hasattr(data, "iloc") and hasattr(data, "dtypes"):  # of pandas
        columns = [data]
        if data.ndim > 1:
            columns = [data.iloc[:, i] for i in range(data.shape[1])]
        return any(c.dtype == object and not _are_immutable(c) for c in columns)
    if isinstance(data, np.ndarray) and data.dtype == object:
        return not _are_immutable(data.ravel())
    return False


def rows_for_a_fold(data: Any) -> Any:
    """Return data with objects, of which a fit may change its rows."""
    return _CopiesOfElements(data) if isinstance(data, list | tuple) else _copied(data)


def params_for_a_fold(
    params: Mapping[str, Any] | None, n_samples: int
) -> dict[str, Any] | None:
    """Return the parameters of a fit or a scorer, which it may change."""
    if params is None:
        return None
    return {name: _param_for_a_fold(value, n_samples) for name, value in params.items()}


def _param_for_a_fold(value: Any, n_samples: int) -> Any:
    if not _is_cut(value, n_samples):
        return _copied(value)
    return rows_for_a_fold(value) if holds_objects(value) else value


class _CopiesOfElements(list):
    """A list that gives away copies of its elements."""

    def __getitem__(self, index: Any) -> Any:
        return _copied(super().__getitem__(index))


def _is_cut(value: Any, n_samples: int) -> bool:
    """Tell whether a fold gets the rows of a parameter, as scikit-learn decides it."""
    is_sized = hasattr(value, "__len__") or hasattr(value, "shape")
    if not is_sized or isinstance(value, str | bytes | Mapping):
        return False
    try:
        n_rows: int = num_samples(value)
    except TypeError:  # an array without dimensions
        return False
    return n_rows == n_samples


def _are_immutable(values: Any) -> bool:
    return all(isinstance(value, _IMMUTABLE) for value in values)


def _copied(value: Any) -> Any:
    if isinstance(value, _IMMUTABLE):
        return value
    # With a later protocol, copies of read-only arrays are read-only.
    return pickle.loads(cloudpickle.dumps(value, protocol=4))
