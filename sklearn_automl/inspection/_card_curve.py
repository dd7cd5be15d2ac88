"""The small curve of a card: the best score so far, as SVG without scripts."""

import math
from html import escape
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import count, full_range, number
from sklearn_automl.inspection._results import Results
from sklearn_automl.inspection._search import Curve, curve_of

__all__ = ["svg_of"]

# The picture in its own units, which are pixels where there is room.
_WIDTH, _HEIGHT = 340, 166
_LEFT, _RIGHT, _TOP = 46, 12, 22
# Below scores are those that are lower, then the failures, then numbers.
_FLOOR, _LOWER, _FAILED, _NUMBERS = 118, 123, 133, 150
# More dots than this cannot be told apart.
_MOST_DOTS = 1200
# The marks of the legend, in 18 x 12 pixels.
_KEYS = {
    "best": "M1 6H17",
    "full": "M9 6h0",
    "less": "M9 6h0",
    "provisional": "M1 6H17",
    "winner": "M5 6a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "failed": "M6 3l6 6m0 -6l-6 6",
}


def svg_of(results: Results) -> str:
    """Return the curve of a search and its legend; nothing without a score."""
    curve = curve_of(results, "evaluations")
    scores = curve.scores[np.isfinite(curve.scores)]
    # Scores near the largest floats have no differences to draw.
    if not len(scores) or np.abs(scores).max() >= 1e290:
        return ""
    row = results.best_row if hasattr(results.search, "best_index_") else None
    place = None if row is None else int(np.flatnonzero(results.order == row)[0])
    picture = _Picture(curve, results.metric_name, place)
    words = escape(_description(curve))
    return (
        # Notebooks that are not trusted remove the style sheet and all tags of SVG, but
        # leave their texts, in one heap. They keep this attribute if it has a value.
        f'<figure class="automl-curve" hidden="hidden">'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'role="img" aria-label="{words}"><title>Best score so far</title>'
        f"<desc>{words}</desc>{picture.axes()}{picture.marks()}</svg>"
        f"{picture.legend()}</figure>"
    )


def _description(curve: Curve) -> str:
    """Return the curve in words, for those who do not see it."""
    best = curve.best
    known = np.flatnonzero(np.isfinite(best))
    text = f"Best score so far over {count(len(curve.x), 'evaluation')}"
    if not len(known):
        return f"{text}."
    last = int(np.flatnonzero(best == best[-1])[0])
    first = int(known[0])
    text += f": {number(float(best[first]))} after evaluation {first + 1}"
    if last > first:
        text += f", {number(float(best[-1]))} from evaluation {last + 1} on"
    return f"{text}."


class _Picture:
    """Places scores in a picture, and draws them."""

    def __init__(self, curve: Curve, metric: str, winner: int | None) -> None:
        self.curve = curve
        self.metric = metric
        self.winner = winner
        chosen = curve.scores[[] if winner is None else [winner]]
        self.low, self.high = _range(curve, chosen)

    def x(self, evaluations: np.ndarray) -> np.ndarray:
        share = (evaluations - 0.5) / max(len(self.curve.x), 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, scores: np.ndarray) -> np.ndarray:
        share = (scores - self.low) / (self.high - self.low)
        return _FLOOR - share * (_FLOOR - _TOP)

    def axes(self) -> str:
        parts = []
        for text, tick in _ticks(self.low, self.high).items():
            y = float(self.y(np.array(tick)))
            parts.append(
                f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{text}</text>"
            )
        parts.append(f'<text x="2" y="11">{_short(self.metric)}</text>')
        n = len(self.curve.x)
        numbers = sorted({1, (n + 1) // 2, n})
        for place in numbers if n > 2 else [1, n][:n]:
            x = float(self.x(np.array(float(place))))
            parts.append(
                f'<text x="{x:.0f}" y="{_NUMBERS}" text-anchor="middle">{place}</text>'
            )
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(
            f'<text x="{middle:.0f}" y="{_HEIGHT - 3}" text-anchor="middle">'
            "evaluations</text>"
        )
        return "".join(parts)

    def marks(self) -> str:
        curve = self.curve
        usable = np.isfinite(curve.scores)
        return (
            self._dots("less", usable & ~curve.is_full)
            + self._dots("full", usable & curve.is_full)
            + self._line("provisional", curve.provisional)
            + self._line("best", curve.best)
            + self._crosses()
            + self._ring()
        )

    def _dots(self, name: str, rows: np.ndarray) -> str:
        x = self.x(self.curve.x[rows]).round().astype(int)
        scores = self.curve.scores[rows]
        y = np.where(scores < self.low, _LOWER, self.y(scores)).round().astype(int)
        places = sorted(set(zip(x.tolist(), y.tolist(), strict=True)))
        return _path(name, "".join(f"M{x} {y}h0" for x, y in _thinned(places)))

    def _line(self, name: str, scores: np.ndarray) -> str:
        """Return the steps of a line up to the next line, or to the end."""
        known = np.flatnonzero(np.isfinite(scores))
        if not len(known):
            return ""
        changes = [i for i in known if i == known[0] or scores[i] != scores[i - 1]]
        end = min(known[-1] + 1, len(scores) - 1)
        xs = self.x(self.curve.x[[*changes, end]])
        ys = self.y(np.maximum(scores[changes], self.low))
        steps = f"M{xs[0]:.1f} {ys[0]:.1f}"
        for x, y in zip(xs[1:-1], ys[1:], strict=True):
            steps += f"H{x:.1f}V{y:.1f}"
        return _path(name, f"{steps}H{xs[-1]:.1f}")

    def _crosses(self) -> str:
        failed = self.curve.x[~np.isfinite(self.curve.scores)]
        places = sorted(set(self.x(failed).round().astype(int).tolist()))
        y = _FAILED
        crosses = (f"M{x - 3} {y - 3}l6 6m0 -6l-6 6" for x in _thinned(places))
        return _path("failed", "".join(crosses))

    def _ring(self) -> str:
        """Return the mark of the winner."""
        if self.winner is None:
            return ""
        x = float(self.x(self.curve.x[self.winner]))
        y = float(self.y(self.curve.scores[self.winner]))
        return f'<circle class="winner" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'

    def legend(self) -> str:
        curve = self.curve
        usable = np.isfinite(curve.scores)
        has_less = bool((usable & ~curve.is_full).any())
        of = " with most of the resource" if has_less else ""
        texts = {
            "best": ("best so far", np.isfinite(curve.best).any()),
            "full": (f"evaluation{of}", True),
            "less": ("with less", has_less),
            "provisional": (
                "best so far with less",
                np.isfinite(curve.provisional).any(),
            ),
            "winner": ("winner", self.winner is not None),
            "failed": ("failed", not usable.all()),
        }
        items = [
            '<span><svg class="key" viewBox="0 0 18 12" aria-hidden="true">'
            f"{_path(name, _KEYS[name])}</svg>{text}</span>"
            for name, (text, is_there) in texts.items()
            if is_there
        ]
        if (curve.scores < self.low).any():
            items.append("<span>lower scores: at the bottom</span>")
        return f"<figcaption>{' '.join(items)}</figcaption>"


def _short(name: str, most: int = 40) -> str:
    name = name if len(name) <= most else f"{name[: most - 1]}…"
    return escape(name.replace("_", " "))


def _path(name: str, steps: str) -> str:
    return f'<path class="{name}" d="{steps}"/>' if steps else ""


def _thinned(places: list[Any]) -> list[Any]:
    step = -(-len(places) // _MOST_DOTS) or 1
    return places[::step]


def _range(curve: Curve, chosen: np.ndarray) -> tuple[float, float]:
    """Leave room for the differences that matter, not for the worst scores."""
    scores = curve.scores[np.isfinite(curve.scores)]
    lows = [float(np.quantile(scores, 0.4)), *chosen[np.isfinite(chosen)].tolist()]
    for line in (curve.best, curve.provisional):
        known = line[np.isfinite(line)]
        if len(known):
            # The first steps of a long line are often far below all others.
            lows.append(float(np.quantile(known, 0.25 if len(known) > 3 else 0)))
    return full_range(min(lows), float(scores.max()), 0.12)


def _ticks(low: float, high: float) -> dict[str, float]:
    """Return two to five round numbers in a range, by their texts."""
    power = 10.0 ** math.floor(math.log10((high - low) / 2))
    step = next(
        (f * power for f in (5, 2, 1) if _n_between(low, high, f * power) > 1),
        0.5 * power,
    )
    ticks = [
        i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)
    ]
    # So many digits tell neighbours apart.
    largest = max(abs(low), abs(high))
    n_digits = max(math.ceil(math.log10(largest / step)) + 2, 3)
    return {f"{tick:.{n_digits}g}": tick for tick in ticks}


def _n_between(low: float, high: float, step: float) -> int:
    return math.floor(high / step) - math.ceil(low / step) + 1
