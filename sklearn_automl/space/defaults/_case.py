"""What a default space is made for, and the ranges that many of them have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scipy import stats

from sklearn_automl.space._configspace import log_uniform_integers
from sklearn_automl.space.defaults._shape import DataShape

__all__ = [
    "Case",
    "Rule",
    "between",
    "integers",
    "integers_on_log_scale",
    "log_scale",
    "nothing",
]


@dataclass(frozen=True)
class Case:
    """An estimator and the data that it is to be fitted on."""

    shape: DataShape
    #: The estimator's parameters, as they are.
    own: Mapping[str, Any]
    #: Those that the user has set to something else than their default.
    fixed: frozenset[str]

    def has_set(self, *names: str) -> bool:
        """Tell whether the user has set one of these parameters."""
        return not self.fixed.isdisjoint(names)

    def share_of_rows(self, share: float, *, least: int, most: int) -> int:
        """Return a share of the rows, within limits; the upper one if unknown."""
        if self.shape.n_samples is None:
            return most
        return min(max(int(self.shape.n_samples * share), least), most)


#: Returns the space of an estimator of one class, without those parameters that the
#: user has set or that this version does not have: these are left out later.
Rule = Callable[[Case], dict[str, Any]]


def nothing(case: Case) -> dict[str, Any]:  # noqa: ARG001
    """Return the space of an estimator that has nothing worth a search."""
    return {}


def log_scale(low: float, high: float) -> Any:
    """Return the log-uniform distribution between two numbers."""
    return stats.loguniform(low, high)


def between(low: float, high: float) -> Any:
    """Return the uniform distribution between two numbers."""
    return stats.uniform(low, high - low)


def integers(low: int, high: int) -> Any:
    """Return all integers from low to high, equally probable."""
    return stats.randint(low, high + 1)


def integers_on_log_scale(low: int, high: int) -> Any:
    """Return all integers from low to high, equally probable per factor of two."""
    return log_uniform_integers(low, high)
