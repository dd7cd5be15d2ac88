"""What all displays draw alike: colours, axes, legends and numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "BEST",
    "BLUE",
    "FAILED",
    "GREY",
    "SERIES",
    "SHADES",
    "axes_for",
    "check_matplotlib",
    "count",
    "full_range",
    "legend_beside",
    "mark_best",
    "mark_failures",
    "number",
    "set_amounts",
    "spans_decades",
    "tidy",
]

# The palette of Okabe and Ito, which colour-blind readers can tell apart.
BLUE, BEST, FAILED, GREY = "#0072B2", "#E69F00", "#D55E00", "0.72"
SERIES = (BLUE, FAILED, "#009E73", "#CC79A7", BEST, "#56B4E9", "black")
# A colour map for scores: its lightness grows with the score.
SHADES = "cividis"

# Positive values with this ratio or more are drawn on a logarithmic axis.
_DECADES = 100


def check_matplotlib(caller: str) -> None:
    """Raise scikit-learn's error where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib. You can install matplotlib with "
            "`pip install matplotlib`"
        ) from error


def axes_for(
    ax: Any, display: Any, size: tuple[float, float] = (7.0, 4.2), method: str = "plot"
) -> Any:
    """Return the axes to draw on, new ones if there are none, and note them."""
    check_matplotlib(f"{type(display).__name__}.{method}")
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def tidy(ax: Any, grid: str | None = "y") -> None:
    """Leave thin spines where there are numbers, and a faint grid."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set(linewidth=0.6, color="0.4")
    ax.tick_params(width=0.6, color="0.4")
    if grid:
        ax.grid(axis=grid, color="0.9", linewidth=0.6)
        ax.set_axisbelow(True)


def legend_beside(ax: Any, title: str | None = None) -> Any:
    """Add a legend beside the data; return it, or None if there is nothing to name."""
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return None
    return ax.legend(
        handles,
        labels,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        alignment="left",
        borderaxespad=0,
    )


def number(value: float) -> str:
    """Return a number with four significant digits."""
    if abs(value) >= 1e4 and abs(value) < 1e7 and float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.4g}"


def count(n: int, what: str) -> str:
    """Return how many there are: ``1 trial``, ``2 trials``."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def spans_decades(values: np.ndarray, ratio: float = _DECADES) -> bool:
    """Tell whether values belong on a logarithmic axis."""
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0) and bool(
        values.max() / values.min() >= ratio
    )


def set_amounts(axis_of: Any, amounts: np.ndarray, label: str) -> None:
    """Set up the x axis for amounts of a resource: a tick for each, if they are few."""
    levels = np.unique(amounts[np.isfinite(amounts)])
    # Rungs are a constant factor apart.
    if len(levels) > 1 and levels[0] > 0 and levels[-1] / levels[0] >= 4:
        axis_of.set_xscale("log")
    axis_of.set_xlabel(label)
    if len(levels) == 1:
        axis_of.set_xlim(levels[0] - 1, levels[0] + 1)
    if len(levels) <= 8:
        axis_of.minorticks_off()
        apart = _far_apart(levels, axis_of.get_xscale() == "log")
        axis_of.set_xticks(apart, [number(level) for level in apart])


def _far_apart(levels: np.ndarray, is_log: bool) -> list[float]:
    """Return the levels whose labels do not touch, the largest one among them."""
    places = np.log(levels) if is_log else levels
    least = (places[-1] - places[0]) / 12
    kept: list[int] = []
    for i in reversed(range(len(levels))):
        if not kept or places[kept[-1]] - places[i] >= least:
            kept.append(i)
    return [float(levels[i]) for i in reversed(kept)]


def full_range(low: float, high: float, share: float = 0.06) -> tuple[float, float]:
    """Return a range with a margin on both sides, of some width in any case."""
    margin = share * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin


def mark_failures(ax: Any, places: Sequence[float] | np.ndarray) -> Any:
    """Mark failures below the data, at the bottom of the axes; return the marks."""
    n = len(places)
    if not n:
        return None
    (marks,) = ax.plot(
        places,
        np.full(n, 0.02),
        linestyle="",
        marker="x",
        color=FAILED,
        markersize=6,
        markeredgewidth=1.6,
        transform=ax.get_xaxis_transform(),
        clip_on=False,
        zorder=5,
        label=f"failed ({n})",
    )
    return marks


def mark_best(ax: Any, x: float, y: float, label: str = "best") -> Any:
    """Mark the winner with a star; return it."""
    (star,) = ax.plot(
        [x],
        [y],
        linestyle="",
        marker="*",
        color=BEST,
        markersize=15,
        markeredgecolor="black",
        markeredgewidth=0.7,
        zorder=6,
        label=label,
    )
    return star
