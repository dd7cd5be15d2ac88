"""What an unfitted step of a pipeline is, in a form that can be compared.

Two steps with equal keys become the same when they are fitted on the same data. A step
for which that is not certain has no key.
"""

import copyreg
from collections.abc import Hashable
from enum import Enum
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
from numpy.random import BitGenerator, Generator, RandomState
from sklearn.base import clone

from sklearn_automl._sklearn_compat import CALLBACKS_ATTRIBUTE

__all__ = ["GENERATORS", "step_key"]

GENERATORS = (RandomState, Generator, BitGenerator)

# What copy.deepcopy hands on as it is, besides what is compared by value.
_COMPARED_BY_IDENTITY = (FunctionType, BuiltinFunctionType, np.ufunc, type, Enum)
_CONTAINERS = {list, tuple, set, frozenset, dict}
_COMPARED_BY_VALUE = {type(None), type(...), bool, int, str, bytes, complex, range}

# Longer parameters, such as a whole vocabulary, would take too long to compare.
_MAX_ITEMS = 1_000
_MAX_ARRAY_BYTES = 10_000

# None means another sequence at every fit.
_SEEDS = {"random_state", "random_seed", "seed", "rng"}


class _NotComparableError(Exception):
    """Nothing is known of how to compare a value."""


def step_key(step: Any) -> Hashable | None:
    """Return what an unfitted copy of a step is; None if its fit cannot be shared."""
    try:
        if not _is_transformer(step) or _is_random(step.get_params()):
            return None
        return _key(clone(step))
    # A third-party object may raise anything when it is looked into.
    except Exception:  # noqa: BLE001
        return None


def _is_transformer(step: Any) -> bool:
    """Tell whether a step is fitted by one call, and has all of its state in `vars`."""
    has_slots = any(vars(base).get("__slots__") for base in type(step).__mro__)
    methods = ("get_params", "fit_transform", "transform")
    return not has_slots and all(hasattr(step, method) for method in methods)


def _is_random(params: dict[str, Any]) -> bool:
    seeds = [v for name, v in params.items() if name.rpartition("__")[2] in _SEEDS]
    return any(
        isinstance(seed, bool) or not isinstance(seed, int | np.integer)
        for seed in seeds
    )


def _key(value: Any, path: tuple[int, ...] = ()) -> Hashable:
    """Return something that is equal for equal values, of equal types all through.

    An object is compared by what a copy of it would be made from. This is where the
    parameters of an estimator are, and all else that ``clone`` keeps. ``path`` are the
    objects that hold it: a request of metadata holds its owner, for one.
    """
    kind = type(value)
    if kind in _COMPARED_BY_VALUE or isinstance(value, _COMPARED_BY_IDENTITY):
        return kind, value
    if kind is float:
        return kind, value.hex()  # NaN equals itself, and 0.0 is not -0.0
    if isinstance(value, GENERATORS):
        raise _NotComparableError
    if isinstance(value, np.ndarray) and value.nbytes > _MAX_ARRAY_BYTES:
        raise _NotComparableError
    if id(value) in path:
        return kind, path.index(id(value))
    path = (*path, id(value))
    if kind in _CONTAINERS:
        return kind, _key_of_items(value, path)
    return kind, tuple(_key(part, path) for part in _parts_of_copy(value))


def _key_of_items(value: Any, path: tuple[int, ...]) -> Hashable:
    if len(value) > _MAX_ITEMS:
        raise _NotComparableError
    if not isinstance(value, dict):
        items = (_key(item, path) for item in value)
        return frozenset(items) if isinstance(value, set | frozenset) else tuple(items)
    if CALLBACKS_ATTRIBUTE in value:
        raise _NotComparableError  # they want to be called at every fit
    return tuple((_key(name, path), _key(item, path)) for name, item in value.items())


def _parts_of_copy(value: Any) -> list[Any]:
    """Return what ``copy.deepcopy`` makes a copy from."""
    reduce = copyreg.dispatch_table.get(type(value))
    parts = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(parts, str):
        raise _NotComparableError
    function, arguments, *rest = parts
    state, items, pairs, *more = [*rest, None, None, None][:4]
    if any(more):
        raise _NotComparableError
    return [function, arguments, state, list(items or ()), list(pairs or ())]
