"""What SearchHistory.forget is asked to forget: what is refused, and what matches."""

import inspect
import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sklearn_automl.storage._past import name_of_class

__all__ = ["check_conditions", "is_made_of"]

# Of classes, with their packages or without, and several of them as in `to_frame`.
_NAMES = re.compile(r"[^\W\d]\w*(\.(\w+|<locals>))*( [^\W\d]\w*(\.(\w+|<locals>))*)*")


def check_conditions(
    estimator: Any, has_X: bool, has_y: bool, older_than: timedelta | None
) -> None:
    """Refuse conditions that no search can meet: they are mistakes, and all is lost.

    Raises
    ------
    ValueError
        Says what is allowed.
    """
    if has_X != has_y:
        given, missing = ("X", "y") if has_X else ("y", "X")
        raise ValueError(
            f"forget() got {given} without {missing}. Data are recognised by both: "
            f"pass {missing}, too. If the search had no y, pass y=None."
        )
    if estimator is None and not has_X and older_than is None:
        raise ValueError(
            "forget() needs to know what to forget. Pass estimator, X and y, or "
            "older_than; older_than=timedelta(0) forgets everything."
        )
    if older_than is not None and (
        not isinstance(older_than, timedelta) or older_than < timedelta(0)
    ):
        raise ValueError(
            "older_than must be a datetime.timedelta that is not negative, got "
            f"{older_than!r}. Pass timedelta(days=30), for example."
        )
    if estimator is not None and not _is_class_or_name(estimator):
        kind = type(estimator).__name__
        hint = "SVC" if isinstance(estimator, str) else kind
        raise ValueError(
            "estimator must be a class, the name of one, or what to_frame() shows as "
            f"estimator, got {estimator!r}. Pass {hint} or {hint!r}, for example."
        )


def is_made_of(names: Collection[str], estimator: Any) -> bool:
    """Tell whether an estimator of some classes meets a condition.

    Parameters
    ----------
    names : collection of str
        Packages and names of the classes.

    estimator : class or str
        The condition.
    """
    if inspect.isclass(estimator):
        return name_of_class(estimator) in names
    wanted = estimator.split(" ")
    if len(wanted) > 1:
        return sorted(wanted) == sorted(names)
    return any(
        name == estimator or _without_package(name) == estimator for name in names
    )


def _is_class_or_name(value: Any) -> bool:
    if isinstance(value, str):
        return _NAMES.fullmatch(value) is not None
    return inspect.isclass(value)


def _without_package(name: str) -> str:
    return name.rpartition(".")[2]
