"""Independent categorical decisions, and what moves their logits."""

from typing import Any

import numpy as np
from numpy.random import Generator

__all__ = ["Adam", "MovingAverage", "Policy"]

_INITIAL_SD = 1e-3  # of the logits


class Policy:
    """Independent categorical distributions, as rows of logits.

    A row ends with -inf where a decision has fewer values than another one.
    """

    def __init__(self, n_levels: np.ndarray, rng: Generator) -> None:
        self._last = n_levels - 1
        exists = np.arange(n_levels.max()) < n_levels[:, None]
        noise = _INITIAL_SD * rng.standard_normal(exists.shape)
        self.logits = np.where(exists, noise, -np.inf)

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Return the softmax of each row; the higher the temperature, the flatter."""
        logits = self.logits / temperature
        unnormalized = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: np.ndarray = unnormalized / unnormalized.sum(
            axis=1, keepdims=True
        )
        return probabilities

    def sample(self, rng: Generator, temperature: float = 1.0) -> np.ndarray:
        """Draw the number of a value for each decision."""
        bounds = self.probabilities(temperature).cumsum(axis=1)
        levels = (rng.random((len(bounds), 1)) >= bounds).sum(axis=1)
        # The sum of a row can be rounded to less than 1.
        return np.minimum(levels, self._last)

    def score(self, levels: np.ndarray, is_active: np.ndarray) -> np.ndarray:
        """Return the gradient of the logarithm of the probability of decisions."""
        score = -self.probabilities()
        score[np.arange(len(levels)), levels] += 1
        return np.where(is_active[:, None], score, 0)

    def entropy_gradient(self, is_active: np.ndarray) -> np.ndarray:
        """Return the gradient of the sum of the entropies of decisions."""
        p = self.probabilities()
        log_p = np.log(np.where(p > 0, p, 1))
        entropy = -(p * log_p).sum(axis=1, keepdims=True)
        return np.where(is_active[:, None], -p * (log_p + entropy), 0)


class MovingAverage:
    """An exponential moving average, corrected for its beginning at zero."""

    def __init__(self, decay: float) -> None:
        self._decay, self._sum, self.n = decay, 0.0, 0

    @property
    def value(self) -> float:
        """The average, of one number at least."""
        return self._sum / (1 - self._decay**self.n)

    def update(self, number: float) -> None:
        """Take in a number."""
        self._sum = self._decay * self._sum + (1 - self._decay) * number
        self.n += 1

    def state_dict(self) -> dict[str, Any]:
        """Return its state."""
        return {"sum": self._sum, "n": self.n}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._sum, self.n = state["sum"], state["n"]


class Adam:
    """Steps uphill (Kingma and Ba, ICLR 2015, Algorithm 1)."""

    _BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, shape: tuple[int, ...], learning_rate: float) -> None:
        self._m, self._v, self._t = np.zeros(shape), np.zeros(shape), 0
        self._learning_rate = learning_rate

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """Return the step for this gradient."""
        self._t += 1
        self._m = self._BETA_1 * self._m + (1 - self._BETA_1) * gradient
        self._v = self._BETA_2 * self._v + (1 - self._BETA_2) * gradient**2
        m = self._m / (1 - self._BETA_1**self._t)
        v = self._v / (1 - self._BETA_2**self._t)
        step: np.ndarray = self._learning_rate * m / (np.sqrt(v) + self._EPSILON)
        return step

    def state_dict(self) -> dict[str, Any]:
        """Return its state."""
        return {"m": self._m.tolist(), "v": self._v.tolist(), "t": self._t}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._m, self._v = np.array(state["m"]), np.array(state["v"])
        self._t = state["t"]
