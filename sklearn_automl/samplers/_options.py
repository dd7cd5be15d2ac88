"""Checks of the options of samplers."""

from numbers import Integral
from typing import Any

__all__ = ["check_between", "check_integer", "check_positive"]


def check_integer(name: str, value: Any, least: int) -> None:
    """Raise an error if an option is not an integer in its range."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < least:
        raise ValueError(f"{name}={value!r} must be an integer, at least {least}.")


def check_between(name: str, value: float, least: float, most: float) -> None:
    """Raise an error if an option is not a number in its range."""
    if not least <= value <= most:
        raise ValueError(f"{name}={value!r} must be between {least} and {most}.")


def check_positive(name: str, value: float) -> None:
    """Raise an error if an option is not a positive number."""
    if not value > 0:
        raise ValueError(f"{name}={value!r} must be positive.")
