"""What every estimation has in common: it decides who is trained, and for how long."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import Generator
from sklearn.base import BaseEstimator

from sklearn_automl._options import HasOptions
from sklearn_automl.execution import (
    ParameterResource,
    Resource,
    SampleResource,
    nested_order,
)
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.schedulers import Scheduler

__all__ = ["Estimation", "Training", "n_halvings_for"]


@dataclass(frozen=True)
class Training:
    """What an estimation has to share out.

    ``n_epochs`` are those of a full training, ``train`` the rows that it has, and
    ``labels`` the class of every row of the data, None for regression. With several
    ``folds``, which are the training rows of each, ``train`` is the smallest.
    """

    n_epochs: int
    train: np.ndarray
    labels: np.ndarray | None = None
    folds: tuple[np.ndarray, ...] = ()

    @property
    def n_rows(self) -> int:
        return len(self.train)

    @property
    def least_rows(self) -> int:
        """Rows that hold two of every class, if they are as many."""
        n_classes = 1
        if self.labels is not None:
            n_classes = len(np.unique(self.labels[self.train]))
        return min(2 * n_classes, self.n_rows)


class Estimation(HasOptions, BaseEstimator, ABC):
    """Shares out epochs, or rows, among architectures.

    The constructor stores options. They are checked when a search begins.
    """

    #: Of what an evaluation gets more or less: "max_epochs" or "n_samples".
    resource: str = "max_epochs"

    #: Whether no training is shorter than another.
    trains_all_in_full: bool = False

    def supernet_options(self) -> SupernetOptions | None:
        """Return how the supernet for the scores is trained, or None without one."""
        return None

    @abstractmethod
    def make_scheduler(
        self, strategy: Strategy, n_trials: int, training: Training
    ) -> Scheduler:
        """Return the scheduler of a search.

        Parameters
        ----------
        strategy : Strategy
            The strategy that proposes architectures. It is bound to their space.

        n_trials : int
            Number of architectures that are tried.

        training : Training
            What there is to share out.

        Returns
        -------
        scheduler : Scheduler
            The scheduler. It decides which trial runs, and with how much resource.
        """

    def make_resource(self, training: Training, rng: Generator) -> Resource:
        """Return the resource that the amounts of the scheduler are amounts of.

        Parameters
        ----------
        training : Training
            What there is to share out.

        rng : numpy.random.Generator
            Draws the rows of subsets.

        Returns
        -------
        resource : Resource
            Epochs or rows.
        """
        if self.resource == "max_epochs":
            return ParameterResource("max_epochs")
        labels, folds = training.labels, training.folds or (training.train,)
        orders = [
            nested_order(train, None if labels is None else labels[train], rng)
            for train in folds
        ]
        # Larger folds have proportionally more.
        return SampleResource(
            orders, [None] * len(folds), training.n_rows, is_fraction=len(folds) > 1
        )

    def largest(self, training: Training) -> int:
        """Return the amount of a full training.

        Parameters
        ----------
        training : Training
            What there is to share out.

        Returns
        -------
        int
            Epochs or rows.
        """
        is_epochs = self.resource == "max_epochs"
        return training.n_epochs if is_epochs else training.n_rows

    def _check_resource(self) -> None:
        if self.resource not in ("max_epochs", "n_samples"):
            raise self._refuse("resource", "'max_epochs' or 'n_samples'")

    def _minimum(self, training: Training, factor: int, n_halvings: int) -> int:
        """Return the smallest amount, that of the bottom rung."""
        value: Any = self.min_resources
        largest = self.largest(training)
        if value == "auto":
            least = 1 if self.resource == "max_epochs" else training.least_rows
            return max(largest // factor**n_halvings, least)
        is_integer = isinstance(value, Integral) and not isinstance(value, bool)
        if not is_integer or value < 1:
            raise self._refuse("min_resources", "'auto' or an integer of at least 1")
        if value > largest:
            raise ValueError(
                f"min_resources={value} of {type(self).__name__} exceeds the {largest} "
                f"({self.resource}) of a full training; lower it."
            )
        return int(value)


def n_halvings_for(n_trials: int, factor: int) -> int:
    """Return how often trials can be thinned out: twice, if there are enough."""
    return sum(n_trials >= factor**s for s in (1, 2))
