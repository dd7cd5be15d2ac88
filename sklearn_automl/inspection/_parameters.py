"""Searched parameters as axes: numbers, logarithms of numbers, or categories."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import number, spans_decades
from sklearn_automl.inspection._results import Results

__all__ = [
    "MISSING",
    "ParameterAxis",
    "declared_domains",
    "is_logarithmic",
    "is_number",
    "parameter_axes",
    "short_names",
    "text_of",
    "values_of",
]

_LOGARITHMIC = {"loguniform", "reciprocal", "lognorm", "log_uniform_integers"}
_MOST_LABELS = 16  # of categories on an axis
_LONGEST = 22  # characters of a category


@dataclass
class ParameterAxis:
    """The values of a parameter as places on an axis.

    ``places`` are numbers, or positions among ``categories``; NaN where the parameter
    does not exist. ``low`` and ``high`` are the bounds of its distribution, or of its
    values.
    """

    name: str
    label: str
    places: np.ndarray
    categories: tuple[str, ...] | None
    is_log: bool
    low: float
    high: float
    has_steps: bool = False

    def of_rows(self, rows: np.ndarray) -> "ParameterAxis":
        """Return the axis with some of its places."""
        return replace(self, places=self.places[rows])

    @property
    def linear(self) -> np.ndarray:
        """The places, on a scale where equal distances mean the same."""
        if not self.is_log:
            return self.places
        return np.asarray(np.log10(self.places))

    @property
    def unit(self) -> np.ndarray:
        """The places from 0 to 1."""
        low, high = self.low, self.high
        if self.is_log:
            low, high = np.log10(low), np.log10(high)
        if self.categories is not None:
            low, high = -0.5, len(self.categories) - 0.5
        return (self.linear - low) / ((high - low) or 1.0)

    def at(self, unit: np.ndarray) -> np.ndarray:
        """Return the places of numbers from 0 to 1."""
        if self.is_log:
            low, high = np.log10(self.low), np.log10(self.high)
            return np.asarray(10 ** (low + unit * (high - low)))
        return self.low + unit * (self.high - self.low)

    def set_up(self, ax: Any, side: str = "x") -> None:
        """Give an axis its scale, its ticks and its name."""
        axis = ax.xaxis if side == "x" else ax.yaxis
        getattr(ax, f"set_{side}label")(self.label)
        if self.is_log:
            getattr(ax, f"set_{side}scale")("log")
        if self.categories is None:
            return
        n = len(self.categories)
        shown = np.unique(np.linspace(0, n - 1, min(n, _MOST_LABELS)).round())
        axis.set_ticks(shown, [self.categories[int(i)] for i in shown])
        getattr(ax, f"set_{side}lim")(-0.6, n - 0.4)
        is_long = sum(len(self.categories[int(i)]) + 2 for i in shown) > 30
        if side == "x" and is_long and n > 1:
            ax.tick_params(axis="x", rotation=35)
            for text in ax.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")


def parameter_axes(
    results: Results, parameters: Sequence[str] | None = None
) -> list[ParameterAxis]:
    """Return an axis for each parameter, or for each one that varies.

    The resource is not searched, so it has an axis only on request.

    Parameters
    ----------
    results : Results
        Whose ``param_`` columns are read.

    parameters : sequence of str or None
        Their names; None for all that have more than one value.
    """
    known = [k.removeprefix("param_") for k in results.table if k.startswith("param_")]
    if parameters is not None:
        if isinstance(parameters, str):
            parameters = [parameters]
        unknown = [name for name in parameters if name not in known]
        if unknown or not parameters:
            raise ValueError(
                f"parameters={list(parameters)!r} must be names of searched parameters "
                f"of {results.name}. Pass some of {known}."
            )
    labels = short_names(known)
    axes = [_axis(results, name, labels[name]) for name in parameters or known]
    if parameters is None:
        axes = [
            axis
            for axis in axes
            if len(np.unique(axis.places)) > 1  # NaN counts once
            and axis.name != results.resource_parameter
        ]
    if not axes:
        results.refuse("param_*", "No searched parameter has more than one value.")
    return axes


def _axis(results: Results, name: str, label: str) -> ParameterAxis:
    values = values_of(results, name)
    domains = list(declared_domains(results.search, name))
    present = [v for v in values if v is not MISSING]
    if not present or not all(is_number(v) for v in present):
        return _axis_of_categories(name, label, values)
    places = np.array([np.nan if v is MISSING else float(v) for v in values])
    finite = places[np.isfinite(places)]
    families = {_family(d) for d in domains}
    is_log = is_logarithmic(domains) and bool(finite.min() > 0)
    # Of numbers that are drawn from a range, some are far apart by chance.
    if not families - {""}:
        is_log = is_log or spans_decades(finite)
    low, high = _bounds(domains, finite)
    if is_log and low <= 0:
        low = float(finite.min())
    has_steps = bool(domains) and families == {""}
    has_steps = has_steps or (not domains and len(np.unique(finite)) <= 10)
    return ParameterAxis(name, label, places, None, is_log, low, high, has_steps)


def _axis_of_categories(name: str, label: str, values: list[Any]) -> ParameterAxis:
    present = {_key(v): v for v in values if v is not MISSING}
    # Numbers first, by size; then texts; None and objects as they came.
    order = sorted(
        present,
        key=lambda k: (
            (0, float(present[k]), "")
            if is_number(present[k])
            else (1, 0.0, k if isinstance(present[k], str) else "")
        ),
    )
    position = {key: float(i) for i, key in enumerate(order)}
    places = [np.nan if v is MISSING else position[_key(v)] for v in values]
    texts: list[str] = []
    for key in order:
        text = text_of(present[key], _LONGEST)
        texts.append(text if text not in texts else f"{text} ({len(texts) + 1})")
    high = max(len(order) - 1.0, 0.0)
    return ParameterAxis(
        name, label, np.array(places), tuple(texts), False, 0.0, high, True
    )


#: Stands where a parameter does not exist.
MISSING = object()


def values_of(results: Results, name: str) -> list[Any]:
    """Return the values of a parameter, with a mark where it does not exist."""
    column = np.ma.asarray(results.table[f"param_{name}"])
    mask = np.ma.getmaskarray(column)
    params = results.table.get("params")
    # The dicts have the values as they were given; an array may have cast them.
    if params is not None:
        return [p.get(name, MISSING) for p in params]
    return [
        MISSING if is_missing else value
        for value, is_missing in zip(column.data.tolist(), mask, strict=True)
    ]


def declared_domains(search: Any, name: str) -> Iterable[Any]:
    """Yield what was written for a parameter, or what "auto" chose, by alternative."""
    for branch in _branches(search):
        if name in branch:
            domain = branch[name]
            while hasattr(domain, "parent") and hasattr(domain, "domain"):
                domain = domain.domain  # of a When
            # Of a space that was not written as a dict, the distribution.
            yield getattr(domain, "distribution", domain)


def _branches(search: Any) -> list[Mapping[str, Any]]:
    """Return the alternatives of a space; those of the sampler if it is no dict."""
    for attribute in ("param_distributions", "param_grid"):
        space = getattr(search, attribute, None)
        branches = space if isinstance(space, list | tuple) else [space]
        if all(isinstance(branch, Mapping) for branch in branches):
            return list(branches)
    space = getattr(getattr(search, "sampler_", None), "space", None)
    branches = getattr(space, "branches", [])
    return [{p.name: p.domain for p in branch} for branch in branches]


def is_logarithmic(domains: Iterable[Any]) -> bool:
    """Tell whether one of some distributions is that of a logarithm."""
    return not _LOGARITHMIC.isdisjoint(map(_family, domains))


def _family(domain: Any) -> str:
    """Return the name of a distribution; empty for a list."""
    if not hasattr(domain, "rvs"):
        return ""
    return getattr(getattr(domain, "dist", domain), "name", "distribution")


def _bounds(domains: list[Any], finite: np.ndarray) -> tuple[float, float]:
    low, high = float(finite.min()), float(finite.max())
    supports = [d.support() for d in domains if hasattr(d, "support")]
    ends = [float(end) for support in supports for end in support]
    if ends and len(supports) == len(domains) and np.isfinite(ends).all():
        return min(low, *ends), max(high, *ends)
    return low, high


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number, and no truth value."""
    is_bool = isinstance(value, bool | np.bool_)
    return isinstance(value, Real) and not is_bool and math.isfinite(value)


def _key(value: Any) -> str:
    if hasattr(value, "item") and np.ndim(value) == 0:
        value = value.item()
    return f"{type(value).__name__} {value!r}"


def text_of(value: Any, length: int | None = None) -> str:
    """Return a value in few characters: a number, a name, or the repr of an object."""
    if isinstance(value, bool | np.bool_) or value is None:
        text = str(value)
    elif isinstance(value, Real):
        text = number(float(value))
    elif isinstance(value, str):
        text = value
    elif hasattr(value, "__name__"):
        text = value.__name__
    else:
        text = " ".join(repr(value).split())
    if length is not None and len(text) > length:
        text = f"{text[: length - 1]}…"
    return text


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shortest ends of names that tell them apart: "C" for "svc__C"."""
    parts = {name: name.split("__") for name in names}
    short = {}
    for name, words in parts.items():
        for n in range(1, len(words) + 1):
            end = words[-n:]
            if sum(other[-n:] == end for other in parts.values()) == 1:
                break
        short[name] = "__".join(end)
    return short
