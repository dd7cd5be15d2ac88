"""Search spaces: what can be chosen."""

from sklearn_automl.space._space import Configuration, SearchSpace
from sklearn_automl.space._when import When

__all__ = ["Configuration", "SearchSpace", "When"]
