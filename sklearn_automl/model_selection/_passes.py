"""Passes over the training rows as the resource: who makes them, and in the final fit.

How they are made is in ``execution/_passes``.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_automl.execution import (
    PASSES,
    fault_of_passes,
    fit_from,
    not_taken_by_partial_fit,
)
from sklearn_automl.space import SearchSpace

__all__ = [
    "SUGGESTED_PASSES",
    "check_fit_names_of_passes",
    "check_passes",
    "making_passes",
    "n_passes_of",
]

#: What an error suggests as the largest number of passes.
SUGGESTED_PASSES = 27

# So many configurations are drawn to see whether all of them can make passes.
_N_DRAWN = 200


def check_passes(estimator: Any, space: SearchSpace) -> None:
    """Refuse, before any fit, an estimator that has no ``partial_fit`` to call.

    Whether it has one can depend on values that are searched, the last step of a
    pipeline among them.
    """
    for values in _choices(estimator, space):
        fault = _fault_with(estimator, values)
        if fault:
            blamed = _to_blame(estimator, values, fault)
            shown = ", ".join(f"{name}={value!r}" for name, value in blamed.items())
            where = f" (with {shown}, which is in param_distributions)" if shown else ""
            raise ValueError(
                f"resource={PASSES!r} calls the partial_fit of the estimator, or of "
                f"the last step of a pipeline, but {fault}{where}. Change that, or "
                "choose another resource, such as 'n_samples'."
            )


def _fault_with(estimator: Any, values: dict[str, Any]) -> str:
    changed = clone(estimator).set_params(**clone(values, safe=False))
    return fault_of_passes(changed)


def _to_blame(estimator: Any, values: dict[str, Any], fault: str) -> dict[str, Any]:
    """Return those of the values without which there would not be this fault."""
    for name in sorted(values, key=len, reverse=True):
        others = {n: v for n, v in values.items() if n != name}
        # The owner of another parameter cannot be left out.
        with suppress(ValueError):
            if _fault_with(estimator, others) == fault:
                values = others
    return values


def _choices(estimator: Any, space: SearchSpace) -> Iterator[dict[str, Any]]:
    """Yield values from lists that can decide, in combinations that the space has."""
    rng = np.random.default_rng(0)
    for branch in space.branches:
        listed = [p for p in branch if p.domain.is_categorical]
        listed = [p for p in listed if _may_decide(p.name, estimator)]
        seen = set()
        for _ in range(_N_DRAWN if listed else 1):
            values: dict[str, Any] = {}
            for parameter in listed:
                if parameter.is_active(values):
                    values[parameter.name] = parameter.domain.sample(rng)
            key = tuple(
                p.domain.key(values[p.name]) if p.name in values else None
                for p in listed
            )
            if key not in seen:
                seen.add(key)
                yield values


def _may_decide(name: str, estimator: Any) -> bool:
    """Tell whether a parameter is the last step of a pipeline, or one of that step."""
    while isinstance(estimator, Pipeline):
        step, estimator = estimator.steps[-1]
        if name in ("steps", step):
            return True
        if not name.startswith(f"{step}__"):
            return False
        name = name.removeprefix(f"{step}__")
    return True


def check_fit_names_of_passes(search: Any, names: Collection[str]) -> None:
    """Refuse, before any fit, parameters of ``fit`` that ``partial_fit`` lacks."""
    # Who takes what is not known here where it is routed, or where a step is searched.
    if search.resource != PASSES or get_config()["enable_metadata_routing"]:
        return
    estimator, prefix = search.estimator, ""
    if fault_of_passes(estimator):
        return
    while isinstance(estimator, Pipeline):
        prefix += f"{estimator.steps[-1][0]}__"
        estimator = estimator.steps[-1][1]
    own = [n.removeprefix(prefix) for n in names if n.startswith(prefix)]
    for name in not_taken_by_partial_fit(estimator, own):
        raise TypeError(
            f"resource={PASSES!r} calls {type(estimator).__name__}.partial_fit, which "
            f"does not take {name!r}. Leave {prefix + name!r} out of fit, or choose "
            "another resource, such as 'n_samples'."
        )


def n_passes_of(search: Any, row: int | None) -> int | None:
    """Return how many passes a row of ``cv_results_`` had; None with other resources.

    Where nothing was chosen it is the first row.
    """
    if search.resource != PASSES:
        return None
    return int(search.cv_results_["n_resources"][row or 0])


def making_passes(estimator: Any, n: int | None) -> AbstractContextManager[Any]:
    """Let the next ``fit`` of an estimator make n passes; None changes nothing."""
    return nullcontext() if n is None else fit_from(estimator, PASSES, 0, n)
