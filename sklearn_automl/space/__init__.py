"""Search spaces: what can be chosen."""

from sklearn_automl.space._cube import UnitCube
from sklearn_automl.space._parameter import Configuration
from sklearn_automl.space._space import SearchSpace
from sklearn_automl.space._when import When

__all__ = ["Configuration", "SearchSpace", "UnitCube", "When"]
