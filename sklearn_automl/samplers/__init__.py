"""Samplers: which configuration comes next."""

from sklearn_automl.samplers._base import Observation, Sampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._random import RandomSampler

__all__ = ["GridSampler", "Observation", "RandomSampler", "Sampler"]
