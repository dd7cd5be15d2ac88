"""Schedulers: when a configuration runs, and with how much resource."""

from sklearn_automl.schedulers._asha import ASHA
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._baseline import BaselineFirst
from sklearn_automl.schedulers._full_fidelity import FullFidelity
from sklearn_automl.schedulers._hyperband import Hyperband
from sklearn_automl.schedulers._learning_curve import LearningCurve, ladder
from sklearn_automl.schedulers._rungs import Rung, hyperband_rungs, n_halvings
from sklearn_automl.schedulers._screening import Screening
from sklearn_automl.schedulers._stopping import (
    Curves,
    CurveStopping,
    MedianStopping,
    StoppingRule,
)
from sklearn_automl.schedulers._successive_halving import SuccessiveHalving

__all__ = [
    "ASHA",
    "BaselineFirst",
    "CurveStopping",
    "Curves",
    "FullFidelity",
    "Hyperband",
    "Job",
    "LearningCurve",
    "MedianStopping",
    "Rung",
    "Scheduler",
    "Screening",
    "StoppingRule",
    "SuccessiveHalving",
    "hyperband_rungs",
    "ladder",
    "n_halvings",
]
