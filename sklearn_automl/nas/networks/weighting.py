"""Weights of rows in the loss of a training."""

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array

from sklearn_automl.nas.networks.datasets import DatasetRows

__all__ = [
    "WeighsRows",
    "check_weighable",
    "checked_weights",
    "loss_of",
    "trained_rows",
    "usable_weights",
]


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


def checked_weights(weights: Any, n_rows: int) -> np.ndarray | None:
    """Return weights of rows as an array; None if there are none.

    Parameters
    ----------
    weights : array-like or None
        The user's `sample_weight`.

    n_rows : int
        Of X.
    """
    if weights is None:
        return None
    if isinstance(weights, Real):
        weights = np.full(n_rows, weights)
    if isinstance(weights, torch.Tensor):
        weights = weights.detach().cpu().numpy()
    weights = check_array(
        weights, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected {(n_rows,)}: pass a "
            "weight for each row of X."
        )
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "sample_weight must not be negative, and not zero for all rows. Pass "
            "positive numbers for the rows that count."
        )
    result: np.ndarray = weights
    return result


def trained_rows(X: Any, y: np.ndarray, weights: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of the rows that are trained on.

    Rows whose weight is zero are not: they would take part in batch normalisation and
    in the standardisation.
    """
    weights = checked_weights(weights, len(y))
    if weights is None or weights.all():
        return X, y, weights
    rows = np.flatnonzero(weights)
    X = X if isinstance(X, torch.Tensor) else np.asarray(X)
    return X[rows], y[rows], weights[rows]


class WeighsRows:
    """A net whose loss can have weights of rows; a mixin of skorch nets."""

    criterion_: Any
    # Inputs of the training that is going on, and the weights of their rows.
    weighed_: tuple[torch.Tensor, np.ndarray] | None = None

    @contextmanager
    def weighing(self, X: torch.Tensor, weights: Any) -> Iterator[None]:
        """Train with these weights of the rows meanwhile; None for equal ones."""
        # skorch takes attributes without an underscore at the end for parameters.
        self.weighed_ = None if weights is None else (X, weights)
        try:
            yield
        finally:
            del self.weighed_

    def weights_of(self, rows: DatasetRows | None) -> torch.Tensor | None:
        """Return the weights of rows of the training that is going on.

        Parameters
        ----------
        rows : DatasetRows or None
            What a dataset holds; None if that is not known.

        Returns
        -------
        tensor of shape (n_samples,) or None
            Their mean is 1. None if they count alike, or are other rows.
        """
        if self.weighed_ is None or rows is None:
            return None
        inputs, weights = self.weighed_
        # `train_split` can have validation rows that are not of this training.
        return usable_weights(rows.of(weights)) if rows.are_of(inputs) else None

    def check_weights(self, weights: torch.Tensor | None) -> None:
        """Refuse rows to train on whose weights are not known, where there are some."""
        if self.weighed_ is not None and weights is None:
            raise ValueError(
                f"{type(self).__name__} does not know the weights of its training "
                "rows, because its dataset or train_split has replaced the rows. Let "
                "train_split return a torch Subset of the dataset that it gets, or "
                "pass neither sample_weight nor class_weight."
            )

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
    if not isinstance(target, tuple | list):  # a DataLoader makes lists
        loss: torch.Tensor = compute(output, target)
        return loss
    target, weights = target
    losses = _of_each_row(criterion, compute, output, target)
    return (losses * weights.to(losses.device)).mean()


def check_weighable(criterion: Any) -> None:
    """Refuse a loss that cannot weigh rows.

    Parameters
    ----------
    criterion : Module
        Of a training whose rows have weights.

    Raises
    ------
    ValueError
        If its ``reduction`` is not what torch's losses have.
    """
    reduction = getattr(criterion, "reduction", None)
    if reduction != "mean":
        raise ValueError(
            f"The criterion {type(criterion).__name__} cannot weigh rows: its "
            f"reduction is {reduction!r}, and must be 'mean'. Pass another criterion, "
            "or neither sample_weight nor class_weight."
        )


def _of_each_row(
    criterion: Any, compute: Any, output: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    check_weighable(criterion)
    before, criterion.reduction = criterion.reduction, "none"
    try:
        losses: torch.Tensor = compute(output, target)
    finally:
        criterion.reduction = before
    return losses.reshape(len(output), -1).mean(dim=1)
