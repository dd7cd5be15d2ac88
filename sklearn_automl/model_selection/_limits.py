"""From the user's resource parameters to the numbers that a scheduler works with."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils.multiclass import type_of_target

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    ParameterResource,
    Resource,
    SampleResource,
)
from sklearn_automl.execution._resources import (
    MIN_ROWS_PER_CLASS,
    nested_groups,
    nested_order,
    recent_first,
)
from sklearn_automl.schedulers import n_halvings
from sklearn_automl.space import SearchSpace

__all__ = [
    "Limits",
    "as_numbers",
    "check_parameter_names",
    "class_labels",
    "did_you_mean",
    "make_resource",
]

# "auto" gives at most five rungs.
_MAX_HALVINGS = 4


@dataclass(frozen=True)
class Limits:
    """The smallest and the largest amount of a resource, r and R."""

    minimum: int
    maximum: int


@dataclass(frozen=True)
class FoldSizes:
    """What the limits of ``n_samples`` depend on."""

    n_samples: int
    smallest_train: int
    n_splits: int
    n_classes: int  # 0 without classes
    n_needed: int  # rows that hold two of every class of a fold


def fold_sizes(
    n_samples: int, splits: Iterable[tuple[Any, Any]], labels: np.ndarray | None
) -> FoldSizes:
    """Measure the training folds."""
    trains = [np.asarray(train) for train, _ in splits]
    n_classes, n_needed = 0, 1
    if labels is not None:
        n_classes = len(np.unique(labels))
        n_needed = max(
            int(np.minimum(np.bincount(labels[_rows(t)]), MIN_ROWS_PER_CLASS).sum())
            for t in trains
        )
    smallest = min(len(_rows(train)) for train in trains)
    return FoldSizes(n_samples, smallest, len(trains), n_classes, n_needed)


def class_labels(estimator: Any, y: Any) -> np.ndarray | None:
    """Return each row's class as an integer; None if there are no classes to keep."""
    if y is None or not is_classifier(estimator):
        return None
    if type_of_target(y) not in {"binary", "multiclass"}:
        return None
    return as_numbers(y, "y")


def find_limits(search: Any, sizes: FoldSizes, n_trials: float) -> Limits:
    """Turn ``min_resources`` and ``max_resources`` into numbers.

    ``n_trials`` is the number of configurations that start at the bottom: with
    "auto" no more rungs are made than they can fill.
    """
    if search.resource is None:
        return Limits(sizes.smallest_train, sizes.smallest_train)
    largest = _largest(search, sizes)
    if search.factor > largest:
        warn(
            f"factor={search.factor} is more than the largest resource, {largest}: "
            "every configuration gets all of it, and none is dropped early. Lower "
            "factor."
        )
    if isinstance(search.min_resources, Integral):
        smallest = int(search.min_resources)
        _check_smallest(search, smallest, largest, sizes)
        return Limits(smallest, largest)
    least = 1
    if search.resource == "n_samples":
        # Enough for every class to be in every part of a split of the subset.
        n_classes = max(sizes.n_classes, 1)
        least = MIN_ROWS_PER_CLASS * n_classes * sizes.n_splits
    eta = int(search.factor)
    s = min(_MAX_HALVINGS, n_halvings(least, largest, eta))
    if n_trials < eta**s:
        s = n_halvings(1, max(int(n_trials), 1), eta)
    return Limits(largest // eta**s, largest)


def _largest(search: Any, sizes: FoldSizes) -> int:
    given = search.max_resources
    if search.resource == "n_samples":
        if given == "auto":
            return sizes.smallest_train
        if given > sizes.n_samples:
            raise ValueError(
                f"max_resources={given} is more than the {sizes.n_samples} samples in "
                "X; lower it or leave it at 'auto'."
            )
        if given > sizes.smallest_train:
            raise ValueError(
                f"max_resources={given} is more than the {sizes.smallest_train} rows "
                "of the smallest training fold; lower it or leave it at 'auto'."
            )
        return int(given)
    if given != "auto":
        return int(given)
    value = search.estimator.get_params().get(search.resource)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"max_resources='auto' takes the estimator's own value of "
            f"{search.resource!r}, which is {value!r} and not a positive integer. Set "
            f"max_resources for resource={search.resource!r}."
        )
    return int(value)


def _check_smallest(search: Any, smallest: int, largest: int, sizes: FoldSizes) -> None:
    if smallest > largest:
        raise ValueError(
            f"min_resources={smallest} exceeds max_resources={largest}; lower it or "
            "pass a larger max_resources."
        )
    if search.resource == "n_samples" and smallest < sizes.n_needed:
        raise ValueError(
            f"min_resources={smallest} is too few rows to hold {MIN_ROWS_PER_CLASS} of "
            f"each of the {sizes.n_classes} classes; pass at least {sizes.n_needed}, "
            "or 'auto'."
        )


def make_resource(
    search: Any,
    limits: Limits,
    splits: list[tuple[Any, Any]],
    labels: np.ndarray | None,
    groups: Any,
    cv: Any,
    rng: np.random.Generator,
) -> Resource:
    """Return the resource that ``search.resource`` names, ready for these folds."""
    if search.resource is None:
        return Resource()
    if search.resource != "n_samples":
        return ParameterResource(search.resource)
    orders, ends = [], []
    if groups is not None:
        # Rows without a group (NaN) are one of their own.
        groups = as_numbers(groups, "groups")
    for train, _ in splits:
        rows = _rows(train)
        its_labels = None if labels is None else labels[rows]
        if groups is not None:
            order, end = nested_groups(rows, its_labels, groups[rows], rng)
        elif isinstance(cv, TimeSeriesSplit):
            order, end = recent_first(rows, its_labels)
        else:
            order, end = nested_order(rows, its_labels, rng), None
        orders.append(order)
        ends.append(end)
    is_fraction = search.max_resources == "auto"
    return SampleResource(orders, ends, limits.maximum, is_fraction)


def as_numbers(values: Any, name: str) -> np.ndarray:
    """Return for each row the number, from 0 on, of its value among all values."""
    values = np.asarray(values).ravel()
    try:
        numbers: np.ndarray = np.unique(values, return_inverse=True)[1].ravel()
    except TypeError as error:
        raise ValueError(
            f"{name} holds values of types that have no order ({error}); pass "
            "integers or strings, and no None."
        ) from None
    return numbers


def check_parameter_names(estimator: Any, space: SearchSpace, resource: Any) -> None:
    """Refuse, before any fit, names that the estimator does not have."""
    known = set(estimator.get_params())
    for branch in space.branches:
        here = known | {n for p in branch for n in _names_of_values(p)}
        for parameter in branch:
            searched = {p.name for p in branch}
            if parameter.name not in here and _lists_its_names(
                estimator, parameter.name, searched
            ):
                raise ValueError(
                    f"Invalid parameter {parameter.name!r} for estimator {estimator}. "
                    f"Valid parameters are: {sorted(known)!r}."
                    f"{did_you_mean(parameter.name, here)}"
                )
    if resource not in {None, "n_samples"}:
        _check_resource(estimator, space, resource)


def _check_resource(estimator: Any, space: SearchSpace, resource: str) -> None:
    if resource in space.names:
        raise ValueError(
            f"Cannot use resource={resource!r}: it is also searched in "
            "param_distributions. Remove it there or choose another resource."
        )
    own = estimator.get_params()
    for branch in space.branches:
        for owner, params, name in _owners(estimator, branch, resource):
            if name not in params:
                raise ValueError(
                    f"resource={resource!r} is not a parameter of {owner}."
                    f"{did_you_mean(name, params)} It must be 'n_samples', None, or "
                    f"one of {sorted(own)!r}, and every alternative in "
                    "param_distributions must have it."
                )
            value = params[name]
            if isinstance(value, bool | str | float):
                raise ValueError(
                    f"resource={resource!r} is {value!r} in {owner}, but a resource "
                    "is an integer parameter such as 'n_estimators' or 'max_iter'; "
                    "choose one, or 'n_samples' or None."
                )


def _owners(
    estimator: Any, branch: Any, resource: str
) -> list[tuple[str, dict[str, Any], str]]:
    """Return whose parameter a resource is: owners, their parameters, its name there.

    There are several where a step of a pipeline is searched.
    """
    steps = [
        p
        for p in branch
        if resource.startswith(f"{p.name}__") and p.domain.is_categorical
    ]
    if not steps:
        return [(type(estimator).__name__, estimator.get_params(), resource)]
    step = max(steps, key=lambda p: len(p.name))
    return [
        (f"{step.name}={value!r}", _params_of(value), resource[len(step.name) + 2 :])
        for value in step.domain.values()
    ]


def _lists_its_names(estimator: Any, name: str, searched: set[str]) -> bool:
    """Tell whether the owner of parameter ``name`` would list it in ``get_params``.

    A minimal estimator that is not a BaseEstimator may accept more than it lists, and
    one may take the place of an owner that is itself ``searched``. A skorch net lists
    only those options of its module that were given.
    """
    prefix, delimiter, _ = name.rpartition("__")
    params = {"": estimator, **estimator.get_params()}
    owner = params.get(prefix) if delimiter else estimator
    holder = params.get(prefix.rpartition("__")[0])
    if delimiter and hasattr(holder, "initialize_module"):
        return False
    if owner is None or isinstance(owner, BaseEstimator):
        return True
    return not hasattr(owner, "get_params") and prefix not in searched


def _names_of_values(parameter: Any) -> set[str]:
    """Names of the parameters of estimators that are values of ``parameter``."""
    if not parameter.domain.is_categorical:
        return set()
    return {
        f"{parameter.name}__{nested}"
        for value in parameter.domain.values()
        for nested in _params_of(value)
    }


def _params_of(value: Any) -> dict[str, Any]:
    if not hasattr(value, "get_params") or isinstance(value, type):
        return {}
    params: dict[str, Any] = value.get_params()
    return params


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return what to add to an error about a name that is not known."""
    close = get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _rows(train: Any) -> np.ndarray:
    """Return row numbers, also for a fold that is given as a boolean mask."""
    train = np.asarray(train)
    return np.flatnonzero(train) if train.dtype == bool else train
