"""Spaces that fit an estimator as the user has made it."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from sklearn_automl.space._when import When

__all__ = ["prefixed", "set_by_user", "settled"]

_NO_DEFAULT = object()


def set_by_user(estimator: Any) -> frozenset[str]:
    """Return the names of parameters that are not at their defaults."""
    defaults = _defaults_of(type(estimator))
    own = estimator.get_params(deep=False)
    return frozenset(
        name
        for name, value in own.items()
        if not _is_same(value, defaults.get(name, _NO_DEFAULT))
    )


def _defaults_of(cls: type) -> dict[str, Any]:
    """Return the parameters of a class, those of its bases too, with their defaults."""
    defaults: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if "__init__" not in vars(base) or base is object:
            continue
        for name, parameter in inspect.signature(
            vars(base)["__init__"]
        ).parameters.items():
            has_none = parameter.default is inspect.Parameter.empty
            defaults[name] = _NO_DEFAULT if has_none else parameter.default
    return defaults


def _is_same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    if type(value) is not type(default):
        return False
    try:
        # NaN, the default of XGBoost's `missing`, is not equal to itself.
        return bool(value == default or (value != value and default != default))
    # An array, or an object of any library.
    except Exception:  # noqa: BLE001
        return False


def settled(
    space: Mapping[str, Any], own: Mapping[str, Any], left_out: Iterable[str]
) -> dict[str, Any]:
    """Return a space without some parameters, whose conditions still make sense.

    A parameter that is not searched keeps its value, which decides for those that
    depend on it.
    """
    left_out = set(left_out)
    kept = {name: value for name, value in space.items() if name not in left_out}
    while True:
        searched = {name: _settled(value, kept, own) for name, value in kept.items()}
        result = {name: v for name, v in searched.items() if v is not None}
        if result.keys() == kept.keys():
            return result
        kept = result


def _settled(value: Any, kept: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    """Return a domain with the conditions that remain; None if one cannot hold."""
    if not isinstance(value, When):
        return value
    domain = _settled(value.domain, kept, own)
    if domain is None:
        return None
    values = value.values if isinstance(value.values, list) else [value.values]
    if value.parent not in kept:
        return domain if own.get(value.parent) in values else None
    parent = kept[value.parent]
    while isinstance(parent, When):
        parent = parent.domain
    possible = [v for v in values if v in parent]
    return When(value.parent, possible, domain) if possible else None


def prefixed(space: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return a space of a part of an estimator with the names of the whole."""
    start = f"{prefix}__"
    return {start + name: _with_prefix(value, start) for name, value in space.items()}


def _with_prefix(value: Any, start: str) -> Any:
    if not isinstance(value, When):
        return value
    return When(start + value.parent, value.values, _with_prefix(value.domain, start))
