"""What users write becomes the parameters of a space, or an error that says why not."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_automl.space._configspace import from_configspace, is_configspace
from sklearn_automl.space._distribution import Distribution
from sklearn_automl.space._domains import Choice, Domain
from sklearn_automl.space._parameter import Condition, Parameter
from sklearn_automl.space._when import When

__all__ = ["drawing_failed", "make_domain", "parse"]


def parse(param_distributions: Any) -> tuple[tuple[Parameter, ...], ...]:
    """Return the parameters of each alternative, parents before their children."""
    return tuple(_make_branch(a) for a in _as_alternatives(param_distributions))


def _as_alternatives(param_distributions: Any) -> list[Mapping[str, Any]]:
    if is_configspace(param_distributions):
        param_distributions = from_configspace(param_distributions)
    if isinstance(param_distributions, Mapping):
        alternatives = [param_distributions]
    elif isinstance(param_distributions, Sequence) and not isinstance(
        param_distributions, str
    ):
        alternatives = [
            from_configspace(a) if is_configspace(a) else a for a in param_distributions
        ]
    else:
        raise TypeError(
            "param_distributions must be a dict or a list of dicts, got "
            f"{param_distributions!r} (of type {type(param_distributions).__name__})."
        )
    for alternative in alternatives:
        if not isinstance(alternative, Mapping):
            raise TypeError(
                "param_distributions must be a dict or a list of dicts, got a list "
                f"that holds {alternative!r} (of type {type(alternative).__name__})."
            )
        for name in alternative:
            if not isinstance(name, str):
                raise TypeError(
                    "The keys of param_distributions must be parameter names (str), "
                    f"got {name!r} (of type {type(name).__name__})."
                )
    if not alternatives:
        raise ValueError(
            f"The search space is empty: param_distributions={param_distributions!r}. "
            "Pass a dict of parameters; an empty one stands for the estimator as it is."
        )
    return alternatives


def _make_branch(alternative: Mapping[str, Any]) -> tuple[Parameter, ...]:
    domains: dict[str, Domain] = {}
    whens: dict[str, list[When]] = {}
    for name in sorted(alternative):
        value, whens[name] = alternative[name], []
        while isinstance(value, When):
            whens[name].append(value)
            value = value.domain
        domains[name] = make_domain(name, value)
    parameters = {
        name: Parameter(
            name, domains[name], tuple(_make_condition(name, w, domains) for w in ws)
        )
        for name, ws in whens.items()
    }
    return tuple(_parents_first(parameters))


def _make_condition(name: str, when: When, domains: dict[str, Domain]) -> Condition:
    if when.parent not in domains:
        raise ValueError(
            f"Parameter {name!r} depends on {when.parent!r}, which is not a key of the "
            f"same dict. Its keys are {sorted(domains)}."
        )
    parent = domains[when.parent]
    if not isinstance(parent, Choice):
        raise ValueError(
            f"Parameter {name!r} depends on {when.parent!r}, whose values are a "
            "distribution. Only a parameter with a list of values can decide."
        )
    # A tuple or list can itself be a value of the parent.
    is_one = not isinstance(when.values, list | tuple | set | frozenset)
    is_one = is_one or when.values in parent
    values: tuple[Any, ...] = (when.values,) if is_one else tuple(when.values)
    unknown = [v for v in values if v not in parent]
    if unknown or not values:
        raise ValueError(
            f"Parameter {name!r} is active when {when.parent!r} is {when.values!r}, "
            f"but the values of {when.parent!r} are {parent!r}."
            + _hint_of_another_object(unknown, parent)
        )
    values = tuple(sorted(values, key=parent.index))  # a set comes in any order
    keys = frozenset(parent.key(v) for v in values)
    return Condition(when.parent, parent, values, keys)


def _hint_of_another_object(unknown: list[Any], parent: Choice) -> str:
    """Say what is wrong with a value that looks like one of the parent's."""
    listed = {repr(v): v for v in parent.values()}
    for value in unknown:
        if type(listed.get(repr(value))) is type(value):
            return (
                f" {value!r} is not the same object as that in the list. Keep it in a "
                "variable, and use this in both places."
            )
    return ""


def _parents_first(parameters: dict[str, Parameter]) -> list[Parameter]:
    """Order parameters by name, but each one after those it depends on."""
    ordered: list[Parameter] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            raise ValueError(
                f"Conditions of param_distributions form a circle: {circle}."
            )
        if name in done:
            return
        for condition in parameters[name].conditions:
            visit(condition.parent, (*path, name))
        done.add(name)
        ordered.append(parameters[name])

    for name in sorted(parameters):
        visit(name, ())
    return ordered


def make_domain(name: str, values: Any) -> Domain:
    """Return the domain that a user's ``values`` of parameter ``name`` describe."""
    if type(values).__module__.partition(".")[0] == "ConfigSpace":
        raise TypeError(
            f"Parameter {name!r} is a hyperparameter of ConfigSpace. Pass the "
            "ConfigurationSpace that it belongs to, not a dict of its parts."
        )
    if hasattr(values, "rvs"):
        if isinstance(values, type):
            raise TypeError(
                f"The distribution of parameter {name!r} is the class "
                f"{values.__name__}, not an instance of it: call it with its "
                "parameters first."
            )
        return _checked_distribution(name, values)
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ValueError(
            f"Parameter array for {name!r} should be one-dimensional, got: {values!r} "
            f"with shape {values.shape}"
        )
    if isinstance(values, str) or not isinstance(values, np.ndarray | Sequence):
        raise TypeError(
            f"Parameter grid for parameter {name!r} needs to be a list or a numpy "
            f"array, but got {values!r} (of type {type(values).__name__}) instead. "
            "Single values need to be wrapped in a list with one element. A "
            "distribution needs an rvs(random_state=...) method."
        )
    if len(values) == 0:
        raise ValueError(
            f"Parameter grid for parameter {name!r} need to be a non-empty sequence, "
            f"got: {values!r}"
        )
    return Choice(values)  # type: ignore[arg-type]


def _checked_distribution(name: str, distribution: Any) -> Distribution:
    try:
        domain = Distribution(distribution)
        domain.sample(np.random.default_rng(0))
    # Whatever a user's own object raises is reported with the parameter's name.
    except Exception as error:
        raise drawing_failed(name, error) from error
    return domain


def drawing_failed(name: str, error: Exception) -> ValueError:
    """Return an error that names the parameter whose ``rvs`` raised another one."""
    return ValueError(
        f"Drawing from the distribution of parameter {name!r} failed: "
        f"{type(error).__name__}: {error}. Pass all of its parameters. Your own object "
        "needs a method rvs(random_state=...) that returns one value."
    )
