"""Searches that replace GridSearchCV: thin scikit-learn estimators around the core."""

from sklearn_automl.model_selection._asha import ASHASearchCV
from sklearn_automl.model_selection._bayesian import BayesianSearchCV
from sklearn_automl.model_selection._bohb import BOHBSearchCV
from sklearn_automl.model_selection._evolutionary import EvolutionarySearchCV
from sklearn_automl.model_selection._grid import GridSearchCV
from sklearn_automl.model_selection._hyperband import HyperbandSearchCV
from sklearn_automl.model_selection._learning_curve import LearningCurveSearchCV
from sklearn_automl.model_selection._pareto import pareto_front
from sklearn_automl.model_selection._randomized import RandomizedSearchCV
from sklearn_automl.model_selection._successive_halving import SuccessiveHalvingSearchCV

__all__ = [
    "ASHASearchCV",
    "BOHBSearchCV",
    "BayesianSearchCV",
    "EvolutionarySearchCV",
    "GridSearchCV",
    "HyperbandSearchCV",
    "LearningCurveSearchCV",
    "RandomizedSearchCV",
    "SuccessiveHalvingSearchCV",
    "pareto_front",
]
