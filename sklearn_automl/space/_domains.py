"""Domains: the sets of values that one hyperparameter can take."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.random import Generator

__all__ = ["Choice", "Domain", "native"]

# Values that are compared without a warning of NumPy.
_PLAIN = (str, int, float, type(None))


class Domain(ABC):
    """The values of one hyperparameter, and their map to the unit interval.

    ``size`` is the number of different values (``math.inf`` if there is no end to
    them). ``is_encodable`` is False where values can be drawn but not mapped to
    the unit interval: a sampler that needs a model cannot work with those.
    """

    size: float
    is_encodable: bool
    is_categorical: bool
    is_discrete: bool

    @abstractmethod
    def sample(self, rng: Generator) -> Any:
        """Draw a value."""

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Return the place of ``value`` in the unit interval."""

    def to_units(self, values: Sequence[Any]) -> np.ndarray:
        """Return the places of many values."""
        return np.array([self.to_unit(value) for value in values])

    @abstractmethod
    def from_unit(self, u: float) -> Any:
        """Return the value at place ``u`` of the unit interval."""

    @abstractmethod
    def key(self, value: Any) -> Hashable:
        """Return what identifies ``value``, also where it is not hashable."""

    @abstractmethod
    def conform(self, value: Any) -> Any:
        """Return the domain's own value that equals ``value``, which is in it."""

    @abstractmethod
    def values(self) -> Iterator[Any]:
        """Yield all values of a finite domain, in order."""

    @abstractmethod
    def edges(self) -> np.ndarray:
        """Return where the values of a finite domain meet in the unit interval.

        The i-th value has what lies between the i-th and the next edge.
        """

    @abstractmethod
    def __contains__(self, value: Any) -> bool:
        """Tell whether ``value`` can be drawn."""


class Choice(Domain):
    """One of a list of values of any kind.

    A numeric list that is strictly sorted is ordinal: neighbours in the list are
    neighbours for a model. Any other list is categorical.
    """

    is_encodable = True
    is_discrete = True

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = _without_repeats([native(v) for v in values])
        self.size = len(self._values)
        self.is_categorical = not _is_sorted_numbers(self._values)
        self._index = _first_positions(self._values)

    def sample(self, rng: Generator) -> Any:
        return self._values[int(rng.integers(len(self._values)))]

    def to_unit(self, value: Any) -> float:
        return (self.index(value) + 0.5) / len(self._values)

    def from_unit(self, u: float) -> Any:
        n = len(self._values)
        return self._values[min(int(u * n), n - 1)]

    def key(self, value: Any) -> Hashable:
        return self.index(value)

    def conform(self, value: Any) -> Any:
        return self._values[self.index(value)]

    def index(self, value: Any) -> int:
        """Return the position of ``value``; ValueError if it is not in the list."""
        position = self._find(value)
        if position is None:
            raise ValueError(f"{native(value)!r} is not one of {list(self._values)!r}")
        return position

    def _find(self, value: Any) -> int | None:
        value = native(value)
        try:
            return self._index[_typed(value)]
        except (KeyError, TypeError):
            pass
        for i, candidate in enumerate(self._values):
            if candidate is value or _equal(candidate, value):
                return i
        return None

    def values(self) -> Iterator[Any]:
        return iter(self._values)

    def edges(self) -> np.ndarray:
        return np.linspace(0, 1, len(self._values) + 1)

    def __contains__(self, value: Any) -> bool:
        return self._find(value) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Choice) or self.size != other.size:
            return False
        pairs = zip(self._values, other._values, strict=True)
        return all(a is b or _equal(a, b) for a, b in pairs)

    def __hash__(self) -> int:
        return hash((Choice, self.size))

    def __repr__(self) -> str:
        return repr(list(self._values))


def native(value: Any) -> Any:
    """Return the plain Python value of a NumPy scalar, anything else as it is.

    Dates and time spans stay NumPy's: Python has none with nanoseconds.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        return value.item()
    return value


def _is_sorted_numbers(values: tuple[Any, ...]) -> bool:
    if len(values) < 3:
        return False
    if all(isinstance(v, np.datetime64 | np.timedelta64) for v in values):
        numbers = np.asarray(values)
        if np.isnat(numbers).any():
            return False
        steps = np.diff(numbers.astype(numbers.dtype.str).view(np.int64)).astype(float)
    elif all(isinstance(v, Real) and not isinstance(v, bool) for v in values):
        steps = np.diff(np.asarray(values, dtype=float))
    else:
        return False
    return bool(np.all(steps > 0) or np.all(steps < 0))


def _without_repeats(values: list[Any]) -> tuple[Any, ...]:
    positions = _first_positions(tuple(values))
    kept: list[Any] = []
    unknown: list[Any] = []  # of kinds that can only be compared with each other
    for i, value in enumerate(values):
        try:
            is_first = positions[_typed(value)] == i
        except TypeError:
            is_first = not any(v is value or _equal(v, value) for v in unknown)
            unknown.append(value)
        if is_first:
            kept.append(value)
    return tuple(kept)


def _first_positions(values: tuple[Any, ...]) -> dict[Hashable, int]:
    positions: dict[Hashable, int] = {}
    for i, value in enumerate(values):
        try:
            positions.setdefault(_typed(value), i)
        except TypeError:  # found by comparison
            continue
    return positions


def _typed(value: Any) -> tuple[Any, ...]:
    """Return what tells ``value`` from others: 1, 1.0 and True are three values.

    Raises
    ------
    TypeError
        If it is neither hashable nor made of lists, dicts, sets and arrays.
    """
    kind = type(value)
    if isinstance(value, float) and value != value:
        return kind, None
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return kind, value.shape, *map(_typed, value.ravel())
        return kind, value.dtype.str, value.shape, value.tobytes()
    if kind in (list, tuple):
        return kind, *map(_typed, value)
    if kind is dict:
        items = ((_typed(k), _typed(v)) for k, v in value.items())
        return kind, frozenset(items)
    if kind is set:
        return kind, frozenset(map(_typed, value))
    hash(value)
    return kind, value


def _equal(a: Any, b: Any) -> bool:
    """Compare as ``==`` does, but always with a bool as the result.

    A bool is no number here, and one NaN is as good as another.
    """
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    try:
        if isinstance(a, float) and _typed(a) == _typed(b):
            return True
        if isinstance(a, _PLAIN) and isinstance(b, _PLAIN):
            return bool(a == b)  # to catch warnings takes ten times as long
        with warnings.catch_warnings():
            # NumPy < 1.25 warns where an array is compared with another kind of value.
            warnings.filterwarnings("ignore", "elementwise comparison failed")
            same = a == b
        if isinstance(same, bool):
            return same
        return bool(np.all(same)) and np.shape(a) == np.shape(b)
    except (TypeError, ValueError):  # e.g. arrays of different shapes
        return False
