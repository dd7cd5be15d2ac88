"""Automated machine learning that replaces GridSearchCV by changing one line."""

from sklearn_automl.model_selection import (
    ASHASearchCV,
    BayesianSearchCV,
    BOHBSearchCV,
    EvolutionarySearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    LearningCurveSearchCV,
    RandomizedSearchCV,
    SuccessiveHalvingSearchCV,
)

__version__ = "0.1.0.dev0"

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
]

# Not in ``__all__``: ``from sklearn_automl import *`` must not need torch.
_NEEDS_TORCH = ("NASClassifier", "NASRegressor")


def __getattr__(name):
    if name not in _NEEDS_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from sklearn_automl.nas import estimators
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "skorch"}:
            raise
        raise ImportError(
            f'{name} needs torch and skorch: pip install "sklearn-automl[nas]".'
        ) from error
    return getattr(estimators, name)


def __dir__():
    return sorted({*globals(), *_NEEDS_TORCH})
