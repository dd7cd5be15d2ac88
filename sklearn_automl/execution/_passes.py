"""Passes over the training rows as the resource: calls of ``partial_fit``.

One unit is one call with all training rows of the fold. The user has asked for
``partial_fit``, so nothing else trains the estimator, and no parameter of it is set.
"""

from collections.abc import Collection
from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import unique_labels

from sklearn_automl.execution._birch import join_views
from sklearn_automl.execution._growth import options_without_partial_fit
from sklearn_automl.execution._growth_base import Growth, last_step
from sklearn_automl.execution._resources import Resource

__all__ = [
    "PASSES",
    "PassResource",
    "fault_of_passes",
    "growth_in_passes",
    "not_taken_by_partial_fit",
]

#: The name of the resource.
PASSES = "partial_fit"

# Positional parameters of ``partial_fit`` that are not the target.
_NO_TARGETS = {"classes", "sample_weight", "check_input"}


class PassResource(Resource):
    """Calls of ``partial_fit`` with all training rows."""

    parameter = PASSES


class Passes(Growth):
    """Call ``partial_fit`` once a pass, as a user would in a loop."""

    def has_converged(self, estimator, start):  # noqa: ARG002
        return False  # every pass that is asked for is made

    def fit(self, estimator, start, stop, X, y, **params):
        arguments = (X,) if y is None or not _takes_y(estimator) else (X, y)
        first = {}
        if start == 0 and y is not None and _wants_classes(estimator):
            first = {"classes": _classes(estimator, y)}
        if start:
            join_views(estimator)  # it may come from a file
        for _ in range(start, stop):
            estimator.partial_fit(*arguments, **{**first, **params})
            first = {}
        return stop - start


def growth_in_passes(estimator: Any) -> Passes:
    """Return how an estimator, or the last step of a pipeline, makes passes.

    Raises
    ------
    ValueError
        If it makes none. A fit would be something else.
    """
    fault = fault_of_passes(estimator)
    if fault:
        raise ValueError(f"resource={PASSES!r} cannot be used: {fault}.")
    return Passes(PASSES)


def fault_of_passes(estimator: Any) -> str:
    """Say why an estimator makes no passes; nothing if it does."""
    while isinstance(estimator, Pipeline):
        if type(estimator).fit is not Pipeline.fit:
            module = type(estimator).__module__.partition(".")[0]
            return (
                f"the {type(estimator).__name__} of {module} has a fit of its own, "
                "which may give its last step other rows"
            )
        estimator = estimator.steps[-1][1]
    if estimator is None or isinstance(estimator, str):
        return f"the last step of the pipeline is {estimator!r}"
    name = type(estimator).__name__
    if not hasattr(estimator, "partial_fit"):
        options = " with these options" if hasattr(type(estimator), PASSES) else ""
        return f"{name} has no partial_fit{options}"
    options = options_without_partial_fit(estimator)
    return f"partial_fit of {name} does not support {options}" if options else ""


def not_taken_by_partial_fit(estimator: Any, names: Collection[str]) -> list[str]:
    """Return those parameters of ``fit`` that ``partial_fit`` does not have."""
    parameters = _parameters(last_step(estimator))
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()):
        return []
    return [name for name in names if name not in parameters]


def _parameters(estimator):
    return signature(estimator.partial_fit).parameters


def _takes_y(estimator):
    """Tell whether ``partial_fit`` has a place for a target, whatever its name is."""
    parameters = list(_parameters(estimator).values())
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters):
        return True
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in positional]
    return len(names) > 1 and names[1] not in _NO_TARGETS


def _wants_classes(estimator):
    classes = _parameters(estimator).get("classes")
    if classes is None:
        return False
    return is_classifier(estimator) or classes.default is Parameter.empty


def _classes(estimator, y):
    """Return the classes of a target; a MultiOutputClassifier wants a list of them."""
    if isinstance(estimator, MultiOutputClassifier):
        return [np.unique(column) for column in np.asarray(y).T]
    return unique_labels(y)
