"""A prior over learning curves, and what the beginning of one leaves of it.

The families are those of Domhan, Springenberg and Hutter, "Speeding up automatic
hyperparameter optimization of deep neural networks by extrapolation of learning
curves", IJCAI 2015, Table 1. That curves are drawn once and weighted, instead of a
Markov chain for each curve, is the idea of Adriaensen et al., "Efficient Bayesian
learning curve extrapolation using prior-data fitted networks", NeurIPS 2023.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = ["FAMILIES", "CurveModel", "draw_shapes"]

Array = NDArray[np.float64]

# How many curves are drawn from each family.
_N_DRAWS = 200

# The prior, in units of the spread of all losses; the incumbent ends at 0. It was tuned
# with benchmarks/bench_learning_curves.py, which says on what data.
_FINAL = 0.4, 0.55  # mean and standard deviation of the final loss, a
_FALL = 0.2, 1.2  # ... of the fall to come that is the curve's own, b
_SHARE = 0.0, 1.5  # how much of the incumbent's fall comes too, c
_NOISE = 0.0007, 0.05  # standard deviation of the noise of a loss, σ
_DRIFT = 0.04, 0.3  # ... of how far a curve leaves its family from first to last, ρ

# A loss that is further than this from the incumbent's final one says no more.
_FAR = 5.0


class CurveModel:
    """Tells how likely a curve is to end below another.

    In units of the spread, with the incumbent's final loss as the zero, a loss is ::

        y(r) = a + b s(r) + c g(r) + W(log r) + noise

    with s a shape that falls from 1 to 0, g what the incumbent had still to fall, and
    W a Brownian motion, for what no family describes. The shapes, c and the standard
    deviations of W and the noise are drawn. The rest is Gaussian, so that for each draw
    the likelihood of a prefix and the final loss that it predicts are formulas.

    Parameters
    ----------
    resources : sequence of float
        Where curves are observed, ascending. The last one is what counts.

    rng : numpy.random.Generator
        Draws the curves of the prior, once.
    """

    def __init__(self, resources: Sequence[float], rng: Generator) -> None:
        x = np.asarray(resources, dtype=float) / resources[0]
        # Deviation: the paper of 2015 runs a Markov chain over the parameters of a
        # weighted sum of all families. Here every draw has one family, and its level
        # and height are integrated out, because that takes a millisecond.
        self.shapes = np.concatenate(
            [draw_shapes(name, x, rng, _N_DRAWS) for name in FAMILIES]
        )
        column = len(self.shapes), 1
        self.share = rng.uniform(*_SHARE, column)
        self.noise = _log_uniform(rng, *_NOISE, column)
        self.drift = _log_uniform(rng, *_DRIFT, column)
        self.covariance = self._covariance(np.log(x) / np.log(x[-1]))
        self._given: dict[int, _Conditional] = {}

    def chance(self, prefix: ArrayLike, incumbent: ArrayLike) -> float:
        """Return the probability that a curve ends below the incumbent.

        Parameters
        ----------
        prefix : array-like of float
            The losses of the curve so far, fewer than there are resources, in units of
            the spread.

        incumbent : array-like of float
            All losses of the best trial, in units of the spread.

        Returns
        -------
        chance : float
            From 0 to 1.
        """
        fall = np.asarray(incumbent, dtype=float)
        y = np.clip(np.asarray(prefix, dtype=float) - fall[-1], -_FAR, _FAR)
        mean = self.mean(fall - fall[-1])
        k = len(y)
        if k not in self._given:
            self._given[k] = _condition(self.covariance, k)
        whiten, towards_final, log_volume, deviation = self._given[k]
        residual = np.matmul(whiten, (y - mean[:, :k])[:, :, None])[:, :, 0]
        log_weight = -0.5 * (residual**2).sum(axis=1) - log_volume
        weight = np.exp(log_weight - log_weight.max())
        final = mean[:, -1] + (residual * towards_final).sum(axis=1)
        return float(weight @ ndtr(-final / deviation) / weight.sum())

    def mean(self, fall: Array) -> Array:
        """Return what each draw expects, with what the incumbent had still to fall."""
        # Deviation: c and g are not in the papers. They are here because curves of one
        # search resemble each other, and one that was seen to its end tells more than
        # any family.
        own = _FALL[0] * np.maximum(1 - self.share, 0)
        return np.asarray(_FINAL[0] + own * self.shapes + self.share * fall)

    def _covariance(self, time: Array) -> Array:
        """Return the covariance of the losses of each draw; time is from 0 to 1."""
        s = self.shapes
        return np.asarray(
            _FINAL[1] ** 2
            + _FALL[1] ** 2 * s[:, :, None] * s[:, None, :]
            + self.drift[:, :, None] ** 2 * np.minimum(time[:, None], time)
            + self.noise[:, :, None] ** 2 * np.eye(len(time))
        )


class _Conditional(NamedTuple):
    """The final loss given the first k, for each draw."""

    whiten: Array  # makes residuals independent, with variance 1
    towards_final: Array  # their covariances with the final loss
    log_volume: Array  # of the density of the first k
    deviation: Array  # what is left of the final loss's standard deviation


def _condition(covariance: Array, k: int) -> _Conditional:
    root = np.linalg.cholesky(covariance[:, :k, :k])
    whiten = np.linalg.inv(root)
    towards_final = np.matmul(whiten, covariance[:, :k, -1:])[:, :, 0]
    log_volume = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    left = covariance[:, -1, -1] - (towards_final**2).sum(axis=1)
    return _Conditional(whiten, towards_final, log_volume, np.sqrt(left))


# ---- families --------------------------------------------------------------------
#
# With the level and the height left out, some of the eleven of the paper are the same
# shape: MMF, Hill and log-power are logistic in log x; Weibull, Janoschek and exp4 are
# stretched exponentials. All fall in x, and x begins at 1.


def _pow3(x: Array, rng: Generator, n: int) -> Array:
    return np.asarray(x ** -_log_uniform(rng, 0.1, 3, (n, 1)))


def _pow4(x: Array, rng: Generator, n: int) -> Array:
    shift = _log_uniform(rng, 0.3, 100, (n, 1))
    return np.asarray((x + shift) ** -_log_uniform(rng, 0.3, 5, (n, 1)))


def _log_power(x: Array, rng: Generator, n: int) -> Array:
    slope = _log_uniform(rng, 0.7, 8, (n, 1))
    return np.asarray(1 / (1 + np.exp(slope * (np.log(x) - _middle(x, rng, n)))))


def _weibull(x: Array, rng: Generator, n: int) -> Array:
    power = _log_uniform(rng, 0.3, 4, (n, 1))
    # Below exp(-exp(5)) there is nothing to see, and more would overflow.
    exponent = np.minimum(power * (np.log(x) - _middle(x, rng, n)), 5)
    return np.asarray(np.exp(-np.exp(exponent)))


def _vapor_pressure(x: Array, rng: Generator, n: int) -> Array:
    inverse = _log_uniform(rng, 0.1, 5, (n, 1))
    return np.asarray(np.exp(inverse / x - rng.uniform(0.05, 1, (n, 1)) * np.log(x)))


def _ilog2(x: Array, rng: Generator, n: int) -> Array:
    return np.asarray(1 / np.log1p(x + _log_uniform(rng, 0.2, 10, (n, 1))))


def _log_log_linear(x: Array, rng: Generator, n: int) -> Array:
    return np.asarray(-np.log1p(_log_uniform(rng, 0.1, 10, (n, 1)) * np.log(x)))


FAMILIES: dict[str, Callable[[Array, Generator, int], Array]] = {
    "pow3": _pow3,
    "pow4": _pow4,
    "log_power": _log_power,
    "weibull": _weibull,
    "vapor_pressure": _vapor_pressure,
    "ilog2": _ilog2,
    "log_log_linear": _log_log_linear,
}


def draw_shapes(family: str, x: Array, rng: Generator, n: int) -> Array:
    """Return n curves of a family at x, each scaled to fall from 1 to 0."""
    curves = FAMILIES[family](x, rng, n)
    first, last = curves[:, :1], curves[:, -1:]
    return np.asarray((curves - last) / (first - last))


def _middle(x: Array, rng: Generator, n: int) -> Array:
    """Return the log x at which a curve with a bend is half-way; it may be outside."""
    end = np.log(x[-1])
    return np.asarray(rng.uniform(max(-0.3 * end, -1), 1.1 * end, (n, 1)))


def _log_uniform(
    rng: Generator, low: float, high: float, size: tuple[int, int]
) -> Array:
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), size)))
