"""RungsDisplay: see the class."""

from collections.abc import Sequence
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
from sklearn_automl.inspection._results import Results

__all__ = ["RungsDisplay"]

_WIDTH = 0.62  # of the dots of a rung, where neighbours are 1 apart
_GAP = 0.5  # between brackets
_MOST_COLUMNS = 12


class RungsDisplay:
    """The rungs of a search, and which configurations were promoted.

    Each column is a rung, and each dot is an evaluation. Configurations with blue dots
    were promoted to the next rung, along the line. Configurations with grey dots were
    stopped there. The numbers at the top say how many were promoted. Brackets are
    beside each other.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    trials : array-like of shape (n_evaluations,)
        Which configuration each evaluation is of.

    brackets : array-like of shape (n_evaluations,)
        Bracket of each evaluation.

    rungs : array-like of shape (n_evaluations,)
        Rung of each evaluation.

    scores : array-like of shape (n_evaluations,)
        Score of each evaluation; NaN if it failed.

    amounts : sequence of str, default=None
        How much of the resource each evaluation had, such as "100".

    best : int, default=None
        Place of the evaluation that won.

    amount_label : str, default=""
        What the resource is.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    promoted_ : matplotlib Line2D
        Dots of evaluations whose configuration was promoted, and of those on a top
        rung.

    stopped_ : matplotlib Line2D
        Dots of evaluations whose configuration was stopped there.

    failures_ : matplotlib Line2D or None
        Marks of failed evaluations.

    lines_ : matplotlib LineCollection
        A line for each step up.

    best_ : matplotlib Line2D or None
        The star of the winner.

    See Also
    --------
    LearningCurvesDisplay : The same against the amount of the resource.
    RungAgreementDisplay : Whether neighbouring rungs agree.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import RungsDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"min_samples_leaf": range(1, 50)},
    ...     n_iter=9,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> display = RungsDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        trials: Any,
        brackets: Any,
        rungs: Any,
        scores: Any,
        *,
        amounts: Sequence[str] | None = None,
        best: int | None = None,
        amount_label: str = "",
        score_label: str = "mean test score",
    ) -> None:
        self.trials = np.asarray(trials)
        self.brackets = np.asarray(brackets)
        self.rungs = np.asarray(rungs)
        self.scores = np.asarray(scores, dtype=float)
        self.amounts = amounts
        self.best = best
        self.amount_label = amount_label
        self.score_label = score_label

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        metric: str | None = None,
        brackets: Sequence[int] | None = None,
    ) -> "RungsDisplay":
        """Draw the rungs of a search.

        Parameters
        ----------
        search : estimator
            A fitted search with rungs: halving, Hyperband or ASHA.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        metric : str, default=None
            Which of several metrics is drawn. None for the metric of `refit`.

        brackets : list of int, default=None
            Which brackets are drawn. None for all brackets, or, if they have more than
            12 rungs, for the bracket of the winner and its neighbours.

        Returns
        -------
        RungsDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        of_rungs = results.rungs  # the error of a search without rungs comes first
        chosen = _chosen(results, brackets)
        kept = np.isin(results.brackets, chosen)
        n_brackets = len(np.unique(results.brackets))
        label = results.resource if results.has_amounts else ""
        if brackets is None and len(chosen) < n_brackets:
            label += f" ({len(chosen)} of {n_brackets} brackets are drawn)"
        best = results.best_row
        places = np.flatnonzero(kept).tolist()
        place_of = {row: i for i, row in enumerate(places)}
        amounts = [
            results.amount_text(row, "") if results.has_amounts else ""
            for row in places
        ]
        return cls(
            results.trials[kept],
            results.brackets[kept],
            of_rungs[kept],
            results.scores[kept],
            amounts=amounts,
            best=None if best is None else place_of.get(best),
            amount_label=label,
            score_label=results.score_label,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "RungsDisplay":
        """Draw the rungs.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        RungsDisplay
            The display, with the axes that it has drawn on.
        """
        columns = self._columns()
        width = min(16.0, 3.2 + 1.25 * len(columns))
        ax = axes_for(ax, self, (max(width, 6.0), 4.4))
        x = self._spread(columns)
        self._plot_steps(ax, x)
        went_up = self._went_up() | self._is_on_top()
        failed = ~np.isfinite(self.scores)
        self.stopped_ = self._plot_dots(
            ax, x, ~went_up & ~failed, "0.6", "stopped here"
        )
        has_steps = bool(self._next_rows())
        label = "promoted, or reached the top" if has_steps else "evaluated"
        self.promoted_ = self._plot_dots(ax, x, went_up & ~failed, BLUE, label)
        self._set_heights(ax)
        self.failures_ = mark_failures(ax, x[failed])
        self.best_ = None
        if self.best is not None:
            self.best_ = mark_best(ax, x[self.best], self.scores[self.best])
        self._label(ax, columns)
        tidy(ax)
        legend_beside(ax)
        return self

    # ---- where ---------------------------------------------------------------------

    def _columns(self) -> dict[tuple[int, int], float]:
        """Return where each rung of each bracket is."""
        pairs = sorted(
            set(zip(self.brackets.tolist(), self.rungs.tolist(), strict=True))
        )
        place, columns, before = 0.0, {}, None
        for bracket, rung in pairs:
            if before is not None and bracket != before:
                place += _GAP
            columns[bracket, rung] = place
            place, before = place + 1, bracket
        return columns

    def _spread(self, columns: dict[tuple[int, int], float]) -> np.ndarray:
        """Return the x of each evaluation: those of a rung are beside each other."""
        x = np.empty(len(self.trials))
        for (bracket, rung), place in columns.items():
            rows = np.flatnonzero((self.brackets == bracket) & (self.rungs == rung))
            # By trial: a configuration keeps its order, and lines cross less.
            rows = rows[np.argsort(self.trials[rows], kind="stable")]
            n = len(rows)
            width = _WIDTH * min(1.0, n / 9)
            x[rows] = place + (np.arange(n) - (n - 1) / 2) / max(n, 2) * width
        return x

    def _next_rows(self) -> dict[int, int]:
        """Return for each evaluation the next one of its configuration."""
        following = {}
        last: dict[Any, int] = {}
        for row in np.argsort(self.rungs, kind="stable").tolist():
            key = (self.brackets[row], self.trials[row])
            if key in last:
                following[last[key]] = row
            last[key] = row
        return following

    def _went_up(self) -> np.ndarray:
        went_up = np.zeros(len(self.trials), dtype=bool)
        went_up[list(self._next_rows())] = True
        return went_up

    def _is_on_top(self) -> np.ndarray:
        tops = {b: self.rungs[self.brackets == b].max() for b in set(self.brackets)}
        return np.array(
            [r == tops[b] for b, r in zip(self.brackets, self.rungs, strict=True)]
        )

    # ---- what ----------------------------------------------------------------------

    def _plot_steps(self, ax: Any, x: np.ndarray) -> None:
        from matplotlib.collections import LineCollection

        segments = [
            [(x[a], self.scores[a]), (x[b], self.scores[b])]
            for a, b in self._next_rows().items()
            if np.isfinite(self.scores[[a, b]]).all()
        ]
        self.lines_ = LineCollection(segments, colors=BLUE, linewidths=0.9, alpha=0.45)
        ax.add_collection(self.lines_)

    def _plot_dots(
        self, ax: Any, x: np.ndarray, rows: np.ndarray, color: str, label: str
    ) -> Any:
        (dots,) = ax.plot(
            x[rows],
            self.scores[rows],
            linestyle="",
            marker="o",
            color=color,
            markersize=5 if len(rows) < 150 else 3.5,
            markeredgewidth=0,
            label=label if rows.any() else None,
            zorder=3,
        )
        return dots

    def _set_heights(self, ax: Any) -> None:
        scores = self.scores[np.isfinite(self.scores)]
        if len(scores):
            low, high = full_range(scores.min(), scores.max(), 0.05)
            # Room for failures below, and for the numbers above.
            ax.set_ylim(low - 0.04 * (high - low), high + 0.1 * (high - low))

    def _label(self, ax: Any, columns: dict[tuple[int, int], float]) -> None:
        went_up = self._went_up()
        labels = []
        for (bracket, rung), place in columns.items():
            rows = np.flatnonzero((self.brackets == bracket) & (self.rungs == rung))
            is_top = (bracket, rung + 1) not in columns
            n, n_up = len(rows), int(went_up[rows].sum())
            text = f"{n}" if is_top else f"{n_up} of {n} ↗"
            ax.text(
                place,
                0.985,
                text,
                transform=ax.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize="small",
                color="0.25",
            )
            amount = "" if self.amounts is None else self.amounts[rows[0]]
            labels.append(f"rung {rung}\n" + amount.replace(" on ", "\non "))
        places = list(columns.values())
        ax.set_xticks(places, labels, fontsize="small")
        ax.set_xlim(places[0] - 0.6, places[-1] + 0.6)
        ax.set(xlabel=self.amount_label, ylabel=self.score_label)
        brackets = sorted({bracket for bracket, _ in columns})
        if len(brackets) > 1:
            self._label_brackets(ax, columns, brackets)

    def _label_brackets(
        self, ax: Any, columns: dict[tuple[int, int], float], brackets: list[int]
    ) -> None:
        for bracket in brackets:
            own = [place for (b, _), place in columns.items() if b == bracket]
            ax.text(
                (own[0] + own[-1]) / 2,
                1.02,
                f"bracket {bracket}",
                transform=ax.get_xaxis_transform(),
                ha="center",
                va="bottom",
            )
            if bracket != brackets[-1]:
                ax.axvline(own[-1] + 0.5 + _GAP / 2, color=GREY, linewidth=0.8)


def _chosen(results: Results, brackets: Sequence[int] | None) -> list[int]:
    known = np.unique(results.brackets).tolist()
    if brackets is not None:
        unknown = set(brackets) - set(known)
        if unknown or not len(brackets):
            raise ValueError(
                f"brackets={list(brackets)!r} must be brackets of {results.name}. Pass "
                f"some of {known}."
            )
        return list(brackets)
    best = results.best_row
    at = 0 if best is None else known.index(results.brackets[best])
    n_rungs = {b: len(np.unique(results.rungs[results.brackets == b])) for b in known}
    chosen: list[int] = []
    # The winner's bracket, those before it, and those after it, as long as they fit.
    for bracket in [*known[at::-1], *known[at + 1 :]]:
        fits = sum(n_rungs[b] for b in [*chosen, bracket]) <= _MOST_COLUMNS
        if chosen and not fits:
            break
        chosen.append(bracket)
    return sorted(chosen)
