"""LearningCurvesDisplay: see the class."""

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
    set_amounts,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["LearningCurvesDisplay"]


class LearningCurvesDisplay:
    """The score of each configuration against the resource that it had.

    A line is a configuration. Blue lines have reached the most resource. Grey lines
    were stopped before, at the dot.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    trials : array-like of shape (n_evaluations,)
        Which configuration each evaluation is of.

    amounts : array-like of shape (n_evaluations,)
        Resource of each evaluation.

    scores : array-like of shape (n_evaluations,)
        Score of each evaluation; NaN if it failed.

    best : int, default=None
        The configuration that won, one of `trials`.

    amount_label : str, default="resource"
        Label of the axis of resources.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    lines_ : dict of int to matplotlib Line2D
        The line of each configuration.

    stopped_ : matplotlib Line2D
        Dots where configurations were stopped.

    failures_ : matplotlib Line2D or None
        Marks of failed evaluations.

    best_ : matplotlib Line2D or None
        The star of the winner.

    See Also
    --------
    RungsDisplay : The same, a column for each rung.
    SearchDisplay : The best score so far.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import LearningCurvesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"min_samples_leaf": range(1, 50)},
    ...     n_iter=9,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> display = LearningCurvesDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        trials: Any,
        amounts: Any,
        scores: Any,
        *,
        best: int | None = None,
        amount_label: str = "resource",
        score_label: str = "mean test score",
    ) -> None:
        self.trials = np.asarray(trials)
        self.amounts = np.asarray(amounts, dtype=float)
        self.scores = np.asarray(scores, dtype=float)
        self.best = best
        self.amount_label = amount_label
        self.score_label = score_label

    @classmethod
    def from_search(
        cls, search: Any, *, ax: Any = None, metric: str | None = None
    ) -> "LearningCurvesDisplay":
        """Draw the learning curves of a search.

        Parameters
        ----------
        search : estimator
            A fitted search whose table says how much of a resource each row had.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        Returns
        -------
        LearningCurvesDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        if not results.has_amounts:
            results.refuse("n_resources")
        best = results.best_row
        return cls(
            results.trials,
            results.amounts,
            results.scores,
            best=None if best is None else int(results.trials[best]),
            amount_label=results.amount_label,
            score_label=results.score_label,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "LearningCurvesDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        LearningCurvesDisplay
            The display, with the axes that it has drawn on.
        """
        ax = axes_for(ax, self)
        curves = self._curves()
        most = self.amounts.max()
        full = {t for t, (x, _) in curves.items() if len(x) and x[-1] == most}
        ended = [
            (x[-1], y[-1]) for t, (x, y) in curves.items() if t not in full and len(x)
        ]
        self.lines_ = {
            trial: self._plot_curve(ax, trial, x, y, trial in full)
            for trial, (x, y) in curves.items()
        }
        xs, ys = zip(*ended, strict=True) if ended else ((), ())
        (self.stopped_,) = ax.plot(xs, ys, "o", color="0.5", markersize=3.5, zorder=3)
        self._name_lines(ax, len(full), len(ended))
        set_amounts(ax, self.amounts, self.amount_label)
        ax.set_ylabel(self.score_label)
        self._set_heights(ax, full)
        self.failures_ = mark_failures(ax, self.amounts[~np.isfinite(self.scores)])
        self.best_ = None
        if self.best in self.lines_ and len(curves[self.best][0]):
            x, y = curves[self.best]
            self.best_ = mark_best(ax, x[-1], y[-1])
        tidy(ax)
        legend_beside(ax)
        return self

    def _curves(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Return resources and scores of each configuration, without failures."""
        curves = {}
        for trial in np.unique(self.trials).tolist():
            rows = np.flatnonzero((self.trials == trial) & np.isfinite(self.scores))
            rows = rows[np.argsort(self.amounts[rows], kind="stable")]
            curves[trial] = (self.amounts[rows], self.scores[rows])
        return curves

    def _plot_curve(
        self, ax: Any, trial: int, x: np.ndarray, y: np.ndarray, is_full: bool
    ) -> Any:
        is_best = trial == self.best
        width = 2.4 if is_best else 1.2 if is_full else 0.8
        (line,) = ax.plot(
            x,
            y,
            color=BLUE if is_full or is_best else GREY,
            linewidth=width,
            marker="o" if is_full and len(x) < 12 else "",
            markersize=3.5,
            zorder=4 if is_best else 3 if is_full else 2,
        )
        return line

    def _name_lines(self, ax: Any, n_full: int, n_ended: int) -> None:
        if n_full:
            ax.plot(
                [],
                [],
                "o-",
                color=BLUE,
                markersize=3.5,
                label=f"reached the end ({n_full})",
            )
        if n_ended:
            ax.plot(
                [], [], "o-", color=GREY, markersize=3.5, label=f"stopped ({n_ended})"
            )

    def _set_heights(self, ax: Any, full: set[int]) -> None:
        """Cut off the few scores that are far below all others."""
        scores = self.scores[np.isfinite(self.scores)]
        if not len(scores):
            return
        own = np.isin(self.trials, list(full)) & np.isfinite(self.scores)
        low = np.quantile(scores, 0.05)
        if own.any():
            low = min(low, self.scores[own].min())
        ax.set_ylim(*full_range(float(low), float(scores.max()), 0.08))
