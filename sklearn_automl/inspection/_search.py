"""SearchDisplay: see the class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import (
    BLUE,
    GREY,
    SERIES,
    axes_for,
    check_matplotlib,
    full_range,
    legend_beside,
    mark_failures,
    number,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["Curve", "SearchDisplay", "curve_of"]

_LABELS = {
    "time": "seconds since the search began",
    "fit_time": "seconds of all fits and scores, summed over workers",
    "evaluations": "evaluations",
    "resource": "resource spent, in evaluations with all of it",
}
_LINES = ("-", "--", "-.", ":")
_OTHER_WAYS = "Pass x='evaluations', or x='fit_time' for the seconds of all fits."


@dataclass(frozen=True)
class Curve:
    """The evaluations of one search, in the order in which they ended."""

    x: np.ndarray
    scores: np.ndarray  # NaN where one has failed
    is_full: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The best score so far with all of the resource; NaN before the first."""
        return np.fmax.accumulate(np.where(self.is_full, self.scores, np.nan))

    @property
    def provisional(self) -> np.ndarray:
        """The best score so far with less, as long as nothing had all; then NaN."""
        best = np.fmax.accumulate(self.scores)
        return np.where(np.isfinite(self.best), np.nan, best)


class SearchDisplay:
    """The best score so far, against what the search has spent.

    A line is the best score of the evaluations with the most resource. It begins when
    the first of them has ended. Until then a dotted line is the best score with less of
    the resource, which cannot be compared with the others. Several searches can be
    drawn on one axis: :meth:`compare`.

    Create it with :meth:`from_search` or :meth:`compare`. Read more in the
    :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    curves : dict of str to dict
        For the name of each search a dict with `x`, `scores` and `is_full`: what was
        spent when each evaluation ended, its score (NaN if it failed), and whether it
        had the most resource. All are arrays, in the order in which evaluations ended.

    x : {"time", "fit_time", "evaluations", "resource"}, default="evaluations"
        What the `x` of the curves means.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    lines_ : list of matplotlib Line2D
        The line of each search.

    provisional_ : list of matplotlib Line2D
        The dotted line of each search, which may be empty.

    points_ : list of matplotlib Line2D
        The evaluations of a search that is drawn alone: those with less resource, then
        those with the most.

    failures_ : matplotlib Line2D or None
        Marks of failed evaluations of a search that is drawn alone.

    See Also
    --------
    LearningCurvesDisplay : The score of each configuration against its resource.
    TimelineDisplay : What the workers did, and when.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import SearchDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"min_samples_leaf": range(1, 50)},
    ...     n_iter=9,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> display = SearchDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any
    points_: list[Any]
    provisional_: list[Any]

    def __init__(
        self,
        curves: Mapping[str, Mapping[str, Any]],
        *,
        x: str = "evaluations",
        score_label: str = "mean test score",
    ) -> None:
        self.curves = curves
        self.x = x
        self.score_label = score_label

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        x: str = "evaluations",
        metric: str | None = None,
    ) -> "SearchDisplay":
        """Draw the best score so far of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        x : {"time", "fit_time", "evaluations", "resource"}, default="evaluations"
            What the score is drawn against: seconds since the search began; seconds of
            all fits and scores, summed over workers; the number of evaluations; or the
            resource, where 1 is an evaluation with all of it.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        SearchDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        curves = {results.name: vars(curve_of(results, x))}
        return cls(curves, x=x, score_label=results.score_label).plot(ax)

    @classmethod
    def compare(
        cls,
        searches: Mapping[str, Any],
        *,
        ax: Any = None,
        x: str = "evaluations",
        metric: str | None = None,
    ) -> "SearchDisplay":
        """Draw the best scores so far of several searches on one axis.

        Parameters
        ----------
        searches : dict of str to estimator
            Fitted searches, with the names for the legend.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        x : {"time", "fit_time", "evaluations", "resource"}, default="evaluations"
            As for :meth:`from_search`.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        SearchDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.compare")
        if not isinstance(searches, Mapping) or not searches:
            raise ValueError(
                f"searches must be a dict of names and fitted searches, got "
                f"{searches!r}. Pass for instance {{'grid': grid, 'halving': halving}}."
            )
        tables = {k: Results(s, cls.__name__, metric) for k, s in searches.items()}
        curves = {name: vars(curve_of(table, x)) for name, table in tables.items()}
        labels = list(dict.fromkeys(t.score_label for t in tables.values()))
        label = labels[0] if len(labels) == 1 else "mean test score"
        return cls(curves, x=x, score_label=label).plot(ax)

    def plot(self, ax: Any = None) -> "SearchDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        SearchDisplay
            The display, with the axes that it has drawn on.
        """
        ax = axes_for(ax, self)
        curves = {
            name: Curve(*(np.asarray(curve[k]) for k in ("x", "scores", "is_full")))
            for name, curve in self.curves.items()
        }
        end = max(curve.x.max() for curve in curves.values())
        self.points_, self.failures_, self.provisional_ = [], None, []
        if len(curves) == 1:
            self._plot_evaluations(ax, *curves.values())
        self.lines_ = [
            self._plot_line(ax, i, name, curve, end)
            for i, (name, curve) in enumerate(curves.items())
        ]
        is_any = any(len(line.get_xdata()) for line in self.provisional_)
        if len(curves) > 1 and is_any:
            ax.plot([], [], ":", color="0.4", linewidth=1.2, label="with less resource")
        ax.set(xlabel=_LABELS[self.x], ylabel=self.score_label)
        ax.set_xlim(0, 1.02 * end)
        self._set_heights(ax, list(curves.values()))
        tidy(ax)
        legend_beside(ax)
        return self

    def _plot_line(self, ax: Any, i: int, name: str, curve: Curve, end: float) -> Any:
        best = curve.best
        known = np.isfinite(best)
        x, y = curve.x[known], best[known]
        is_alone = len(self.curves) == 1
        label = "best so far" if is_alone else name
        label += f": {number(y[-1])}" if len(y) else ": no result"
        self._plot_provisional(ax, i, curve)
        line = ax.step(
            np.append(x, ([end] if is_alone else x[-1:]) if len(x) else []),
            np.append(y, y[-1:]),
            where="post",
            color=SERIES[i % len(SERIES)],
            linestyle=_LINES[i % len(_LINES)],
            linewidth=2,
            label=label,
            zorder=4,
        )[0]
        if not is_alone and len(y):  # where a search ended before the others
            ax.plot(x[-1], y[-1], "o", color=line.get_color(), markersize=6, zorder=5)
        return line

    def _plot_provisional(self, ax: Any, i: int, curve: Curve) -> None:
        known = np.isfinite(curve.provisional)
        x, y = curve.x[known], curve.provisional[known]
        later = curve.x[~known & (curve.x > x[-1])] if len(x) else x
        # Up to the first evaluation with all of the resource.
        (line,) = ax.step(
            np.append(x, later[:1]),
            np.append(y, y[-1:] if len(later) else []),
            where="post",
            color=SERIES[i % len(SERIES)],
            linestyle=":",
            linewidth=1.2,
            label="best so far with less" if len(self.curves) == 1 and len(x) else None,
            zorder=3,
        )
        self.provisional_.append(line)

    def _plot_evaluations(self, ax: Any, curve: Curve) -> None:
        less = np.isfinite(curve.scores) & ~curve.is_full
        groups = [("evaluation with less resource", less, GREY, 3.5)]
        full_name = "evaluation with most resource" if less.any() else "evaluation"
        groups.append((full_name, curve.is_full, BLUE, 4.5))
        for name, rows, color, size in groups:
            (points,) = ax.plot(
                curve.x[rows],
                curve.scores[rows],
                linestyle="",
                marker="o",
                color=color,
                markersize=size,
                alpha=0.75,
                markeredgewidth=0,
                label=name if rows.any() else None,
            )
            self.points_.append(points)
        self.failures_ = mark_failures(ax, curve.x[~np.isfinite(curve.scores)])

    def _set_heights(self, ax: Any, curves: list[Curve]) -> None:
        """Leave room for the differences that matter, not for the worst scores."""
        lows, highs = [], []
        for curve in curves:
            best = curve.best[np.isfinite(curve.best)]
            before = curve.provisional[np.isfinite(curve.provisional)]
            lows += [np.quantile(s, 0.25) for s in (best, before) if len(s)]
            highs += best.tolist()[-1:]
        if len(curves) == 1:
            scores = curves[0].scores[np.isfinite(curves[0].scores)]
            lows += [np.quantile(scores, 0.1)] if len(scores) else []
            highs += scores.tolist()
        if lows and highs:
            ax.set_ylim(*full_range(min(lows), max(highs), 0.12))


def curve_of(results: Results, x: str) -> Curve:
    """Return what was spent at the end of each evaluation, and what came of it."""
    order = results.order
    if x == "time":
        spent = np.asarray(results.column("end_time", _OTHER_WAYS), dtype=float)[order]
    elif x == "fit_time":
        spent = np.cumsum(results.seconds[order])
    elif x == "evaluations":
        spent = np.arange(1.0, results.n_rows + 1)
    elif x == "resource":
        spent = np.cumsum(results.amounts[order] / results.amounts.max())
    else:
        raise ValueError(f"x must be one of {list(_LABELS)}, got {x!r}.")
    return Curve(spent, results.scores[order], results.is_full[order])
