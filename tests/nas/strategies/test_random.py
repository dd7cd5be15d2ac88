import numpy as np
import pytest

pytest.importorskip("torch")

from scipy.stats import chisquare

from sklearn_automl.nas import CellSpace
from sklearn_automl.nas.strategies import RandomStrategy
from tests.nas.strategies.fakes import Bandit, Graphs, bind


def counts_of(space, n_draws, names):
    """Return how often each value of decisions was drawn, n_draws times afresh."""
    strategy = bind(RandomStrategy(), space)
    counts = {name: {} for name in names}
    for _ in range(n_draws):
        config = strategy.propose(1).config  # what is not new is drawn again by others
        for name in names:
            if name in config:
                value = config[name]
                counts[name][value] = counts[name].get(value, 0) + 1
    return {name: list(by_value.values()) for name, by_value in counts.items()}


def test_every_decision_is_uniform():
    space = CellSpace(n_nodes=2).bind((1, 8, 8))
    names = space.decisions.names
    counts = counts_of(space, 3000, names)
    for parameter in space.decisions.columns:
        observed = counts[parameter.name]
        assert len(observed) == parameter.domain.size
        if len(observed) > 1:
            # With some ten decisions one of a thousand seeds would fail.
            assert chisquare(observed).pvalue > 1e-4


def test_decisions_are_independent():
    space = Bandit(n_decisions=2, n_values=3).bind((1,))
    strategy = bind(RandomStrategy(), space)
    table = np.zeros((3, 3))
    for _ in range(4000):
        config = strategy.propose(1).config
        table[int(config["d0"][1]), int(config["d1"][1])] += 1
    assert chisquare(table.ravel()).pvalue > 1e-3


def test_conditional_decisions_are_uniform_where_they_are_made():
    space = Graphs().bind((1,))
    counts = counts_of(space, 3000, ["n", "operation_3"])
    assert chisquare(counts["n"]).pvalue > 1e-3
    assert chisquare(counts["operation_3"]).pvalue > 1e-3
    assert sum(counts["operation_3"]) == pytest.approx(1000, abs=120)


def test_it_does_not_learn():
    assert not RandomStrategy.learns
