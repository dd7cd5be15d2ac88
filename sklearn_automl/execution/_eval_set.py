"""Rows of a training fold that are set aside, for the last step to stop early by."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_automl._sklearn_compat import (
    check_fit_params,
    last_step_fit_params,
    safe_split,
)
from sklearn_automl.execution._early_stopping import Rows, early_stopping_of
from sklearn_automl.execution._growth_base import last_step, plain_fit
from sklearn_automl.execution._resources import (
    groups_in_time,
    nested_groups,
    nested_order,
)

__all__ = ["EvalSet", "Reached", "evaluated_fit", "rows_of"]


@dataclass(frozen=True, eq=False)
class EvalSet:
    """Says which training rows of a fold are set aside.

    The same rows are drawn for every configuration. All classes are among the other
    rows wherever they can be.

    Parameters
    ----------
    share : float
        How many of the rows, as a fraction.

    seed : int
        Seeds the draw.

    labels : ndarray or None
        Class of each row of X as an integer; several columns for several outputs.

    groups : ndarray or None
        Group of each row of X as an integer. Groups stay whole.

    is_ordered : bool
        Whether folds are ordered in time. The latest rows are then set aside.
    """

    share: float
    seed: int
    labels: np.ndarray | None = None
    groups: np.ndarray | None = None
    is_ordered: bool = False

    def divide(self, split: int, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows to fit on, and those set aside: none if they are too few.

        ``train`` are the training rows of a fold, or the part of them that an
        evaluation uses.
        """
        n_fit = len(train) - max(1, round(self.share * len(train)))
        labels = None if self.labels is None else self.labels[train]
        rng = np.random.default_rng([self.seed, split, len(train)])
        if self.groups is not None:
            if self.is_ordered:
                order, ends = groups_in_time(train, labels, self.groups[train])
            else:
                order, ends = nested_groups(train, labels, self.groups[train], rng)
            ends = ends[:-1]  # one group is set aside at least
            n_fit = int(ends[np.abs(ends - n_fit).argmin()]) if len(ends) else 0
            fit, aside = order[:n_fit], order[n_fit:]
        else:
            order = (
                np.sort(train) if self.is_ordered else nested_order(train, labels, rng)
            )
            fit, aside = self._keep_classes(order[:n_fit], order[n_fit:])
        if len(fit) == 0:
            fit, aside = aside, fit
        # Rows stay in the order of the data, as in any other fold.
        return np.sort(fit), np.sort(aside)

    def _keep_classes(
        self, fit: np.ndarray, aside: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fit on the rows of a class that would be among those set aside only.

        A classifier cannot be told the loss of a class that it does not know.
        """
        if self.labels is None:
            return fit, aside
        known = np.isin(self.labels[aside], self.labels[fit])
        is_known = known.reshape(len(aside), -1).all(axis=1)
        return np.append(fit, aside[~is_known]), aside[is_known]


@dataclass
class Reached:
    """How far a fit came: with how many iterations it predicts, how many it ran.

    ``names`` are those of the number of iterations. None is not known.
    """

    n_best: int | None = None
    n_run: int | None = None
    names: tuple[str, ...] = ()


@contextmanager
def evaluated_fit(
    estimator: Any,
    set_aside: Callable[[], tuple[Any, Any, Mapping[str, Any]]],
    transform: Callable[[Pipeline, Any], Any],
) -> Iterator[Reached]:
    """Let the last step of ``estimator`` see rows that nothing is fitted on.

    The estimator itself stays what it is, so that scorers, tags and callbacks see
    nothing unusual; only the first call of its ``fit`` is taken over.

    Parameters
    ----------
    estimator : estimator
        What is fitted meanwhile.

    set_aside : callable
        Returns X, y and the parameters of ``fit`` of the rows. It is called within the
        fit, so that its errors are those of the fit.

    transform : callable
        Makes of X what the last step of a pipeline gets, when the steps before are
        fitted.

    Yields
    ------
    reached : Reached
        Filled in by the fit.
    """
    reached = Reached()

    def fit(X, y=None, **params):
        vars(estimator).pop("fit", None)
        # The steps of a pipeline can be searched, so they are looked up only now.
        last = last_step(estimator)
        if last is estimator:
            return fit_last(X, y, **params)
        last.fit = fit_last
        try:
            return plain_fit(estimator, X, y, **params)
        finally:
            vars(last).pop("fit", None)

    def fit_last(X, y=None, **params):
        last = last_step(estimator)
        vars(last).pop("fit", None)
        stopping = early_stopping_of(last)
        if stopping is None:
            raise ValueError(
                f"{type(last).__name__}.fit does not take an evaluation set."
            )
        X_aside, y_aside, own = _at_last_step(estimator, set_aside(), transform)
        rows = Rows(X_aside, y_aside, {**params, **own}, y)
        given = stopping.arguments(last, rows)
        plain_fit(last, X, y, **{**given, **params})
        reached.n_best, reached.n_run = stopping.n_best(last), stopping.n_run(last)
        reached.names = stopping.n_names(last)
        return last

    estimator.fit = fit
    try:
        yield reached
    finally:
        vars(estimator).pop("fit", None)


def rows_of(
    estimator: Any, X: Any, y: Any, fit_params: Any, rows: np.ndarray, train: np.ndarray
) -> tuple[Any, Any, dict[str, Any]]:
    """Return X, y and the parameters of ``fit`` of some rows.

    ``train`` are the rows that are fitted on: a kernel has a column for each.
    """
    if len(rows) == 0:
        raise ValueError(
            f"No rows can be set aside for eval_set: {len(train)} training rows are "
            "too few, or have too few groups."
        )
    X_rows, y_rows = safe_split(estimator, X, y, rows, train)
    return X_rows, y_rows, check_fit_params(X, params=fit_params or {}, indices=rows)


def _at_last_step(estimator, data, transform):
    """Return rows, and parameters of ``fit``, as the last step gets them."""
    X, y, params = data
    while isinstance(estimator, Pipeline):
        params = last_step_fit_params(estimator, params)
        if len(estimator.steps) > 1:
            X = transform(estimator, X)
        estimator = estimator.steps[-1][1]
    return X, y, params
