"""Bayesian optimisation over all resources: what its surrogates have in common.

A model learns from the results with every resource, and the resource is one of its
inputs (Swersky, Snoek and Adams, "Multi-task Bayesian optimization", NeurIPS 2013;
Klein et al., "Fast Bayesian optimization of machine learning hyperparameters on large
datasets", AISTATS 2017). The next configuration is the one with the largest expected
improvement at the highest resource.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from scipy.special import erfcx, ndtr
from scipy.stats import qmc

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.samplers._base import Observation, Proposal
from sklearn_automl.samplers._costs import LogSeconds, check_seconds
from sklearn_automl.samplers._history import ModelSampler, Seen
from sklearn_automl.space import UnitCube

__all__ = [
    "Inputs",
    "Surrogate",
    "SurrogateSampler",
    "clipped_scores",
    "log_expected_improvement",
]

_LOG_SQRT_2_PI = 0.5 * math.log(2 * math.pi)

# The acquisition is maximised over so many random points, local points around the best
# predicted ones and, twice, around the best random ones, and fine points around the
# best of all, in as many stages as a sampler has `_refinements`. The numbers and steps
# are those of the Gaussian process that was best among 20 models on the problem of
# `benchmarks/bench_models.py lcbench`.
_N_RANDOM, _N_LOCAL, _N_FINE = 512, 300, 160
_N_STARTS = 5
_MOVED = 0.4  # probability that a coordinate of a local point is moved
_LOCAL_STEPS, _FINE_STEPS = (0.1, 0.03), (0.05, 0.015)


class Surrogate(ABC):
    """A fitted model of the loss.

    See Also
    --------
    GaussianPosterior : The prediction of a Gaussian process with any kernel.
    GaussianProcessSampler : Proposes what a surrogate expects to improve most.

    Notes
    -----
    A subclass is fitted by its constructor. An input is a row of the same form as those
    that the model was fitted to.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.samplers import Surrogate
    >>> class Nearest(Surrogate):
    ...     '''The nearest observation; the uncertainty is its distance.'''
    ...
    ...     def __init__(self, x, y):
    ...         self._x, self._y = x, y
    ...
    ...     def predict(self, inputs):
    ...         distances = np.linalg.norm(inputs[:, None] - self._x, axis=2)
    ...         return self._y[distances.argmin(axis=1)], distances.min(axis=1) + 1e-6
    ...
    ...     def believe(self, inputs):
    ...         mean, _ = self.predict(inputs)
    ...         self._x = np.vstack([self._x, inputs])
    ...         self._y = np.append(self._y, mean)
    >>> surrogate = Nearest(np.array([[0.0], [1.0]]), np.array([3.0, 4.0]))
    >>> mean, sd = surrogate.predict(np.array([[0.75]]))
    >>> mean.item(), round(sd.item(), 3)
    (4.0, 0.25)
    """

    @abstractmethod
    def predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the model expects.

        Parameters
        ----------
        inputs : ndarray of shape (n, n_inputs)
            The inputs to predict at.

        Returns
        -------
        mean : ndarray of shape (n,)
            The expected loss.

        sd : ndarray of shape (n,)
            The standard deviation of the loss, positive.
        """

    @abstractmethod
    def believe(self, inputs: np.ndarray) -> None:
        """Count the predicted means as observations.

        Parameters
        ----------
        inputs : ndarray of shape (n, n_inputs)
            The inputs of running evaluations.
        """


class Inputs:
    """Turn points of the unit cube and resources into the inputs of a model.

    The input of a categorical column is the number of the level, or -1 where the column
    is inactive. The input of any other column is the coordinate, or 0.5 where the
    column is inactive: the column it depends on tells the model that it is inactive.
    The last input is the level of the resource, from 0 to 1 on a logarithmic scale.
    """

    def __init__(self, cube: UnitCube) -> None:
        self._cube = cube
        #: The number of levels of each input, 0 if the input is not categorical.
        self.n_levels = np.append(np.where(cube.is_categorical, cube.n_levels, 0), 0)

    def __call__(self, points: np.ndarray, levels: float | np.ndarray) -> np.ndarray:
        inputs = np.empty((len(points), self._cube.n_columns + 1))
        inputs[:, :-1] = np.nan_to_num(points, nan=0.5)
        for j in np.flatnonzero(self.n_levels):
            own = self._cube.levels(points, int(j))
            inputs[:, j] = np.where(own < self.n_levels[j], own, -1)
        inputs[:, -1] = levels
        return inputs


class SurrogateSampler(ModelSampler):
    """Propose what a surrogate expects to improve most on the best at full resource.

    A subclass writes ``_fit``, which returns the fitted surrogate.
    """

    # The steps of each stage in which the best candidates are refined. Two more stages,
    # down to 0.001, did not help: `benchmarks/bench_models.py full xgboost --ablation`.
    _refinements: ClassVar[tuple[tuple[float, float], ...]] = (_FINE_STEPS,)

    def __init__(
        self,
        *,
        acquisition: str = "log_ei",
        n_initial: int = 6,
        random_fraction: float = 0.2,
        max_points: int = 250,
    ) -> None:
        if acquisition not in ("log_ei", "eips", "lcb"):
            raise ValueError(
                f"acquisition={acquisition!r} must be 'log_ei', 'eips' or 'lcb'."
            )
        check_between("random_fraction", random_fraction, 0, 1)
        check_integer("n_initial", n_initial, 2)
        check_integer("max_points", max_points, 2)
        self.acquisition = acquisition
        self.n_initial = n_initial
        self.random_fraction = random_fraction
        self.max_points = max_points

    def start(self) -> None:
        super().start()
        self._inputs = Inputs(self._cube)
        seed = int(self.rng.integers(2**31))
        self._design = qmc.Sobol(self._cube.n_columns, seed=seed)
        # None if there are results that the surrogate has not seen.
        self._surrogate: Surrogate | None = None
        # None if costs do not matter, or none is known.
        self._costs: LogSeconds | None = None
        self._n_believed = 0

    def tell(self, observation: Observation) -> None:
        if self.acquisition == "eips":
            check_seconds(observation)
        super().tell(observation)
        self._surrogate = None

    @abstractmethod
    def _fit(self, inputs: np.ndarray, scores: np.ndarray) -> Surrogate:
        """Return the surrogate of the observations."""

    def _fit_costs(self, inputs: np.ndarray, values: np.ndarray) -> Surrogate:
        """Return the surrogate of what the observations have cost."""
        return self._fit(inputs, values)

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        n_observed = sum(seen.n for seen in self._seen.values())
        if n_observed < self.n_initial:
            config = self._cube.decode(self._design.random()[0])
            return Proposal(config, "initial design")
        # Deviation: a share is random because low resources can mislead the model.
        # `benchmarks/bench_models.py lcbench --ablation` compares it with other shares.
        if self.rng.random() < self.random_fraction:
            return self._random("random fraction")
        surrogate = self._updated_surrogate()
        candidates, values = self._candidates(surrogate)
        return self._first_new(candidates[np.argsort(-values, kind="stable")])

    def _updated_surrogate(self) -> Surrogate:
        """Return the model of all results, which also believes its own predictions
        for the running configurations.
        """
        if self._surrogate is None:
            points, levels, scores = self._data()
            self._observed = points
            self._surrogate = self._fit(self._inputs(points, levels), scores)
            if self.acquisition == "eips":
                self._costs = self._cost_model()
            self._n_believed = 0
        pending = list(self._pending.values())[self._n_believed :]
        # Deviation: the mean is believed, instead of an average over draws of the
        # unknown results, because each draw needs a model of its own. Without beliefs,
        # parallel workers and the configurations of a bracket would be the same.
        if pending:
            self._surrogate.believe(self._inputs(np.array(pending), 1.0))
            self._n_believed += len(pending)
        return self._surrogate

    def _data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return points, levels and scores, the highest resources first.

        Scores are relative to the losses of all resources together.
        """
        kept = list(self._kept())
        points = np.vstack([seen.points[rows] for seen, rows, _ in kept])
        losses = np.concatenate([seen.losses[rows] for seen, rows, _ in kept])
        # Deviation: bad losses are clipped because a single failure or outlier would
        # hide the differences between all others.
        return points, _levels_of(kept), clipped_scores(losses)

    def _kept(self) -> Iterator[tuple[Seen, np.ndarray, float]]:
        """Go through what is modelled: observations, which of them, and their level."""
        resources = sorted(self._seen, reverse=True)
        room = self.max_points
        for resource, level in zip(resources, _levels(resources), strict=True):
            seen = self._seen[resource]
            rows = _latest_and_best(seen.losses, room)
            yield seen, rows, level
            room -= len(rows)

    def _cost_model(self) -> LogSeconds | None:
        """Return the model of what evaluations cost; None if too few are known."""
        kept = list(self._kept())
        points = np.vstack([seen.points[rows] for seen, rows, _ in kept])
        seconds = np.concatenate([seen.seconds[rows] for seen, rows, _ in kept])
        inputs = self._inputs(points, _levels_of(kept))
        is_known = ~np.isnan(seconds)
        if is_known.sum() < 2:
            return None
        return LogSeconds(inputs[is_known], seconds[is_known], self._fit_costs)

    def _candidates(self, surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
        """Return candidates, and the acquisition of each."""
        observed, best = self._best_observed(surrogate)

        def valued(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return points, self._acquisition(surrogate, points, best)

        anywhere = valued(self._cube.mask(self._cube.sample(self.rng, _N_RANDOM)))
        around = valued(self._around(observed[:_N_STARTS], _N_LOCAL, _LOCAL_STEPS))
        # These can be far from every observation.
        coarse = valued(self._around(_best(*anywhere), _N_LOCAL, _LOCAL_STEPS))
        closer = valued(self._around(_best(*coarse), _N_LOCAL, _FINE_STEPS))
        found = _joined(anywhere, around, coarse, closer)
        for steps in self._refinements:
            fine = valued(self._around(_best(*found), _N_FINE, steps))
            found = _joined(found, fine)
        return found

    def _best_observed(self, surrogate: Surrogate) -> tuple[np.ndarray, float]:
        """Return the different observed points, ordered by the predicted mean at the
        highest resource, and the mean of the best one.
        """
        # The NaN of an inactive parameter would differ from another NaN.
        same = np.nan_to_num(self._observed, nan=-1.0)
        observed = self._observed[np.unique(same, axis=0, return_index=True)[1]]
        # Deviation: the best predicted mean, not the best observation, because losses
        # are noisy and most have a lower resource.
        means, _ = surrogate.predict(self._inputs(observed, 1.0))
        return observed[np.argsort(means, kind="stable")], float(means.min())

    def _around(
        self, starts: np.ndarray, n: int, steps: tuple[float, ...]
    ) -> np.ndarray:
        """Return n points in which some coordinates of the starts are moved."""
        cube, rng = self._cube, self.rng
        points = cube.complete(np.resize(starts, (n, cube.n_columns)), rng)
        step = rng.choice(steps, size=(n, 1))
        moved = points + step * rng.standard_normal(points.shape)
        jumps = np.flatnonzero(cube.is_categorical)
        moved[:, jumps] = rng.random((n, len(jumps)))
        is_moved = rng.random(points.shape) < _MOVED
        is_moved[np.arange(n), rng.integers(cube.n_columns, size=n)] = True
        return cube.mask(cube.snap(np.where(is_moved, moved, points)))

    def _acquisition(
        self, surrogate: Surrogate, points: np.ndarray, best: float
    ) -> np.ndarray:
        inputs = self._inputs(points, 1.0)
        mean, sd = surrogate.predict(inputs)
        if self.acquisition == "lcb":
            # The factor 2 was not tuned; the variant "gp, lcb" of
            # `benchmarks/bench_models.py lcbench --ablation` shows what it gives.
            bound: np.ndarray = 2 * sd - mean
            return bound
        log_ei = log_expected_improvement(mean, sd, best)
        # Deviation: the seconds are those at the highest resource, where the
        # improvement is, although the first evaluation has less in a rung.
        return log_ei if self._costs is None else log_ei - self._costs.predict(inputs)


def _levels_of(kept: Sequence[tuple[Seen, np.ndarray, float]]) -> np.ndarray:
    """Return the level of each observation that is modelled."""
    return np.concatenate([np.full(len(rows), level) for _, rows, level in kept])


def _levels(resources: Sequence[float]) -> list[float]:
    """Return the level of each resource, from 0 for the lowest to 1 for the highest.

    The scale is logarithmic. A resource of 0 counts as half of the next one.
    """
    least = min((r for r in resources if r > 0), default=2.0) / 2
    logarithms = [math.log(r or least) for r in resources]
    low, high = min(logarithms), max(logarithms)
    return [(x - low) / (high - low) if high > low else 1.0 for x in logarithms]


def _best(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    return points[np.argsort(-values, kind="stable")[:_N_STARTS]]


def _joined(
    *candidates: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    points, values = zip(*candidates, strict=True)
    return np.vstack(points), np.concatenate(values)


def _latest_and_best(losses: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of n losses: the best five, and the latest of the others."""
    if n >= len(losses):
        return np.arange(len(losses))
    best = np.argsort(losses, kind="stable")[: min(_N_STARTS, n)]
    others = np.setdiff1d(np.arange(len(losses)), best)
    latest = others[len(others) - (n - len(best)) :]
    kept: np.ndarray = np.sort(np.concatenate([best, latest]))
    return kept


def clipped_scores(losses: np.ndarray) -> np.ndarray:
    """Return losses with mean 0 and variance 1, the bad ones clipped.

    The upper limit is as far above the median as the best loss is below it. Larger
    losses and failures get the value of the limit. All other losses keep their
    differences. Ranks would enlarge the differences between nearly equal
    configurations, such as those around the optimum, and the model would take them for
    noise: in `benchmarks/bench_models.py full` the regret with clipped losses was half
    of that with ranks, and a tenth smaller in `benchmarks/bench_models.py lcbench`.
    """
    finite = losses[losses < math.inf]
    if not len(finite):
        return np.zeros_like(losses)
    best, middle = finite.min(), _median(finite)
    above = finite[finite > best]
    if middle == best and len(above):
        # Half of the losses are the best one; the others still have a median.
        middle = _median(above)
    # A power of two rounds nothing, and squares neither overflow nor vanish.
    _, exponent = np.frexp(max(abs(best), abs(middle)))
    best, middle = np.ldexp([best, middle], -exponent)
    if middle == best:
        middle = best + 1
    with np.errstate(over="ignore"):  # only losses that are clipped overflow
        clipped = np.minimum(np.ldexp(losses, -exponent), middle + (middle - best))
    sd = clipped.std()
    scores: np.ndarray = (clipped - clipped.mean()) / (sd if sd > 0 else 1)
    return scores


def _median(values: np.ndarray) -> float:
    """Return the median without overflow: the sum of two halves is finite."""
    return 2 * float(np.median(values / 2))


def log_expected_improvement(
    mean: np.ndarray, sd: np.ndarray, best: float
) -> np.ndarray:
    """Return the logarithm of the expected improvement on ``best``, even far from it.

    Ament et al., "Unexpected improvements to expected improvement for Bayesian
    optimization", NeurIPS 2023, eq. (9).
    """
    z = (best - mean) / sd
    log_density = -0.5 * z**2 - _LOG_SQRT_2_PI
    # eq. (9): log h(z) in three forms. Each is used only where it is exact, and may
    # overflow elsewhere.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near = np.log(np.exp(log_density) + z * ndtr(z))
        ratio = -z * math.sqrt(math.pi / 2) * erfcx(-z / math.sqrt(2))
        far = log_density + np.log1p(-ratio)
        farthest = log_density - 2 * np.log(np.abs(z))
    # Deviation: the last form begins at -1e6, not at -1 / sqrt(eps), because 1 - ratio,
    # about 1 / z**2, is rounded away before.
    h = np.where(z > -1, near, np.where(z > -1e6, far, farthest))
    # The logarithm of sd h(z), the expected improvement.
    log_ei: np.ndarray = h + np.log(sd)
    return log_ei
