"""What the contract of strategies is checked with, here and in a new process."""

import functools

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas import CellSpace, ChainSpace, ModuleSpace, MultiBranchSpace
from sklearn_automl.nas.strategies import (
    Bayesian,
    Evolution,
    RandomStrategy,
    Reinforce,
)
from tests.nas.own_modules import Layers
from tests.nas.strategies import fakes
from tests.nas.strategies.fakes import loss_of, tell

# A new strategy is one line.
STRATEGIES = {
    "random": RandomStrategy(),
    "evolution": Evolution(population_size=5),
    "evolution_worst": Evolution(
        population_size=5, survival="worst", parents="uniform", inherit_weights=True
    ),
    "evolution_mu_plus_lambda": Evolution(
        population_size=5, survival="mu_plus_lambda", crossover_probability=0.5
    ),
    "reinforce": Reinforce(entropy_weight=0.01),
    "reinforce_loss": Reinforce(rewards="loss"),
    "bayesian_wl": Bayesian(encoding="wl", n_candidates=8),
    "bayesian_one_hot": Bayesian(encoding="one_hot", n_candidates=8),
}

# To the others only the order of losses matters.
SEES_DIFFERENCES = {"reinforce_loss", "bayesian_wl", "bayesian_one_hot"}

LEARNING = [name for name, strategy in STRATEGIES.items() if strategy.learns]

SPACES = {
    "graphs": fakes.Graphs().bind((1,)),
    "chain": ChainSpace(n_layers=(1, 3), widths=[8, 16]).bind((1, 8)),
    "multi_branch": MultiBranchSpace(n_layers=(2, 3)).bind((4,)),
    "cell": CellSpace(n_nodes=2, n_cells=2).bind((1, 8, 8)),
    "module": ModuleSpace(
        Layers, depth=[1, 2, 3], width=[4, 8, 16], dropout=[0.0, 0.2, 0.4], bias=[True]
    ).bind((4,)),
}

N_PROPOSALS = 16

CASES = [(strategy, space) for strategy in STRATEGIES for space in SPACES]


def bind(strategy, space="graphs", seed=0, accepts=None, **options):
    return fakes.bind(STRATEGIES[strategy], SPACES[space], seed, accepts, **options)


def draw(strategy, n, loss=loss_of, delay=0):
    """Return n proposals, or all there are; results arrive ``delay`` proposals late."""
    configs = []
    for i in range(n):
        try:
            configs.append(strategy.ask())
        except SearchSpaceExhausted:
            break
        if i >= delay:
            told = configs[i - delay]
            tell(strategy, told, loss(told), 3.0 ** (i % 3))
    return configs


@functools.cache
def proposals(strategy, space):
    """Return 16 proposals, for all tests that only look at them.

    Models propose after eight results, and are fitted to thirteen again.
    """
    return draw(bind(strategy, space), N_PROPOSALS)
