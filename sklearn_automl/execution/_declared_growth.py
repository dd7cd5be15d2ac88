"""What a class says of how it is continued, by its attribute ``continued_by``."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

__all__ = ["WAYS", "declared_way", "fault_of_declaration"]

#: The ways that ``continued_by`` can name.
WAYS = ("partial_fit", "warm_start")


def declared_way(estimator: Any, parameter: str) -> str | None:
    """Return how a class says that it is continued in a parameter; None if it does not.

    Raises
    ------
    ValueError
        If it says what is not known.
    """
    fault = fault_of_declaration(estimator, parameter)
    if fault:
        raise ValueError(fault)
    said: str | None = (_declaration(estimator)[1] or {}).get(parameter)
    return said


def fault_of_declaration(estimator: Any, parameter: str) -> str:
    """Say what is wrong with ``continued_by``; nothing if it can be used."""
    owner, said = _declaration(estimator)
    if owner is None or said is None:
        return ""
    name = owner.__name__
    if not isinstance(said, Mapping):
        return (
            f"continued_by of {name} must be a dict from the name of a parameter to "
            f"one of {list(WAYS)}, such as {{{parameter!r}: 'partial_fit'}}. Got "
            f"{said!r} instead."
        )
    if parameter not in said:
        return _slip(estimator, owner, said, parameter)
    how = said[parameter]
    if how not in WAYS:
        return (
            f"continued_by of {name} must say one of {list(WAYS)} for {parameter!r}. "
            f"Got {how!r} instead.{_suggestion(how, WAYS)}"
        )
    if how == "partial_fit" and not hasattr(type(estimator), how):
        return (
            f"continued_by of {name} says {how!r} for {parameter!r}, but "
            f"{type(estimator).__name__} has no partial_fit. Write one, or remove "
            f"{parameter!r} from continued_by."
        )
    if how == "warm_start" and how not in estimator.get_params(deep=False):
        return (
            f"continued_by of {name} says {how!r} for {parameter!r}, but "
            f"{type(estimator).__name__} has no parameter warm_start. Add it, or "
            f"remove {parameter!r} from continued_by."
        )
    return ""


def _declaration(estimator: Any) -> tuple[type | None, Any]:
    """Return the class that speaks for an estimator's ``fit``, and what it says."""
    for base in type(estimator).__mro__:
        if "continued_by" in vars(base):
            return base, vars(base)["continued_by"]
        if "fit" in vars(base):
            break
    return None, None


def _slip(estimator: Any, owner: type, said: Mapping[str, Any], parameter: str) -> str:
    """Say if a name that is no parameter is nearly that of the resource."""
    if not hasattr(estimator, "get_params"):
        return ""
    names = estimator.get_params(deep=False)
    # A subclass may have lost a parameter that its base speaks of.
    unknown = [str(name) for name in said if name not in names]
    close = get_close_matches(parameter, unknown, n=1)
    if parameter not in names or not close:
        return ""
    return (
        f"continued_by of {owner.__name__} has {close[0]!r}, which is not a parameter "
        f"of {type(estimator).__name__}. Did you mean {parameter!r}?"
    )


def _suggestion(word: Any, words: tuple[str, ...]) -> str:
    close = get_close_matches(str(word), words, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
