"""Inputs and targets that come in the datasets of torch and skorch."""

from typing import Any

import numpy as np
import torch
from skorch.dataset import Dataset
from skorch.utils import data_from_dataset
from torch.utils.data import DataLoader, Subset, TensorDataset

from sklearn_automl.nas.networks.batches import Batches, as_inputs

__all__ = ["loader", "rows_in", "rows_of"]

# With these options only, batches are made without a DataLoader, in half the time.
_SIMPLE = {"batch_size", "shuffle"}


def rows_of(X: Any, y: Any = None) -> tuple[Any, Any]:
    """Return inputs and target, also where a dataset holds both.

    Parameters
    ----------
    X : array-like, tensor or torch Dataset
        The inputs, or a dataset of inputs or of pairs.

    y : array-like or tensor, default=None
        The target, if it is not in the dataset.

    Returns
    -------
    X, y : array-like or tensor
        The target is None if there is none.
    """
    if not isinstance(X, torch.utils.data.Dataset):
        return X, y
    try:
        inputs, target = data_from_dataset(X)
    except AttributeError:
        inputs, target = _stacked(X)
    return inputs, target if y is None else y


def _stacked(dataset: Any) -> tuple[Any, Any]:
    """Return all that a dataset holds which does not say where."""
    items = [dataset[i] for i in range(len(dataset))]
    if not isinstance(items[0], tuple | list):
        return np.stack([np.asarray(item) for item in items]), None
    X, y = (
        np.stack([np.asarray(value) for value in v]) for v in zip(*items, strict=True)
    )
    return X, y


def rows_in(dataset: Any) -> tuple[torch.Tensor, Any] | None:
    """Return what a dataset of skorch's holds, or a part of one; None for others."""
    if type(dataset) is Dataset:
        return as_inputs(dataset.X), dataset.y
    if type(dataset) is not Subset:
        return None
    rows = rows_in(dataset.dataset)
    if rows is None:
        return None
    X, y = rows
    indices = np.asarray(dataset.indices)
    return X[indices], None if y is None else y[indices]


def loader(
    kind: Any, X: torch.Tensor, y: torch.Tensor, size: int, options: dict[str, Any]
) -> Any:
    """Return the batches of an epoch, as the options of a DataLoader say.

    Parameters
    ----------
    kind : class
        DataLoader, or what a user has instead.

    X, y : tensor
        Inputs and encoded targets.

    size : int
        Of the batches, if the options do not say it.

    options : dict
        Arguments of ``kind``.

    Returns
    -------
    iterable
        Shuffled, if the options do not say otherwise.
    """
    n_rows = len(X)
    size = options.get("batch_size", size)
    size = n_rows if size == -1 else size
    if kind is DataLoader and options.keys() <= _SIMPLE:
        return Batches(X, y, size, options.get("shuffle", True), is_even=True)
    options = dict(options)
    if not options.keys() & {"sampler", "batch_sampler"}:
        options.setdefault("shuffle", True)
    if "batch_sampler" not in options:
        options["batch_size"] = size
        # Batch normalisation needs two rows.
        options.setdefault(
            "drop_last", size > 1 and n_rows > size and n_rows % size == 1
        )
    return kind(TensorDataset(X, y), **options)
