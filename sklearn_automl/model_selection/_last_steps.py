"""The last steps that a search tries: its estimator's, and those that are searched."""

from collections.abc import Iterator
from typing import Any

from sklearn.pipeline import Pipeline

from sklearn_automl.execution import last_step

__all__ = ["last_steps"]


def last_steps(estimator: Any, space: Any) -> Iterator[tuple[Any, frozenset[str]]]:
    """Yield each last step that is tried, with its names that are searched."""
    own, *paths = _paths(estimator)
    seen = set()
    for choices in _choices(space):
        names = frozenset(name.rpartition("__")[2] for name in choices)
        names |= {name.removeprefix(own) for name in choices}
        steps = [value for path in paths for value in choices.get(path, ())]
        for step in steps or [estimator]:
            if isinstance(step, list):  # the steps of a pipeline
                step = step[-1][1]
            step = last_step(step)
            if (id(step), names) not in seen:
                seen.add((id(step), names))
                yield step, names


def _paths(estimator: Any) -> list[str]:
    """Return how names of the last step's parameters begin, and what replaces it."""
    prefix, paths = "", []
    while isinstance(estimator, Pipeline):
        name, step = estimator.steps[-1]
        paths += [f"{prefix}steps", f"{prefix}{name}"]
        prefix += f"{name}__"
        estimator = step
    return [prefix, *paths]


def _choices(space: Any) -> Iterator[dict[str, Any]]:
    """Yield the names of each alternative of a space, with their values if listed."""
    if hasattr(space, "configs"):
        for config in space.configs:
            yield {name: [value] for name, value in config.items()}
        return
    for branch in space.branches:
        yield {
            p.name: p.domain.values() if p.domain.is_categorical else () for p in branch
        }
