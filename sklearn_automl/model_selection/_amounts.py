"""How much of the resource the rungs get: from the user's limits to r and R."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import TimeSeriesSplit

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    MIN_ROWS_PER_CLASS,
    ParameterResource,
    Resource,
    SampleResource,
    nested_groups,
    nested_order,
    own_amount,
    recent_first,
)
from sklearn_automl.model_selection._checks import as_numbers
from sklearn_automl.model_selection._folds import Folds
from sklearn_automl.schedulers import n_halvings

__all__ = ["Amounts", "find_amounts", "make_resource"]

# "auto" gives at most five rungs.
_MAX_HALVINGS = 4


@dataclass(frozen=True)
class Amounts:
    """The smallest and the largest amount of a resource, r and R."""

    minimum: int
    maximum: int

    @property
    def has_rungs(self) -> bool:
        """Whether some evaluations get less than others."""
        return self.minimum < self.maximum


def find_amounts(search: Any, folds: Folds, n_trials: float) -> Amounts:
    """Turn ``min_resources`` and ``max_resources`` into numbers.

    ``n_trials`` is the number of configurations that start at the bottom: with
    "auto" no more rungs are made than they can fill.
    """
    if search.resource is None:
        return Amounts(folds.smallest_train, folds.smallest_train)
    largest = _largest(search, folds)
    if search.factor > largest:
        warn(
            f"factor={search.factor} is more than the largest resource, {largest}: "
            "every configuration gets all of it, and none is dropped early. Lower "
            "factor."
        )
    if isinstance(search.min_resources, Integral):
        smallest = int(search.min_resources)
        _check_smallest(search, smallest, largest, folds)
        return Amounts(smallest, largest)
    eta = int(search.factor)
    s = min(_MAX_HALVINGS, n_halvings(_least(search, folds), largest, eta))
    if n_trials < eta**s:
        s = n_halvings(1, max(int(n_trials), 1), eta)
    return Amounts(largest // eta**s, largest)


def _largest(search: Any, folds: Folds) -> int:
    given = search.max_resources
    if search.resource == "n_samples":
        if given == "auto":
            return folds.smallest_train
        if given > folds.n_samples:
            raise ValueError(
                f"max_resources={given} is more than the {folds.n_samples} samples in "
                "X; lower it or leave it at 'auto'."
            )
        if given > folds.smallest_train:
            raise ValueError(
                f"max_resources={given} is more than the {folds.smallest_train} rows "
                "of the smallest training fold; lower it or leave it at 'auto'."
            )
        return int(given)
    if given != "auto":
        return int(given)
    value = own_amount(search.estimator, search.resource)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"max_resources='auto' takes the estimator's own value of "
            f"{search.resource!r}, which is {value!r} and not a positive integer. Set "
            f"max_resources for resource={search.resource!r}."
        )
    return int(value)


def _least(search: Any, folds: Folds) -> int:
    """Return the amount that no rung of "auto" may be below."""
    if search.resource != "n_samples":
        return 1
    # Enough for every class to be in every part of a split of the subset.
    return MIN_ROWS_PER_CLASS * max(folds.n_classes, 1) * len(folds.splits)


def _check_smallest(search: Any, smallest: int, largest: int, folds: Folds) -> None:
    if smallest > largest:
        raise ValueError(
            f"min_resources={smallest} exceeds max_resources={largest}; lower it or "
            "pass a larger max_resources."
        )
    if search.resource != "n_samples":
        return
    n_needed = max(_n_needed(folds, train) for train, _ in folds.splits)
    if smallest < n_needed:
        raise ValueError(
            f"min_resources={smallest} is too few rows to hold {MIN_ROWS_PER_CLASS} of "
            f"each of the {folds.n_classes} classes; pass at least {n_needed}, "
            "or 'auto'."
        )


def _n_needed(folds: Folds, train: np.ndarray) -> int:
    """Return how many rows hold two of every class of a training fold."""
    if folds.labels is None:
        return 1
    counts = np.bincount(folds.labels[train])
    return int(np.minimum(counts, MIN_ROWS_PER_CLASS).sum())


def make_resource(
    search: Any, amounts: Amounts, folds: Folds, rng: np.random.Generator
) -> Resource:
    """Return the resource that ``search.resource`` names, ready for these folds."""
    if search.resource is None:
        return Resource()
    if search.resource != "n_samples":
        return ParameterResource(search.resource)
    groups = folds.groups
    if groups is not None:
        # Rows without a group (NaN) form a group together.
        groups = as_numbers(groups, "groups")
    orders, ends = [], []
    for train, _ in folds.splits:
        labels = None if folds.labels is None else folds.labels[train]
        if groups is not None:
            order, end = nested_groups(train, labels, groups[train], rng)
        elif isinstance(folds.cv, TimeSeriesSplit):
            order, end = recent_first(train, labels)
        else:
            order, end = nested_order(train, labels, rng), None
        orders.append(order)
        ends.append(end)
    is_fraction = search.max_resources == "auto"
    return SampleResource(orders, ends, amounts.maximum, is_fraction)
