"""Inputs and targets that come in the datasets of torch and skorch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from skorch.dataset import Dataset
from skorch.utils import data_from_dataset
from torch.utils.data import DataLoader, StackDataset, Subset, TensorDataset

from sklearn_automl.nas.networks.batches import Batches

__all__ = ["DatasetRows", "loader", "rows_in", "rows_of"]

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


@dataclass(frozen=True)
class DatasetRows:
    """Rows of a dataset that can be taken from it at once."""

    whole: Any
    #: Which rows of the whole dataset they are; None for all.
    numbers: np.ndarray | None = None

    @property
    def inputs(self) -> Any:
        """What the dataset has, such as an array."""
        return self.of(self.whole.X)

    @property
    def target(self) -> Any:
        """The same of the target, None if there is none."""
        return None if self.whole.y is None else self.of(self.whole.y)

    def of(self, values: Any) -> Any:
        """Return the values of these rows, of an array for all rows."""
        values = values if hasattr(values, "shape") else np.asarray(values)
        return values if self.numbers is None else values[self.numbers]

    def are_of(self, X: Any) -> bool:
        """Tell whether they are rows of these inputs."""
        return self.whole.X is X


def rows_in(dataset: Any) -> DatasetRows | None:
    """Return what a dataset of skorch's holds, or a part of one; None for others."""
    if type(dataset) is TensorDataset and len(dataset.tensors) == 2:
        dataset = Dataset(*dataset.tensors)
    if type(dataset) is Dataset:
        return DatasetRows(dataset)
    if type(dataset) is not Subset:
        return None
    rows = rows_in(dataset.dataset)
    if rows is None:
        return None
    indices = np.asarray(dataset.indices)
    numbers = indices if rows.numbers is None else rows.numbers[indices]
    return DatasetRows(rows.whole, numbers)


def loader(
    kind: Any,
    X: torch.Tensor,
    y: torch.Tensor,
    size: int,
    options: dict[str, Any],
    weights: torch.Tensor | None = None,
    device: str | torch.device = "cpu",
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

    weights : tensor of shape (n_samples,), default=None
        Of the rows: the target of a row is then a pair.

    device : str or torch.device, default="cpu"
        Where the network is.

    Returns
    -------
    iterable
        Shuffled, if the options do not say otherwise.
    """
    n_rows = len(X)
    size = options.get("batch_size", size)
    size = n_rows if size == -1 else size
    if kind is DataLoader and options.keys() <= _SIMPLE:
        is_shuffled = options.get("shuffle", True)
        return Batches(X, y, size, is_shuffled, True, weights, device)
    options = dict(options)
    if not options.keys() & {"sampler", "batch_sampler"}:
        options.setdefault("shuffle", True)
    if "batch_sampler" not in options:
        options["batch_size"] = size
        # Batch normalisation needs two rows.
        options.setdefault(
            "drop_last", size > 1 and n_rows > size and n_rows % size == 1
        )
    if weights is None:
        return kind(TensorDataset(X, y), **options)
    pairs: Any = TensorDataset(y, weights)
    inputs: Any = X  # whose rows are what a dataset has to give
    return kind(StackDataset(inputs, pairs), **options)
