"""What is remembered of data: a few numbers that say how alike two data sets are."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_automl.space.defaults import column_of, sample_of, size_of

__all__ = ["DataFacts"]


@dataclass(frozen=True)
class DataFacts:
    """What is remembered of data, beside a fingerprint.

    Parameters
    ----------
    task : str
        "classification", "regression" or "other". A search of architectures adds
        " of sequences" or " of images".

    n_samples, n_features : int
        Number of rows and columns, 0 where that is not known.

    n_classes : int
        Number of classes, 0 without classes.

    categorical, missing : float
        Share of columns that are not numbers, and of values that are missing.

    entropy : float
        Entropy of the classes, as a share of that of equally frequent ones.
    """

    task: str
    n_samples: int = 0
    n_features: int = 0
    n_classes: int = 0
    categorical: float = 0.0
    missing: float = 0.0
    entropy: float = 0.0

    @classmethod
    def of(cls, X: Any, y: Any, task: str) -> "DataFacts":
        """Read the facts from data that may be anything; what is unknown is 0."""
        size = (*size_of(X), 0, 0)
        n_classes, entropy = _classes_of(y) if task == "classification" else (0, 0.0)
        categorical, missing = _shares_of(X)
        return cls(task, size[0], size[1], n_classes, categorical, missing, entropy)

    def distance(self, other: "DataFacts") -> float:
        """Return how different two data sets are; infinite for different tasks.

        A factor of ten in the number of rows or columns is 1, as is a factor of two in
        the number of classes, and any share from 0 to 1.
        """
        if self.task != other.task:
            return math.inf
        return math.dist(self._coordinates(), other._coordinates())

    def _coordinates(self) -> tuple[float, ...]:
        return (
            math.log10(1 + self.n_samples),
            math.log10(1 + self.n_features),
            math.log2(1 + self.n_classes),
            self.categorical,
            self.missing,
            self.entropy,
        )


def _classes_of(y: Any) -> tuple[int, float]:
    """Return the number of classes, and the share of their entropy."""
    column = column_of(y)
    if column is None:
        return 0, 0.0
    try:
        _, counts = np.unique(column, return_counts=True)
    except TypeError:  # values without an order
        return 0, 0.0
    if len(counts) < 2:
        return len(counts), 0.0
    shares = counts / counts.sum()
    entropy = -float(shares @ np.log(shares))
    return len(counts), entropy / math.log(len(counts))


def _shares_of(X: Any) -> tuple[float, float]:
    """Return the share of columns that are not numbers, and of missing values."""
    try:
        rows = sample_of(X)
        if issparse(rows):
            return 0.0, float(np.isnan(rows.data).sum() / max(np.prod(rows.shape), 1))
        if hasattr(rows, "dtypes") and hasattr(rows, "isna"):  # a DataFrame
            kinds = [getattr(dtype, "kind", "O") for dtype in rows.dtypes]
            is_other = [kind not in "fiu" for kind in kinds]
            return float(np.mean(is_other)), float(np.asarray(rows.isna()).mean())
        numbers = np.asarray(rows)
        if numbers.dtype.kind == "f":
            return 0.0, float(np.isnan(numbers).mean())
        return float(numbers.dtype.kind not in "iu"), 0.0
    # Data of any library may refuse any of this, and a share is not worth an error.
    except Exception:  # noqa: BLE001
        return 0.0, 0.0
