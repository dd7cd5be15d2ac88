"""What an evaluation costs: a model of its seconds (Snoek, Larochelle and Adams,
"Practical Bayesian optimization of machine learning algorithms", NeurIPS 2012,
section 3.2).
"""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from sklearn_automl.samplers._base import Observation

__all__ = ["LogSeconds", "check_seconds", "known_seconds"]


class Predictor(Protocol):
    """The part of a surrogate that is needed here."""

    def predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class LogSeconds:
    """A model of the logarithm of the seconds, ln c(x).

    inputs : what was evaluated, in the form that the model takes
    seconds : how long each took
    fit : returns the model of inputs and of values with mean 0 and variance 1
    """

    def __init__(
        self,
        inputs: np.ndarray,
        seconds: np.ndarray,
        fit: Callable[[np.ndarray, np.ndarray], Predictor],
    ) -> None:
        logarithms = np.log(seconds)
        self._mean, self._sd = logarithms.mean(), logarithms.std() or 1.0
        self._model = fit(inputs, (logarithms - self._mean) / self._sd)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Return the expected logarithm of the seconds."""
        mean, _ = self._model.predict(inputs)
        logarithms: np.ndarray = self._mean + self._sd * mean
        return logarithms


def known_seconds(observation: Observation) -> float:
    """Return what is learnt from, NaN if the seconds say nothing.

    A failed evaluation may have ended at once, or at a limit. One that took no time had
    all of its results from an earlier evaluation.
    """
    seconds = observation.seconds
    has_failed = not math.isfinite(observation.loss)
    return math.nan if has_failed or not seconds else seconds


def check_seconds(observation: Observation) -> None:
    """Raise a ValueError if a sampler that needs the seconds was not told them."""
    if observation.seconds is None and math.isfinite(observation.loss):
        raise ValueError(
            "acquisition='eips' needs to know how long each evaluation took, but this "
            "observation has no seconds: pass Observation(config, loss, resource, "
            "seconds), or take acquisition='log_ei'."
        )
