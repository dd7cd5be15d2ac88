"""ArchitecturesDisplay: see the class."""

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
    number,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["ArchitecturesDisplay"]


class ArchitecturesDisplay:
    """The score of each architecture against its number of weights.

    A dot is an architecture, with the score of its longest training. The square is the
    reference: the network that the search has to beat.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    sizes : array-like of shape (n_architectures,)
        How many weights each architecture has.

    scores : array-like of shape (n_architectures,)
        Score of each architecture; NaN if it failed.

    is_full : array-like of shape (n_architectures,), default=None
        Which architectures were trained for the most epochs. None for all.

    best : int, default=None
        Place of the architecture that won.

    reference : int, default=None
        Place of the reference.

    score_label : str, default="mean test score"
        Label of the axis of scores.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    points_ : matplotlib Line2D
        The architectures that were trained for the most epochs.

    others_ : matplotlib Line2D
        The architectures that were trained for fewer epochs.

    reference_ : matplotlib Line2D or None
        The square of the reference.

    best_ : matplotlib Line2D or None
        The star of the winner.

    failures_ : matplotlib Line2D or None
        Marks of failed architectures.

    See Also
    --------
    sklearn_automl.nas.plot_architecture : Draws an architecture.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_automl import NASClassifier  # doctest: +SKIP
    >>> from sklearn_automl.inspection import ArchitecturesDisplay
    >>> search = NASClassifier(n_trials=8)  # doctest: +SKIP
    >>> search.fit(*load_iris(return_X_y=True))  # doctest: +SKIP
    >>> display = ArchitecturesDisplay.from_search(search)  # doctest: +SKIP
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        sizes: Any,
        scores: Any,
        *,
        is_full: Any = None,
        best: int | None = None,
        reference: int | None = None,
        score_label: str = "mean test score",
    ) -> None:
        self.sizes = np.asarray(sizes, dtype=float)
        self.scores = np.asarray(scores, dtype=float)
        self.is_full = np.ones(len(self.sizes), bool) if is_full is None else is_full
        self.best = best
        self.reference = reference
        self.score_label = score_label

    @classmethod
    def from_search(cls, search: Any, *, ax: Any = None) -> "ArchitecturesDisplay":
        """Draw the architectures of a search.

        Parameters
        ----------
        search : NASClassifier or NASRegressor
            A fitted estimator.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ArchitecturesDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__)
        sizes = results.column("n_parameters")
        rows = results.last_rows
        best = results.best_row
        place = {int(row): i for i, row in enumerate(rows)}
        reference = None
        if getattr(search, "reference_score_", None) is not None:
            first = np.flatnonzero(results.column("trial_id")[rows] == 0)
            reference = int(first[0]) if len(first) else None
        return cls(
            sizes[rows],
            results.scores[rows],
            is_full=results.is_full[rows],
            best=None if best is None else place.get(best),
            reference=reference,
            score_label=results.score_label,
        ).plot(ax)

    def plot(self, ax: Any = None) -> "ArchitecturesDisplay":
        """Draw the architectures.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ArchitecturesDisplay
            The display, with the axes that it has drawn on.
        """
        ax = axes_for(ax, self)
        usable = np.isfinite(self.scores)
        less = usable & ~self.is_full
        full_name = "trained in full" if less.any() else "architecture"
        self.others_ = self._plot_dots(ax, less, GREY, "trained for fewer epochs")
        self.points_ = self._plot_dots(ax, usable & self.is_full, BLUE, full_name)
        if self.sizes.min() > 0:
            ax.set_xscale("log")
            _set_ticks(ax, self.sizes)
        scores = self.scores[usable]
        if len(scores):
            low = min(float(np.quantile(scores, 0.05)), *self._marked_scores())
            ax.set_ylim(*full_range(low, float(scores.max()), 0.1))
        self.best_ = self.reference_ = None
        if self.best is not None:
            self.best_ = mark_best(ax, self.sizes[self.best], self.scores[self.best])
        if self.reference is not None and usable[self.reference]:
            self.reference_ = self._mark_reference(ax)
        self.failures_ = mark_failures(ax, self.sizes[~usable])
        ax.set(xlabel="number of weights", ylabel=self.score_label)
        tidy(ax)
        legend_beside(ax)
        return self

    def _marked_scores(self) -> list[float]:
        places = [p for p in (self.best, self.reference) if p is not None]
        return [s for s in self.scores[places] if np.isfinite(s)] + [np.inf]

    def _plot_dots(self, ax: Any, rows: np.ndarray, color: str, label: str) -> Any:
        (dots,) = ax.plot(
            self.sizes[rows],
            self.scores[rows],
            "o",
            color=color,
            markersize=6,
            markeredgewidth=0,
            alpha=0.85,
            label=label if rows.any() else None,
        )
        return dots

    def _mark_reference(self, ax: Any) -> Any:
        score = self.scores[self.reference]
        ax.axhline(score, color="0.3", linewidth=0.9, linestyle=":", zorder=1)
        (square,) = ax.plot(
            [self.sizes[self.reference]],
            [score],
            "s",
            markerfacecolor="none",
            markeredgecolor="black",
            markersize=12,
            markeredgewidth=1.6,
            label="reference",
            zorder=7,
        )
        return square


def _set_ticks(ax: Any, sizes: np.ndarray) -> None:
    """Write a few round numbers at a logarithmic axis, however short it is."""
    low, high = full_range(np.log10(sizes.min()), np.log10(sizes.max()))
    candidates = [m * 10.0**e for e in range(0, 12) for m in (1, 2, 5)]
    ticks = [t for t in candidates if low <= np.log10(t) <= high]
    if len(ticks) > 6:
        ticks = [t for t in ticks if np.log10(t).is_integer()]
    if len(ticks) < 2:
        ticks = sorted({float(sizes.min()), float(sizes.max())})
    ax.set_xlim(10**low, 10**high)
    ax.set_xticks(ticks, [number(t) for t in ticks])
    ax.minorticks_off()
