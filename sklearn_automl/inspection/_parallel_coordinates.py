"""ParallelCoordinatesDisplay: see the class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import (
    BEST,
    SHADES,
    axes_for,
    check_matplotlib,
    count,
    number,
)
from sklearn_automl.inspection._importance import most_important
from sklearn_automl.inspection._parameters import ParameterAxis, parameter_axes
from sklearn_automl.inspection._results import Results

__all__ = ["ParallelCoordinatesDisplay"]

_MOST = 8  # parameters that are drawn unless others are named
_MOST_LABELS = 12
_MISSING = -0.12  # where lines of a parameter that does not exist are


class ParallelCoordinatesDisplay:
    """All parameters of each configuration, and its score, as a line.

    An upright axis is a parameter, and the last one is the score. A line is a
    configuration, and the lighter it is, the higher is its score. The line of the best
    configuration is thick. Only configurations with the same amount of resource are
    drawn: the amount that most configurations had.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    values : list of ParameterAxis
        The values of each parameter, as :meth:`from_search` makes them.

    scores : array-like of shape (n_configurations,)
        Score of each configuration.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    n_failed : int, default=0
        How many configurations have failed, and are not drawn.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    lines_ : matplotlib LineCollection
        The configurations, the worst one first.

    best_ : matplotlib Line2D
        The line of the best one.

    See Also
    --------
    SliceDisplay : An axis for each parameter.
    ImportanceDisplay : How important each parameter is.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> from sklearn_automl.inspection import ParallelCoordinatesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(), {"C": loguniform(1e-3, 1e3), "kernel": ["rbf", "linear"]}
    ... ).fit(X, y)
    >>> display = ParallelCoordinatesDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        values: Sequence[ParameterAxis],
        scores: Any,
        *,
        score_label: str = "mean test score",
        n_failed: int = 0,
    ) -> None:
        self.values = values
        self.scores = np.asarray(scores, dtype=float)
        self.score_label = score_label
        self.n_failed = n_failed

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        parameters: Sequence[str] | None = None,
        metric: str | None = None,
    ) -> "ParallelCoordinatesDisplay":
        """Draw the configurations of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn, or a NAS estimator.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        parameters : list of str, default=None
            Names of parameters. None for all that have more than one value, or for the
            eight most important ones if there are more.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        ParallelCoordinatesDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        if parameters is None:
            parameters = most_important(results, _MOST)
        rows = results.comparable_rows
        axes = [a.of_rows(rows) for a in parameter_axes(results, parameters)]
        failed = np.isnan(results.scores) & results.is_comparable
        return cls(
            axes,
            results.comparable_scores[rows],
            score_label=results.comparable_label,
            n_failed=int(failed.sum()),
        ).plot(ax)

    def plot(self, ax: Any = None) -> "ParallelCoordinatesDisplay":
        """Draw the lines.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ParallelCoordinatesDisplay
            The display, with the axes that it has drawn on.
        """
        n = len(self.values)
        ax = axes_for(ax, self, (max(6.0, 1.8 + 1.7 * (n + 1)), 4.6))
        heights = self._heights()
        self._plot_lines(ax, heights)
        for i, values in enumerate(self.values):
            self._draw_axis(ax, i, *_ticks(values))
        self._draw_axis(ax, n, *self._ticks_of_scores())
        names = [_wrapped(values.label) for values in self.values]
        ax.set_xticks(range(n + 1), [*names, _wrapped(self.score_label)])
        ax.tick_params(axis="x", length=0, pad=8)
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set_visible(False)
        is_partial = bool((heights == _MISSING).any())
        ax.set_xlim(-0.25, n + 0.45)
        ax.set_ylim(_MISSING - 0.05 if is_partial else -0.05, 1.05)
        for i in np.flatnonzero((heights == _MISSING).any(axis=0)).tolist():
            ax.text(i + 0.05, _MISSING, "not used", va="center", fontsize="small")
        lines = count(len(self.scores), "configuration")
        failed = f", {self.n_failed} failed and are not drawn" if self.n_failed else ""
        title = f"{lines}{failed}; the thick line is the best"
        ax.set_title(title, loc="left", fontsize="medium")
        return self

    def _heights(self) -> np.ndarray:
        """Return the heights of each line on the axes, from 0 to 1."""
        low, high = self._bounds()
        scores = (np.clip(self.scores, low, high) - low) / (high - low)
        columns = [_unit(values) for values in self.values]
        heights = np.column_stack([*columns, scores])
        return np.where(np.isfinite(heights), heights, _MISSING)

    def _bounds(self) -> tuple[float, float]:
        """Return a range of scores in which good ones differ."""
        low, high = float(self.scores.min()), float(self.scores.max())
        middle = float(np.median(self.scores))
        # A few scores that are far below would press all others together.
        if high - low > 6 * (high - middle) > 0:
            low = high - 3 * (high - middle)
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    def _plot_lines(self, ax: Any, heights: np.ndarray) -> None:
        import matplotlib
        from matplotlib.collections import LineCollection

        order = np.argsort(self.scores, kind="stable")
        places = np.arange(heights.shape[1])
        n = len(order)
        self.lines_ = LineCollection(
            [np.column_stack([places, heights[row]]) for row in order],
            colors=matplotlib.colormaps[SHADES](heights[order, -1]),
            linewidths=1.3 if n < 60 else 0.9,
            alpha=0.75 if n < 60 else 0.5,
            zorder=2,
        )
        ax.add_collection(self.lines_)
        # A dark edge around the best line.
        ax.plot(places, heights[order[-1]], color="black", linewidth=4.2, zorder=3)
        (self.best_,) = ax.plot(
            places, heights[order[-1]], color=BEST, linewidth=2.8, zorder=4
        )

    def _draw_axis(
        self, ax: Any, place: int, heights: Sequence[float], texts: Sequence[str]
    ) -> None:
        ax.plot([place, place], [0, 1], color="0.25", linewidth=1, zorder=5)
        for height, text in zip(heights, texts, strict=True):
            ax.plot(
                [place, place + 0.03], [height, height], color="0.25", lw=1, zorder=5
            )
            ax.text(
                place + 0.05,
                height,
                text,
                va="center",
                fontsize="small",
                zorder=6,
                bbox={"facecolor": "white", "alpha": 0.75, "pad": 0.8, "lw": 0},
            )

    def _ticks_of_scores(self) -> tuple[list[float], list[str]]:
        low, high = self._bounds()
        heights = [0.0, 0.25, 0.5, 0.75, 1.0]
        digits = max(0, int(np.ceil(-np.log10(high - low))) + 2)
        texts = [f"{low + h * (high - low):.{digits}f}" for h in heights]
        if self.scores.min() < low:
            texts[0] = f"≤ {texts[0]}"
        return heights, texts


def _unit(values: ParameterAxis) -> np.ndarray:
    """Return places from 0 to 1, with the first and last category at the ends."""
    if values.categories is None:
        return np.asarray(np.clip(values.unit, 0, 1))
    return (values.places + 0.5) / len(values.categories)


def _ticks(values: ParameterAxis) -> tuple[list[float], list[str]]:
    """Return the heights and texts of the ticks of a parameter."""
    if values.categories is not None:
        n = len(values.categories)
        shown = np.unique(np.linspace(0, n - 1, min(n, _MOST_LABELS)).round()).astype(
            int
        )
        return [(i + 0.5) / n for i in shown], [values.categories[i] for i in shown]
    if values.is_log:
        low, high = np.log10(values.low), np.log10(values.high)
        step = max(1, int(np.ceil((high - low) / 6)))
        powers = np.arange(np.ceil(low - 1e-9), high + 1e-9, step)
        if len(powers) >= 2:
            span = high - low
            heights = [(p - low) / span for p in powers]
            return heights, [_power(int(p)) for p in powers]
    heights = [0.0, 0.25, 0.5, 0.75, 1.0]
    if values.is_log:
        low, high = np.log10(values.low), np.log10(values.high)
        numbers = [10 ** (low + h * (high - low)) for h in heights]
    else:
        numbers = [values.low + h * (values.high - values.low) for h in heights]
    return heights, [number(float(f"{x:.3g}")) for x in numbers]


def _power(exponent: int) -> str:
    return f"{10.0**exponent:g}" if -3 <= exponent <= 3 else f"$10^{{{exponent}}}$"


def _wrapped(label: str) -> str:
    """Break a long name where its words end."""
    if len(label) <= 16:
        return label
    lines = [""]
    for word in label.replace("__", "__ ").replace("_", "_ ").split():
        joint = "" if lines[-1].endswith("_") or not lines[-1] else " "
        if len(lines[-1]) + len(word) > 16 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] += joint + word
    return "\n".join(lines)
