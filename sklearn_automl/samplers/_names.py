"""The samplers that the searches know by name."""

from collections.abc import Callable

from sklearn_automl.samplers._base import Sampler
from sklearn_automl.samplers._forest import ForestSampler
from sklearn_automl.samplers._gaussian_process import GaussianProcessSampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._kde import KDESampler
from sklearn_automl.samplers._random import RandomSampler

__all__ = ["make_sampler", "sampler_names"]

# What makes a sampler with its default options, by name.
_SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "gp": GaussianProcessSampler,
    "grid": GridSampler,
    "kde": KDESampler,
    "random": RandomSampler,
    "rf": ForestSampler,
}


def make_sampler(name: str) -> Sampler:
    """Return the sampler of this name with its default options."""
    return _SAMPLERS[name]()


def sampler_names() -> set[str]:
    """Return the names that ``make_sampler`` knows."""
    return set(_SAMPLERS)
