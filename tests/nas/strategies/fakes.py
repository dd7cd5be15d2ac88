"""Spaces of architectures that nobody trains, with scripted fitness."""

import zlib
from itertools import pairwise

import numpy as np

from sklearn_automl.nas import Architecture, Node
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.samplers import Observation
from sklearn_automl.space import When


class FakeSpace(ArchitectureSpace):
    """What all fakes have: their decisions do not depend on the shape of the data."""

    def _check(self):
        pass


class Graphs(FakeSpace):
    """Some nodes with an operation each, that may read the data, too.

    There are 3, 21, 129... architectures, and each is built by two configurations.
    """

    def __init__(self, n_nodes=3):
        self.n_nodes = n_nodes

    def _param_distributions(self):
        numbers = range(1, self.n_nodes + 1)
        distributions = {"n": list(numbers), "without_effect": ["x", "y"]}
        for i in numbers:
            having = list(range(i, self.n_nodes + 1))
            distributions[f"operation_{i}"] = When("n", having, ["a", "b", "c"])
            if i > 1:
                distributions[f"skip_{i}"] = When("n", having, [True, False])
        return distributions

    def architecture(self, config):
        nodes, before = [], "input"
        for i in range(1, config["n"] + 1):
            inputs = {"input", before} if config.get(f"skip_{i}") else {before}
            operation = config[f"operation_{i}"]
            nodes.append(Node.of(f"node_{i}", operation, *sorted(inputs)))
            before = f"node_{i}"
        return Architecture(tuple(nodes))


class Bandit(FakeSpace):
    """A chain of decisions, which are always to be made."""

    def __init__(self, n_decisions=10, n_values=4):
        self.n_decisions = n_decisions
        self.n_values = n_values

    def _param_distributions(self):
        values = [f"v{i}" for i in range(self.n_values)]
        return {f"d{i}": values for i in range(self.n_decisions)}

    def architecture(self, config):
        names = ["input", *sorted(config)]
        nodes = [
            Node.of(name, config[name], before) for before, name in pairwise(names)
        ]
        return Architecture(tuple(nodes))


class Single(FakeSpace):
    """One architecture."""

    def _param_distributions(self):
        return {"only": ["a"]}

    def architecture(self, config):
        return Architecture((Node.of("node", config["only"], "input"),))


def wrong_decisions(config):
    """The loss of a bandit: how many decisions are not for the first value."""
    return float(sum(value != "v0" for value in config.values()))


def bind(strategy, space, seed=0, accepts=None, **options):
    rng = np.random.default_rng(seed)
    return strategy.bind_architectures(space, rng, accepts, **options)


def tell(strategy, config, loss, resource=1):
    strategy.tell(Observation(config, loss, resource))


def loss_of(config):
    """A loss that is the same in every process."""
    return zlib.crc32(repr(sorted(config.items())).encode()) / 2**32


def run(strategy, space, n, loss, seed=0):
    """Return the bound strategy and the losses of n proposals."""
    bound, losses = bind(strategy, space, seed), []
    for _ in range(n):
        config = bound.ask()
        losses.append(loss(config))
        tell(bound, config, losses[-1])
    return bound, losses
