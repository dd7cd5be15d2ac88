"""The batches that a net trains on and predicts in."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from sklearn_automl.nas.networks.batches import (
    Batches,
    batch_size_for,
    even_size,
    n_batches,
    padded_rows,
    part_size,
    prediction_size,
)
from sklearn_automl.nas.networks.datasets import loader, rows_in

__all__ = ["InBatches"]


class InBatches:
    """A net that takes its rows from tensors, in batches that suit them."""

    batch_size: int
    device: Any
    iterator_train: Any
    iterator_valid: Any
    get_params_for: Any
    encode_inputs: Any
    encoded_batches: Any
    encode_target: Any
    weights_of: Any
    check_weights: Any

    def get_iterator(self, dataset, training=False):
        """Return the batches of a dataset, as skorch says.

        Parameters
        ----------
        dataset : torch Dataset
            Inputs and target.

        training : bool, default=False
            Whether the batches are to be trained on.

        Returns
        -------
        iterable
            Pairs of inputs and targets that are encoded. Where rows have weights, these
            are beside the targets.
        """
        rows = rows_in(dataset)
        weights = self.weights_of(rows)
        if training:
            self.check_weights(weights)
        if rows is None:
            batches = super().get_iterator(dataset, training)  # type: ignore[misc]
        else:
            X = self.encode_inputs(rows.inputs)
            y = rows.target
            y = None if y is None else self.encode_target(y)
            make = self._train_batches if training else self._other_batches
            batches = make(X, y, weights)
        if training:
            # Of some iterators it is not known before the end of an epoch.
            self.n_batches_ = len(batches) if hasattr(batches, "__len__") else 1
        return batches if rows is not None else self.encoded_batches(batches)

    def _train_batches(self, X, y, weights):
        options = self.get_params_for("iterator_train")
        if self.iterator_train is DataLoader and not options:
            return self.training_batches(X, y, weights)
        size = self._batch_size_for(len(X))
        return loader(self.iterator_train, X, y, size, options, weights, self.device)

    def _other_batches(self, X, y, weights):
        size, options = self._prediction_size(X), self._options_of_valid()
        if self.iterator_valid is DataLoader and not options:
            return Batches(X, y, size, False, False, weights, self.device)
        y = torch.zeros(len(X)) if y is None else y
        options = {"batch_size": size, "shuffle": False, "drop_last": False, **options}
        return loader(self.iterator_valid, X, y, size, options, weights, self.device)

    def _prediction_size(self, X):
        """Return how many rows of tensors or arrays are predicted at once."""
        own = self.get_params_for("iterator_valid").get("batch_size")
        if (self.batch_size if own is None else own) == -1:
            return max(len(padded_rows(len(X))), 1)  # all of them
        if own is not None:
            return even_size(own)
        return prediction_size(self.batch_size, math.prod(X.shape[1:]))

    def _options_of_valid(self):
        options = self.get_params_for("iterator_valid")
        options.pop("batch_size", None)
        return options

    def parts_to_predict(self, X: Any) -> Iterator[Any]:
        """Go through inputs in parts, so that there are no copies of all of them.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Yields
        ------
        part : ndarray or tensor
            Rows of whole batches.
        rows : tensor of int
            Which of them are predicted; the first ones again at the end.
        """
        X = X if isinstance(X, torch.Tensor) else np.asarray(X)
        size = self._prediction_size(X)
        n_rows = part_size(size, math.prod(X.shape[1:]))
        if self.iterator_valid is not DataLoader or self._options_of_valid():
            n_rows = len(X)  # what a user has may start processes
        for start in range(0, len(X), max(n_rows, 1)):
            part = X[start : start + n_rows]
            yield part, padded_rows(len(part), size)

    def _batch_size_for(self, n_rows):
        """Return the most rows of a batch; -1 is all, as everywhere in skorch."""
        size = self.batch_size
        return max(n_rows, 1) if size == -1 else batch_size_for(n_rows, size)

    def training_batches(self, X, y, weights=None):
        """Return the batches of an epoch; in small data they are smaller.

        Parameters
        ----------
        X, y : tensor
            Inputs and encoded targets.

        weights : tensor of shape (n_samples,), default=None
            Of the rows, with the mean 1.

        Returns
        -------
        Batches
            In another order each time that they are gone through.
        """
        size = self._batch_size_for(len(X))
        return Batches(X, y, size, True, True, weights, self.device)

    def n_batches_of(self, n_rows):
        """Return how many batches an epoch has.

        Parameters
        ----------
        n_rows : int
            The rows that are trained on.

        Returns
        -------
        int
            The number of steps of an epoch.
        """
        return n_batches(n_rows, self._batch_size_for(n_rows))
