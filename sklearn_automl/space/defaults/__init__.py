"""The search spaces that the package has for estimators that it knows.

Each file has the spaces of one kind of estimator, in a table of class names.
``_composition`` puts them together for pipelines and other estimators of several parts.
"""

from sklearn_automl.space.defaults._composition import (
    default_space,
    models_of,
    space_for,
)
from sklearn_automl.space.defaults._shape import (
    DataShape,
    column_of,
    sample_of,
    size_of,
)
from sklearn_automl.space.defaults._units import unit_of, units_of

__all__ = [
    "DataShape",
    "column_of",
    "default_space",
    "models_of",
    "sample_of",
    "size_of",
    "space_for",
    "unit_of",
    "units_of",
]
