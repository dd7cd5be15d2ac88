"""SliceDisplay: see the class."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import (
    BLUE,
    GREY,
    axes_for,
    check_matplotlib,
    full_range,
    legend_beside,
    mark_best,
    mark_failures,
    tidy,
)
from sklearn_automl.inspection._importance import most_important
from sklearn_automl.inspection._parameters import ParameterAxis, parameter_axes
from sklearn_automl.inspection._results import Results

__all__ = ["SliceDisplay", "spread"]

_MOST = 6  # parameters that are drawn unless others are named
_COLUMNS = 3


class SliceDisplay:
    """The score against the value of a parameter, an axis for each parameter.

    A dot is a configuration, with the score of its evaluation with the most resource.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    values : dict of str to ParameterAxis
        The values of each parameter, as :meth:`from_search` makes them.

    scores : array-like of shape (n_configurations,)
        Score of each configuration; NaN if it failed.

    is_full : array-like of shape (n_configurations,), default=None
        Which configurations had the most resource. None for all.

    best : int, default=None
        Place of the configuration that won.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on. With several parameters it is the place that their axes
        share.

    axes_ : ndarray of matplotlib Axes
        The axes of each parameter.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    points_ : dict of str to matplotlib Line2D
        The dots of the configurations that had the most resource, by parameter.

    others_ : dict of str to matplotlib Line2D
        The dots of the other configurations, by parameter.

    failures_ : dict of str to matplotlib Line2D or None
        Marks of failed configurations, by parameter.

    See Also
    --------
    ContourDisplay : The score against two parameters.
    ParallelCoordinatesDisplay : All parameters on one axis.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> from sklearn_automl.inspection import SliceDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(), {"C": loguniform(1e-3, 1e3), "kernel": ["rbf", "linear"]}
    ... ).fit(X, y)
    >>> display = SliceDisplay.from_search(search, parameters=["C"])
    >>> display.ax_.get_xscale()
    'log'
    """

    ax_: Any
    figure_: Any
    points_: dict[str, Any]
    others_: dict[str, Any]
    failures_: dict[str, Any]

    def __init__(
        self,
        values: Mapping[str, ParameterAxis],
        scores: Any,
        *,
        is_full: Any = None,
        best: int | None = None,
        score_label: str = "mean test score",
    ) -> None:
        self.values = values
        self.scores = np.asarray(scores, dtype=float)
        self.is_full = np.ones(len(self.scores), bool) if is_full is None else is_full
        self.best = best
        self.score_label = score_label

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        parameters: Sequence[str] | None = None,
        metric: str | None = None,
    ) -> "SliceDisplay":
        """Draw the score against parameters of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn, or a NAS estimator.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure. With several parameters the axes are
            divided among them.

        parameters : str or list of str, default=None
            Names of parameters. None for all that have more than one value, or for the
            six most important ones if there are more.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        SliceDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        if parameters is None:
            parameters = most_important(results, _MOST)
        rows = results.last_rows
        place = {int(row): i for i, row in enumerate(rows)}
        best = results.best_row
        return cls(
            {a.name: a.of_rows(rows) for a in parameter_axes(results, parameters)},
            results.scores[rows],
            is_full=results.is_full[rows],
            best=None if best is None else place.get(best),
            score_label=results.score_label,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "SliceDisplay":
        """Draw the dots.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        SliceDisplay
            The display, with the axes that it has drawn on.
        """
        n = len(self.values)
        n_columns = 2 if n == 4 else min(n, _COLUMNS)
        n_rows = -(-n // n_columns)
        size = (3.2 + 3.1 * n_columns, 0.8 + 3.2 * n_rows)
        ax = axes_for(ax, self, size)
        self.axes_ = _divide(ax, n, n_rows, n_columns)
        self.points_, self.others_, self.failures_ = {}, {}, {}
        for i, (own, values) in enumerate(
            zip(self.axes_, self.values.values(), strict=True)
        ):
            self._plot_one(own, values)
            own.set_ylabel(self.score_label if i % n_columns == 0 else "")
            own.tick_params(labelleft=i % n_columns == 0)
        legend_beside(self.axes_[n_columns - 1])
        return self

    def _plot_one(self, ax: Any, values: ParameterAxis) -> None:
        values.set_up(ax)
        x = spread(values)
        is_usable = np.isfinite(self.scores)
        name = values.name
        groups = (
            (self.others_, is_usable & ~self.is_full, GREY, "had less resource"),
            (self.points_, is_usable & self.is_full, BLUE, "had the most"),
        )
        has_less = groups[0][1].any()
        for store, rows, color, label in groups:
            (store[name],) = ax.plot(
                x[rows],
                self.scores[rows],
                "o",
                color=color,
                markersize=5 if len(rows) < 100 else 4,
                markeredgewidth=0,
                alpha=0.8,
                label=label if has_less and rows.any() else None,
            )
        scores = self.scores[is_usable]
        if len(scores):
            ax.set_ylim(*full_range(scores.min(), scores.max(), 0.08))
        failed = ~is_usable & np.isfinite(x)
        self.failures_[name] = mark_failures(ax, x[failed])
        if self.best is not None and np.isfinite(x[self.best]):
            mark_best(ax, x[self.best], self.scores[self.best])
        tidy(ax)


def spread(values: ParameterAxis) -> np.ndarray:
    """Return the places, with those of one category beside each other."""
    x = values.places.copy()
    if values.categories is None:
        return x
    for place in np.unique(x[np.isfinite(x)]):
        rows = np.flatnonzero(x == place)
        # The golden ratio spreads neighbours, and is the same every time.
        shifts = (np.arange(len(rows)) * 0.618034) % 1 - 0.5
        x[rows] += 0.5 * shifts * min(1.0, (len(rows) - 1) / 8)
    return x


def _divide(ax: Any, n: int, n_rows: int, n_columns: int) -> np.ndarray:
    """Return n axes in the place of one."""
    if n == 1:
        return np.array([ax])
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            f"ax has no place in a grid, so {n} parameters cannot share it. Pass axes "
            "of plt.subplots, or one parameter."
        )
    ax.set_axis_off()
    grid = GridSpecFromSubplotSpec(n_rows, n_columns, subplot_spec=place)
    axes: list[Any] = []
    for i in range(n):
        shared = axes[0] if axes else None
        axes.append(
            ax.figure.add_subplot(grid[i // n_columns, i % n_columns], sharey=shared)
        )
    return np.array(axes)
