"""The model of BOHB (Falkner, Klein and Hutter, "BOHB: Robust and efficient
hyperparameter optimization at scale", ICML 2018, Algorithm 2).

A tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) with multivariate
densities: l of the good configurations and g of the bad ones; the next configuration is
the best of some draws from a widened l by l / g.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr, ndtri

from sklearn_automl._options import (
    check_between,
    check_integer,
    check_positive,
)
from sklearn_automl.samplers._base import Observation, Proposal
from sklearn_automl.samplers._history import ModelSampler
from sklearn_automl.space import Configuration, UnitCube

__all__ = ["KDESampler", "ProductKernelDensity"]

_LOG_SQRT_2_PI = 0.5 * math.log(2 * math.pi)

# A kernel's mass so far away is as good as none, and its logarithm must exist.
_TINY = 1e-300


class KDESampler(ModelSampler):
    """Propose where good configurations are dense and bad ones are not.

    The sampler of BOHB [1]_. The densities are those of the highest resource that has
    enough observations.

    Parameters
    ----------
    random_fraction : float, default=1/3
        Share of the proposals that are drawn from the space itself.

    n_candidates : int, default=64
        How many configurations are drawn from the good density; the one with the
        largest ratio of densities is proposed.

    top_fraction : float, default=0.15
        Share of the observations that are good, as far as it leaves as many on either
        side as a density needs (see Notes).

    bandwidth_factor : float, default=3
        How much wider than the good density the candidates are drawn.

    min_bandwidth : float, default=1e-3
        The smallest bandwidth, in the unit cube.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals came from the model and how many are random, by reason.

    See Also
    --------
    GaussianProcessSampler : A model of all resources.

    Notes
    -----
    A density needs ``d + 1`` observations, d being the number of parameters (of the
    alternative that has most), so that the model needs ``2 * (d + 1)`` of one resource.
    What BOHB as published does not have: kernels are normalised on the unit cube and
    have mass, not density, for integers; a level of a categorical parameter that was
    not seen is improbable, not impossible; parameters that are active together have a
    density of their own, made of the observations where they are active, and of a
    uniform one for its bandwidth where not all are; running trials count as bad ones,
    so that parallel workers do not propose the same (not those of a bracket, which are
    drawn before any of them runs); smaller resources stay in use.

    References
    ----------
    .. [1] S. Falkner, A. Klein and F. Hutter, "BOHB: Robust and efficient
       hyperparameter optimization at scale", ICML 2018. :arxiv:`1807.01774`

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import KDESampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = KDESampler(random_fraction=0).bind(space, np.random.default_rng(0))
    >>> for _ in range(30):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"] ** 2, resource=1))
    >>> abs(sampler.ask()["x"]) < 0.5
    True
    """

    def __init__(
        self,
        *,
        random_fraction: float = 1 / 3,
        n_candidates: int = 64,
        top_fraction: float = 0.15,
        bandwidth_factor: float = 3,
        min_bandwidth: float = 1e-3,
    ) -> None:
        check_between("random_fraction", random_fraction, 0, 1)
        check_integer("n_candidates", n_candidates, 1)
        check_between("top_fraction", top_fraction, 0, 1)
        check_positive("bandwidth_factor", bandwidth_factor)
        check_positive("min_bandwidth", min_bandwidth)
        self.random_fraction = random_fraction
        self.n_candidates = n_candidates
        self.top_fraction = top_fraction
        self.bandwidth_factor = bandwidth_factor
        self.min_bandwidth = min_bandwidth

    def ask_together(self, n: int, resource: float = 1) -> list[Configuration]:
        """Return configurations of which none is evaluated before all are drawn.

        Parameters
        ----------
        n : int
            How many.

        resource : float, default=1
            What they will be evaluated with first.

        Returns
        -------
        configs : list of dict
            Fewer if the space has no more.
        """
        # Nothing of it runs yet. Were they taken for bad, a bracket would soon leave
        # the region that its own configurations are drawn from.
        self._bad_pending = False
        try:
            return super().ask_together(n, resource)
        finally:
            self._bad_pending = True

    def start(self) -> None:
        super().start()
        self._bad_pending = True
        self._fitted: _Fitted | None = None  # to what was told so far

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        self._fitted = None

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        if self.rng.random() < self.random_fraction:
            return self._random("random fraction")
        if self._fitted is None and (split := self._split()) is not None:
            good_points, bad_points = split
            self._fitted = _Fitted(
                self._density(good_points), self._density(bad_points), bad_points
            )
        if self._fitted is None:
            return self._random("too few observations")
        good, bad, bad_points = self._fitted
        if self._bad_pending and self._pending:
            bad = self._density(np.vstack([bad_points, *self._pending.values()]))
        candidates = good.sample(self.rng, self.n_candidates, self.bandwidth_factor)
        ratios = good.log_density(candidates) - bad.log_density(candidates)
        return self._first_new(candidates[np.argsort(-ratios, kind="stable")])

    def _split(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the good and the bad points of the highest resource with enough."""
        n_min = self._cube.n_active_most + 1
        for resource in sorted(self._seen, reverse=True):
            seen = self._seen[resource]
            # A failure is no good point, however many there are.
            n_finished = int(np.count_nonzero(seen.losses < math.inf))
            if seen.n < 2 * n_min or n_finished < n_min:
                continue
            n_good = min(int(self.top_fraction * seen.n), n_finished, seen.n - n_min)
            n_good = max(n_min, n_good)
            ranked = seen.points[np.argsort(seen.losses, kind="stable")]
            return ranked[:n_good], ranked[n_good:]
        return None

    def _density(self, points: np.ndarray) -> "ProductKernelDensity":
        return ProductKernelDensity(self._cube, points, self.min_bandwidth)


class _Fitted(NamedTuple):
    """The densities of what was told, and the points of the bad one."""

    good: "ProductKernelDensity"
    bad: "ProductKernelDensity"
    bad_points: np.ndarray


class ProductKernelDensity:
    """A mixture of product kernels on the unit cube, one for each point.

    Columns that are active together have a mixture of their own, of the points where
    they are active; the density is the product of those mixtures. Densities are
    relative to the uniform one, also where a column is discrete.
    """

    def __init__(
        self, cube: UnitCube, points: np.ndarray, min_bandwidth: float
    ) -> None:
        self._cube = cube
        self._points = points
        self._groups = [
            _Group(cube, columns, points, min_bandwidth) for columns in cube.groups()
        ]

    def sample(self, rng: Generator, n: int, bandwidth_factor: float) -> np.ndarray:
        """Draw points, each around one of the mixture's, with wider kernels."""
        samples = rng.random((n, self._cube.n_columns))
        centres = rng.integers(len(self._points), size=n)
        for group in self._groups:
            group.sample_around(centres, samples, rng, bandwidth_factor)
        return self._cube.mask(self._cube.snap(samples))

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Return the logarithm of the density at points with NaN where inactive."""
        total = np.zeros(len(points))
        for group in self._groups:
            total += group.log_density(points)
        return total


class _Group:
    """The mixture in columns that are active together."""

    def __init__(
        self,
        cube: UnitCube,
        columns: list[int],
        points: np.ndarray,
        min_bandwidth: float,
    ) -> None:
        self._cube = cube
        self._first = columns[0]
        self._is_member = ~np.isnan(points[:, self._first])
        self._members = np.flatnonzero(self._is_member)
        self._points = points[self._members]
        n = len(self._members)
        self._categorical = [j for j in columns if cube.is_categorical[j]]
        self._numeric = [j for j in columns if not cube.is_categorical[j]]
        if n == 0:
            return
        # The normal reference rule, as in statsmodels, which BOHB uses.
        variance = self._points[:, self._numeric].var(axis=0)
        if n < len(points):
            # Few members would make spikes that decide alone between alternatives:
            # they get one more that is uniform.
            variance = (n * variance + 1 / 12) / (n + 1)
        rule = 1.06 * np.sqrt(variance) * n ** (-1 / (4 + len(columns)))
        self._bandwidths = np.maximum(rule, min_bandwidth)
        # A prior of the weight of one point, spread over all levels.
        self._prior = 1 / (n + 1)
        self._precompute()

    def _precompute(self) -> None:
        centres, h = self._points[:, self._numeric], self._bandwidths
        # What of each kernel lies in the cube.
        inside = ndtr((1 - centres) / h) - ndtr(-centres / h)
        is_discrete = self._cube.n_levels[self._numeric] > 0
        self._continuous = np.flatnonzero(~is_discrete)
        self._ordinal = np.flatnonzero(is_discrete)
        self._log_scale = -np.log(inside).sum(axis=1)
        self._log_scale -= np.sum(np.log(h[self._continuous]) + _LOG_SQRT_2_PI)

    def sample_around(
        self,
        centres: np.ndarray,
        samples: np.ndarray,
        rng: Generator,
        bandwidth_factor: float,
    ) -> None:
        """Draw this group's coordinates of ``samples`` around the points' own."""
        n = len(self._members)
        if n == 0:
            return  # they stay uniform
        others = rng.integers(n, size=len(centres))
        place = np.searchsorted(self._members, centres)
        place = np.where(self._is_member[centres], place, others)
        around = self._points[place]
        for j, bandwidth in zip(self._numeric, self._bandwidths, strict=True):
            mean, sd = around[:, j], bandwidth_factor * bandwidth
            low, high = ndtr(-mean / sd), ndtr((1 - mean) / sd)
            samples[:, j] = mean + sd * ndtri(low + samples[:, j] * (high - low))
        for j in self._categorical:
            stays = rng.random(len(centres)) >= bandwidth_factor * self._prior
            samples[stays, j] = around[stays, j]

    def log_density(self, points: np.ndarray) -> np.ndarray:
        density = np.zeros(len(points))
        active = ~np.isnan(points[:, self._first])
        if not len(self._members) or not active.any():
            return density
        x = points[active]
        log_kernels = np.tile(self._log_scale, (len(x), 1))
        log_kernels += self._log_continuous(x)
        for place in self._ordinal:
            log_kernels += self._log_ordinal(x, int(place))
        for j in self._categorical:
            log_kernels += self._log_categorical(x, j)
        top = log_kernels.max(axis=1, keepdims=True)
        mixture = np.exp(log_kernels - top).mean(axis=1)
        density[active] = np.log(mixture) + top[:, 0]
        return density

    def _log_continuous(self, x: np.ndarray) -> np.ndarray:
        columns = [self._numeric[place] for place in self._continuous]
        h = self._bandwidths[self._continuous]
        a, b = x[:, columns] / h, self._points[:, columns] / h
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        log_kernels: np.ndarray = -0.5 * squares
        return log_kernels

    def _log_ordinal(self, x: np.ndarray, place: int) -> np.ndarray:
        """Return the kernels' mass in the bins of ``x``, per width of the bin."""
        j, h = self._numeric[place], self._bandwidths[place]
        edges = self._cube.edges[j]
        levels, of_x = np.unique(self._cube.levels(x, j), return_inverse=True)
        centres, of_point = np.unique(self._points[:, j], return_inverse=True)
        low, high = edges[levels][:, None], edges[levels + 1][:, None]  # type: ignore[index]
        mass = ndtr((high - centres) / h) - ndtr((low - centres) / h)
        table: np.ndarray = np.log(np.maximum(mass, _TINY) / (high - low))
        return table[of_x][:, of_point]

    def _log_categorical(self, x: np.ndarray, j: int) -> np.ndarray:
        """Aitchison and Aitken's kernel, relative to equal probabilities."""
        n_levels = self._cube.n_levels[j]
        levels, own = self._cube.levels(x, j), self._cube.levels(self._points, j)
        same = np.log(1 + (n_levels - 1) * (1 - self._prior))
        log_kernels: np.ndarray = np.where(
            levels[:, None] == own, same, np.log(self._prior)
        )
        return log_kernels
