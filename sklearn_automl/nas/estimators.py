"""The estimators that search an architecture."""

from sklearn_automl.nas._classifier import NASClassifier
from sklearn_automl.nas._regressor import NASRegressor

__all__ = ["NASClassifier", "NASRegressor"]
