"""Whether neighbouring rungs agree: rung_agreement and RungAgreementDisplay."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

from sklearn_automl.exceptions import warn
from sklearn_automl.inspection._drawing import (
    BLUE,
    FAILED,
    GREY,
    axes_for,
    check_matplotlib,
    legend_beside,
    tidy,
)
from sklearn_automl.inspection._results import Results

__all__ = ["RungAgreementDisplay", "rung_agreement"]

# Fewer configurations than this tell little: where rungs agree well (a correlation of
# 0.7), one in eight samples of five shows none, and one in twenty of eight.
_FEWEST = 8
# A correlation up to this one is none.
_NONE = 0.1


def rung_agreement(search: Any, *, metric: str | None = None) -> dict[str, np.ndarray]:
    """Return how well each rung predicts the order of scores on the next one.

    The result is Spearman's rank correlation of the scores of the configurations that
    were evaluated on both rungs. 1 means the same order on both; 0 means that the lower
    rung has stopped configurations at random.

    Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search : estimator
        A fitted search with rungs: halving, Hyperband or ASHA.

    metric : str, default=None
        Which of several metrics is compared. None for the metric of `refit`.

    Returns
    -------
    agreement : dict of ndarray
        A row for each pair of neighbouring rungs: `lower` and `upper`, the amounts of
        resource in words; `n_trials`, how many configurations both have; and
        `correlation`, NaN for fewer than three or where all scores are equal. Rungs of
        several brackets with the same amounts are one row.

    Warns
    -----
    SearchWarning
        If rungs with at least eight common configurations do not agree.

    Notes
    -----
    Only configurations that were promoted are on both rungs. These configurations are
    alike, so the correlation is lower than it would be for all configurations.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import rung_agreement
    >>> X, y = load_digits(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
    ...     n_iter=9,
    ...     cv=2,
    ...     random_state=0,
    ... ).fit(X[:300], y[:300])
    >>> rung_agreement(search)["n_trials"].tolist()
    [3]
    """
    results = Results(search, "rung_agreement", metric)
    return _agreement(results)


def _agreement(results: Results) -> dict[str, np.ndarray]:
    pairs = _pairs(results)
    table: dict[str, list[Any]] = {
        "lower": [],
        "upper": [],
        "n_trials": [],
        "correlation": [],
    }
    for amounts in sorted(pairs):
        rows = pairs[amounts]
        lower, upper = rows[0]
        table["lower"].append(results.amount_text(lower))
        table["upper"].append(results.amount_text(upper))
        table["n_trials"].append(len(rows))
        scores = results.scores[np.array(rows)]
        table["correlation"].append(_correlation(scores))
    agreement = {name: np.array(column) for name, column in table.items()}
    _warn_of_none(results, agreement)
    return agreement


def _pairs(results: Results) -> dict[tuple[float, float], list[tuple[int, int]]]:
    """Return the rows of each trial on neighbouring rungs, by their amounts."""
    rungs = results.rungs
    row_of = {
        (trial, rung): row
        for row, (trial, rung) in enumerate(
            zip(results.trials.tolist(), rungs.tolist(), strict=True)
        )
        if np.isfinite(results.scores[row])
    }
    pairs: dict[tuple[float, float], list[tuple[int, int]]] = {}
    for (trial, rung), row in row_of.items():
        above = row_of.get((trial, rung + 1))
        if above is not None:
            key = (float(results.amounts[row]), float(results.amounts[above]))
            pairs.setdefault(key, []).append((row, above))
    if not pairs:
        raise ValueError(
            f"{results.reader} needs configurations that were evaluated on two "
            f"neighbouring rungs, and {results.name} has none. Give the search more "
            "configurations or rungs, for instance with a smaller min_resources."
        )
    return pairs


def _correlation(scores: np.ndarray) -> float:
    """Return the rank correlation of two columns; NaN where it is not defined."""
    ranks = rankdata(scores, axis=0)
    ranks -= ranks.mean(axis=0)
    spread = np.sqrt((ranks**2).sum(axis=0).prod())
    if len(scores) < 3 or spread == 0:
        return float("nan")
    return float(ranks[:, 0] @ ranks[:, 1] / spread)


def _is_none(correlation: np.ndarray, n_trials: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (correlation <= _NONE) & (n_trials >= _FEWEST)


def _warn_of_none(results: Results, agreement: Mapping[str, np.ndarray]) -> None:
    bad = np.flatnonzero(_is_none(agreement["correlation"], agreement["n_trials"]))
    if not len(bad):
        return
    first = bad[0]
    also = f" and {len(bad) - 1} other pairs of rungs" if len(bad) > 1 else ""
    warn(
        f"Scores with {agreement['lower'][first]} of {results.name} do not predict "
        f"those with {agreement['upper'][first]} (rank correlation "
        f"{agreement['correlation'][first]:.2f} of {agreement['n_trials'][first]} "
        f"configurations){also}: the lower rung may stop configurations at random. "
        "Only the best configurations of the lower rung are compared, and they differ "
        "less than all configurations do. If a larger min_resources finds a better "
        "winner, rungs have too few rows: keep the larger min_resources, or use "
        'resource="n_folds" or resource=None.'
    )


class RungAgreementDisplay:
    """Whether neighbouring rungs agree, as rank correlations.

    The nearer a dot is to 1, the better the lower rung predicts the order on the next
    one. At 0 the lower rung stops configurations at random.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    agreement : dict of array-like
        `lower`, `upper`, `n_trials` and `correlation`, as from :func:`rung_agreement`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    points_ : matplotlib Line2D
        Dots of rungs that agree.

    disagreeing_ : matplotlib Line2D
        Dots of rungs that do not agree.

    few_ : matplotlib Line2D
        Dots of rungs with too few common configurations to tell.

    See Also
    --------
    rung_agreement : Returns the numbers.
    LearningCurvesDisplay : The scores themselves.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import RungAgreementDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
    ...     n_iter=9,
    ...     cv=2,
    ...     random_state=0,
    ... ).fit(X[:300], y[:300])
    >>> display = RungAgreementDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(self, agreement: Mapping[str, Any]) -> None:
        self.agreement = agreement

    @classmethod
    def from_search(
        cls, search: Any, *, ax: Any = None, metric: str | None = None
    ) -> "RungAgreementDisplay":
        """Draw the agreement of the rungs of a search.

        Parameters
        ----------
        search : estimator
            A fitted search with rungs: halving, Hyperband or ASHA.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        metric : str, default=None
            Which of several metrics is compared. None for the metric of `refit`.

        Returns
        -------
        RungAgreementDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        return cls(_agreement(Results(search, cls.__name__, metric))).plot(ax)

    def plot(self, ax: Any = None) -> "RungAgreementDisplay":
        """Draw a dot for each pair of rungs.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        RungAgreementDisplay
            The display, with the axes that it has drawn on.
        """
        values = np.asarray(self.agreement["correlation"], dtype=float)
        n_trials = np.asarray(self.agreement["n_trials"])
        places = np.arange(len(values))
        ax = axes_for(ax, self, (8.4, 1.7 + 0.62 * len(values)))
        ax.axvspan(-1.1, _NONE, color="0.94", lw=0)
        ax.axvline(0, color="0.4", linewidth=0.8)
        is_few = (n_trials < _FEWEST) | np.isnan(values)
        is_bad = _is_none(values, n_trials)
        shown = np.nan_to_num(values)
        for place, value, few in zip(places, shown, is_few, strict=True):
            color = GREY if few else BLUE
            ax.plot([0, value], [place, place], color=color, linewidth=1.2)
        groups = (
            (~is_few & ~is_bad, "o", BLUE, "they agree"),
            (is_bad, "X", FAILED, "no agreement: pass a larger\nmin_resources"),
            (is_few & ~np.isnan(values), "o", GREY, "too few to tell"),
        )
        self.points_, self.disagreeing_, self.few_ = (
            ax.plot(
                shown[rows],
                places[rows],
                marker,
                color=color,
                markersize=10,
                markeredgecolor="white",
                label=label if rows.any() else None,
                zorder=4,
            )[0]
            for rows, marker, color, label in groups
        )
        self._label(ax, values, n_trials)
        return self

    def _label(self, ax: Any, values: np.ndarray, n_trials: np.ndarray) -> None:
        labels = [
            f"{lower}\n→ {upper}"
            for lower, upper in zip(
                self.agreement["lower"], self.agreement["upper"], strict=True
            )
        ]
        ax.set_yticks(np.arange(len(values)), labels, fontsize="small")
        for place, (value, n) in enumerate(zip(values, n_trials, strict=True)):
            is_unknown = np.isnan(value)
            ax.annotate(
                f"too few to tell ({n})" if is_unknown else f"{value:.2f} ({n})",
                (np.nan_to_num(value), place),
                xytext=(6, 0) if is_unknown else (0, 7),
                textcoords="offset points",
                ha="left" if is_unknown else "center",
                va="center" if is_unknown else "bottom",
                fontsize="small",
                color="0.25",
            )
        ticks = {
            -1.0: "-1\nreversed",
            -0.5: "-0.5",
            0.0: "0\nat random",
            0.5: "0.5",
            1.0: "1\nsame order",
        }
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.set_xlim(-1.1, 1.1)
        ax.set_ylim(len(values) - 0.5, -0.7)
        ax.set_xlabel(
            "rank correlation of the scores (number of common configurations)"
        )
        tidy(ax, grid=None)
        ax.tick_params(axis="y", length=0)
        legend_beside(ax)
