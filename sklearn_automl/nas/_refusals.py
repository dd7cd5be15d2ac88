"""Data that no estimator can take: what is wrong with it, and what to do."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from sklearn_automl.nas._categories import is_frame

__all__ = ["refuse_data"]

_SECONDS = ".astype('datetime64[s]').astype('int64')"
_SECONDS_OF_POLARS = ".dt.epoch('s')"


def refuse_data(estimator: Any, X: Any, y: Any) -> None:
    """Raise an error that says more than scikit-learn's, where there is one to say.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Who is to take the data.

    X, y : object
        What ``fit`` or a prediction got; y is None if there is none.

    Raises
    ------
    TypeError
        If the data is a source of batches.

    ValueError
        If rows have different lengths, or there are dates.
    """
    owner = type(estimator).__name__
    for name, data in (("X", X), ("y", y)):
        _refuse_source(owner, name, data)
        _refuse_ragged(owner, name, data)
    _refuse_dates_of_inputs(owner, X)
    _refuse_dates_of_targets(owner, y)


def _refuse_source(owner: str, name: str, data: Any) -> None:
    is_iterator = hasattr(data, "__next__")
    if not (is_iterator or isinstance(data, DataLoader | Dataset)):
        return
    raise TypeError(
        f"{name} of {owner} must be an array, a data frame or a tensor with all rows, "
        f"because rows are split for validation; its type is {type(data).__name__}. "
        "Collect its batches first: X, y = map(torch.cat, zip(*loader))."
    )


def _refuse_ragged(owner: str, name: str, data: Any) -> None:
    lengths = _lengths(data)
    if len(lengths) < 2 and not _is_ragged_inside(data):
        return
    between = f", between {min(lengths)} and {max(lengths)}" if len(lengths) > 1 else ""
    remedy = (
        "Several labels of a row are a column of 0 and 1 for each label: "
        "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
        if name == "y"
        else "Pad or cut all to one length: torch.nn.utils.rnn.pad_sequence(rows, "
        "batch_first=True) pads tensors."
    )
    raise ValueError(
        f"{name} of {owner} has rows of different lengths{between}. {remedy}"
    )


def _is_ragged_inside(data: Any) -> bool:
    if not isinstance(data, list | tuple):
        return False
    try:
        np.shape(data)
    except ValueError:
        return True
    return False


def _lengths(data: Any) -> set[int]:
    """Return the lengths of rows where these are sequences; with one it is enough."""
    is_object = isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 1
    if not (is_object or isinstance(data, list | tuple)):
        return set()
    sequences = list | tuple | np.ndarray | torch.Tensor
    # Arrays of no dimension have no length.
    return {
        len(row)
        for row in data
        if isinstance(row, sequences) and getattr(row, "ndim", 1) > 0
    }


def _refuse_dates_of_inputs(owner: str, X: Any) -> None:
    if is_frame(X):
        kinds = zip(X.columns, X.dtypes, strict=True)
        dates = [
            name
            for place, (name, dtype) in enumerate(kinds)
            if _is_of_dates(dtype) or _has_objects_of_dates(X, place)
        ]
        if not dates:
            return
        is_pandas = hasattr(X, "iloc")
        seconds = _SECONDS if is_pandas else _SECONDS_OF_POLARS
        where, example = f" in the columns {dates}", f"X[{dates[0]!r}]{seconds}"
    elif getattr(getattr(X, "dtype", None), "kind", "") in ("m", "M"):
        where, example = "", f"X{_SECONDS}"
    else:
        return
    raise ValueError(
        f"X of {owner} has dates or time spans{where}, but must be numbers. Convert "
        f"them to seconds, which keep their digits: {example}."
    )


def _is_of_dates(dtype: Any) -> bool:
    # The types of polars have names only.
    of_polars = str(dtype).startswith(("Date", "Duration", "Time"))
    return getattr(dtype, "kind", "") in ("m", "M") or of_polars


def _has_objects_of_dates(X: Any, place: int) -> bool:
    """Tell whether a column of pandas has dates of Python, as data bases give them."""
    if not hasattr(X, "iloc") or str(X.dtypes.iloc[place]) != "object":
        return False
    column = X.iloc[:, place]
    return any(
        isinstance(first, date | timedelta) for first in column[column.notna()][:1]
    )


def _refuse_dates_of_targets(owner: str, y: Any) -> None:
    if getattr(getattr(y, "dtype", None), "kind", "") not in ("m", "M"):
        return
    raise ValueError(
        f"y of {owner} has dates or time spans. Convert labels to texts: "
        f"y.astype(str). Convert the target of a regression to seconds: y{_SECONDS}."
    )
