"""Search spaces: what can be chosen."""

from sklearn_automl.space._cube import UnitCube
from sklearn_automl.space._nearest import nearest
from sklearn_automl.space._parameter import Configuration
from sklearn_automl.space._space import SearchSpace
from sklearn_automl.space._when import When
from sklearn_automl.space.defaults import default_space

__all__ = [
    "Configuration",
    "SearchSpace",
    "UnitCube",
    "When",
    "default_space",
    "nearest",
]
