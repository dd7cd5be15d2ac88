"""What a classifier learns from its target: classes, or several labels of a row."""

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

__all__ = ["LearnsLabels"]


class LearnsLabels:
    """A classifier of one class for each row, or of any number of labels."""

    classes_: Any

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
                "1 only, a column for each label. For several targets with classes of "
                "their own, fit one classifier for each, for instance with "
                "sklearn.multioutput.MultiOutputClassifier."
            )
        self.classes_ = [np.array([0, 1])] * y.shape[1]
        return y.astype(np.int64)

    @property
    def _is_multilabel(self):
        return isinstance(self.classes_, list)
