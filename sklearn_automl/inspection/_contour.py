"""ContourDisplay: see the class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import (
    FAILED,
    SHADES,
    axes_for,
    check_matplotlib,
    legend_beside,
    mark_best,
    tidy,
)
from sklearn_automl.inspection._importance import most_important
from sklearn_automl.inspection._parameters import ParameterAxis, parameter_axes
from sklearn_automl.inspection._results import Results
from sklearn_automl.inspection._slice import spread

__all__ = ["ContourDisplay"]

_N_LEVELS = 12
_N_GRID = 80
# Fewer configurations have nothing between them.
_FEWEST = 5


class ContourDisplay:
    """The score against two parameters.

    A dot is a configuration, and its colour is the score. If both parameters are
    numbers, the colours between the dots are means of nearby scores. They are smooth
    even if other parameters make nearby scores differ. Only configurations with the
    same amount of resource are drawn: the amount that most configurations had.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    x : ParameterAxis
        The values of the first parameter, as :meth:`from_search` makes them.

    y : ParameterAxis
        The values of the second parameter.

    scores : array-like of shape (n_configurations,)
        Score of each configuration; NaN if it failed.

    best : int, default=None
        Place of the best configuration.

    score_label : str, default="mean test score"
        Label of the colours.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    points_ : matplotlib PathCollection
        The dots.

    surface_ : matplotlib QuadContourSet or None
        The colours between the dots; None if a parameter has categories, or for fewer
        than five dots.

    failures_ : matplotlib Line2D or None
        Marks of failed configurations.

    colorbar_ : matplotlib Colorbar
        The scale of the colours.

    See Also
    --------
    SliceDisplay : The score against one parameter.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> from sklearn_automl.inspection import ContourDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(), {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-4, 1e1)}
    ... ).fit(X, y)
    >>> display = ContourDisplay.from_search(search, parameters=["C", "gamma"])
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        x: ParameterAxis,
        y: ParameterAxis,
        scores: Any,
        *,
        best: int | None = None,
        score_label: str = "mean test score",
    ) -> None:
        self.x = x
        self.y = y
        self.scores = np.asarray(scores, dtype=float)
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
    ) -> "ContourDisplay":
        """Draw the score against two parameters of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn, or a NAS estimator.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        parameters : list of two str, default=None
            Names of the parameters. None for the two most important ones.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        ContourDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        if parameters is None:
            parameters = most_important(results, 2)
        axes = parameter_axes(results, parameters)
        if len(axes) != 2:
            raise ValueError(
                f"ContourDisplay needs two parameters, got "
                f"{[axis.name for axis in axes]}. Pass parameters= with two names, or "
                "use SliceDisplay for one."
            )
        rows = np.flatnonzero(results.is_comparable)
        scores = results.comparable_scores[rows]
        label = results.comparable_label
        x, y = (axis.of_rows(rows) for axis in axes)
        best = int(np.nanargmax(scores))
        return cls(x, y, scores, best=best, score_label=label).plot(ax)

    def plot(self, ax: Any = None) -> "ContourDisplay":
        """Draw the dots and the colours between them.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ContourDisplay
            The display, with the axes that it has drawn on.
        """
        ax = axes_for(ax, self, (6.6, 4.8))
        self.x.set_up(ax, "x")
        self.y.set_up(ax, "y")
        x, y = spread(self.x), spread(self.y)
        exists = np.isfinite(x) & np.isfinite(y)
        usable = exists & np.isfinite(self.scores)
        low, high = _range_of_colors(self.scores[usable])
        colors = {"cmap": SHADES, "vmin": low, "vmax": high}
        self.surface_ = self._plot_surface(ax, usable, colors)
        self.points_ = ax.scatter(
            x[usable],
            y[usable],
            c=self.scores[usable],
            s=36 if len(x) < 100 else 18,
            edgecolors="white",
            linewidths=0.6,
            zorder=3,
            **colors,
        )
        self.failures_ = self._plot_failures(ax, x, y, exists & ~usable)
        self._set_limits(ax)
        if self.best is not None and usable[self.best]:
            mark_best(ax, x[self.best], y[self.best])
        self.colorbar_ = ax.figure.colorbar(
            self.points_, ax=ax, label=self.score_label, extend="min", pad=0.02
        )
        self.colorbar_.outline.set_visible(False)
        tidy(ax, grid=None)
        legend = legend_beside(ax)
        if legend is not None:  # the colours are at the right
            legend.set(loc="lower left", bbox_to_anchor=(0, 1.01))
            legend.set_ncols(2)
        return self

    def _plot_surface(self, ax: Any, usable: np.ndarray, colors: dict[str, Any]) -> Any:
        if self.x.categories is not None or self.y.categories is not None:
            return None
        points = np.column_stack([self.x.unit[usable], self.y.unit[usable]])
        if len(points) < _FEWEST:
            return None
        grid = np.linspace(0, 1, _N_GRID)
        levels = np.linspace(colors["vmin"], colors["vmax"], _N_LEVELS + 1)
        heights = _smoothed(points, self.scores[usable], grid)
        return ax.contourf(
            self.x.at(grid),
            self.y.at(grid),
            np.clip(heights, levels[0], levels[-1]),
            levels=levels,
            cmap=SHADES,
            alpha=0.75,
        )

    def _set_limits(self, ax: Any) -> None:
        edges = np.array([-0.03, 1.03])
        for side, values in (("x", self.x), ("y", self.y)):
            if values.categories is None:
                getattr(ax, f"set_{side}lim")(*values.at(edges))

    def _plot_failures(
        self, ax: Any, x: np.ndarray, y: np.ndarray, failed: np.ndarray
    ) -> Any:
        if not failed.any():
            return None
        (marks,) = ax.plot(
            x[failed],
            y[failed],
            "x",
            color=FAILED,
            markeredgewidth=1.8,
            label=f"failed ({failed.sum()})",
            zorder=4,
        )
        return marks


def _smoothed(points: np.ndarray, scores: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return means of near scores at a grid of the unit square; NaN far from all."""
    width = 0.25 * len(points) ** -0.25
    u, v = np.meshgrid(grid, grid)
    squares = (u[..., None] - points[:, 0]) ** 2 + (v[..., None] - points[:, 1]) ** 2
    nearest = squares.min(axis=-1, keepdims=True)
    # Relative to the nearest one, so that not all weights vanish.
    weights = np.exp(-(squares - nearest) / (2 * width**2))
    means = (weights @ scores) / weights.sum(axis=-1)
    return np.where(nearest[..., 0] < _reach(points) ** 2, means, np.nan)


def _reach(points: np.ndarray) -> float:
    """Return how far from a dot there are colours: a gap between dots has some."""
    squares = ((points[:, None] - points) ** 2).sum(axis=-1)
    np.fill_diagonal(squares, np.inf)
    apart = float(np.sqrt(np.median(squares.min(axis=1))))
    return min(max(3 * apart, 0.12), 0.3)


def _range_of_colors(scores: np.ndarray) -> tuple[float, float]:
    """Return a range in which good scores differ, whatever the worst ones are."""
    if not len(scores):
        return 0.0, 1.0
    low, high = float(np.quantile(scores, 0.1)), float(scores.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)
