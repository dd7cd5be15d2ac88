"""When a trial is stopped: by its learning curve, or by the median of the others."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.random import Generator

from sklearn_automl.schedulers._curves import CurveModel

__all__ = ["CurveStopping", "Curves", "MedianStopping", "StoppingRule"]

# A trial counts for the spread with at most so many times what the median one does.
_OUTLYING = 3


class Curves:
    """What a search has shown: the losses of each trial, level by level.

    Parameters
    ----------
    n_levels : int
        How many levels there are.

    Attributes
    ----------
    incumbent : list of float or None
        The losses of the best trial of those that have reached the last level. None
        while no trial has.

    See Also
    --------
    StoppingRule : What looks at the curves.

    Examples
    --------
    >>> from sklearn_automl.schedulers import Curves
    >>> curves = Curves(n_levels=2)
    >>> for loss in [0.5, 0.2]:
    ...     curves.add(trial_id=0, loss=loss)
    >>> curves.incumbent
    [0.5, 0.2]
    """

    def __init__(self, n_levels: int) -> None:
        self._n_levels = n_levels
        self._losses: dict[int, list[float]] = {}
        self._means: list[dict[int, float]] = [{} for _ in range(n_levels)]
        self._worst: dict[int, float] = {}
        self._lowest = math.inf
        self.incumbent: list[float] | None = None

    def add(self, trial_id: int, loss: float, level: int | None = None) -> None:
        """Take the loss of a trial at its next level.

        Parameters
        ----------
        trial_id : int
            Number of the trial.

        loss : float
            Its loss, a finite number.

        level : int, default=None
            The number of the level; None for the next one. A trial that had failed on
            levels below has this loss there, too.
        """
        curve = self._losses.setdefault(trial_id, [])
        n_missing = 0 if level is None else level - len(curve)
        curve.extend([loss] * (1 + n_missing))
        k = len(curve)
        self._means[k - 1][trial_id] = sum(curve) / k
        self._worst[trial_id] = max(curve)
        self._lowest = min(self._lowest, loss)
        # At a tie, the earlier one stays.
        if k == self._n_levels and (
            self.incumbent is None or loss < self.incumbent[-1]
        ):
            self.incumbent = curve

    def of(self, trial_id: int) -> Sequence[float]:
        """Return the losses of a trial.

        Parameters
        ----------
        trial_id : int
            Number of the trial.

        Returns
        -------
        losses : sequence of float
            One for each level that the trial has reached.
        """
        return self._losses[trial_id]

    def means_of_others(self, trial_id: int) -> list[float]:
        """Return the mean loss of each other trial, up to the level of this one.

        Parameters
        ----------
        trial_id : int
            Number of this trial.

        Returns
        -------
        means : list of float
            The means of those that have reached the level.
        """
        means = self._means[len(self._losses[trial_id]) - 1]
        return [mean for i, mean in means.items() if i != trial_id]

    @property
    def spread(self) -> float:
        """From the lowest loss to the highest, without trials that are far off.

        The spread scales with the losses, and a shift of all losses leaves it as it is.
        A loss in units of the spread therefore means the same in every search.
        """
        reach = np.subtract(list(self._worst.values()), self._lowest)
        usual = _OUTLYING * float(np.median(reach))
        return min(float(reach.max()), usual) if usual else float(reach.max())


class StoppingRule(ABC):
    """Say which trial need not go on.

    A subclass writes :meth:`should_stop`.

    See Also
    --------
    CurveStopping : Asks a model of learning curves.
    LearningCurve : The scheduler that asks the rule.
    MedianStopping : Compares with the other trials.
    """

    def bind(self, resources: Sequence[float], rng: Generator) -> Self:  # noqa: ARG002
        """Return a copy for trials that are evaluated at these resources.

        Parameters
        ----------
        resources : sequence of float
            The resource of each rung, ascending.

        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        rule : StoppingRule
            The copy; the rule itself stays as it is.
        """
        return copy.copy(self)

    @abstractmethod
    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        """Tell whether a trial should end where it is.

        Parameters
        ----------
        trial_id : int
            Number of the trial, which has not reached the last rung.

        curves : Curves
            The losses of all trials.

        Returns
        -------
        should_stop : bool
            Whether the trial ends.
        """


class CurveStopping(StoppingRule):
    """Stop a trial that is unlikely to end below the incumbent.

    Parameters
    ----------
    confidence : float, default=0.95
        How sure of that the model has to be.

    See Also
    --------
    LearningCurve : The scheduler that asks the rule.
    MedianStopping : A rule without a model.

    Notes
    -----
    The rule is that of [1]_, section 3.3: a trial ends if the probability that it
    becomes better than the incumbent is less than ``1 - confidence``. While no trial
    has ended there is no incumbent, and none is stopped.

    There are two deviations. No trial is stopped before a third of the rungs were seen,
    because the first rungs cost little, and a curve that falls late looks there like
    one that never falls. And the model is a prior that is drawn once, after the idea of
    [2]_, instead of a Markov chain for each curve, because the prior answers in a
    millisecond. ``benchmarks/bench_learning_curves.py`` shows what both save and lose.

    References
    ----------
    .. [1] Domhan, T., Springenberg, J. T. and Hutter, F. (2015). Speeding up automatic
           hyperparameter optimization of deep neural networks by extrapolation of
           learning curves. IJCAI.
    .. [2] Adriaensen, S. et al. (2023). Efficient Bayesian learning curve extrapolation
           using prior-data fitted networks. NeurIPS.
    """

    _model: CurveModel
    _n_needed: int

    def __init__(self, confidence: float = 0.95) -> None:
        self.confidence = confidence

    def bind(self, resources: Sequence[float], rng: Generator) -> Self:
        bound = super().bind(resources, rng)
        bound._model = CurveModel(resources, rng)
        # Deviation: no trial is stopped in the first third of the rungs, because a
        # curve that falls late looks there like one that never falls. The third was
        # chosen with benchmarks/bench_learning_curves.py.
        bound._n_needed = -(-len(resources) // 3)
        return bound

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        if len(curves.of(trial_id)) < self._n_needed:
            return False
        return self.chance(trial_id, curves) < 1 - self.confidence

    def chance(self, trial_id: int, curves: Curves) -> float:
        """Return the probability that a trial ends below the incumbent.

        Parameters
        ----------
        trial_id : int
            Number of the trial, which has not reached the last rung.

        curves : Curves
            The losses of all trials.

        Returns
        -------
        chance : float
            1 while there is no incumbent, or no difference between losses.
        """
        spread = curves.spread
        if curves.incumbent is None or not spread:
            return 1.0
        return self._model.chance(
            np.divide(curves.of(trial_id), spread),
            np.divide(curves.incumbent, spread),
        )


class MedianStopping(StoppingRule):
    """Stop a trial whose best loss is above the median of the others' mean losses.

    Parameters
    ----------
    n_others : int, default=3
        How many other trials there must be to compare with.

    See Also
    --------
    CurveStopping : A rule that looks ahead.
    LearningCurve : The scheduler that asks the rule.

    Notes
    -----
    This is the median rule of [1]_, section 3.2. There is one deviation: the paper
    compares with completed trials. Here all trials count that have come as far, stopped
    ones too, because those that complete are the good ones.

    References
    ----------
    .. [1] Golovin, D. et al. (2017). Google Vizier: a service for black-box
           optimization. KDD.

    Examples
    --------
    >>> from sklearn_automl.schedulers import Curves, MedianStopping
    >>> curves = Curves(n_levels=3)
    >>> for trial_id, loss in enumerate([0.1, 0.2, 0.3, 0.4]):
    ...     curves.add(trial_id, loss)
    >>> rule = MedianStopping()
    >>> [rule.should_stop(trial_id, curves) for trial_id in range(4)]
    [False, False, True, True]
    """

    def __init__(self, n_others: int = 3) -> None:
        self.n_others = n_others

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        # Deviation: the paper compares with completed trials only. All trials that have
        # come as far count here, because those that complete are the good ones.
        means = curves.means_of_others(trial_id)
        if len(means) < self.n_others:
            return False
        return min(curves.of(trial_id)) > float(np.median(means))
