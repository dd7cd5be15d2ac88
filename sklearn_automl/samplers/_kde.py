"""The model of BOHB (Falkner, Klein and Hutter, "BOHB: Robust and efficient
hyperparameter optimization at scale", ICML 2018, Algorithm 2).

A tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) with multivariate
densities: l of the good configurations and g of the bad ones. Some candidates are drawn
from a widened l, and the next configuration is the one with the largest l / g.
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

# The smallest mass of a kernel, so that the mass has a logarithm.
_TINY = 1e-300


class KDESampler(ModelSampler):
    """Propose where good configurations are dense and bad ones are not.

    This is the sampler of BOHB [1]_, a tree-structured Parzen estimator [2]_. One
    density is fitted to the good configurations and another one to the bad ones, at the
    highest resource that has enough observations.

    Parameters
    ----------
    random_fraction : float, default=1/3
        Probability that a proposal is drawn from the space itself: ``rho`` in [1]_.
        Between 0 and 1.

    n_candidates : int, default=64
        Number of configurations that are drawn from the good density, ``N_s`` in [1]_.
        The one with the largest ratio of densities is proposed. At least 1.

    top_fraction : float, default=0.15
        Share of the observations that are good, ``q`` in [1]_. Each density gets at
        least as many observations as it needs (see Notes). Between 0 and 1.

    bandwidth_factor : float, default=3
        Factor of the good density's bandwidths when candidates are drawn: ``b_w`` in
        [1]_. More than 0.

    min_bandwidth : float, default=1e-3
        The smallest bandwidth, as a share of the side of the unit cube. More than 0.

    Attributes
    ----------
    n_proposals : Counter
        The number of proposals from the model, and for each reason the number of
        random proposals that were made for it.

    Raises
    ------
    ValueError
        If an option is out of its range; by :meth:`bind`, if a distribution of the
        space has no ``ppf`` and ``cdf``.

    See Also
    --------
    GaussianProcessSampler : A model of all resources.

    Notes
    -----
    The defaults are those of HpBandSter, the implementation of the authors.
    ``benchmarks/bench_models.py lcbench --ablation`` compares them with variants.

    The sampler deviates from [1]_ as follows:

    * Each density has at least ``N_min = d + 1`` observations, and no observation is in
      both densities. The model therefore needs ``2 * (d + 1)`` observations with one
      resource, not ``d + 3``. ``d`` is the number of parameters of the largest
      alternative.
    * A failed evaluation is never a good observation.
    * Kernels are normalised on the unit cube.
    * An integer has the probability of its bin, not a density.
    * A value of a list that was not seen is improbable, not impossible.
    * Parameters that are active together have a separate density, which is fitted to
      the observations where they are active. If they are inactive in some observations,
      their bandwidths are computed as if there were one more observation, a uniform
      one.
    * Running trials count as bad, so that parallel workers do not get the same
      proposal. The configurations of one bracket do not count, because they are drawn
      before any of them runs.
    * The proposal is the best candidate that is new.

    References
    ----------
    .. [1] S. Falkner, A. Klein and F. Hutter, "BOHB: Robust and efficient
       hyperparameter optimization at scale", ICML 2018, Algorithm 2.
       :arxiv:`1807.01774`

    .. [2] J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for
       hyper-parameter optimization", NeurIPS 2011.

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
        """Return configurations that are all drawn before any is evaluated.

        Parameters
        ----------
        n : int
            The number of configurations.

        resource : float, default=1
            The amount of the resource that their first evaluations will have.

        Returns
        -------
        configs : list of dict
            The configurations; fewer than ``n`` if the space is used up.
        """
        # The configurations of a bracket do not run yet. If they counted as bad, the
        # later ones would be drawn away from the good region: on LCBench that had a
        # worse regret (`benchmarks/bench_models.py lcbench --ablation`, the variant
        # "kde, brackets count as bad").
        self._bad_pending = False
        try:
            return super().ask_together(n, resource)
        finally:
            self._bad_pending = True

    def start(self) -> None:
        super().start()
        self._bad_pending = True
        self._fitted: _Fitted | None = None  # None if there are new observations

    def tell(self, observation: Observation) -> None:
        super().tell(observation)
        self._fitted = None

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        if self.rng.random() < self.random_fraction:  # Alg. 2, line 1
            return self._random("random fraction")
        if self._fitted is None and (split := self._split()) is not None:
            good_points, bad_points = split
            self._fitted = _Fitted(  # Alg. 2, line 4; l and g of eq. (2)
                self._density(good_points), self._density(bad_points), bad_points
            )
        if self._fitted is None:  # Alg. 2, line 3
            return self._random("too few observations")
        good, bad, bad_points = self._fitted
        # Deviation: running trials count as bad because parallel workers would propose
        # the same otherwise.
        if self._bad_pending and self._pending:
            bad = self._density(np.vstack([bad_points, *self._pending.values()]))
        # Alg. 2, line 5: candidates are drawn from l', which is l with wider kernels.
        candidates = good.sample(self.rng, self.n_candidates, self.bandwidth_factor)
        ratios = good.log_density(candidates) - bad.log_density(candidates)
        # Alg. 2, line 6: the largest l / g has the largest expected improvement.
        return self._first_new(candidates[np.argsort(-ratios, kind="stable")])

    def _split(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the good and the bad points of the highest resource with enough."""
        # Deviation: d is the number of parameters of the largest alternative because
        # the parameters of different alternatives are never active together.
        n_min = self._cube.n_active_most + 1
        for resource in sorted(self._seen, reverse=True):  # Alg. 2, line 2
            seen = self._seen[resource]
            # Deviation: a failure is never a good point because a density of failures
            # would lead to more of them.
            n_finished = int(np.count_nonzero(seen.losses < math.inf))
            # Deviation: 2 N_min observations, not N_min + 2, because with fewer, the
            # good and the bad points of eq. (3) overlap.
            if seen.n < 2 * n_min or n_finished < n_min:
                continue
            # eq. (3): N_l = max(N_min, q N_b). The bad points are all the others, and
            # there are at least N_min.
            n_good = min(int(self.top_fraction * seen.n), n_finished, seen.n - n_min)
            n_good = max(n_min, n_good)
            ranked = seen.points[np.argsort(seen.losses, kind="stable")]
            return ranked[:n_good], ranked[n_good:]
        return None

    def _density(self, points: np.ndarray) -> "ProductKernelDensity":
        return ProductKernelDensity(self._cube, points, self.min_bandwidth)


class _Fitted(NamedTuple):
    """The densities of the observations, and the points of the bad density."""

    good: "ProductKernelDensity"
    bad: "ProductKernelDensity"
    bad_points: np.ndarray


class ProductKernelDensity:
    """A mixture of product kernels on the unit cube, one kernel for each point.

    Columns that are active together have a mixture of their own, of the points where
    they are active. The density is the product of those mixtures. Densities are
    relative to the uniform density, also where a column is discrete.
    """

    def __init__(
        self, cube: UnitCube, points: np.ndarray, min_bandwidth: float
    ) -> None:
        self._cube = cube
        self._points = points
        # Deviation: parameters that are active together have a density of their own,
        # instead of made-up values where they are inactive, because such values would
        # hide which observations say something about them.
        self._groups = [
            _Group(cube, columns, points, min_bandwidth) for columns in cube.groups()
        ]

    def sample(self, rng: Generator, n: int, bandwidth_factor: float) -> np.ndarray:
        """Draw points, each around a point of the mixture, with wider kernels."""
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
        # The normal reference rule of statsmodels, which BOHB uses.
        # See https://www.statsmodels.org/stable/generated/statsmodels.nonparametric.kernel_density.KDEMultivariate.html
        variance = self._points[:, self._numeric].var(axis=0)
        if n < len(points):
            # Deviation: the variance includes one more member, which is uniform,
            # because the density of a few members has spikes that alone decide between
            # alternatives.
            variance = (n * variance + 1 / 12) / (n + 1)
        rule = 1.06 * np.sqrt(variance) * n ** (-1 / (4 + len(columns)))
        self._bandwidths = np.maximum(rule, min_bandwidth)
        # Deviation: a prior with the weight of one point is spread over all levels,
        # because a level that was not seen must stay possible.
        self._prior = 1 / (n + 1)
        self._precompute()

    def _precompute(self) -> None:
        centres, h = self._points[:, self._numeric], self._bandwidths
        # Deviation: kernels are divided by their mass inside the cube because points
        # near its boundary would have a smaller density otherwise.
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
            return  # the samples of this group stay uniform
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
        # Deviation: the mass of a bin instead of the density at its centre, because a
        # narrow kernel has next to no density between two integers.
        j, h = self._numeric[place], self._bandwidths[place]
        edges = self._cube.edges[j]
        levels, of_x = np.unique(self._cube.levels(x, j), return_inverse=True)
        centres, of_point = np.unique(self._points[:, j], return_inverse=True)
        low, high = edges[levels][:, None], edges[levels + 1][:, None]  # type: ignore[index]
        mass = ndtr((high - centres) / h) - ndtr((low - centres) / h)
        table: np.ndarray = np.log(np.maximum(mass, _TINY) / (high - low))
        return table[of_x][:, of_point]

    def _log_categorical(self, x: np.ndarray, j: int) -> np.ndarray:
        """Return Aitchison and Aitken's kernel, relative to equal probabilities."""
        n_levels = self._cube.n_levels[j]
        levels, own = self._cube.levels(x, j), self._cube.levels(self._points, j)
        same = np.log(1 + (n_levels - 1) * (1 - self._prior))
        log_kernels: np.ndarray = np.where(
            levels[:, None] == own, same, np.log(self._prior)
        )
        return log_kernels
