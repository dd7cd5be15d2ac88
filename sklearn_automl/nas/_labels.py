"""What a classifier learns from its target: classes, or several labels of a row."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sklearn_automl._sklearn_compat import fit_context

__all__ = ["LearnsLabels"]


class LearnsLabels:
    """A classifier of one class for each row, or of any number of labels."""

    classes_: Any
    _continue: Callable[..., Any]

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train the best networks for more epochs. If there are none, search first.

        Each call is a separate training of `max_epochs` epochs, in which the learning
        rate rises and falls. By default it is as long as a final training: about 2,500
        steps in 20 to 100 epochs, or fewer (`share_of_epochs_`). If you want one epoch
        in each call, as in scikit-learn, use ``set_params(max_epochs=1)`` after the
        search.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, ...)
            Inputs of the same shape as before. A data frame must have the same columns.
            New categories in it are not learned.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_labels)
            Labels, which must be in `classes_`.

        classes : array-like of shape (n_classes,), default=None
            All labels, in the first call. None for the labels in `y`.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data cannot be used, or there is no network to train because of
            ``refit=False``.
        """
        self._all_classes = None if classes is None else np.unique(classes)
        try:
            return self._continue(X, y, sample_weight)
        finally:
            del self._all_classes

    def _learn_target(self, y):
        """Return the target, and the number of each row's class (None for several)."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if y.ndim == 2:
            return self._learn_labels(y), None
        self.classes_, labels = np.unique(y, return_inverse=True)
        known = getattr(self, "_all_classes", None)
        if known is not None:
            if missing := sorted(set(self.classes_) - set(known)):
                raise ValueError(
                    f"classes={known} does not have the label {missing[0]!r} of y. "
                    "Pass all labels that there are."
                )
            self.classes_, labels = known, np.searchsorted(known, y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes, but y has one "
                f"class: {self.classes_[0]!r}."
            )
        return y, labels

    def _learn_labels(self, y):
        """Take note of several labels, of which each row can have any number."""
        if type_of_target(y) != "multilabel-indicator":
            raise ValueError(
                f"y of {type(self).__name__} with {y.shape[1]} columns must have 0 and "
                "1 only, a column for each label. For several targets with different "
                "classes, fit one classifier for each target, for instance with "
                "sklearn.multioutput.MultiOutputClassifier."
            )
        self.classes_ = [np.array([0, 1])] * y.shape[1]
        return y.astype(np.int64)

    @property
    def _is_multilabel(self):
        return isinstance(self.classes_, list)
