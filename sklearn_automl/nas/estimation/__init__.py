"""Estimation: how good an architecture is, and what finding out may cost."""

from sklearn_automl.nas.estimation._base import Estimation, Training
from sklearn_automl.nas.estimation._full import Full
from sklearn_automl.nas.estimation._learning_curve import LearningCurve
from sklearn_automl.nas.estimation._low_fidelity import LowFidelity
from sklearn_automl.nas.estimation._names import estimation_names, make_estimation
from sklearn_automl.nas.estimation._one_shot import OneShot

__all__ = [
    "Estimation",
    "Full",
    "LearningCurve",
    "LowFidelity",
    "OneShot",
    "Training",
    "estimation_names",
    "make_estimation",
]
