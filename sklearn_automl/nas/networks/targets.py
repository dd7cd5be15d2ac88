"""The target of a net: labels or numbers, encoded for the network and decoded again."""

from typing import Any

import numpy as np
import torch

__all__ = ["LabelTarget", "MultilabelTarget", "NumberTarget", "as_array"]


class LabelTarget:
    """Labels of any type, which the network knows by their numbers."""

    classes: Any
    classes_: np.ndarray
    predict_proba: Any

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
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

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
        return (self.predict_proba(X) > 0.5).astype(np.int64)

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
