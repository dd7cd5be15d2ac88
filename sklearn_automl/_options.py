"""Checks of options, and what the errors about them say."""

import math
from numbers import Integral, Real
from typing import Any

__all__ = [
    "HasOptions",
    "check_between",
    "check_integer",
    "check_positive",
    "refusal",
]


class HasOptions:
    """A class whose constructor stores options, which are checked later."""

    def _refuse(self, name: str, allowed: str) -> ValueError:
        """Return the error about an option."""
        return refusal(name, getattr(self, name), type(self).__name__, allowed)


def check_integer(name: str, value: Any, least: int, owner: str = "") -> None:
    """Raise an error if an option is not an integer in its range."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < least:
        raise refusal(name, value, owner, f"an integer, at least {least}")


def check_between(
    name: str, value: Any, least: float, most: float, owner: str = ""
) -> None:
    """Raise an error if an option is not a number in its range."""
    if not (_is_number(value) and least <= value <= most):
        raise refusal(name, value, owner, f"a number between {least} and {most}")


def check_positive(
    name: str, value: Any, most: float = math.inf, owner: str = ""
) -> None:
    """Raise an error if an option is not a finite number above zero."""
    if not (_is_number(value) and 0 < value <= most and value < math.inf):
        end = f"at most {most}" if most < math.inf else "finite"
        raise refusal(name, value, owner, f"a number more than 0 and {end}")


def refusal(name: str, value: Any, owner: str, allowed: str) -> ValueError:
    """Return the error about an option; ``owner`` is the class that has it."""
    whose = f" of {owner}" if owner else ""
    return ValueError(f"{name}={value!r}{whose} must be {allowed}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
