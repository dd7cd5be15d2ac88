"""What every way to continue an estimator has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

__all__ = ["Growth", "are_methods_of", "last_step", "plain_fit"]


class Growth(ABC):
    """A way to take an estimator from ``start`` to ``stop`` units of a parameter.

    ``kept`` is what a fit leaves for the next one and the estimator has no place for.
    """

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        self.kept: Any = None

    @abstractmethod
    def fit(
        self, estimator: Any, start: int, stop: int, X: Any, y: Any, **params: Any
    ) -> int:
        """Fit, from scratch if ``start`` is 0; return the units that this took."""

    def has_converged(self, estimator: Any, start: int) -> bool:
        """Tell whether the last fit ended by itself before its ``start`` units.

        A cold fit with more to spend would end at the same place.
        """
        name = "n_estimators_" if self.parameter == "n_estimators" else "n_iter_"
        used = getattr(estimator, name, None)
        return used is not None and bool(np.max(used) < start)

    def paused(self, estimator: Any) -> Any:
        """Return a fitted estimator as it waits: its parameters can be set."""
        return estimator


def plain_fit(estimator: Any, X: Any, y: Any, **params: Any) -> Any:
    """Call an estimator's own ``fit``, without y where there is none."""
    arguments = (X,) if y is None else (X, y)
    return estimator.fit(*arguments, **params)


def last_step(estimator: Any) -> Any:
    """Return the last step of (nested) pipelines, another estimator as it is."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def are_methods_of(
    packages: tuple[str, ...], estimator: Any, methods: Iterable[str]
) -> bool:
    """Tell whether classes of these packages define the methods of an estimator.

    A subclass that defines one of them itself may do something else.
    """
    bases = type(estimator).__mro__
    owners = (next((b for b in bases if m in vars(b)), None) for m in methods)
    return all(
        owner is None or owner.__module__.partition(".")[0] in packages
        for owner in owners
    )
