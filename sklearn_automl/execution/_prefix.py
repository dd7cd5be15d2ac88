"""The first steps of a pipeline, fitted once for all configurations that share them.

A prefix is the steps of a pipeline up to one of them. Fitted on the training rows of a
fold, it is the same for every configuration that leaves these steps as they are, and so
is what it makes of the data: what the next step is fitted on, and what it is scored on.

Every result is equal to the bit with and without. What is not certain to be is not
shared: `_step_keys.py` decides which steps are, ``PrefixUse._may_share`` which data.
"""

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sklearn_automl._sklearn_compat import CALLBACKS_ATTRIBUTE
from sklearn_automl.execution._exact_copies import (
    byte_size,
    copy_again,
    exact_copy,
    is_equal,
    light_copy,
    share_memory,
)
from sklearn_automl.execution._prefix_cache import REFUSED, FittedPrefix, PrefixCache

__all__ = ["PrefixUse", "without_own_frames"]

_OWN_FRAME = re.compile(rf'  File "{re.escape(__file__)}", line .*\n(?:    .*\n)*')


def without_own_frames(error: str | None) -> str | None:
    """Return a traceback as it is where nothing is shared."""
    return None if error is None else _OWN_FRAME.sub("", error)


@dataclass(eq=False)
class _Level:
    """A prefix that may be shared: its number of transformers and where it ends.

    ``prefix`` is a FittedPrefix, None until it is fitted.
    """

    n_steps: int
    end: int
    key: Hashable
    prefix: Any

    @property
    def is_shared(self) -> bool:
        return self.prefix is not None and self.prefix is not REFUSED

    @property
    def has_outputs(self) -> bool:
        return self.is_shared and not self.prefix.draws


class PrefixUse:
    """What one evaluation of a pipeline takes from a cache, and puts there.

    The pipeline itself fits, as ever. Only when its parameters are set, the
    ``fit_transform`` of its first steps is taken over for one call. Other estimators
    are left alone, and so is everything if there is no ``cache``.
    """

    def __init__(self, cache: PrefixCache | None) -> None:
        self._cache: Any = cache
        self._pipeline: Any = None
        self._steps: list[Any] = []
        self._levels: list[_Level] = []
        self._found: Any = None
        self._fitted: list[Any] = []
        self._train: Any = None
        self._aside: Any = None
        self._before: list[tuple[Any, Any]] = []

    @contextmanager
    def of(self, estimator: Any, rows: Hashable) -> Iterator[None]:
        """Share the prefixes of an estimator that is fitted and scored meanwhile.

        ``rows`` tells its training rows from others of the same search.
        """
        if self._cache is None or not _is_known(estimator):
            yield
            return
        self._pipeline = estimator
        vars(estimator)["set_params"] = partial(self._set_params, self._cache, rows)
        try:
            yield
        finally:
            vars(estimator).pop("set_params", None)
            for step in self._steps:
                vars(step).pop("fit_transform", None)

    # ---- the fit ---------------------------------------------------------------------

    def _set_params(
        self, cache: PrefixCache, rows: Hashable, /, **params: Any
    ) -> Pipeline:
        """Set the parameters of the pipeline, then look at its steps."""
        pipeline = self._pipeline
        del vars(pipeline)["set_params"]
        pipeline.set_params(**params)
        if pipeline.memory is None and CALLBACKS_ATTRIBUTE not in vars(pipeline):
            changed = {name.partition("__")[0] for name in params}
            if "steps" in changed:
                changed.update(name for name, _ in pipeline.steps)
            self._look_up(cache, rows, changed)
            self._cover()
        return pipeline

    def _look_up(self, cache: PrefixCache, rows: Hashable, changed: set[str]) -> None:
        """Find the steps that can be shared, and the prefixes that are there already.

        A prefix ends where the search changes the next step, or where no further step
        can be shared. A shorter one would serve the same configurations.
        """
        keys, ends = [], []
        for i, (name, step) in enumerate(self._pipeline.steps[:-1]):
            if step is None or isinstance(step, str):
                continue
            key = cache.step_key(name, step, is_constant=name not in changed)
            if key is None:
                break
            self._steps.append(step)
            keys.append(key)
            ends.append(i + 1)
        names = [name for name, _ in self._pipeline.steps]
        for n, end in enumerate(ends, start=1):
            if n == len(ends) or not changed.isdisjoint(names[end : ends[n]]):
                whole = rows, tuple(keys[:n])
                self._levels.append(_Level(n, end, whole, cache.find(whole)))

    def _cover(self) -> None:
        """Take over the next ``fit_transform`` of the steps that are in a prefix."""
        shared = [level.prefix for level in self._levels if level.is_shared]
        self._found = shared[-1] if shared else None
        useful = [lv.n_steps for lv in self._levels if lv.prefix is not REFUSED]
        for i, step in enumerate(self._steps[: max(useful, default=0)]):
            vars(step)["fit_transform"] = partial(self._fit_transform, i, step)

    def _fit_transform(
        self, i: int, step: Any, /, X: Any, y: Any = None, **params: Any
    ) -> Any:
        """Fit the i-th step and transform its data, or take both from the cache."""
        del vars(step)["fit_transform"]
        if i == 0:
            self._train = X
            self._begin(X, y)
        n_found = 0 if self._found is None else len(self._found.steps)
        if i < n_found:
            _become(step, self._fitted[i])
            return copy_again(self._found.data) if i == n_found - 1 else X
        # The cache has steps of its own: those of the pipeline may be fitted again.
        fitted = clone(step)
        Xt = fitted.fit_transform(X, y, **params)
        _become(step, fitted)
        self._fitted.append(fitted)
        for level in self._levels:
            if level.n_steps == i + 1 and level.prefix is None:
                self._offer(level, Xt)
        return Xt

    def _begin(self, X: Any, y: Any) -> None:
        """Take the fitted steps that there are, or note what the data are now."""
        if self._found is not None:
            self._fitted = _for_one_pipeline(self._found)
            return
        self._cache.make_room(byte_size(X))
        self._before = [(d, light_copy(d)) for d in (X, y) if d is not None]

    def _offer(self, level: _Level, Xt: Any) -> None:
        """Put a prefix that has just been fitted into the cache."""
        prefix = None
        try:
            may_share = self._may_share(Xt)
            if level is self._levels[-1]:
                self._before = []  # the copies are no longer needed
            if may_share:
                prefix = _fitted_prefix(self._fitted, Xt)
        # Third-party steps and data may raise anything when they are looked into.
        except Exception:  # noqa: BLE001
            prefix = None
        level.prefix = self._cache.keep(level.key, prefix or REFUSED)

    def _may_share(self, Xt: Any) -> bool:
        """Tell whether later steps find the data as if the prefix was fitted for them.

        A step that writes into its input changes what the training rows are scored by.
        So does a later one that writes into its own input, if that is the same memory.
        """
        return not any(
            before is None or not is_equal(data, before) or share_memory(Xt, data)
            for data, before in self._before
        )

    # ---- the score -------------------------------------------------------------------

    def stand_in(self, pipeline: Any, X: Any) -> Any:
        """Return a pipeline that does with X what the fitted one does.

        It takes what the prefix makes of X from the cache. X are the rows that the
        pipeline was fitted on, those set aside meanwhile, or else those that it is
        scored on.
        """
        n = self._n_usable(len(self._levels))
        if pipeline is not self._pipeline or n == 0 or self._train is None:
            return pipeline
        rows = "train" if X is self._train else "aside" if X is self._aside else "test"
        first = _StandIn(partial(self._transform, n, rows))
        rest = pipeline.steps[self._levels[n - 1].end :]
        return type(pipeline)([(pipeline.steps[0][0], first), *rest])

    def transform(self, pipeline: Pipeline, X: Any) -> Any:
        """Return the training rows X as the last step of a fitted pipeline gets them.

        Inner pipelines are not shared, and X are then no rows of the data.
        """
        if pipeline is self._pipeline:
            self._train = X
        return self.stand_in(pipeline, X)[:-1].transform(X)

    def transform_aside(self, pipeline: Pipeline, X: Any) -> Any:
        """Return the rows X that nothing is fitted on as the last step gets them.

        The steps before it are fitted.
        """
        if pipeline is self._pipeline:
            self._aside = X
        for _, step in self.stand_in(pipeline, X).steps[:-1]:
            # Those of imbalanced-learn that resample have none: they are for the rows
            # that are fitted on.
            if hasattr(step, "transform"):
                X = step.transform(X)
        return X

    def _n_usable(self, n: int) -> int:
        """Return how many of n levels there are up to one whose output is shared."""
        while n and not self._levels[n - 1].has_outputs:
            n -= 1
        return n

    def _transform(self, n: int, rows: str, X: Any) -> Any:
        """Return what the prefix of the n-th level makes of X."""
        level = self._levels[n - 1]
        prefix = level.prefix
        known = prefix.outputs.get(rows)
        if known is not None:
            return copy_again(known)
        is_new = rows not in prefix.outputs
        before = light_copy(X) if is_new else None
        shorter = self._n_usable(n - 1)
        Xt = self._transform(shorter, rows, X) if shorter else X
        n_done = self._levels[shorter - 1].n_steps if shorter else 0
        for step in prefix.steps[n_done:]:
            Xt = step.transform(Xt)
        if is_new:
            output = _output(Xt, X, before)
            self._cache.keep_output(level.key, prefix, rows, output)
        return Xt


def _is_known(estimator: Any) -> bool:
    """Tell whether an estimator is a pipeline of which we know what its fit does.

    One of a class that somebody has derived may do anything with its steps. That of
    imbalanced-learn fits as scikit-learn's up to the first step that resamples, which
    is no transformer and so in no prefix.
    """
    kind = type(estimator)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return kind is Pipeline or name == "imblearn.pipeline.Pipeline"


class _StandIn(BaseEstimator):
    """The first step of a pipeline that stands in for another."""

    def __init__(self, transform: Callable[[Any], Any]) -> None:
        self.transform = transform

    def fit(self, X: Any, y: Any = None) -> "_StandIn":  # noqa: ARG002
        """Do nothing: what it stands for is fitted."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _become(step: Any, fitted: Any) -> None:
    """Let a step be what another one of its class and parameters is."""
    vars(step).update(vars(fitted))


def _for_one_pipeline(prefix: FittedPrefix) -> list[Any]:
    """Return fitted steps whose ``transform`` does not change those in the cache."""
    return deepcopy(prefix.steps) if prefix.draws else list(prefix.steps)


def _fitted_prefix(steps: list[Any], Xt: Any) -> FittedPrefix | None:
    data = exact_copy(Xt)
    if data is None:
        return None
    prefix = FittedPrefix.of(list(steps), data)
    prefix.steps = _for_one_pipeline(prefix)
    return prefix


def _output(Xt: Any, X: Any, before: Any) -> Any | None:
    """Return what is kept of transformed rows; None if that cannot stand for them."""
    try:
        is_clean = before is not None and is_equal(X, before)
        return exact_copy(Xt) if is_clean and not share_memory(Xt, X) else None
    # Third-party data may raise anything when they are looked into.
    except Exception:  # noqa: BLE001
        return None
