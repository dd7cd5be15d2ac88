"""What the contract of samplers is checked with, here and in a new process."""

import functools
import zlib
from importlib.util import find_spec

import numpy as np
from scipy.stats import loguniform, norm, randint, rv_discrete, uniform

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import (
    CMAESSampler,
    DifferentialEvolutionSampler,
    ForestSampler,
    GaussianProcessSampler,
    GeneticSampler,
    GridSampler,
    KDESampler,
    Observation,
    ParticleSwarmSampler,
    RandomSampler,
    RegularizedEvolutionSampler,
)
from sklearn_automl.space import SearchSpace, When

# A new sampler is one line. Those that cannot draw from every space: LIMITED.
SAMPLERS = {
    "random": RandomSampler(),
    "gp": GaussianProcessSampler(),
    "kde": KDESampler(),
    "rf": ForestSampler(),
    "genetic": GeneticSampler(),
    "regularized_evolution": RegularizedEvolutionSampler(),
    "differential_evolution": DifferentialEvolutionSampler(),
    "particle_swarm": ParticleSwarmSampler(),
    "cma_es": CMAESSampler(),
    "grid": GridSampler(),
    "grid_shuffled": GridSampler(shuffle=True),
}

if find_spec("cmaes") is None:
    del SAMPLERS["cma_es"]

# To the others only the order of losses matters.
SEES_DIFFERENCES = {"gp", "rf"}

LEARNING = [name for name, sampler in SAMPLERS.items() if sampler.learns]

FINITE_SPACES = {
    "lists": SearchSpace(
        {
            "depth": [1, 2, 4, 8],
            "criterion": ["gini", "entropy", None],
            "bootstrap": [True, False],
        }
    ),
    "ordered": SearchSpace(
        {
            "depth": [1, 2, 4, 8],
            "n": randint(3, 6),
            "bootstrap": [True, False],
        }
    ),
    "one": SearchSpace({"only": ["value"]}),
    "numpy": SearchSpace(
        {
            "a": np.arange(4),
            "b": np.array([0.5, 0.25]),
            "c": np.array(["x", "y"]),
            "d": np.array([True, False]),
        }
    ),
    "discrete": SearchSpace(
        {
            "n": randint(3, 9),
            "table": rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3])),
        }
    ),
    "conditional": SearchSpace(
        {
            "kernel": ["linear", "rbf", "poly"],
            "gamma": When("kernel", ["rbf", "poly"], [0.1, 1.0, 10.0]),
            "degree": When("kernel", "poly", randint(2, 5)),
            "shrinking": [True, False],
        }
    ),
    "nested": SearchSpace(
        {
            "a": [0, 1],
            "b": When("a", 1, ["x", "y"]),
            "c": When("b", "y", [True, False]),
        }
    ),
    "alternatives": SearchSpace(
        [
            {"model": ["tree"], "depth": [1, 2, 3]},
            {"model": ["knn"], "k": randint(1, 6), "p": [1, 2]},
            {"model": ["dummy"]},
        ]
    ),
    "overlapping": SearchSpace([{"a": [1, 2, 3]}, {"a": [2, 3, 4]}]),
    "unhashable": SearchSpace(
        {"layers": [[10], [10, 10], np.ones(3)], "alpha": [0, 1]}
    ),
}

ENDLESS_SPACES = {
    "endless_numeric": SearchSpace(
        {"c": loguniform(1e-3, 1e3), "n": randint(1, 100), "depth": [1, 2, 4, 8]}
    ),
    "continuous": SearchSpace({"c": loguniform(1e-3, 1e3), "shift": norm(0, 1)}),
    "mixed": SearchSpace(
        {
            "c": loguniform(1e-3, 1e3),
            "n": randint(1, 100),
            "depth": [1, 2, 4, 8],
            "kind": ["x", "y", "z"],
        }
    ),
    "endless_conditional": SearchSpace(
        {
            "kernel": ["rbf", "poly"],
            "gamma": When("kernel", "rbf", loguniform(1e-3, 1e1)),
            "degree": When("kernel", "poly", randint(2, 500)),
            "C": uniform(0.5, 2),
        }
    ),
    "endless_alternatives": SearchSpace(
        [
            {"penalty": ["l1", "l2"], "C": loguniform(1e-3, 1e3)},
            {"penalty": ["elasticnet"], "l1_ratio": uniform()},
        ]
    ),
}

SPACES = FINITE_SPACES | ENDLESS_SPACES

# Where values or conditions are strings, whose hashes differ from process to process,
# and one that every sampler can draw from.
WITH_NAMES = {
    "alternatives",
    "conditional",
    "endless_alternatives",
    "endless_conditional",
    "lists",
    "mixed",
    "nested",
    "ordered",
    "unhashable",
}

# Spaces that stand for all where what is tested is the sampler's and not the space's:
# numbers alone, numbers and names, parameters that come and go, and few configurations.
REPRESENTATIVE = {
    "continuous",
    "mixed",
    "endless_conditional",
    "alternatives",
    "nested",
}
SLOW = {"gp", "rf"}


def n_draws(sampler, n):
    """Return n, or for a slow sampler half of it: still past its initial design."""
    return n // 2 if sampler in SLOW else n


LIMITED = {
    "grid": set(FINITE_SPACES),
    "grid_shuffled": set(FINITE_SPACES),
    "cma_es": {"ordered", "one", "numpy", "discrete", "continuous", "endless_numeric"},
}

CASES = [
    (sampler, space)
    for sampler in SAMPLERS
    for space in SPACES
    if space in LIMITED.get(sampler, SPACES)
]

REPRESENTATIVE_CASES = [
    (sampler, space)
    for sampler, space in CASES
    if space in REPRESENTATIVE or (sampler, space) == ("cma_es", "ordered")
]


def bind(sampler, space, seed=0, initial=()):
    return SAMPLERS[sampler].bind(SPACES[space], np.random.default_rng(seed), initial)


def loss_of(config):
    """A loss that is the same in every process."""
    return zlib.crc32(repr(sorted(config.items())).encode()) / 2**32


def draw(sampler, n, loss=loss_of, delay=0, first=0):
    """Return n proposals, or all there are; results arrive ``delay`` proposals late.

    ``first`` is the number of those that were drawn before.
    """
    configs = []
    for i in range(n):
        try:
            configs.append(sampler.ask())
        except SearchSpaceExhausted:
            break
        if i >= delay:
            told = configs[i - delay]
            sampler.tell(Observation(told, loss(told), 3.0 ** ((first + i) % 3)))
    return configs


def texts(configs):
    return [repr(config) for config in configs]


@functools.cache
def proposals(sampler, space):
    """Return proposals, or all there are, for all tests that only look at them.

    They are 60; a slow sampler gives fewer, of which its initial design has 6.
    """
    if sampler in SLOW:
        return draw(bind(sampler, space), 28 if space in REPRESENTATIVE else 14)
    return draw(bind(sampler, space), 60)
