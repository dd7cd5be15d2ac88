"""Automated machine learning that replaces GridSearchCV by changing one line."""

from sklearn_automl.model_selection import (
    ASHASearchCV,
    BOHBSearchCV,
    EvolutionarySearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)

__version__ = "0.1.0.dev0"

__all__ = [
    "ASHASearchCV",
    "BOHBSearchCV",
    "EvolutionarySearchCV",
    "HyperbandSearchCV",
    "SuccessiveHalvingSearchCV",
]
