"""How much of the resource the rungs get: from the user's limits to r and R."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    MIN_ROWS_PER_CLASS,
    PASSES,
    AllFolds,
    FoldsOnly,
    GrowingFolds,
    ParameterResource,
    PassResource,
    Resource,
    SampleResource,
    nested_groups,
    nested_order,
    own_amount,
    recent_first,
)
from sklearn_automl.model_selection._checks import as_numbers
from sklearn_automl.model_selection._folds import Folds
from sklearn_automl.model_selection._passes import SUGGESTED_PASSES
from sklearn_automl.schedulers import n_halvings

__all__ = ["Amounts", "find_amounts", "make_resource"]

# "auto" gives at most five rungs.
_MAX_HALVINGS = 4
# The folds of the lowest rungs have together at least so many test rows. A subset of
# "auto" has at least so many training rows, in all and of each class, but never more
# than half a fold. With fewer, ranks mean little, and fits are not much faster: see
# benchmarks/bench_small_data.py.
_MIN_TEST_ROWS = 20

# A race is to have the winner of the whole grid, and begins with more. This was chosen
# on seven small data sets with 30 grids, 5 or 10 folds and halves that go on. The
# winner was within a standard error of the best in 99.2 % of 690 races (58 % of the
# fits); with 20 rows in 98.7 % (51 %), and where only a third goes on in 97.9 % (61 %).
# Today's races: benchmarks/bench_guide.py.
_MIN_TEST_ROWS_OF_A_RACE = 40
_MIN_TRAIN_ROWS = 120
_MIN_TRAIN_ROWS_PER_CLASS = 10


@dataclass(frozen=True)
class Amounts:
    """The smallest and the largest amount of an evaluation, r and R.

    Where folds grow, an amount is that of all folds together.
    """

    minimum: int
    maximum: int
    #: Which folds an amount is spent on.
    folds: AllFolds

    @property
    def has_rungs(self) -> bool:
        """Whether some evaluations get less than others."""
        return self.minimum < self.maximum


def find_amounts(
    search: Any, folds: Folds, n_trials: float, rng: np.random.Generator
) -> Amounts:
    """Turn ``min_resources`` and ``max_resources`` into numbers.

    ``n_trials`` is the number of configurations that start at the bottom: no more rungs
    are made than they can fill, because the best is to have all of the resource.
    ``rng`` draws the fold that comes first.
    """
    growing = _make_folds(search, folds, rng)
    largest, eta = growing.maximum, int(search.factor)
    if search.resource is None:
        return Amounts(largest, largest, growing)
    if eta > growing.shown(largest) and search.resource != "n_folds":
        warn(
            f"factor={search.factor} is more than the largest resource, "
            f"{growing.shown(largest)}: every configuration gets all of it, and none "
            "is dropped early. Lower factor."
        )
        return Amounts(largest, largest, growing)
    if isinstance(search.min_resources, Integral):
        smallest = _smallest_given(search, growing, folds)
        s = n_halvings(smallest, largest, eta)
        if search.resource == "n_folds" and s > 0:
            s = min(s, _n_rungs_below(search, growing, folds))
            smallest = largest // eta**s
        if s > 0 and eta**s <= n_trials:
            return Amounts(smallest, largest, growing)
        if s == 0 and eta <= n_trials:
            _warn_of_no_rungs(search, growing, smallest)
    else:
        s = min(_MAX_HALVINGS, _n_rungs_below(search, growing, folds))
    if n_trials < eta**s:
        s = n_halvings(1, max(int(n_trials), 1), eta)
    return Amounts(largest // eta**s, largest, growing)


def _n_rungs_below(search: Any, growing: AllFolds, folds: Folds) -> int:
    """Return how many rungs below the top have enough to compare configurations."""
    eta, largest = int(search.factor), growing.maximum
    if search.resource != "n_folds":
        least = 1 if search.resource != "n_samples" else _least_rows(folds)
        return n_halvings(growing.smallest(least), largest, eta)
    s = 0
    # Rungs with equally many folds would be the same rung.
    while (lower := largest // eta ** (s + 1)) and growing.n_folds(
        lower
    ) < growing.n_folds(largest // eta**s):
        s += 1
    return s


def _warn_of_no_rungs(search: Any, growing: AllFolds, smallest: int) -> None:
    """Say that nothing fits below the largest amount, and what would."""
    given, eta, largest = int(search.min_resources), int(search.factor), growing.maximum
    if given == growing.shown(largest):
        return  # that is what was asked for
    remedies = []
    fitting = growing.shown(largest // eta)
    if growing.smallest(fitting) <= largest // eta:
        remedies.append(f"min_resources to {fitting} or less")
    if (factor := largest // smallest) >= 2:
        remedies.append(f"factor to {factor}")
    remedy = f"Lower {' or '.join(remedies)}." if remedies else "Leave it at 'auto'."
    warn(
        f"min_resources={given} leaves no rung below the highest one with "
        f"factor={eta}: every configuration gets all of the resource, and none is "
        f"dropped early. {remedy}"
    )


def _make_folds(search: Any, folds: Folds, rng: np.random.Generator) -> AllFolds:
    """Return how folds are added, from few to all."""
    n_splits = len(folds.splits)
    if search.resource == "n_folds":
        order, n_first = _fold_order(folds, rng), 1
        if search._needs_test_rows:
            n_first = _n_first(folds, order, _MIN_TEST_ROWS_OF_A_RACE)
        return FoldsOnly(order, _most_folds(search, n_splits), n_first)
    full = folds.smallest_train if search.resource is None else _largest(search, folds)
    are_rows = search.resource == "n_samples"
    if search.resource is None or search.folds == "all":
        return AllFolds(n_splits, full, are_rows=are_rows)
    order = _fold_order(folds, rng)
    n_first = _n_first(folds, order, _MIN_TEST_ROWS)
    return GrowingFolds(order, full, n_first, are_rows=are_rows)


def _fold_order(folds: Folds, rng: np.random.Generator) -> list[int]:
    """Return the folds in the order in which they are added."""
    order = rng.permutation(len(folds.splits))
    if folds.is_ordered:
        # The most recent fold, which has the most rows to train on, comes first.
        order = np.argsort([-int(test.max()) for _, test in folds.splits])
    return [int(split) for split in order]


def _n_first(folds: Folds, order: list[int], least: int) -> int:
    """Return how many folds the lowest rungs have, so that ranks mean something.

    Those that come first in the order have so many test rows together, or are all.
    """
    n_test = np.cumsum([len(folds.splits[split][1]) for split in order])
    return min(int(np.searchsorted(n_test, least)) + 1, len(order))


def _most_folds(search: Any, n_splits: int) -> int:
    """Return the number of folds of the top rung of ``resource="n_folds"``."""
    given = search.max_resources
    if given == "auto":
        return n_splits
    if given > n_splits:
        raise ValueError(
            f"max_resources={given} is more than the {n_splits} folds of cv; lower it "
            "or leave it at 'auto'."
        )
    return int(given)


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
    if search.resource == PASSES:
        raise ValueError(
            f"resource={PASSES!r} needs max_resources: no parameter of the estimator "
            "says how many passes over the training rows it makes at most. Pass a "
            f"number, such as max_resources={SUGGESTED_PASSES}."
        )
    value = own_amount(search.estimator, search.resource)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"max_resources='auto' takes the estimator's own value of "
            f"{search.resource!r}, which is {value!r} and not a positive integer. Set "
            f"max_resources for resource={search.resource!r}."
        )
    return int(value)


def _least_rows(folds: Folds) -> int:
    """Return the number of rows that no rung of "auto" may be below."""
    n_needed = max(_n_needed(folds, train) for train, _ in folds.splits)
    wanted = max(_MIN_TRAIN_ROWS, _MIN_TRAIN_ROWS_PER_CLASS * folds.n_classes)
    return max(n_needed, min(wanted, folds.smallest_train // 2))


def _smallest_given(search: Any, growing: AllFolds, folds: Folds) -> int:
    """Return the amount of ``min_resources``, or refuse it."""
    given = int(search.min_resources)
    smallest, shown = growing.smallest(given), growing.shown(growing.maximum)
    if given > shown:
        raise ValueError(
            f"min_resources={given} exceeds max_resources={shown}; lower it or "
            "pass a larger max_resources."
        )
    if search.resource != "n_samples":
        return smallest
    n_needed = max(_n_needed(folds, train) for train, _ in folds.splits)
    if given < n_needed:
        raise ValueError(
            f"min_resources={given} is too few rows to contain {MIN_ROWS_PER_CLASS} of "
            f"each of the {folds.n_classes} classes; pass at least {n_needed}, or "
            "'auto'."
        )
    return smallest


def _n_needed(folds: Folds, train: np.ndarray) -> int:
    """Return how many rows hold two of every class of a training fold."""
    if folds.labels is None:
        return 1
    counts = np.bincount(folds.labels[train].ravel())
    return int(np.minimum(counts, MIN_ROWS_PER_CLASS).sum())


def make_resource(
    search: Any, full: int, folds: Folds, rng: np.random.Generator
) -> Resource:
    """Return the resource that ``search.resource`` names, ready for these folds.

    ``full`` is the amount with which a fold is used whole.
    """
    if search.resource in (None, "n_folds"):
        return Resource()
    if search.resource == PASSES:
        return PassResource()
    if search.resource != "n_samples":
        return ParameterResource(search.resource)
    groups = folds.groups
    if groups is not None:
        # Rows without a group (NaN) form a group together.
        groups = as_numbers(groups, "groups")
    orders, ends = [], []
    for train, _ in folds.splits:
        if folds.is_ordered:
            train = np.sort(train)
        labels = None if folds.labels is None else folds.labels[train]
        if groups is not None:
            order, end = nested_groups(train, labels, groups[train], rng)
        elif folds.is_ordered:
            order, end = recent_first(train, labels)
        else:
            order, end = nested_order(train, labels, rng), None
        orders.append(order)
        ends.append(end)
    is_fraction = search.max_resources == "auto"
    return SampleResource(orders, ends, full, is_fraction)
