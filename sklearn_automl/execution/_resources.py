"""What a fidelity is: rows of the training folds, a parameter, or nothing.

A resource says which training rows and which parameters an evaluation gets for an
amount of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

__all__ = [
    "ParameterResource",
    "Resource",
    "SampleResource",
    "groups_in_time",
    "nested_groups",
    "nested_order",
    "recent_first",
]

# A subset has two rows of every class, so that it can itself be split or calibrated.
MIN_ROWS_PER_CLASS = 2


class Resource:
    """Everything, whatever the amount: no fidelity at all."""

    #: What models are continued in: a parameter, or "partial_fit" for calls of it;
    #: empty for all else.
    parameter: str = ""

    def parameters(self, amount: int) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters to set for this amount."""
        return {}

    def train_rows(
        self,
        split: int,  # noqa: ARG002
        train: np.ndarray,
        amount: int,  # noqa: ARG002
    ) -> np.ndarray:
        """Return those of the training rows of a fold that are used."""
        return train

    def reported(self, amount: int) -> int:
        """Return the amount really used: of rows, that of the smallest fold."""
        return amount


class ParameterResource(Resource):
    """An integer parameter of the estimator, such as ``"n_estimators"``."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def parameters(self, amount: int) -> dict[str, Any]:
        return {self.parameter: amount}


class SampleResource(Resource):
    """Rows of each training fold, nested: those of a rung are among the next one's.

    Parameters
    ----------
    orders : list of ndarray
        For each fold the training rows in the order in which they are added.

    ends : list of (ndarray or None)
        For each fold the numbers of rows, increasing, where a subset may end; None if
        it may end anywhere.

    max_amount : int
        The amount at which a fold is used whole.

    is_fraction : bool
        Whether amounts are of the smallest fold, and larger folds give
        proportionally more.
    """

    def __init__(
        self,
        orders: Sequence[np.ndarray],
        ends: Sequence[np.ndarray | None],
        max_amount: int,
        is_fraction: bool,
    ) -> None:
        self._orders = orders
        self._ends = ends
        self._max_amount = max_amount
        self._is_fraction = is_fraction
        self._smallest = int(np.argmin([len(order) for order in orders]))

    def train_rows(self, split: int, train: np.ndarray, amount: int) -> np.ndarray:
        n = self._n_rows(split, amount)
        # Rows stay in the order of the data, as in any other fold.
        return train if n == len(train) else np.sort(self._orders[split][:n])

    def reported(self, amount: int) -> int:
        return self._n_rows(self._smallest, amount)

    def _n_rows(self, split: int, amount: int) -> int:
        n_train = len(self._orders[split])
        n = amount
        if self._is_fraction:
            n = n_train * amount // self._max_amount
        ends = self._ends[split]
        if ends is not None:
            n = int(ends[min(int(np.searchsorted(ends, n)), len(ends) - 1)])
        return min(n, n_train)


def nested_order(
    train: np.ndarray, labels: np.ndarray | None, rng: Generator
) -> np.ndarray:
    """Order training rows so that every beginning of them is a stratified subset.

    Parameters
    ----------
    train : ndarray of shape (n_train,)
        Row numbers.

    labels : ndarray of shape (n_train,) or (n_train, n_outputs), or None
        Class of each row, as integers; None for no stratification. Several outputs
        have different integers.

    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    order : ndarray of shape (n_train,)
        The row numbers. Two of every class come first, then each class is spread
        evenly.
    """
    if labels is None:
        return rng.permutation(train)
    place = np.empty(len(train))
    # Rows with several outputs are spread by the combination of their classes.
    strata = np.unique(labels, axis=0, return_inverse=True)[1].ravel()
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        # The j-th of n rows of a class belongs at (j + 1/2) / n of the order.
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
        if labels.ndim == 1:
            place[rows[:MIN_ROWS_PER_CLASS]] -= 1
    if labels.ndim > 1:
        place[_covering(labels, np.argsort(place, kind="stable"))] -= 1
    # Rows are shuffled first, so that equal places do not follow the order of the data.
    shuffled = rng.permutation(len(train))
    return train[shuffled[np.argsort(place[shuffled], kind="stable")]]


def _covering(labels: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Choose few rows, the first in ``order``, that have two of every class."""
    classes, counts = np.unique(labels, return_counts=True)
    chosen = np.empty(0, dtype=int)
    # The rarest classes first: their rows bring some of the others.
    for label in classes[np.argsort(counts, kind="stable")]:
        has_it = (labels == label).any(axis=1)
        n_missing = MIN_ROWS_PER_CLASS - np.count_nonzero(has_it[chosen])
        candidates = order[has_it[order]][:MIN_ROWS_PER_CLASS]
        rows = candidates[~np.isin(candidates, chosen)][: max(n_missing, 0)]
        chosen = np.append(chosen, rows)
    return chosen


def recent_first(
    train: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Order training rows from the last to the first, for data in time.

    Returns
    -------
    order : ndarray of shape (n_train,)
        The row numbers.

    ends : ndarray of shape (<= n_train,)
        Where a subset may end: where it has two rows of every class.
    """
    order = train[::-1]
    n_least = 1
    if labels is not None:
        for label in np.unique(labels):
            has_it = (labels[::-1] == label).reshape(len(order), -1).any(axis=1)
            rows = np.flatnonzero(has_it)[:MIN_ROWS_PER_CLASS]
            n_least = max(n_least, int(rows[-1]) + 1)
    return order, np.arange(n_least, len(order) + 1)


def nested_groups(
    train: np.ndarray,
    labels: np.ndarray | None,
    groups: np.ndarray,
    rng: Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Order training rows group by group, those that bring a missing class first.

    ``groups`` are integers.

    Returns
    -------
    order : ndarray of shape (n_train,)
        The row numbers, groups whole.

    ends : ndarray of shape (<= n_groups,)
        How many rows the first groups have, from the fewest groups that hold every
        class on.
    """
    codes = np.unique(groups, return_inverse=True)[1]
    ends = np.cumsum(np.bincount(codes))
    members = np.split(np.argsort(codes, kind="stable"), ends[:-1])
    shuffled = rng.permutation(len(members))
    needed: list[int] = list(shuffled)
    rest: list[int] = []
    if labels is not None:
        classes, counts = np.unique(labels, return_counts=True)
        missing = dict(
            zip(classes, np.minimum(counts, MIN_ROWS_PER_CLASS), strict=True)
        )
        needed = []
        for i, group in enumerate(shuffled):
            if not any(missing.values()):
                rest.extend(shuffled[i:])
                break
            present, n = np.unique(labels[members[group]], return_counts=True)
            brings = any(missing[label] for label in present)
            (needed if brings else rest).append(group)
            for label, k in zip(present, n, strict=True):
                missing[label] = max(missing[label] - k, 0)
    sequence = [members[g] for g in needed + rest]
    ends = np.cumsum([len(rows) for rows in sequence])
    n_least = 1 if labels is None else len(needed)
    return train[np.concatenate(sequence)], ends[n_least - 1 :]


def groups_in_time(
    train: np.ndarray, labels: np.ndarray | None, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Order training rows group by group, from the group that ends first.

    Returns
    -------
    order : ndarray of shape (n_train,)
        The row numbers, groups whole.

    ends : ndarray of shape (<= n_groups,)
        How many rows the first groups have, where these have every class.
    """
    codes = np.unique(groups, return_inverse=True)[1]
    last = np.zeros(codes.max() + 1, dtype=train.dtype)
    np.maximum.at(last, codes, train)
    places = np.lexsort((train, last[codes]))
    ends = np.cumsum(np.bincount(codes)[np.argsort(last)])
    if labels is not None:
        # A class that comes late is only known from there on.
        sorted_labels = labels[places]
        firsts = [
            np.flatnonzero(
                (sorted_labels == label).reshape(len(train), -1).any(axis=1)
            )[0]
            for label in np.unique(labels)
        ]
        ends = ends[ends > max(firsts)]
    return train[places], ends
