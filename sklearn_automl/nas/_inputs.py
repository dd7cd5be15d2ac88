"""Inputs of the estimators: arrays of any kind, checked and brought to one layout."""

from typing import Any

import numpy as np
import torch
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_automl._processes import physical_memory
from sklearn_automl.exceptions import warn
from sklearn_automl.nas._categories import encoded, learned_encoder, refuse_texts
from sklearn_automl.nas._refusals import refuse_data
from sklearn_automl.nas.networks import needs_double

__all__ = ["as_plain", "checked_data", "checked_inputs"]

# Numbers of channels that images have.
_OF_IMAGES = (1, 3, 4)
# Sequences of as many channels as places are rather images, if there are so many.
_LEAST_SIDE = 8
_MOST = float(np.finfo(np.float32).max)
# Flat data and images alike; a type of NumPy's is kept.
_OPTIONS: dict[str, Any] = {"dtype": "numeric", "allow_nd": True}


def checked_data(estimator: Any, X: Any, y: Any, **target_checks: Any) -> Any:
    """Return X and y of ``fit`` as arrays, and note what an input is like.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Its ``channels`` says where channels are; it gets ``channels_``, ``encoder_``
        and ``input_shape_``, and what scikit-learn gives it.

    X, y : array-like, sparse matrix or tensor
        The data.

    **target_checks : dict
        What scikit-learn is to check of y.

    Returns
    -------
    X : ndarray of shape (n_samples, n_channels, ...)
        In double precision only if it would lose digits that matter.

    y : ndarray
        The target.
    """
    refuse_data(estimator, X, y)
    frame = X
    estimator.encoder_, X = learned_encoder(estimator, X)
    X = as_plain(X)
    estimator.channels_ = _place_of_channels(estimator.channels, _shape(X))
    X, y = validate_data(
        estimator,
        _in_layout(X, estimator.channels_),
        as_plain(y),
        ensure_min_samples=2,
        **_OPTIONS,
        **target_checks,
    )
    if estimator.encoder_ is not None:
        # Names and number of columns are those of the user's frame.
        validate_data(estimator, frame, skip_check_array=True)
    if X.ndim > 4 or 0 in X.shape:
        raise ValueError(
            f"X has the shape {X.shape}: it must be (n_samples, n_features), "
            "(n_samples, n_channels, length) or (n_samples, n_channels, height, "
            "width), and no axis may be empty."
        )
    _check_range(X)
    estimator.input_shape_ = X.shape[1:]
    return (X if needs_double(X) else X.astype(np.float32, copy=False)), y


def checked_inputs(estimator: Any, X: Any) -> np.ndarray:
    """Return inputs of a fitted estimator as an array.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Fitted.

    X : array-like, sparse matrix or tensor
        The inputs.

    Returns
    -------
    ndarray of shape (n_samples, n_channels, ...)
        With the digits that X has.
    """
    refuse_data(estimator, X, None)
    refuse_texts(estimator, X)
    if getattr(estimator, "encoder_", None) is not None:
        X = encoded(estimator, X)
        X = check_array(X, estimator=estimator, input_name="X", **_OPTIONS)
    else:
        X = _in_layout(as_plain(X), getattr(estimator, "channels_", "first"))
        X = validate_data(estimator, X, reset=False, **_OPTIONS)
    if X.shape[1:] != estimator.input_shape_:
        raise ValueError(
            f"X has inputs of the shape {X.shape[1:]}, but "
            f"{type(estimator).__name__} was fitted on inputs of the shape "
            f"{estimator.input_shape_}."
        )
    _check_range(X)
    result: np.ndarray = X
    return result


def as_plain(data: Any) -> Any:
    """Return tensors and sparse matrices as arrays; anything else as it is.

    Parameters
    ----------
    data : object
        Inputs or a target.

    Returns
    -------
    object
        What scikit-learn can check.
    """
    if isinstance(data, torch.Tensor):
        data = data.detach().cpu()
        return (data.float() if data.dtype == torch.bfloat16 else data).numpy()
    if isinstance(data, list) and data and isinstance(data[0], torch.Tensor):
        return torch.stack(data).detach().cpu().numpy()
    return _dense(data) if sparse.issparse(data) else data


def _dense(X: Any) -> np.ndarray:
    """Return a sparse matrix as an array."""
    dtype = np.float64 if _may_need_double(X) else np.float32
    n_bytes = X.shape[0] * X.shape[1] * np.dtype(dtype).itemsize
    text = (
        f"X is a sparse matrix of the shape {X.shape}, and networks need its zeros "
        f"too: as an array it has {n_bytes / 1e9:.3g} GB. Reduce the columns first, "
        "for instance with TruncatedSVD or SelectKBest, or pass fewer rows."
    )
    memory = physical_memory()
    if memory is not None and n_bytes > memory:
        raise MemoryError(f"{text} This machine has {memory / 1e9:.3g} GB.")
    try:
        dense: np.ndarray = X.astype(dtype).toarray()
    except MemoryError as error:
        raise MemoryError(text) from error
    return dense


def _may_need_double(X: Any) -> bool:
    """Tell whether a column that is far from zero loses digits in single precision."""
    if X.dtype.kind not in "iuf":
        return False
    values = sparse.coo_array(X).data
    with np.errstate(over="ignore"):
        if np.array_equal(values, values.astype(np.float32)):
            return False
    mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
    squares = sparse.csr_array(X, dtype=np.float64).power(2).mean(axis=0)
    variance = np.asarray(squares).ravel() - mean**2
    return bool(np.any(mean**2 > 2.0**18 * variance))


def _check_range(X: np.ndarray) -> None:
    is_wide = X.dtype.kind == "f" and X.dtype.itemsize > 4
    if is_wide and X.size and max(X.max(), -X.min()) > _MOST:
        raise ValueError(
            "Input X contains infinity or a value too large for dtype('float32'). "
            f"Divide its columns by their scale, so that no number is over {_MOST:.3g}."
        )


# ---- where channels are ------------------------------------------------------------


def _place_of_channels(channels: str, shape: tuple[int, ...]) -> str:
    """Return "first" or "last"; "auto" looks at the shape of the inputs."""
    if channels != "auto":
        return channels
    if len(shape) == 4:
        _, second, third, last = shape
        # Maps of features can be small: (64, 4, 4) has 64 channels.
        is_last = last in _OF_IMAGES and second not in _OF_IMAGES and third > last
        return "last" if is_last else "first"
    if len(shape) == 3 and shape[1] == shape[2] >= _LEAST_SIDE:
        warn(
            f"X of the shape {shape} is taken for sequences of {shape[1]} channels. If "
            "these are images without an axis for channels, pass X[:, None]. If they "
            "are sequences, pass channels='first' or 'last'."
        )
    return "first"


def _shape(X: Any) -> tuple[int, ...]:
    # Objects that are made an array need not be what NumPy's functions take.
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)


def _in_layout(X: Any, channels: str) -> Any:
    """Return inputs with more than one axis with their channels first."""
    if channels == "first" or len(_shape(X)) < 3:
        return X
    return np.ascontiguousarray(np.moveaxis(np.asarray(X), -1, 1))
