"""Ensembles of configurations: which ones, and the estimator that averages them."""

from sklearn_automl.ensemble._selection import greedy_selection
from sklearn_automl.ensemble._weighted import (
    WeightedEnsembleClassifier,
    WeightedEnsembleRegressor,
)

__all__ = [
    "WeightedEnsembleClassifier",
    "WeightedEnsembleRegressor",
    "greedy_selection",
]
