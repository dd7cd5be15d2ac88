"""Strategies: which architecture is tried next."""

from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.strategies._bayesian import Bayesian
from sklearn_automl.nas.strategies._darts import DARTS
from sklearn_automl.nas.strategies._enas import ENAS
from sklearn_automl.nas.strategies._evolution import Evolution
from sklearn_automl.nas.strategies._names import make_strategy, strategy_names
from sklearn_automl.nas.strategies._one_shot import OneShotStrategy
from sklearn_automl.nas.strategies._random import RandomStrategy
from sklearn_automl.nas.strategies._random_ws import RandomWS
from sklearn_automl.nas.strategies._reinforce import Reinforce

__all__ = [
    "DARTS",
    "ENAS",
    "Bayesian",
    "Evolution",
    "OneShotStrategy",
    "RandomStrategy",
    "RandomWS",
    "Reinforce",
    "Strategy",
    "make_strategy",
    "strategy_names",
]
