"""A training ends when it will hardly become the best."""

from numbers import Real

import numpy as np

from sklearn_automl.nas.estimation._base import Estimation, Training
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.schedulers import CurveStopping, FullFidelity, Scheduler, ladder
from sklearn_automl.schedulers import LearningCurve as CurveScheduler

__all__ = ["LearningCurve"]

# A full training is this many times as long as the first look, and there are so many
# looks while a training gets three times as long.
_RANGE = 9
_LOOKS_PER_THREE = 3


class LearningCurve(Estimation):
    """End a training whose learning curve will hardly reach the best score.

    Curves are extrapolated to the last epoch. The extrapolation uses the curves of
    earlier architectures and the usual shape of such curves [1]_.

    .. versionadded:: 0.1

    Parameters
    ----------
    confidence : float, default=0.95
        A training ends when the probability that it will not reach the best score is at
        least this value.

    See Also
    --------
    Full : Trains every architecture in full.
    LowFidelity : Compares at rungs instead of extrapolating.

    Notes
    -----
    The learning rate is nearly zero at the last epoch, and a curve rises once more
    there. The extrapolation takes this into account, because the curve of the best
    trial also has this rise. With one worker, the same seed gives the same
    architectures.

    References
    ----------
    .. [1] T. Domhan, J. T. Springenberg and F. Hutter, "Speeding up automatic
       hyperparameter optimization of deep neural networks by extrapolation of learning
       curves", IJCAI 2015.

    Examples
    --------
    >>> from sklearn_automl.nas.estimation import LearningCurve
    >>> LearningCurve(confidence=0.9)
    LearningCurve(confidence=0.9)
    """

    def __init__(self, *, confidence: float = 0.95) -> None:
        self.confidence = confidence

    def make_scheduler(
        self, strategy: Strategy, n_trials: int, training: Training
    ) -> Scheduler:
        """Return the scheduler of a search, as :class:`Estimation` says."""
        if not isinstance(self.confidence, Real) or not 0 < self.confidence < 1:
            raise self._refuse("confidence", "a number between 0 and 1")
        largest = self.largest(training)
        step = 3 ** (1 / _LOOKS_PER_THREE)
        rungs = ladder(max(largest // _RANGE, 1), largest, step)
        if len(rungs) == 1:
            return FullFidelity(strategy, n_trials, largest)
        # Every search has the same prior: only architectures are random.
        rng = np.random.default_rng(0)
        rule = CurveStopping(self.confidence)
        return CurveScheduler(strategy, n_trials, rungs, rule, rng)
