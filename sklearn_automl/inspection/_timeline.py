"""TimelineDisplay: see the class."""

from typing import Any

import numpy as np
from joblib import effective_n_jobs

from sklearn_automl.inspection._drawing import (
    FAILED,
    axes_for,
    check_matplotlib,
    count,
    legend_beside,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["TimelineDisplay"]

# The search hears of an end a little later than it was: as a share of the whole time.
_SLACK = 0.005
_MOST_COLORS = 8


class TimelineDisplay:
    """What ran when: a bar for each evaluation.

    Bars that do not overlap in time can share a row. A row is a worker if each
    evaluation runs one fold at a time. Where a row is white, nothing ran. Failed
    evaluations are hatched.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    starts : array-like of shape (n_evaluations,)
        When each evaluation began, in seconds.

    ends : array-like of shape (n_evaluations,)
        When it ended.

    groups : array-like of shape (n_evaluations,), default=None
        A number for each evaluation, such as its rung, which decides the colour of its
        bar.

    group_names : dict of int to str, default=None
        The names of the groups for the legend.

    failed : array-like of shape (n_evaluations,), default=None
        Which evaluations have failed.

    seconds : array-like of shape (n_evaluations,), default=None
        How many seconds workers were busy with each evaluation. None for the length of
        its bar.

    n_workers : int, default=None
        How many workers there were. None for the largest number of evaluations at the
        same time.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    bars_ : list of matplotlib BarContainer
        The bars of each group.

    failures_ : matplotlib BarContainer or None
        The bars of failed evaluations.

    rows_ : ndarray of shape (n_evaluations,)
        In which row each bar is.

    idle_share_ : float
        The share of the workers' time in which they did nothing.

    See Also
    --------
    SearchDisplay : The best score so far against time.

    Notes
    -----
    The time between two evaluations, in which the search decides and data travels,
    counts as idle.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import TimelineDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"min_samples_leaf": range(1, 50)},
    ...     n_iter=9,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> display = TimelineDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        starts: Any,
        ends: Any,
        *,
        groups: Any = None,
        group_names: dict[int, str] | None = None,
        failed: Any = None,
        seconds: Any = None,
        n_workers: int | None = None,
    ) -> None:
        self.starts = np.asarray(starts, dtype=float)
        self.ends = np.asarray(ends, dtype=float)
        n = len(self.starts)
        self.groups = np.zeros(n, int) if groups is None else np.asarray(groups)
        self.group_names = group_names or {}
        self.failed = np.zeros(n, bool) if failed is None else np.asarray(failed)
        self.seconds = seconds
        self.n_workers = n_workers

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        color: str = "rung",
        n_workers: int | None = None,
    ) -> "TimelineDisplay":
        """Draw the timeline of a search.

        Parameters
        ----------
        search : estimator
            A fitted search whose table has `start_time` and `end_time`.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        color : {"rung", "resource", "bracket"}, default="rung"
            What gives the bars their colours.

        n_workers : int, default=None
            How many workers there were. None for the `n_jobs` of the search, or else
            the largest number of evaluations at the same time.

        Returns
        -------
        TimelineDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__)
        starts, ends = results.column("start_time"), results.column("end_time")
        groups, names = _groups(results, color)
        if n_workers is None:
            n_jobs = getattr(search, "n_jobs", None)
            n_workers = None if n_jobs is None else effective_n_jobs(n_jobs)
        return cls(
            starts,
            ends,
            groups=groups,
            group_names=names,
            failed=results.failed,
            seconds=_seconds(results, ends - starts, n_workers),
            n_workers=n_workers,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "TimelineDisplay":
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        TimelineDisplay
            The display, with the axes that it has drawn on.
        """
        self.rows_ = _rows(self.starts, self.ends)
        n_rows = int(self.rows_.max()) + 1
        ax = axes_for(ax, self, (9.0, min(8.0, 1.9 + 0.4 * n_rows)))
        present = np.unique(self.groups)
        self.bars_ = [
            self._plot_bars(
                ax,
                (self.groups == group) & ~self.failed,
                self.group_names.get(int(group)) if len(present) > 1 else None,
                facecolor=color,
            )
            for group, color in zip(present, _colors(len(present)), strict=True)
        ]
        self.failures_ = None
        if self.failed.any():
            self.failures_ = self._plot_bars(
                ax,
                self.failed,
                f"failed ({self.failed.sum()})",
                facecolor="white",
                hatch="/////",
                edgecolor=FAILED,
            )
        self._label(ax, n_rows)
        return self

    def _plot_bars(
        self, ax: Any, rows: np.ndarray, label: str | None, **style: Any
    ) -> Any:
        span = self.ends.max() or 1.0
        # Bars of very short evaluations are seen, too.
        lengths = np.maximum((self.ends - self.starts)[rows], 0.002 * span)
        style = {"edgecolor": "white", "linewidth": 0.5, **style}
        return ax.barh(
            self.rows_[rows],
            lengths,
            left=self.starts[rows],
            height=0.86,
            label=label if rows.any() else None,
            **style,
        )

    def _label(self, ax: Any, n_rows: int) -> None:
        span = float(self.ends.max()) or 1.0
        n_workers = self.n_workers or n_rows
        lengths = self.ends - self.starts
        busy = float(np.sum(lengths if self.seconds is None else self.seconds))
        self.idle_share_ = max(0.0, 1 - busy / (n_workers * span))
        ax.set_title(
            f"{count(len(self.starts), 'evaluation')} on {count(n_workers, 'worker')}, "
            f"idle for {self.idle_share_:.0%} of the time",
            loc="left",
            fontsize="medium",
        )
        ax.set(xlabel="seconds since the search began", xlim=(0, 1.01 * span))
        ax.set_ylabel("worker" if n_workers == n_rows else "at the same time")
        ax.set_ylim(n_rows - 0.5, -0.5)
        step = max(1, -(-n_rows // 10))
        shown = np.arange(0, n_rows, step)
        ax.set_yticks(shown, [f"{i + 1}" for i in shown])
        tidy(ax, grid=None)
        ax.tick_params(axis="y", length=0)
        legend_beside(ax)


def _groups(results: Results, color: str) -> tuple[np.ndarray, dict[int, str]]:
    """Return a number for each row, and what the numbers mean."""
    if color == "rung":
        # The same rung of another bracket may have had another amount.
        groups = results.rungs.astype(int)
        return groups, {int(g): f"rung {g}" for g in np.unique(groups)}
    if color == "bracket":
        groups = results.brackets.astype(int)
        return groups, {int(g): f"bracket {g}" for g in np.unique(groups)}
    if color == "resource":
        if not results.has_amounts:
            results.refuse("n_resources")
        _, first, groups = np.unique(
            results.amounts, return_index=True, return_inverse=True
        )
        return groups, {i: results.amount_text(int(r)) for i, r in enumerate(first)}
    raise ValueError(f"color must be 'rung', 'resource' or 'bracket', got {color!r}.")


def _seconds(
    results: Results, lengths: np.ndarray, n_workers: int | None
) -> np.ndarray | None:
    """Return how long workers were busy with each row; None if the bars tell it."""
    names = {"mean_fit_time", "mean_score_time", "n_folds"}
    if n_workers is None or not names <= set(results.table):
        return None
    # A fold that was taken over from a lower rung has the seconds that it had there.
    return np.asarray(np.minimum(results.seconds, lengths * n_workers))


def _rows(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Give each evaluation the first row that is free when it begins."""
    slack = _SLACK * ends.max()
    free_at: list[float] = []
    rows = np.zeros(len(starts), dtype=int)
    for i in np.lexsort([ends, starts]):
        is_free = [
            end <= starts[i] + min(slack, ends[i] - starts[i]) for end in free_at
        ]
        if not any(is_free):
            free_at.append(0.0)
            is_free.append(True)
        rows[i] = is_free.index(True)
        free_at[rows[i]] = ends[i]
    return rows


def _colors(n: int) -> Any:
    """Return n colours, from light to dark."""
    import matplotlib

    return matplotlib.colormaps["viridis"](np.linspace(0.92, 0.1, max(n, 2))[:n])
