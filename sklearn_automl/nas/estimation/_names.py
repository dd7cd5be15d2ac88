"""The estimations that the estimators know by name."""

from collections.abc import Callable
from functools import partial

from sklearn_automl.nas.estimation._base import Estimation
from sklearn_automl.nas.estimation._full import Full
from sklearn_automl.nas.estimation._learning_curve import LearningCurve
from sklearn_automl.nas.estimation._low_fidelity import LowFidelity
from sklearn_automl.nas.estimation._one_shot import OneShot

__all__ = ["estimation_names", "make_estimation"]

# What makes an estimation, by name.
_ESTIMATIONS: dict[str, Callable[[], Estimation]] = {
    "asha": partial(LowFidelity, scheduler="asha"),
    "full": Full,
    "hyperband": LowFidelity,
    "learning_curve": LearningCurve,
    "one_shot": OneShot,
}


def make_estimation(name: str) -> Estimation:
    """Return the estimation of this name, with its default options."""
    return _ESTIMATIONS[name]()


def estimation_names() -> set[str]:
    """Return the names that ``make_estimation`` knows."""
    return set(_ESTIMATIONS)
