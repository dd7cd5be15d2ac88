"""Continuing a fitted model: more trees, more iterations, more epochs.

Which way an estimator can be continued is decided by :func:`growth_of`; each way is a
small class with one method.
"""

import warnings
from abc import ABC, abstractmethod
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import ensemble, linear_model, mixture, neural_network
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import unique_labels

from sklearn_automl._sklearn_compat import (
    last_step_fit_params,
    mlp_has_converged,
    num_samples,
)

__all__ = ["Growth", "Progress", "fit_from", "growth_of", "locate", "modules_of"]

# By which a pipeline's transformed data is known again, and up to which difference.
_N_ROWS = 16
_ROUNDING = 1e-6

_ITERATIONS = {"max_iter", "n_iter", "max_epochs", "n_epochs", "epochs"}

# One call of their partial_fit is one epoch. That of other scikit-learn estimators is
# one mini-batch, which is not what their max_iter counts.
_SGD_NAMES = (
    "SGDClassifier",
    "SGDRegressor",
    "SGDOneClassSVM",
    "Perceptron",
    "PassiveAggressiveClassifier",  # deprecated in scikit-learn 1.8
    "PassiveAggressiveRegressor",
)
_SGD = tuple(getattr(linear_model, n) for n in _SGD_NAMES if hasattr(linear_model, n))
_MLP = (neural_network.MLPClassifier, neural_network.MLPRegressor)

# max_iter counts what a warm start adds, and the state is all in the coefficients.
_ADDS_ITERATIONS = (
    linear_model.ElasticNet,
    linear_model.GammaRegressor,
    linear_model.HuberRegressor,
    linear_model.LogisticRegression,
    linear_model.MultiTaskElasticNet,
    linear_model.PoissonRegressor,
    linear_model.TweedieRegressor,
    mixture.GaussianMixture,
    mixture.BayesianGaussianMixture,
)

_BOOSTING = (
    ensemble.GradientBoostingClassifier,
    ensemble.GradientBoostingRegressor,
)
_HIST_BOOSTING = (
    ensemble.HistGradientBoostingClassifier,
    ensemble.HistGradientBoostingRegressor,
)
_BAGGING = (ensemble.BaggingClassifier, ensemble.BaggingRegressor)


class Growth(ABC):
    """A way to take an estimator from ``start`` to ``stop`` units of a parameter."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    @abstractmethod
    def fit(
        self, estimator: Any, start: int, stop: int, X: Any, y: Any, **params: Any
    ) -> int:
        """Fit, from scratch if ``start`` is 0; return the units that this took."""


class WarmStart(Growth):
    """Set the parameter to the total and fit again: forests, boosting, bagging.

    scikit-learn makes this equal to a cold fit if ``random_state`` is an integer.
    """

    def fit(self, estimator, start, stop, X, y, **params):
        # Histogram boosting that stops early does not tell whether it stopped at
        # `start` or was cut there, so it is fitted from scratch.
        stops_early = getattr(estimator, "do_early_stopping_", False)
        estimator.set_params(warm_start=not stops_early, **{self.parameter: stop})
        with warnings.catch_warnings():
            # It warns that the data could change between calls. It does not.
            warnings.filterwarnings("ignore", "class_weight presets")
            _plain_fit(estimator, X, y, **params)
        return stop if stops_early else stop - start


class MoreIterations(Growth):
    """Fit again with the iterations that are missing: solvers that keep no state."""

    def fit(self, estimator, start, stop, X, y, **params):
        before = getattr(estimator, "n_iter_", 0) if start else 0
        estimator.set_params(warm_start=True, **{self.parameter: stop - start})
        _plain_fit(estimator, X, y, **params)
        estimator.set_params(**{self.parameter: stop})
        if hasattr(estimator, "n_iter_"):  # of this call; a cold fit counts them all
            estimator.n_iter_ = np.add(before, estimator.n_iter_)
        return stop - start


class UntilConverged(Growth):
    """Fit from scratch, but only until the solver has stopped by itself.

    More iterations would then end at the same place, so that the model is kept as it
    is. This is for SGD with a ``tol``: it looks at losses that ``partial_fit`` hides.
    """

    def fit(self, estimator, start, stop, X, y, **params):  # noqa: ARG002
        estimator.set_params(**{self.parameter: stop})
        _plain_fit(estimator, X, y, **params)
        return stop


class EpochByEpoch(Growth):
    """Call ``partial_fit`` once an epoch: SGD, multi-layer perceptrons.

    Their warm start would begin again with the learning rate or with the optimizer's
    moments, and each call seeds its shuffling anew, so that every epoch would go
    through the data in the same order. One ``RandomState`` that lives as long as the
    model mends that.
    """

    def fit(self, estimator, start, stop, X, y, **params):
        if not params.keys() <= signature(estimator.partial_fit).parameters.keys():
            # coef_init, for one: a cold fit can take it.
            return UntilConverged(self.parameter).fit(
                estimator, start, stop, X, y, **params
            )
        if start == 0:
            _keep_random_state(estimator)
            if is_classifier(estimator):
                params = {"classes": unique_labels(y), **params}
        for epoch in range(start, stop):
            if isinstance(estimator, _MLP) and mlp_has_converged(estimator):
                return epoch - start
            if y is None:
                estimator.partial_fit(X, **params)
            else:
                estimator.partial_fit(X, y, **params)
            params.pop("classes", None)
        return stop - start


class MoreEpochs(Growth):
    """Let ``partial_fit`` run the epochs that are missing: skorch nets."""

    def fit(self, estimator, start, stop, X, y, **params):
        estimator.set_params(**{self.parameter: stop - start})
        if start == 0:
            _plain_fit(estimator, X, y, **params)
        else:
            estimator.partial_fit(X, y, **params)
        estimator.set_params(**{self.parameter: stop})
        return stop - start


def growth_of(estimator: Any, parameter: str) -> Growth | None:
    """Return how ``estimator`` continues in ``parameter``; None if it cannot."""
    names = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if parameter not in names:
        return None
    if parameter == "n_estimators" and "warm_start" in names:
        return WarmStart(parameter) if _is_exact(estimator) else None
    if parameter == "max_iter":
        if isinstance(estimator, _SGD):
            return _growth_of_sgd(estimator)
        if isinstance(estimator, _MLP):
            return EpochByEpoch(parameter) if _has_partial_fit(estimator) else None
        if isinstance(estimator, _HIST_BOOSTING):
            return WarmStart(parameter)
        if isinstance(estimator, _ADDS_ITERATIONS) and "warm_start" in names:
            return MoreIterations(parameter) if _keeps_its_solution(estimator) else None
    return _growth_of_other(estimator, parameter)


def _growth_of_other(estimator, parameter):
    """Go by what an estimator has, where we do not know the estimator."""
    is_known = type(estimator).__module__.startswith("sklearn.")
    if parameter not in _ITERATIONS or is_known:
        return None
    if hasattr(estimator, "partial_fit"):
        is_skorch = hasattr(estimator, "initialize_module")
        return (MoreEpochs if is_skorch else EpochByEpoch)(parameter)
    return MoreIterations(parameter) if hasattr(estimator, "warm_start") else None


def _growth_of_sgd(estimator):
    if estimator.tol is not None:
        has_seed = isinstance(estimator.random_state, int | np.integer)
        return UntilConverged("max_iter") if has_seed else None
    return EpochByEpoch("max_iter") if _has_partial_fit(estimator) else None


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


class Progress:
    """What one fit has done: ``units`` fitted, and whether it ``can_continue``.

    ``seen`` is what the next fit has to be given, to know the data again.
    """

    def __init__(self) -> None:
        self.units = 0
        self.can_continue = False
        self.seen: Any = None


@contextmanager
def fit_from(estimator: Any, parameter: str, start: int, stop: int, seen: Any = None):
    """Let ``estimator.fit`` take it from ``start`` to ``stop`` of ``parameter``.

    The estimator itself stays what it is, so that scorers, tags and callbacks see
    nothing unusual; only the first call of its ``fit`` is taken over. Where the
    estimator cannot be continued, that call is as ever.

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
            _plain_fit(estimator, X, y, **params)
            progress.units = stop
            return estimator
        if start == 0:
            done = _fit_first(estimator, growth, stop, X, y, **params)
        else:
            done = _fit_more(estimator, growth, start, stop, X, y, seen, **params)
        progress.units, progress.seen = done
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


def _growth_within(estimator, parameter):
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
    last = _last_step(estimator)
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
        _plain_fit(estimator, X, y, **params)
    finally:
        _uncover(last)
    return units, seen


def _fit_more(estimator, growth, start, stop, X, y, seen, **params):
    """Continue; return what ``_fit_first`` does, 0 units if the model has converged.

    Some transformers give other data in ``fit_transform`` than in ``transform`` later:
    a TargetEncoder's is cross-fitted. The last step would then go on with other rows
    than it began with, so everything is fitted from scratch.
    """
    last, last_params, Xt = estimator, params, X
    while isinstance(last, Pipeline):
        pipeline = last
        last_params = last_step_fit_params(pipeline, last_params)
        if len(pipeline.steps) > 1:
            Xt = pipeline[:-1].transform(Xt)
        last = pipeline.steps[-1][1]
    if last is not estimator and not _are_equal(seen, _some_rows(Xt)):
        pipeline.steps[-1] = (pipeline.steps[-1][0], clone(last))
        return _fit_first(estimator, growth, stop, X, y, **params)
    if _has_stopped_by_itself(last, growth, start):
        last.set_params(**{growth.parameter: stop})
        return 0, seen
    return growth.fit(last, start, stop, Xt, y, **last_params), seen


def _last_step(estimator):
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def _plain_fit(estimator, X, y, **params):
    arguments = (X,) if y is None else (X, y)
    return estimator.fit(*arguments, **params)


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


def _has_stopped_by_itself(estimator, growth, start):
    """Tell whether the last fit ended before its ``start`` units: it has converged.

    A cold fit with more to spend would end at the same place.
    """
    if isinstance(growth, EpochByEpoch):
        return False  # n_iter_ can be the one epoch of the last call
    name = "n_estimators_" if growth.parameter == "n_estimators" else "n_iter_"
    used = getattr(estimator, name, None)
    return used is not None and bool(np.max(used) < start)


def _has_partial_fit(estimator):
    """Tell whether SGD or an MLP has a partial_fit with its present options."""
    if getattr(estimator, "early_stopping", False):
        return False
    if getattr(estimator, "class_weight", None) == "balanced":
        return False
    return hasattr(estimator, "partial_fit")  # not with MLP's solver="lbfgs"


def _keeps_its_solution(estimator):
    """Tell whether a second fit really starts at the solution of the first."""
    if getattr(estimator, "solver", None) == "liblinear":
        return False
    return getattr(estimator, "n_init", 1) == 1


def _is_exact(estimator):
    """Tell whether fitting more members equals fitting all of them at once."""
    if isinstance(estimator, _BOOSTING):
        # Early stopping would look at losses of the present call only.
        return estimator.n_iter_no_change is None
    if isinstance(estimator, _BAGGING):
        return not estimator.oob_score  # not available with warm_start
    return True


def _keep_random_state(estimator):
    if "random_state" in estimator.get_params(deep=False):
        random_state = np.random.RandomState(_seed_of(estimator.random_state))
        estimator.set_params(random_state=random_state)


def _seed_of(random_state):
    if random_state is None or isinstance(random_state, int | np.integer):
        return random_state
    return random_state.randint(2**31 - 1)
