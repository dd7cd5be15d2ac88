"""Names of parameters: those that the estimator does not have are refused."""

from collections.abc import Iterable
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any

from sklearn.base import BaseEstimator

from sklearn_automl.execution import hidden_names, other_names
from sklearn_automl.space import SearchSpace

__all__ = ["check_parameter_names", "did_you_mean"]


def check_parameter_names(estimator: Any, space: SearchSpace, resource: Any) -> None:
    """Refuse, before any fit, names that the estimator does not have."""
    known = set(estimator.get_params())
    for branch in space.branches:
        here = known | {n for p in branch for n in _names_of_values(p)}
        for parameter in branch:
            if parameter.name not in here and _lists_its_names(
                estimator, parameter.name, branch
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
    for branch in space.branches:
        for label, owner, name in _owners(estimator, branch, resource):
            params = _params_of(owner)
            known = params.keys() | hidden_names(owner, name)
            if name not in known:
                own = estimator.get_params().keys() | hidden_names(estimator, resource)
                raise ValueError(
                    f"resource={resource!r} is not a parameter of {label}."
                    f"{did_you_mean(name, known)} It must be 'n_samples', "
                    f"'n_folds', None, or one of {sorted(own)!r}, and every "
                    "alternative in param_distributions must have it."
                )
            _check_other_names(branch, resource, label, owner, name)
            value = params.get(name)
            if isinstance(value, bool | str | float):
                raise ValueError(
                    f"resource={resource!r} is {value!r} in {label}, but a resource "
                    "is an integer parameter such as 'n_estimators' or 'max_iter'; "
                    "choose one, or 'n_samples' or None."
                )


def _check_other_names(
    branch: Any, resource: str, label: str, owner: Any, name: str
) -> None:
    """Refuse a resource that is set or searched under another of its names too."""
    start = resource.removesuffix(name)
    searched = {parameter.name for parameter in branch}
    params = _params_of(owner)
    for other in sorted(other_names(owner, name)):
        same = f"resource={resource!r} is the same as {start + other!r}, which is"
        if start + other in searched:
            raise ValueError(
                f"{same} searched in param_distributions. Remove it there or choose "
                "another resource."
            )
        if params.get(other) is not None:
            raise ValueError(
                f"{same} set in {label}. Pass resource={start + other!r}, or set "
                f"{start + name!r} instead."
            )


def _owners(estimator: Any, branch: Any, resource: str) -> list[tuple[str, Any, str]]:
    """Return whose parameter a resource is: labels, estimators, its name there.

    There are several where a step of a pipeline is searched.
    """
    steps = [
        p
        for p in branch
        if resource.startswith(f"{p.name}__") and p.domain.is_categorical
    ]
    if not steps:
        return [(type(estimator).__name__, estimator, resource)]
    step = max(steps, key=lambda p: len(p.name))
    return [
        (f"{step.name}={value!r}", value, resource[len(step.name) + 2 :])
        for value in step.domain.values()
    ]


def _lists_its_names(estimator: Any, name: str, branch: Any) -> bool:
    """Tell whether the owner of parameter ``name`` would list it in ``get_params``.

    One that is itself searched may take the owner's place. A skorch net lists only
    those options of its module that were given.
    """
    prefix, delimiter, _ = name.rpartition("__")
    params = {"": estimator, **estimator.get_params()}
    owner = params.get(prefix) if delimiter else estimator
    holder = params.get(prefix.rpartition("__")[0])
    if delimiter and hasattr(holder, "initialize_module"):
        return False
    in_its_place = [
        value
        for p in branch
        if p.name == prefix and p.domain.is_categorical
        for value in p.domain.values()
    ]
    if any(_takes_more_than_it_lists(value) for value in in_its_place):
        return False
    if owner is None:
        return True
    if hasattr(owner, "get_params"):
        return not _takes_more_than_it_lists(owner)
    return not in_its_place


def _takes_more_than_it_lists(estimator: Any) -> bool:
    """Tell whether an estimator may accept a parameter that is not in ``get_params``.

    A minimal one that is not a BaseEstimator may, CatBoost's, and one whose constructor
    has ``**kwargs``, as XGBoost's and LightGBM's.
    """
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        return False
    if not isinstance(estimator, BaseEstimator):
        return True
    parameters = signature(type(estimator)).parameters.values()
    return any(p.kind is Parameter.VAR_KEYWORD for p in parameters)


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
