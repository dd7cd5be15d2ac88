"""How a fit is taken over, to go on with a fitted model instead of a new one.

The estimator of a pipeline goes on with the data that it began with, transformed.
"""

import copy
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_automl._sklearn_compat import last_step_fit_params, num_samples
from sklearn_automl.execution._growth import growth_of
from sklearn_automl.execution._growth_base import last_step, plain_fit
from sklearn_automl.execution._passes import PASSES, growth_in_passes

__all__ = ["Memory", "Progress", "fit_from", "fit_in_passes", "locate", "modules_of"]

# So many rows of a pipeline's transformed data are compared, to know the data again,
# and they may differ by that part.
_N_ROWS = 16
_ROUNDING = 1e-6


def modules_of(estimator: Any, prefix: str = "") -> tuple[str, ...]:
    """Return how the options of what a skorch net trains begin, in any pipeline."""
    if isinstance(estimator, Pipeline):
        steps = [
            modules_of(step, f"{prefix}{name}__") for name, step in estimator.steps
        ]
        return tuple(name for names in steps for name in names)
    if not hasattr(estimator, "initialize_module"):
        return ()
    parts = ("module", "criterion", "optimizer", "callbacks", "compile")
    return tuple(f"{prefix}{part}" for part in parts)


def locate(estimator: Any, parameter: str) -> tuple[Any, str] | None:
    """Find the last step of (nested) pipelines that has a ``step__parameter``.

    Returns
    -------
    (estimator, name) : tuple or None
        The estimator and its own name of the parameter, None if another step or a
        nested estimator has it, or if a pipeline has a ``fit`` of its own: those of
        imbalanced-learn fit on other rows than they are given.
    """
    while isinstance(estimator, Pipeline):
        if type(estimator).fit is not Pipeline.fit:
            return None
        step, _, parameter = parameter.partition("__")
        if step != estimator.steps[-1][0]:
            return None
        estimator = estimator.steps[-1][1]
    return None if "__" in parameter else (estimator, parameter)


@dataclass(frozen=True)
class Memory:
    """What waits beside an estimator for its continuation.

    ``seen`` are rows, to know the data again; ``kept`` is for its :class:`Growth`.
    """

    seen: Any = None
    kept: Any = None


class Progress:
    """What one fit has done: ``units`` fitted, and whether it ``can_continue``.

    The next fit has to be given ``memory``, and to be one of ``paused``.
    """

    def __init__(self) -> None:
        self.units = 0
        self.can_continue = False
        self.paused: Any = None
        self.memory = Memory()


def _transform(pipeline: Pipeline, X: Any) -> Any:
    return pipeline[:-1].transform(X)


@contextmanager
def fit_from(
    estimator: Any,
    parameter: str,
    start: int,
    stop: int,
    memory: Memory = Memory(),
    transform: Callable[[Pipeline, Any], Any] = _transform,
):
    """Let ``estimator.fit`` take it from ``start`` to ``stop`` of ``parameter``.

    That is a parameter of the estimator, or ``PASSES`` for calls of ``partial_fit``.
    The estimator itself stays what it is, so that scorers, tags and callbacks see
    nothing unusual; only the first call of its ``fit`` is taken over. Where the
    estimator cannot be continued, that call is as ever. ``transform`` returns the
    training rows as the last step of a fitted pipeline gets them.

    Yields
    ------
    progress : Progress
        Filled in by the fit.
    """
    progress = Progress()

    def fit(X, y=None, **params):
        _uncover(estimator)
        # The steps of a pipeline can be searched, so they are looked up only now.
        growth = _growth_within(estimator, parameter)
        if growth is None:
            plain_fit(estimator, X, y, **params)
            progress.units = stop
            return estimator
        growth.kept = memory.kept
        if start == 0:
            done = _fit_first(estimator, growth, stop, X, y, **params)
        else:
            goal = growth, start, stop
            done = _fit_more(estimator, goal, X, y, memory.seen, transform, **params)
        progress.units, seen = done
        progress.memory = Memory(seen, growth.kept)
        progress.paused = _paused(estimator, growth)
        progress.can_continue = True
        return estimator

    estimator.fit = fit
    try:
        yield progress
    finally:
        _uncover(estimator)


def _uncover(estimator):
    """Give an estimator its own ``fit`` back: it may copy or pickle itself in there."""
    vars(estimator).pop("fit", None)


def fit_in_passes(n: int, estimator: Any, X: Any, y: Any, params: Any) -> Any:
    """Fit an estimator from scratch by n calls of ``partial_fit``; return it."""
    with fit_from(estimator, PASSES, 0, n):
        plain_fit(estimator, X, y, **params)
    return estimator


def _growth_within(estimator, parameter):
    if parameter == PASSES:
        return growth_in_passes(estimator)
    found = locate(estimator, parameter)
    return None if found is None else growth_of(*found)


def _fit_first(estimator, growth, stop, X, y, **params):
    """Fit from scratch, but in the way that can be continued.

    Returns
    -------
    units : int
        What this took.

    seen : object
        Some rows as the last step of a pipeline saw them, None without a pipeline.
    """
    last = last_step(estimator)
    if last is estimator:
        return growth.fit(estimator, 0, stop, X, y, **params), None
    units, seen = 0, None

    def fit(Xt, yt=None, **last_params):
        nonlocal units, seen
        _uncover(last)
        units, seen = growth.fit(last, 0, stop, Xt, yt, **last_params), _some_rows(Xt)
        return last

    last.fit = fit
    try:
        plain_fit(estimator, X, y, **params)
    finally:
        _uncover(last)
    return units, seen


def _fit_more(estimator, goal, X, y, seen, transform, /, **params):
    """Continue; return what ``_fit_first`` does, 0 units if the model has converged.

    Some transformers give other data in ``fit_transform`` than in ``transform`` later:
    a TargetEncoder's is cross-fitted. The last step would then go on with other rows
    than it began with, so everything is fitted from scratch.
    """
    growth, start, stop = goal
    last, last_params, Xt = estimator, params, X
    while isinstance(last, Pipeline):
        pipeline = last
        last_params = last_step_fit_params(pipeline, last_params)
        if len(pipeline.steps) > 1:
            Xt = transform(pipeline, Xt)
        last = pipeline.steps[-1][1]
    if last is not estimator and not _are_equal(seen, _some_rows(Xt)):
        pipeline.steps[-1] = (pipeline.steps[-1][0], clone(last))
        return _fit_first(estimator, growth, stop, X, y, **params)
    if growth.has_converged(last, start):
        last.set_params(**{growth.parameter: stop})
        return 0, seen
    return growth.fit(last, start, stop, Xt, y, **last_params), seen


def _paused(estimator, growth):
    """Return an estimator as it waits, without changing the one that is scored."""
    if not isinstance(estimator, Pipeline):
        return growth.paused(estimator)
    name, step = estimator.steps[-1]
    waiting = copy.copy(estimator)
    waiting.steps = [*estimator.steps[:-1], (name, _paused(step, growth))]
    return waiting


def _some_rows(X):
    """Return a few rows of transformed data, to know them again."""
    rows = np.unique(np.linspace(0, num_samples(X) - 1, _N_ROWS).astype(int))
    if hasattr(X, "iloc"):
        return X.iloc[rows].to_numpy()
    if sparse.issparse(X):
        return X.tocsr()[rows]
    return np.asarray(X)[rows] if hasattr(X, "shape") else [X[i] for i in rows]


def _are_equal(rows, others):
    """Compare rows, up to rounding: PCA's two ways to transform differ by that."""
    if sparse.issparse(rows):
        scale = abs(rows).max() if rows.nnz else 0.0
        return abs(rows - others).max() <= _ROUNDING * scale
    rows, others = np.asarray(rows), np.asarray(others)
    if rows.dtype.kind != "f":
        return np.array_equal(rows, others)
    return np.allclose(rows, others, rtol=_ROUNDING, equal_nan=True)
