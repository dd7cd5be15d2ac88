"""What the tests of the evolutionary samplers share."""

import functools

import numpy as np
from scipy.stats import uniform

from sklearn_automl.samplers import Observation, RandomSampler
from sklearn_automl.space import SearchSpace

CUBE = SearchSpace({name: uniform() for name in "wxyz"})


def bind(sampler, space=CUBE, seed=0, initial=()):
    return sampler.bind(space, np.random.default_rng(seed), initial)


def sphere(config):
    """Zero at 0.3, which is neither in the centre nor at a border."""
    return sum((value - 0.3) ** 2 for value in config.values())


def tell(sampler, config, loss=None, resource=1):
    loss = sphere(config) if loss is None else loss
    sampler.tell(Observation(config, loss, resource))


def point(config):
    """The unit cube of CUBE is the space itself."""
    return np.array([config[name] for name in sorted(config)])


def run(sampler, n, space=CUBE, loss=sphere, seed=0):
    """Return the bound sampler and the losses of n proposals."""
    bound, losses = bind(sampler, space, seed), []
    for _ in range(n):
        config = bound.ask()
        losses.append(loss(config))
        tell(bound, config, losses[-1])
    return bound, losses


def regrets(sampler, n=120, n_seeds=10, space=CUBE, loss=sphere):
    """Return the best loss of each seed, of ``sampler`` and of random search."""
    return (
        best_losses(sampler, n, n_seeds, space, loss),
        of_random_search(n, n_seeds, space, loss),
    )


def best_losses(sampler, n, n_seeds, space, loss):
    runs = (run(sampler, n, space, loss, seed)[1] for seed in range(n_seeds))
    return np.array([min(losses) for losses in runs])


@functools.cache
def of_random_search(*where):
    return best_losses(RandomSampler(), *where)
