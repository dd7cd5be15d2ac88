"""Samplers: which configuration comes next."""

from sklearn_automl.samplers._base import Observation, Sampler
from sklearn_automl.samplers._cma_es import CMAESSampler
from sklearn_automl.samplers._differential_evolution import (
    DifferentialEvolutionSampler,
)
from sklearn_automl.samplers._forest import ForestSampler
from sklearn_automl.samplers._gaussian_process import GaussianProcessSampler
from sklearn_automl.samplers._genetic import GeneticSampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._kde import KDESampler
from sklearn_automl.samplers._names import make_sampler, sampler_names
from sklearn_automl.samplers._particle_swarm import ParticleSwarmSampler
from sklearn_automl.samplers._random import RandomSampler
from sklearn_automl.samplers._regularized_evolution import (
    RegularizedEvolutionSampler,
)

__all__ = [
    "CMAESSampler",
    "DifferentialEvolutionSampler",
    "ForestSampler",
    "GaussianProcessSampler",
    "GeneticSampler",
    "GridSampler",
    "KDESampler",
    "Observation",
    "ParticleSwarmSampler",
    "RandomSampler",
    "RegularizedEvolutionSampler",
    "Sampler",
    "make_sampler",
    "sampler_names",
]
