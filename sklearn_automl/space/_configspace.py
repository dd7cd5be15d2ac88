"""Search spaces of the ConfigSpace package, which is not needed for any other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from sklearn_automl.space._when import When

__all__ = ["from_configspace", "is_configspace", "log_uniform_integers"]

# An integer that others depend on becomes a list, which only few values make sense for.
_MAX_VALUES_OF_PARENT = 1_000


def is_configspace(value: Any) -> bool:
    """Tell whether it is a ``ConfigurationSpace``, without importing ConfigSpace."""
    module = type(value).__module__.partition(".")[0]
    return module == "ConfigSpace" and hasattr(value, "forbidden_clauses")


def from_configspace(space: Any) -> dict[str, Any]:
    """Return the same as ``param_distributions``.

    Raises
    ------
    ValueError
        If there is something in it that a SearchSpace does not have.
    """
    if space.forbidden_clauses:
        raise ValueError(
            "The ConfigurationSpace has forbidden clauses, which are not supported: "
            f"{space.forbidden_clauses[0]}. Remove them, or say the same with "
            "conditions or with a list of dicts."
        )
    hyperparameters = dict(space)
    conditions = {c.child.name: c for c in _outermost(space.conditions)}
    parents = {p for c in conditions.values() for p in _parents_of(c)}
    distributions: dict[str, Any] = {}
    for name, hyperparameter in hyperparameters.items():
        domain = _domain_of(hyperparameter)
        if name in parents and not isinstance(domain, list):
            domain = _list_of_parent(hyperparameter)
        distributions[name] = domain
    return {
        name: _conditional(conditions[name], domain, distributions)
        if name in conditions
        else domain
        for name, domain in distributions.items()
    }


def _domain_of(hyperparameter: Any) -> Any:
    make = _DOMAINS.get(type(hyperparameter).__name__)
    if make is None:
        raise ValueError(
            f"Hyperparameter {hyperparameter.name!r} of the ConfigurationSpace is a "
            f"{type(hyperparameter).__name__}, which is not supported; these are: "
            f"{', '.join(sorted(_DOMAINS))}."
        )
    return make(hyperparameter)


def _categories(hyperparameter: Any) -> list[Any]:
    weights = getattr(hyperparameter, "probabilities", None)
    if weights is not None and not np.allclose(weights, weights[0]):
        raise ValueError(
            f"Hyperparameter {hyperparameter.name!r} of the ConfigurationSpace has "
            "weights, which are not supported: all choices are equally probable."
        )
    return list(hyperparameter.choices)


def _uniform(hyperparameter: Any) -> Any:
    low, high = hyperparameter.lower, hyperparameter.upper
    if hyperparameter.log:
        return stats.loguniform(low, high)
    return stats.uniform(low, high - low)


def _integers(hyperparameter: Any) -> Any:
    low, high = int(hyperparameter.lower), int(hyperparameter.upper)
    if hyperparameter.log:
        return log_uniform_integers(low, high)
    return stats.randint(low, high + 1)


def _normal(hyperparameter: Any) -> Any:
    mean, sd = hyperparameter.mu, hyperparameter.sigma
    if hyperparameter.log:
        raise ValueError(
            f"Hyperparameter {hyperparameter.name!r} of the ConfigurationSpace is "
            "normal on a logarithmic scale, which is not supported."
        )
    low, high = (hyperparameter.lower - mean) / sd, (hyperparameter.upper - mean) / sd
    return stats.truncnorm(low, high, loc=mean, scale=sd)


_DOMAINS = {
    "CategoricalHyperparameter": _categories,
    "Constant": lambda hyperparameter: [hyperparameter.value],
    "NormalFloatHyperparameter": _normal,
    "OrdinalHyperparameter": lambda hyperparameter: list(hyperparameter.sequence),
    "UniformFloatHyperparameter": _uniform,
    "UniformIntegerHyperparameter": _integers,
}


class _LogUniformIntegers(stats.rv_discrete):  # type: ignore[misc]  # no stubs
    """Integers that are the rounded values of a log-uniform distribution."""

    def _get_support(self, low: Any, high: Any) -> tuple[Any, Any]:
        return low, high

    def _argcheck(self, low: Any, high: Any) -> Any:
        return (low >= 1) & (high >= low)

    def _cdf(self, x: Any, low: Any, high: Any) -> Any:
        start = np.log(low - 0.5)
        return (np.log(np.floor(x) + 0.5) - start) / (np.log(high + 0.5) - start)

    def _pmf(self, x: Any, low: Any, high: Any) -> Any:
        width = np.log(high + 0.5) - np.log(low - 0.5)
        return (np.log(x + 0.5) - np.log(x - 0.5)) / width

    def _ppf(self, q: Any, low: Any, high: Any) -> Any:
        start = np.log(low - 0.5)
        values = np.exp(start + q * (np.log(high + 0.5) - start)) - 0.5
        # Not above a value whose share ends there, but for rounding.
        return np.clip(np.ceil(values - 1e-9), low, high)


_log_uniform_integers = _LogUniformIntegers(name="log_uniform_integers")


def log_uniform_integers(low: int, high: int) -> Any:
    """Return the distribution of integers from low to high on a log scale."""
    return _log_uniform_integers(low, high)


# ---- conditions ------------------------------------------------------------------


def _outermost(conditions: list[Any]) -> list[Any]:
    # They have an ``==`` of their own, and conjunctions have the child of their parts.
    return [c for c in conditions if hasattr(c, "child")]


def _parts(condition: Any) -> list[Any]:
    """Return the conditions that a conjunction is made of."""
    return list(getattr(condition, "components", [condition]))


def _parents_of(condition: Any) -> set[str]:
    if not hasattr(condition, "components"):
        return {condition.parent.name}
    return {name for part in _parts(condition) for name in _parents_of(part)}


def _list_of_parent(hyperparameter: Any) -> list[Any]:
    is_integer = type(hyperparameter).__name__ == "UniformIntegerHyperparameter"
    if is_integer and not hyperparameter.log:
        low, high = int(hyperparameter.lower), int(hyperparameter.upper)
        if high - low < _MAX_VALUES_OF_PARENT:
            return list(range(low, high + 1))
    raise ValueError(
        f"Other hyperparameters of the ConfigurationSpace depend on "
        f"{hyperparameter.name!r}, which is not a choice: only one with a list of "
        "values can decide."
    )


def _conditional(
    condition: Any, domain: Any, distributions: Mapping[str, Any]
) -> "When":
    kind = type(condition).__name__
    if kind == "AndConjunction":
        for part in _parts(condition):
            domain = _conditional(part, domain, distributions)
        return domain  # type: ignore[no-any-return]
    if kind == "OrConjunction" and len(_parents_of(condition)) > 1:
        raise ValueError(
            f"{condition.child.name!r} of the ConfigurationSpace is active when one of "
            "several hyperparameters has a value, which is not supported: use a list "
            "of dicts."
        )
    (parent,) = _parents_of(condition)
    values = [v for v in distributions[parent] if _holds(condition, v)]
    return When(parent, values, domain)


def _holds(condition: Any, value: Any) -> bool:
    kind = type(condition).__name__
    if kind == "OrConjunction":
        return any(_holds(part, value) for part in _parts(condition))
    if kind == "InCondition":
        return value in list(condition.values)
    if kind == "EqualsCondition":
        return bool(value == condition.value)
    if kind == "NotEqualsCondition":
        return bool(value != condition.value)
    place, limit = value, condition.value
    if hasattr(condition.parent, "sequence"):  # ordered, but perhaps not numbers
        sequence = list(condition.parent.sequence)
        place, limit = sequence.index(value), sequence.index(limit)
    return bool(place < limit) if kind == "LessThanCondition" else bool(place > limit)
