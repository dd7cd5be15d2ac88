"""The strategies that the estimators know by name."""

from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.strategies._bayesian import Bayesian
from sklearn_automl.nas.strategies._darts import DARTS
from sklearn_automl.nas.strategies._enas import ENAS
from sklearn_automl.nas.strategies._evolution import Evolution
from sklearn_automl.nas.strategies._random import RandomStrategy
from sklearn_automl.nas.strategies._random_ws import RandomWS
from sklearn_automl.nas.strategies._reinforce import Reinforce

__all__ = ["make_strategy", "strategy_names"]

# What makes a strategy, by name.
_STRATEGIES: dict[str, type[Strategy]] = {
    "bayesian": Bayesian,
    "darts": DARTS,
    "enas": ENAS,
    "evolution": Evolution,
    "random": RandomStrategy,
    "random_ws": RandomWS,
    "reinforce": Reinforce,
}


def make_strategy(name: str) -> Strategy:
    """Return the strategy of this name, with its default options."""
    if name not in _STRATEGIES:
        known = ", ".join(repr(known) for known in sorted(_STRATEGIES))
        raise ValueError(
            f"strategy={name!r} is none of {known}. Pass one of these names, or a "
            "Strategy object."
        )
    return _STRATEGIES[name]()


def strategy_names() -> set[str]:
    """Return the names that ``make_strategy`` knows."""
    return set(_STRATEGIES)
