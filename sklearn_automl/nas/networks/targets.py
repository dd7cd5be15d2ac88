"""The target of a net: labels or numbers, encoded for the network and decoded again."""

from typing import Any

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from skorch.callbacks import EpochScoring
from torch import nn

__all__ = ["LabelTarget", "MultilabelTarget", "NumberTarget", "as_array"]


class LabelTarget:
    """Labels of any type, which the network knows by their numbers."""

    classes: Any
    classes_: np.ndarray
    predict_proba: Any
    predict_nonlinearity: Any
    criterion_: Any

    def predict(self, X):
        """Return labels.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples,)
            The most probable class of each row.
        """
        return self.labels_of(self.predict_proba(X))

    def labels_of(self, probabilities):
        """Return the labels that are most probable.

        Parameters
        ----------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``.

        Returns
        -------
        ndarray of shape (n_samples,)
            A label for each row.
        """
        return self.classes_[probabilities.argmax(axis=1)]

    def callbacks_of_target(self):
        """Return the callbacks that a classifier has by default."""
        # It is scored only where `train_split` holds rows out.
        scoring = EpochScoring("accuracy", name="valid_acc", lower_is_better=False)
        return [("valid_acc", scoring)]

    def count_outputs(self, y):
        """Return how many outputs the network needs."""
        known = np.unique(as_array(y)) if self.classes is None else self.classes
        return len(known)

    def _get_predict_nonlinearity(self):
        # Networks return logits, whatever the loss is. skorch knows that of its own
        # losses only, and not after ``trim_for_prediction``.
        is_auto = self.predict_nonlinearity == "auto"
        if is_auto and not isinstance(self.criterion_, nn.NLLLoss):
            return _softmax
        return super()._get_predict_nonlinearity()  # type: ignore[misc]  # of skorch

    def learn_target(self, y):
        """Take note of what has to be known to encode a target.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,)
            Labels.
        """
        if self.classes is None:
            self.classes_inferred_ = np.unique(as_array(y))

    def encode_target(self, y):
        """Return what the network is trained on.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,)
            Labels, of those that are known.

        Returns
        -------
        tensor of shape (n_samples,)
            Their numbers.
        """
        y, classes = as_array(y), self.classes_
        codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
        is_unknown = classes[codes] != y
        if np.any(is_unknown):
            raise ValueError(
                f"y has the label {y[is_unknown][0]!r}, which is none of the classes "
                f"{classes}."
            )
        return torch.as_tensor(codes.astype(np.int64))


class MultilabelTarget:
    """Any number of labels at once: a column of 0 and 1 for each of them."""

    predict_proba: Any

    def predict(self, X):
        """Return the labels of each row.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            1 where a label is more probable than not, else 0.
        """
        return self.labels_of(self.predict_proba(X))

    def labels_of(self, probabilities):
        """Return the labels that are more probable than not.

        Parameters
        ----------
        probabilities : ndarray of shape (n_samples, n_labels)
            Of each label.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            1 where a row has the label, else 0.
        """
        return (probabilities > 0.5).astype(np.int64)

    def count_outputs(self, y):
        """Return how many outputs the network needs."""
        return as_array(y).shape[1]

    def learn_target(self, y):
        """Accept a target: there is nothing to know of it."""

    def encode_target(self, y):
        """Return what the network is trained on.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples, n_labels)
            0 and 1.

        Returns
        -------
        tensor of shape (n_samples, n_labels)
            The same in single precision.
        """
        return torch.as_tensor(as_array(y).astype(np.float32))


class NumberTarget:
    """Numbers, which the network knows standardised."""

    predict_proba: Any

    def callbacks_of_target(self):
        """Return the callbacks that a regressor has by default: none."""
        return []

    def count_outputs(self, y):
        """Return how many outputs the network needs."""
        y = as_array(y)
        return 1 if y.ndim == 1 else y.shape[1]

    def predict(self, X):
        """Return predictions in the units of the target.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            As the target was.
        """
        if not hasattr(self, "y_mean_"):
            raise NotFittedError(
                f"This {type(self).__name__} does not know the scale of its target, "
                "which is not among the weights. Call fit or partial_fit, or pickle "
                "the fitted net instead of saving its weights."
            )
        y = self.predict_proba(X) * self.y_scale_ + self.y_mean_
        return y[:, 0] if self.y_is_flat_ else y

    def learn_target(self, y):
        """Take note of what has to be known to encode a target.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        """
        y = as_array(y).astype(np.float64)
        self.y_is_flat_ = y.ndim == 1
        columns = y.reshape(len(y), -1)
        self.y_mean_, scale = columns.mean(axis=0), columns.std(axis=0)
        is_constant = scale <= 1e-12 * np.abs(self.y_mean_)
        self.y_scale_ = np.where(is_constant, 1.0, scale)

    def encode_target(self, y):
        """Return what the network is trained on.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            The same, standardised.
        """
        y = as_array(y).astype(np.float64)
        standardised = (y.reshape(len(y), -1) - self.y_mean_) / self.y_scale_
        return torch.as_tensor(standardised.astype(np.float32))


def as_array(y: Any) -> np.ndarray:
    """Return a target of any kind as an array."""
    return y.detach().cpu().numpy() if isinstance(y, torch.Tensor) else np.asarray(y)


def _softmax(logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits, dim=-1)
