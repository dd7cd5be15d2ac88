"""Parameters of a space: a name, a domain, and when they are active."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sklearn_automl.space._domains import Domain

__all__ = ["Condition", "Configuration", "Parameter"]

#: One setting of all hyperparameters that are active in it.
Configuration = dict[str, Any]


@dataclass(frozen=True)
class Condition:
    """The parameter ``parent`` has one of ``values``."""

    parent: str
    domain: Domain  # of the parent
    values: tuple[Any, ...] = field(compare=False)  # they need not have an ``==``
    keys: frozenset[Hashable]

    def holds(self, config: Configuration) -> bool:
        """Tell whether the parent is active in ``config`` and decides for it."""
        if self.parent not in config:
            return False
        return self.domain.key(config[self.parent]) in self.keys


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter: its domain, and when it is active."""

    name: str
    domain: Domain
    conditions: tuple[Condition, ...] = ()

    def is_active(self, config: Configuration) -> bool:
        """Tell whether it exists where its parents are as in ``config``."""
        return all(condition.holds(config) for condition in self.conditions)

    def describe(self) -> str:
        """Return the domain and its conditions, as a user would write them."""
        text = repr(self.domain)
        for condition in reversed(self.conditions):
            values = list(condition.values)
            what = values[0] if len(values) == 1 else values
            text = f"When({condition.parent!r}, {what!r}, {text})"
        return text
