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

    n_levels : how many levels there are
    """

    def __init__(self, n_levels: int) -> None:
        self._n_levels = n_levels
        self._losses: dict[int, list[float]] = {}
        self._means: list[dict[int, float]] = [{} for _ in range(n_levels)]
        self._worst: dict[int, float] = {}
        self._lowest = math.inf
        #: The losses of the best trial of those that have reached the last level.
        self.incumbent: list[float] | None = None

    def add(self, trial_id: int, loss: float) -> None:
        """Take the loss of a trial at its next level."""
        curve = self._losses.setdefault(trial_id, [])
        curve.append(loss)
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
        """Return the losses of a trial."""
        return self._losses[trial_id]

    def means_of_others(self, trial_id: int) -> list[float]:
        """Return the mean loss of each other trial, up to the level of this one."""
        means = self._means[len(self._losses[trial_id]) - 1]
        return [mean for i, mean in means.items() if i != trial_id]

    @property
    def spread(self) -> float:
        """From the lowest loss to the highest, without trials that are far off.

        It shifts and scales with the losses, so that what is measured in it does not.
        """
        reach = np.subtract(list(self._worst.values()), self._lowest)
        usual = _OUTLYING * float(np.median(reach))
        return min(float(reach.max()), usual) if usual else float(reach.max())


class StoppingRule(ABC):
    """Says which trial need not go on."""

    def bind(self, resources: Sequence[float], rng: Generator) -> Self:  # noqa: ARG002
        """Return a copy for trials that are evaluated at these resources."""
        return copy.copy(self)

    @abstractmethod
    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        """Tell whether a trial should end where it is."""


class CurveStopping(StoppingRule):
    """Stop a trial that is unlikely to end below the incumbent.

    confidence : how sure of that one has to be

    The model is :class:`~sklearn_automl.schedulers._curves.CurveModel`. While no trial
    has ended there is no incumbent, and none is stopped.

    # Deviation: none is stopped either before a third of the rungs were seen. They cost
    # little, and one that starts late looks until then like one that never does.
    """

    _model: CurveModel
    _n_needed: int

    def __init__(self, confidence: float = 0.95) -> None:
        self.confidence = confidence

    def bind(self, resources: Sequence[float], rng: Generator) -> Self:
        bound = super().bind(resources, rng)
        bound._model = CurveModel(resources, rng)
        bound._n_needed = -(-len(resources) // 3)
        return bound

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        if len(curves.of(trial_id)) < self._n_needed:
            return False
        return self.chance(trial_id, curves) < 1 - self.confidence

    def chance(self, trial_id: int, curves: Curves) -> float:
        """Return the probability that a trial ends below the incumbent."""
        spread = curves.spread
        if curves.incumbent is None or not spread:
            return 1.0
        return self._model.chance(
            np.divide(curves.of(trial_id), spread),
            np.divide(curves.incumbent, spread),
        )


class MedianStopping(StoppingRule):
    """Stop a trial whose best loss is above the median of the others' mean losses.

    This is the median rule of Golovin et al., "Google Vizier: a service for black-box
    optimization", KDD 2017, section 3.2.

    n_others : how many there must be to compare with

    # Deviation: the paper compares with completed trials; here all that have got as far
    # do, stopped ones too, because those that complete are the good ones.
    """

    def __init__(self, n_others: int = 3) -> None:
        self.n_others = n_others

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        means = curves.means_of_others(trial_id)
        if len(means) < self.n_others:
            return False
        return min(curves.of(trial_id)) > float(np.median(means))
