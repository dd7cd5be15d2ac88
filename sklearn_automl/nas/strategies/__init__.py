"""Strategies: which architecture is tried next."""

from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.strategies._bayesian import Bayesian
from sklearn_automl.nas.strategies._evolution import Evolution
from sklearn_automl.nas.strategies._names import make_strategy, strategy_names
from sklearn_automl.nas.strategies._random import RandomStrategy
from sklearn_automl.nas.strategies._reinforce import Reinforce

__all__ = [
    "Bayesian",
    "Evolution",
    "RandomStrategy",
    "Reinforce",
    "Strategy",
    "make_strategy",
    "strategy_names",
]
