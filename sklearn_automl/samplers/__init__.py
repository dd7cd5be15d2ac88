"""Samplers: which configuration comes next."""

from sklearn_automl.samplers._base import Observation, Sampler
from sklearn_automl.samplers._forest import ForestSampler
from sklearn_automl.samplers._gaussian_process import GaussianProcessSampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._kde import KDESampler
from sklearn_automl.samplers._names import make_sampler, sampler_names
from sklearn_automl.samplers._random import RandomSampler

__all__ = [
    "ForestSampler",
    "GaussianProcessSampler",
    "GridSampler",
    "KDESampler",
    "Observation",
    "RandomSampler",
    "Sampler",
    "make_sampler",
    "sampler_names",
]
