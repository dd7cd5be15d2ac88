"""ParetoFrontDisplay: see the class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import (
    BLUE,
    GREY,
    axes_for,
    check_matplotlib,
    legend_beside,
    mark_best,
    spans_decades,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["ParetoFrontDisplay"]


class ParetoFrontDisplay:
    """Two metrics of each configuration, and the Pareto front of both.

    Only evaluations with the most resource are drawn, because scores with less of the
    resource cannot be compared with them.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    x : array-like of shape (n_evaluations,)
        The first metric.

    y : array-like of shape (n_evaluations,)
        The second metric.

    labels : tuple of two str
        Labels of the axes.

    is_cost : tuple of two bool, default=(False, False)
        Whether less of a metric is better.

    chosen : int, default=None
        Place of the evaluation that `refit` has chosen.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    front_ : ndarray of int
        Places of the evaluations that no other one beats in both metrics, in the order
        of the first metric.

    points_ : matplotlib Line2D
        The dots of all others.

    line_ : matplotlib Line2D
        The front.

    chosen_ : matplotlib Line2D or None
        The star of what `refit` has chosen.

    See Also
    --------
    sklearn_automl.model_selection.pareto_front : Returns the rows, for any number of
        metrics.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import GridSearchCV
    >>> from sklearn_automl.inspection import ParetoFrontDisplay
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 2, 3, 4], "class_weight": [None, "balanced"]},
    ...     scoring=["recall", "precision"],
    ...     refit="recall",
    ... ).fit(X, y)
    >>> display = ParetoFrontDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        x: Any,
        y: Any,
        labels: tuple[str, str],
        *,
        is_cost: tuple[bool, bool] = (False, False),
        chosen: int | None = None,
    ) -> None:
        self.x = np.asarray(x, dtype=float)
        self.y = np.asarray(y, dtype=float)
        self.labels = labels
        self.is_cost = is_cost
        self.chosen = chosen

    @classmethod
    def from_search(
        cls, search: Any, *, ax: Any = None, metrics: Sequence[str] | None = None
    ) -> "ParetoFrontDisplay":
        """Draw two metrics of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        metrics : list of two str, default=None
            Names of metrics, and columns of which less is better: seconds such as
            "mean_fit_time" and "mean_score_time", and "n_parameters" of networks. None
            for the first two metrics, or, with a single metric, for its score and
            "mean_score_time".

        Returns
        -------
        ParetoFrontDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__)
        if metrics is None:
            metrics = results.metrics[:2]
            if len(metrics) == 1:
                metrics = ["mean_score_time", metrics[0]]
        if isinstance(metrics, str) or len(metrics) != 2:
            raise ValueError(
                f"metrics must be two names, got {metrics!r}. Pass two of "
                f"{results.metrics}, or a column of seconds such as 'mean_fit_time'."
            )
        columns, labels, is_cost = zip(
            *(_metric(results, name) for name in metrics), strict=True
        )
        usable = ~results.failed & np.isfinite(columns).all(axis=0)
        most = results.amounts[usable].max(initial=-np.inf)
        rows = np.flatnonzero(usable & (results.amounts == most))
        best = getattr(search, "best_index_", None)
        at = np.flatnonzero(rows == best)
        return cls(
            columns[0][rows],
            columns[1][rows],
            (labels[0], labels[1]),
            is_cost=(is_cost[0], is_cost[1]),
            chosen=int(at[0]) if len(at) else None,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "ParetoFrontDisplay":
        """Draw the dots and the front.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ParetoFrontDisplay
            The display, with the axes that it has drawn on.
        """
        ax = axes_for(ax, self)
        signs = np.where(self.is_cost, -1, 1)
        self.front_ = _unbeaten(np.column_stack([self.x, self.y]) * signs)
        self.front_ = self.front_[np.argsort(self.x[self.front_], kind="stable")]
        others = np.setdiff1d(np.arange(len(self.x)), self.front_)
        (self.points_,) = ax.plot(
            self.x[others],
            self.y[others],
            "o",
            color=GREY,
            markersize=5,
            markeredgewidth=0,
            label=f"beaten by another one ({len(others)})" if len(others) else None,
        )
        (self.line_,) = ax.plot(
            self.x[self.front_],
            self.y[self.front_],
            "o-",
            # With as much of the first metric, nothing has more of the second one.
            drawstyle="steps-post" if self.is_cost[0] else "steps-pre",
            color=BLUE,
            markersize=6,
            linewidth=1.4,
            label=f"Pareto front ({len(self.front_)})",
        )
        self.chosen_ = None
        if self.chosen is not None:
            where = self.x[self.chosen], self.y[self.chosen]
            self.chosen_ = mark_best(ax, *where, label="chosen by refit")
        self._label(ax)
        return self

    def _label(self, ax: Any) -> None:
        columns = (self.x, self.y)
        for side, label, cost, values in zip(
            "xy", self.labels, self.is_cost, columns, strict=True
        ):
            if cost and spans_decades(values, 10):
                getattr(ax, f"set_{side}scale")("log")
            better = "less is better" if cost else "more is better"
            getattr(ax, f"set_{side}label")(f"{label} ({better})")
        tidy(ax, grid="both")
        legend_beside(ax)


def _metric(results: Results, name: str) -> tuple[np.ndarray, str, bool]:
    """Return a metric, its label, and whether less of it is better."""
    if name in results.metrics:
        column = results.column(f"mean_test_{name}")
        return column.astype(float), results.label_of(name), False
    is_time = name.startswith("mean_") and name.endswith("_time")
    if is_time and name in results.table:
        step = name.removeprefix("mean_").removesuffix("_time")
        label = f"seconds to {step} one fold"
        return results.column(name).astype(float), label, True
    if name == "n_parameters" and name in results.table:
        return results.column(name).astype(float), "number of weights", True
    times = [k for k in results.table if k.startswith("mean") and k.endswith("_time")]
    raise ValueError(
        f"metrics has {name!r}, which cv_results_ of {results.name} does not have. Its "
        f"metrics are {results.metrics}, and its columns of seconds {times}."
    )


def _unbeaten(values: np.ndarray) -> np.ndarray:
    """Return the rows that no other row beats; more is better in both columns."""
    front: list[int] = []
    best = -np.inf
    # By the first column; of equal ones the best in the second one comes first.
    for row in np.lexsort([-values[:, 1], -values[:, 0]]):
        is_same = bool(front) and bool((values[row] == values[front[-1]]).all())
        if values[row, 1] > best or is_same:
            front.append(int(row))
            best = max(best, values[row, 1])
    return np.array(front, dtype=int)
