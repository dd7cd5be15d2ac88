"""Domains: the sets of values that one hyperparameter can take."""

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState
from scipy import stats

# The end points of the unit interval map to infinite values of unbounded
# distributions, and ``ppf(0)`` of a discrete one lies outside its support.
_UNIT_MARGIN = 1e-10

# Above this many values the zero-probability values inside the support of a
# discrete distribution are not looked for.
_MAX_PMF_CHECKS = 100_000

# Up to this many values the place of each in the unit interval is computed once.
_MAX_TABLE = 2_000

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
        self._values = _without_repeats([_native(v) for v in values])
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
            raise ValueError(f"{_native(value)!r} is not one of {list(self._values)!r}")
        return position

    def _find(self, value: Any) -> int | None:
        value = _native(value)
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


class Distribution(Domain):
    """A frozen ``scipy.stats`` distribution, or any object with ``rvs``.

    The unit interval is reached by the ``cdf`` and left by the ``ppf``, which gives
    log scales, truncated normals and integers without special code. The place of an
    integer is the middle of its probability mass. An object that has ``rvs`` only can
    be drawn from but not encoded.
    """

    is_categorical = False

    def __init__(self, distribution: Any) -> None:
        if isinstance(distribution, stats.rv_continuous | stats.rv_discrete):
            distribution = distribution()  # freeze ``scipy.stats.uniform`` itself
        self._distribution = distribution
        family = getattr(distribution, "dist", None)
        self._is_scipy = isinstance(family, stats.rv_continuous | stats.rv_discrete)
        self.is_discrete = hasattr(distribution, "pmf")
        self.is_encodable = hasattr(distribution, "ppf") and hasattr(
            distribution, "cdf"
        )
        # A finite list of arbitrary numbers, ``rv_discrete(values=(xk, pk))``.
        self._atoms = _atoms_of(distribution)
        self._low, self._high = _support_of(distribution)
        self.size = self._count()

    def sample(self, rng: Generator) -> Any:
        # Third-party objects were written for RandomizedSearchCV, which hands out a
        # RandomState; scipy.stats takes the Generator itself.
        random_state = rng if self._is_scipy else RandomState(rng.integers(2**31))
        return _native(self._distribution.rvs(random_state=random_state))

    def to_unit(self, value: Any) -> float:
        if self._table is not None:
            centre: float = self._table.centre_of[value]
            return centre
        upper = float(self._distribution.cdf(value))
        if not self.is_discrete:
            return upper
        # Not (cdf(v) + cdf(v - 1)) / 2: the values need not be integers.
        return upper - 0.5 * float(self._distribution.pmf(value))

    def from_unit(self, u: float) -> Any:
        if self._table is not None:
            return self._table.value_at(u)
        u = min(max(u, _UNIT_MARGIN), 1 - _UNIT_MARGIN)
        value = float(self._distribution.ppf(u))
        value = min(max(value, self._low), self._high)
        if self.is_discrete and value == int(value):
            return int(value)
        return value

    def key(self, value: Any) -> Hashable:
        try:
            hash(value)
        except TypeError:
            return repr(value)
        return value  # type: ignore[no-any-return]

    def conform(self, value: Any) -> Any:
        value = _native(value)
        if not self.is_encodable:
            return value
        return int(value) if self.is_discrete and value == int(value) else float(value)

    def values(self) -> Iterator[Any]:
        if self._atoms is not None:
            return iter(self._atoms)
        low, high = int(self._low), int(self._high)
        return (v for v in range(low, high + 1) if self._distribution.pmf(v) > 0)

    def edges(self) -> np.ndarray:
        if self._table is not None:
            return self._table.edges
        return self._compute_edges()

    def _compute_edges(self) -> np.ndarray:
        upper = np.asarray(self._distribution.cdf(list(self.values())), dtype=float)
        return np.concatenate([[0.0], upper])

    @cached_property
    def _table(self) -> "_Table | None":
        """The values of a finite domain and their places, computed once.

        SciPy takes milliseconds for one value of ``rv_discrete(values=...)``.
        """
        if self.size > _MAX_TABLE or not self.is_encodable:
            return None
        return _Table(list(self.values()), self._compute_edges())

    def __contains__(self, value: Any) -> bool:
        if not self.is_encodable:
            return True
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        if self._table is not None:
            return value in self._table.centre_of
        if self.is_discrete:
            return bool(self._distribution.pmf(value) > 0)
        return self._low <= float(value) <= self._high

    def _count(self) -> float:
        if self._atoms is not None:
            return len(self._atoms)
        if not (self.is_encodable and self.is_discrete):
            return math.inf
        span = self._high - self._low + 1
        if span > _MAX_PMF_CHECKS:
            return span
        support = np.arange(int(self._low), int(self._high) + 1)
        return int(np.count_nonzero(self._distribution.pmf(support) > 0))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return False
        a, b = self._distribution, other._distribution
        if a is b:
            return True
        return self._is_scipy and other._is_scipy and _identity(a) == _identity(b)

    def __hash__(self) -> int:
        return hash((Distribution, self._low, self._high))

    def __repr__(self) -> str:
        if not self._is_scipy:
            return repr(self._distribution)
        frozen = self._distribution
        arguments = [f"{a!r}" for a in frozen.args]
        arguments += [f"{k}={v!r}" for k, v in frozen.kwds.items()]
        return f"{frozen.dist.name}({', '.join(arguments)})"


class _Table:
    """The values of a finite domain, and the edges between them."""

    def __init__(self, values: list[Any], edges: np.ndarray) -> None:
        self.edges = edges
        self._values = values
        centres = (edges[1:] + edges[:-1]) / 2
        self.centre_of = dict(zip(values, centres.tolist(), strict=True))

    def value_at(self, u: float) -> Any:
        return self._values[int(np.searchsorted(self.edges[1:-1], u, side="right"))]


def make_domain(name: str, values: Any) -> Domain:
    """Return the domain that a user's ``values`` of parameter ``name`` describe."""
    if type(values).__module__.partition(".")[0] == "ConfigSpace":
        raise TypeError(
            f"Parameter {name!r} is a hyperparameter of ConfigSpace. Pass the "
            "ConfigurationSpace that it belongs to, not a dict of its parts."
        )
    if hasattr(values, "rvs"):
        if isinstance(values, type):
            raise TypeError(
                f"The distribution of parameter {name!r} is the class "
                f"{values.__name__}, not an instance of it: call it with its "
                "parameters first."
            )
        return _checked_distribution(name, values)
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ValueError(
            f"Parameter array for {name!r} should be one-dimensional, got: {values!r} "
            f"with shape {values.shape}"
        )
    if isinstance(values, str) or not isinstance(values, np.ndarray | Sequence):
        raise TypeError(
            f"Parameter grid for parameter {name!r} needs to be a list or a numpy "
            f"array, but got {values!r} (of type {type(values).__name__}) instead. "
            "Single values need to be wrapped in a list with one element. A "
            "distribution needs an rvs(random_state=...) method."
        )
    if len(values) == 0:
        raise ValueError(
            f"Parameter grid for parameter {name!r} need to be a non-empty sequence, "
            f"got: {values!r}"
        )
    return Choice(values)  # type: ignore[arg-type]


def _checked_distribution(name: str, distribution: Any) -> Distribution:
    try:
        domain = Distribution(distribution)
        domain.sample(np.random.default_rng(0))
    # Whatever a user's own object raises is reported with the parameter's name.
    except Exception as error:
        raise drawing_failed(name, error) from error
    return domain


def drawing_failed(name: str, error: Exception) -> ValueError:
    """Return an error that names the parameter whose ``rvs`` raised another one."""
    return ValueError(
        f"Drawing from the distribution of parameter {name!r} failed: "
        f"{type(error).__name__}: {error}. Pass all of its parameters; an object of "
        "your own needs a method rvs(random_state=...) that returns one value."
    )


def _native(value: Any) -> Any:
    """Return the plain Python value of a NumPy scalar, anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value.item()
    return value


def _is_sorted_numbers(values: tuple[Any, ...]) -> bool:
    if len(values) < 3:
        return False
    if not all(isinstance(v, Real) and not isinstance(v, bool) for v in values):
        return False
    steps = np.diff(np.asarray(values, dtype=float))
    return bool(np.all(steps > 0) or np.all(steps < 0))


def _without_repeats(values: list[Any]) -> tuple[Any, ...]:
    positions = _first_positions(tuple(values))
    kept: list[Any] = []
    for i, value in enumerate(values):
        try:
            is_first = positions[_typed(value)] == i
        except TypeError:  # not hashable
            is_first = not any(v is value or _equal(v, value) for v in kept)
        if is_first:
            kept.append(value)
    return tuple(kept)


def _first_positions(values: tuple[Any, ...]) -> dict[Hashable, int]:
    positions: dict[Hashable, int] = {}
    for i, value in enumerate(values):
        try:
            positions.setdefault(_typed(value), i)
        except TypeError:  # not hashable: found by comparison
            continue
    return positions


def _typed(value: Any) -> tuple[type, Hashable]:
    """Return ``value`` with its type: 1, 1.0 and True are three different values."""
    is_nan = isinstance(value, float) and value != value
    return type(value), None if is_nan else value


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


def _atoms_of(distribution: Any) -> list[Any] | None:
    xk = getattr(getattr(distribution, "dist", None), "xk", None)
    if xk is None or not isinstance(distribution.dist, stats.rv_discrete):
        return None
    shift = float(distribution.support()[0]) - float(np.min(xk))
    atoms = sorted(float(x) + shift for x in np.ravel(xk))
    atoms = [int(x) if x == int(x) else x for x in atoms]
    # In one call: SciPy takes time in proportion to the number of atoms for each.
    return [x for x, p in zip(atoms, distribution.pmf(atoms), strict=True) if p > 0]


def _support_of(distribution: Any) -> tuple[float, float]:
    if not hasattr(distribution, "support"):
        return -math.inf, math.inf
    low, high = distribution.support()
    if math.isnan(low):  # what scipy says instead of raising an error
        raise ValueError("its parameters are outside of what is allowed")
    return float(low), float(high)


def _identity(frozen: Any) -> tuple[Any, ...]:
    """Return what tells two frozen scipy distributions apart (they have no ``==``)."""
    # All ``rv_discrete(values=...)`` have the same name, but not the same values.
    table = [repr(getattr(frozen.dist, name, None)) for name in ("xk", "pk")]
    arguments = repr(frozen.args), repr(sorted(frozen.kwds.items()))
    return type(frozen.dist), frozen.dist.name, *table, *arguments
