"""The space of a search: what the user wrote, or what the package knows."""

from collections.abc import Callable
from typing import Any

from sklearn_automl.exceptions import warn
from sklearn_automl.model_selection._parameter_names import (
    check_parameter_names,
    warn_of_ranges,
)
from sklearn_automl.space import SearchSpace
from sklearn_automl.space.defaults import DataShape, space_for

__all__ = ["default_space_of", "is_auto", "make_space"]


def make_space(search: Any, find_shape: Callable[[], DataShape]) -> SearchSpace:
    """Return the space of a search, and refuse one that does not fit its estimator."""
    if is_auto(search):
        return default_space_of(search, find_shape())
    space = SearchSpace(search.param_distributions)
    check_parameter_names(search.estimator, space, search.resource)
    warn_of_ranges(search.param_distributions)
    return space


def is_auto(search: Any) -> bool:
    """Tell whether a search has the package's own space."""
    given = search.param_distributions
    return isinstance(given, str) and given == "auto"


def default_space_of(search: Any, shape: DataShape) -> SearchSpace:
    """Return the package's own space for the estimator, without the resource."""
    resource = search.resource
    exclude = () if resource is None else (resource,)
    space = SearchSpace(space_for(search.estimator, shape, exclude))
    check_parameter_names(search.estimator, space, resource)
    if not space.names:
        warn(
            "param_distributions='auto' leaves nothing to search: "
            f"{type(search.estimator).__name__} has no parameters that are usually "
            "searched, or you have set all of them. The estimator is evaluated as it "
            "is."
        )
    return space
