"""Distributions as domains: what ``scipy.stats`` or a user's own object draws."""

import math
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState
from scipy import stats

from sklearn_automl.space._domains import Domain, native

__all__ = ["Distribution"]

# The end points of the unit interval map to infinite values of unbounded
# distributions, and ``ppf(0)`` of a discrete one lies outside its support.
_UNIT_MARGIN = 1e-10

# Above this many values the zero-probability values inside the support of a
# discrete distribution are not looked for.
_MAX_PMF_CHECKS = 100_000

# So many integers are asked for their probability at a time.
_BLOCK = 1024

# Up to this many values the place of each in the unit interval is computed once.
_MAX_TABLE = 2_000


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

    @property
    def distribution(self) -> Any:
        """Return it as it was passed, but frozen."""
        return self._distribution

    def sample(self, rng: Generator) -> Any:
        # Third-party objects were written for RandomizedSearchCV, which hands out a
        # RandomState; scipy.stats takes the Generator itself.
        random_state = rng if self._is_scipy else RandomState(rng.integers(2**31))
        return native(self._distribution.rvs(random_state=random_state))

    def to_unit(self, value: Any) -> float:
        if self._table is not None:
            centre: float = self._table.centre_of[value]
            return centre
        upper = float(self._distribution.cdf(value))
        if not self.is_discrete:
            return upper
        # Not (cdf(v) + cdf(v - 1)) / 2: the values need not be integers.
        return upper - 0.5 * float(self._distribution.pmf(value))

    def to_units(self, values: Sequence[Any]) -> np.ndarray:
        if self._table is not None or not self._is_scipy:
            return super().to_units(values)
        numbers = np.asarray(values, dtype=float)
        places = np.asarray(self._distribution.cdf(numbers))
        if self.is_discrete:
            places = places - 0.5 * self._distribution.pmf(numbers)
        return places

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
        value = native(value)
        if not self.is_encodable:
            return value
        return int(value) if self.is_discrete and value == int(value) else float(value)

    def values(self) -> Iterator[Any]:
        if self._atoms is not None:
            return iter(self._atoms)
        return self._integers()

    def _integers(self) -> Iterator[int]:
        """Yield the integers that can be drawn: SciPy is slow for one at a time."""
        end = int(self._high) + 1
        for start in range(int(self._low), end, _BLOCK):
            numbers = np.arange(start, min(start + _BLOCK, end))
            yield from numbers[self._distribution.pmf(numbers) > 0].tolist()

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
