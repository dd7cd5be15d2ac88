"""Schedulers: when a configuration runs, and with how much resource."""

from sklearn_automl.schedulers._asha import ASHA
from sklearn_automl.schedulers._base import Job, Scheduler
from sklearn_automl.schedulers._full_fidelity import FullFidelity
from sklearn_automl.schedulers._hyperband import Hyperband, hyperband_rungs
from sklearn_automl.schedulers._rungs import n_halvings
from sklearn_automl.schedulers._successive_halving import SuccessiveHalving

__all__ = [
    "ASHA",
    "FullFidelity",
    "Hyperband",
    "Job",
    "Scheduler",
    "SuccessiveHalving",
    "hyperband_rungs",
    "n_halvings",
]
