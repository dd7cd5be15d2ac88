"""The samplers that the searches know by name."""

from collections.abc import Callable
from typing import Any

from sklearn_automl.samplers._base import Sampler
from sklearn_automl.samplers._cma_es import CMAESSampler
from sklearn_automl.samplers._differential_evolution import (
    DifferentialEvolutionSampler,
)
from sklearn_automl.samplers._forest import ForestSampler
from sklearn_automl.samplers._gaussian_process import GaussianProcessSampler
from sklearn_automl.samplers._genetic import GeneticSampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._kde import KDESampler
from sklearn_automl.samplers._particle_swarm import ParticleSwarmSampler
from sklearn_automl.samplers._random import RandomSampler
from sklearn_automl.samplers._regularized_evolution import (
    RegularizedEvolutionSampler,
)

__all__ = ["make_sampler", "sampler_names"]

# What makes a sampler, by name.
_SAMPLERS: dict[str, Callable[..., Sampler]] = {
    "gp": GaussianProcessSampler,
    "cma_es": CMAESSampler,
    "differential_evolution": DifferentialEvolutionSampler,
    "genetic": GeneticSampler,
    "grid": GridSampler,
    "kde": KDESampler,
    "particle_swarm": ParticleSwarmSampler,
    "random": RandomSampler,
    "rf": ForestSampler,
    "regularized_evolution": RegularizedEvolutionSampler,
}


def make_sampler(name: str, **options: Any) -> Sampler:
    """Return the sampler of this name, with its default options but for those given."""
    return _SAMPLERS[name](**options)


def sampler_names() -> set[str]:
    """Return the names that ``make_sampler`` knows."""
    return set(_SAMPLERS)
