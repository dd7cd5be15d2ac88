"""Weights of rows in the loss of a training."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["WeighsRows", "loss_of", "trained_rows", "usable_weights"]


def usable_weights(weights: Any) -> torch.Tensor:
    """Return weights of rows whose mean is 1, so that the learning rate fits.

    Parameters
    ----------
    weights : array-like of shape (n_samples,)
        Not negative.

    Returns
    -------
    tensor of shape (n_samples,)
        In single precision.
    """
    weights = np.asarray(weights, dtype=np.float64)
    return torch.from_numpy((weights / weights.mean()).astype(np.float32))


def trained_rows(X: Any, y: np.ndarray, weights: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of the rows that are trained on.

    Rows whose weight is zero are not: they would take part in batch normalisation and
    in the standardisation.
    """
    if weights is None:
        return X, y, None
    weights = np.asarray(weights)
    if weights.all():
        return X, y, weights
    rows = np.flatnonzero(weights)
    if not len(rows):
        raise ValueError(
            "The weights of all rows that would be trained on are zero. Pass positive "
            "numbers for some rows as sample_weight."
        )
    return X[rows], y[rows], weights[rows]


class WeighsRows:
    """A net whose loss can have weights of rows; a mixin of skorch nets."""

    criterion_: Any
    # Of the rows of the training that is going on.
    _row_weights: torch.Tensor | None = None

    @contextmanager
    def weighing(self, weights: Any) -> Iterator[None]:
        """Train with these weights of the rows meanwhile; None for equal ones."""
        self._row_weights = None if weights is None else usable_weights(weights)
        try:
            yield
        finally:
            self._row_weights = None

    def get_loss(
        self, y_pred: Any, y_true: Any, X: Any = None, training: bool = False
    ) -> torch.Tensor:
        """Return the loss of a batch, whose targets can have weights beside them."""

        def compute(y_pred: Any, y_true: Any) -> Any:
            own: Any = super(WeighsRows, self)
            return own.get_loss(y_pred, y_true, X, training)

        return loss_of(self.criterion_, y_pred, y_true, compute)


def loss_of(
    criterion: Any, output: torch.Tensor, target: Any, compute: Any = None
) -> torch.Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    criterion : Module
        Of the loss. Where rows have weights, its attribute ``reduction`` must be what
        torch's losses have.

    output : tensor of shape (n_samples, n_outputs)
        What the network returned.

    target : tensor or (tensor, tensor)
        Encoded targets, or these and the weights of rows.

    compute : callable, default=None
        Takes output and target, and uses the criterion; None for the criterion itself.
    """
    compute = compute or criterion
    if not isinstance(target, tuple):
        loss: torch.Tensor = compute(output, target)
        return loss
    target, weights = target
    losses = _of_each_row(criterion, compute, output, target)
    return (losses * weights.to(losses.device)).mean()


def _of_each_row(
    criterion: Any, compute: Any, output: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    before = getattr(criterion, "reduction", None)
    if before != "mean":
        raise ValueError(
            f"The criterion {type(criterion).__name__} cannot weigh rows: its "
            f"reduction is {before!r}, and must be 'mean'. Pass another criterion, or "
            "neither sample_weight nor class_weight."
        )
    criterion.reduction = "none"
    try:
        losses: torch.Tensor = compute(output, target)
    finally:
        criterion.reduction = before
    return losses.reshape(len(output), -1).mean(dim=1)
