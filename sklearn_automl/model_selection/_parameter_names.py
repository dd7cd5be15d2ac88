"""Names of parameters: those that the estimator does not have are refused."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice, product
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    PASSES,
    fault_of_declaration,
    fault_of_passes,
    hidden_names,
    other_names,
)
from sklearn_automl.model_selection._last_steps import last_steps
from sklearn_automl.model_selection._parameter_keys import is_estimator
from sklearn_automl.model_selection._passes import check_passes
from sklearn_automl.space import SearchSpace

__all__ = [
    "check_names_of_candidates",
    "check_parameter_names",
    "did_you_mean",
    "listed",
    "warn_of_ranges",
]


# Names of one thing in several libraries. A name that is not known suggests the others.
_SYNONYMS = (
    {"n_estimators", "max_iter", "n_iter", "iterations", "num_boost_round", "n_rounds"},
    {"max_epochs", "epochs", "n_epochs", "max_iter", "n_iter"},
    {"learning_rate", "learning_rate_init", "eta", "lr", "eta0"},
    {"max_depth", "depth"},
    {"n_neighbors", "k"},
    {"random_state", "seed", "random_seed"},
    {"n_samples", "samples", "n_rows", "rows", "train_size"},
    {"n_folds", "folds", "cv", "n_splits", "splits"},
)

# Resources that are no parameters.
_DATA = {"n_samples", "n_folds"}

# The most names that an error lists.
_MOST_NAMES = 20

# Names that are as similar as this differ by a slip of the pen.
_SLIP = 0.84

# The most combinations of searched owners that are tried.
_MOST_OWNERS = 1_000


def check_parameter_names(estimator: Any, space: SearchSpace, resource: Any) -> None:
    """Refuse, before any fit, names that the estimator does not take."""
    known = set(estimator.get_params())
    for branch in space.branches:
        here = known | {n for p in branch for n in _names_of_values(p)}
        for parameter in branch:
            if parameter.name in here:
                continue
            if _is_taken(estimator, parameter, branch):
                _warn_of_probable_slip(parameter.name, here)
            else:
                raise ValueError(
                    f"Invalid parameter {parameter.name!r} for estimator {estimator}."
                    f"{did_you_mean(parameter.name, here)} Valid parameters are: "
                    f"{listed(known)}."
                )
    if resource == PASSES:
        check_passes(estimator, space)
    elif resource not in {None, "n_samples", "n_folds"}:
        _check_resource(estimator, space, resource)
        _check_declarations(estimator, space, resource)


def _check_declarations(estimator: Any, space: SearchSpace, resource: str) -> None:
    """Refuse a ``continued_by`` that cannot be meant, in any last step."""
    parameter = resource.rpartition("__")[2]
    for step, _ in last_steps(estimator, space):
        fault = fault_of_declaration(step, parameter)
        if fault:
            raise ValueError(fault)


def check_names_of_candidates(estimator: Any, configs: Iterable[Any]) -> None:
    """Refuse, before any fit, candidates whose names the estimator does not take."""
    known = set(estimator.get_params())
    seen: set[str] = set()
    for config in configs:
        new = config.keys() - seen - known
        seen |= config.keys()
        if not new:
            continue
        try:
            clone(estimator).set_params(**clone(config, safe=False))
        # An estimator of any library may raise anything that it likes.
        except Exception as error:
            name = min(new)
            raise ValueError(
                f"Invalid parameter {name!r} for {type(estimator).__name__}."
                f"{did_you_mean(name, known)} Valid parameters are: {listed(known)}."
            ) from error
        for name in new:
            _warn_of_probable_slip(name, known)


def _warn_of_probable_slip(name: str, names: Iterable[str]) -> None:
    """Say if a name that an estimator does not list is nearly one that it lists.

    LightGBM, XGBoost and CatBoost take every name, and pass over those that they do
    not know.
    """
    close = get_close_matches(name, names, n=1, cutoff=_SLIP)
    if close:
        warn(
            f"{name!r} is none of the parameters that the estimator lists. The "
            "estimator takes every name, and may ignore this one. Did you mean "
            f"{close[0]!r}?"
        )


def _is_taken(estimator: Any, parameter: Any, branch: Any) -> bool:
    """Tell whether a copy of the estimator lets the parameter be set.

    Its owner can itself be searched: then one of the values has to take it.
    """
    clone(estimator)  # what cannot be cloned is an error of its own
    value = _any_value(parameter)
    owners = [p for p in branch if parameter.name.startswith(f"{p.name}__")]
    owners.sort(key=lambda p: len(p.name))
    choices = [
        list(p.domain.values()) if p.domain.is_categorical else [_any_value(p)]
        for p in owners
    ]
    for values in islice(product(*choices), _MOST_OWNERS):
        params = dict(zip((p.name for p in owners), values, strict=True))
        params = clone({**params, parameter.name: value}, safe=False)
        # An estimator of any library may raise anything that it likes.
        with suppress(Exception):
            clone(estimator).set_params(**params)
            return True
    return False


def _any_value(parameter: Any) -> Any:
    return parameter.domain.sample(np.random.default_rng(0))


def _check_resource(estimator: Any, space: SearchSpace, resource: str) -> None:
    if resource in space.names:
        raise ValueError(
            f"Cannot use resource={resource!r}: it is also searched in "
            "param_distributions. Remove it there or choose another resource."
        )
    if resource.endswith(f"__{PASSES}"):
        raise ValueError(
            f"resource={resource!r} names a step. Pass resource={PASSES!r}: it is "
            "always the partial_fit of the last step."
        )
    for branch in space.branches:
        for label, owner, name in _owners(estimator, branch, resource):
            params = _params_of(owner)
            known = params.keys() | hidden_names(owner, name)
            if name not in known:
                own = estimator.get_params().keys() | hidden_names(estimator, resource)
                passes = "" if fault_of_passes(estimator) else f"{PASSES!r}, "
                raise ValueError(
                    f"resource={resource!r} is not a parameter of {label}."
                    f"{did_you_mean(name, own | known | _DATA)} It must be "
                    f"'n_samples', 'n_folds', {passes}None, or one of {listed(own)}, "
                    "and every "
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
    params: dict[str, Any] = value.get_params() if is_estimator(value) else {}
    return params


def warn_of_ranges(param_distributions: Any) -> None:
    """Say that a tuple of two numbers is two values: it may be meant as a range."""
    if isinstance(param_distributions, Mapping):
        param_distributions = [param_distributions]
    for alternative in param_distributions:
        if not isinstance(alternative, Mapping):  # it is a ConfigurationSpace
            continue
        for name, values in alternative.items():
            if not isinstance(values, tuple) or len(values) != 2:
                continue
            if all(isinstance(v, Real) and not isinstance(v, bool) for v in values):
                warn(_what_a_tuple_is(name, *values))


def _what_a_tuple_is(name: str, low: Any, high: Any) -> str:
    a_range = f"scipy.stats.uniform({low}, {high - low})"
    if isinstance(low, Integral) and isinstance(high, Integral):
        a_range = f"scipy.stats.randint({low}, {high + 1})"
    elif low > 0:
        a_range += f" or scipy.stats.loguniform({low}, {high})"
    return (
        f"The values of parameter {name!r} are the tuple {(low, high)}: these two "
        "values, and none between them. To search all values between them, pass "
        f"{a_range}. For the two values, pass the list {[low, high]}."
    )


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return what to add to an error about a name that is not known."""
    names = sorted(names)
    own = name.rpartition("__")[2]
    synonyms = set().union(*(group for group in _SYNONYMS if own in group)) - {own}
    meant = (
        [n for n in names if n.endswith(f"__{own}")]
        or [n for n in names if n.rpartition("__")[2] in synonyms]
        or get_close_matches(name, names, n=1)
        or _close_at_the_end(own, names)
    )
    return f" Did you mean {' or '.join(map(repr, meant[:3]))}?" if meant else ""


def _close_at_the_end(own: str, names: list[str]) -> list[str]:
    """Return the names of parameters of steps whose own name is close."""
    ends = {n.rpartition("__")[2] for n in names}
    close = get_close_matches(own, ends, n=1)
    return [n for n in names if n.rpartition("__")[2] in close]


def listed(names: Iterable[str]) -> str:
    """Return names for an error, the first of them if there are many."""
    names = sorted(names, key=lambda name: (name.count("__"), name))
    shown = ", ".join(map(repr, names[:_MOST_NAMES]))
    n_more = len(names) - _MOST_NAMES
    return f"[{shown}, ... and {n_more} more]" if n_more > 0 else f"[{shown}]"
