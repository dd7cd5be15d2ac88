"""Names of parameters: those that the estimator does not have are refused."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from sklearn.base import BaseEstimator

from sklearn_automl.space import SearchSpace

__all__ = ["check_parameter_names", "did_you_mean"]


def check_parameter_names(estimator: Any, space: SearchSpace, resource: Any) -> None:
    """Refuse, before any fit, names that the estimator does not have."""
    known = set(estimator.get_params())
    for branch in space.branches:
        here = known | {n for p in branch for n in _names_of_values(p)}
        for parameter in branch:
            searched = {p.name for p in branch}
            if parameter.name not in here and _lists_its_names(
                estimator, parameter.name, searched
            ):
                raise ValueError(
                    f"Invalid parameter {parameter.name!r} for estimator {estimator}. "
                    f"Valid parameters are: {sorted(known)!r}."
                    f"{did_you_mean(parameter.name, here)}"
                )
    if resource not in {None, "n_samples", "n_folds"}:
        _check_resource(estimator, space, resource)


def _check_resource(estimator: Any, space: SearchSpace, resource: str) -> None:
    if resource in space.names:
        raise ValueError(
            f"Cannot use resource={resource!r}: it is also searched in "
            "param_distributions. Remove it there or choose another resource."
        )
    own = estimator.get_params()
    for branch in space.branches:
        for owner, params, name in _owners(estimator, branch, resource):
            if name not in params:
                raise ValueError(
                    f"resource={resource!r} is not a parameter of {owner}."
                    f"{did_you_mean(name, params)} It must be 'n_samples', "
                    f"'n_folds', None, or one of {sorted(own)!r}, and every "
                    "alternative in param_distributions must have it."
                )
            value = params[name]
            if isinstance(value, bool | str | float):
                raise ValueError(
                    f"resource={resource!r} is {value!r} in {owner}, but a resource "
                    "is an integer parameter such as 'n_estimators' or 'max_iter'; "
                    "choose one, or 'n_samples' or None."
                )


def _owners(
    estimator: Any, branch: Any, resource: str
) -> list[tuple[str, dict[str, Any], str]]:
    """Return whose parameter a resource is: owners, their parameters, its name there.

    There are several where a step of a pipeline is searched.
    """
    steps = [
        p
        for p in branch
        if resource.startswith(f"{p.name}__") and p.domain.is_categorical
    ]
    if not steps:
        return [(type(estimator).__name__, estimator.get_params(), resource)]
    step = max(steps, key=lambda p: len(p.name))
    return [
        (f"{step.name}={value!r}", _params_of(value), resource[len(step.name) + 2 :])
        for value in step.domain.values()
    ]


def _lists_its_names(estimator: Any, name: str, searched: set[str]) -> bool:
    """Tell whether the owner of parameter ``name`` would list it in ``get_params``.

    A minimal estimator that is not a BaseEstimator may accept more than it lists, and
    one may take the place of an owner that is itself ``searched``. A skorch net lists
    only those options of its module that were given.
    """
    prefix, delimiter, _ = name.rpartition("__")
    params = {"": estimator, **estimator.get_params()}
    owner = params.get(prefix) if delimiter else estimator
    holder = params.get(prefix.rpartition("__")[0])
    if delimiter and hasattr(holder, "initialize_module"):
        return False
    if owner is None or isinstance(owner, BaseEstimator):
        return True
    return not hasattr(owner, "get_params") and prefix not in searched


def _names_of_values(parameter: Any) -> set[str]:
    """Names of the parameters of estimators that are values of ``parameter``."""
    if not parameter.domain.is_categorical:
        return set()
    return {
        f"{parameter.name}__{nested}"
        for value in parameter.domain.values()
        for nested in _params_of(value)
    }


def _params_of(value: Any) -> dict[str, Any]:
    if not hasattr(value, "get_params") or isinstance(value, type):
        return {}
    params: dict[str, Any] = value.get_params()
    return params


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return what to add to an error about a name that is not known."""
    close = get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
