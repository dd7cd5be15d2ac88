"""Which estimators can be continued in which parameter, and by which calls.

:func:`growth_of` chooses. The ways of scikit-learn's estimators are here, and depend on
its releases; those of other libraries' boosting are in ``_boosting``, and those of
skorch's nets in ``_net_growth``.

A class that is not known is fitted from scratch, unless it says how it is continued:
its ``fit`` may do more than its ``partial_fit``. That holds for a subclass with a
``fit`` of its own too.
"""

from inspect import signature
from typing import Any

import numpy as np
from sklearn import ensemble, linear_model, mixture, neural_network
from sklearn.base import is_classifier
from sklearn.utils.multiclass import unique_labels

from sklearn_automl._sklearn_compat import mlp_has_converged, with_class_weight_presets
from sklearn_automl.execution._boosting import boosting_growth, is_boosting
from sklearn_automl.execution._declared_growth import declared_way
from sklearn_automl.execution._growth_base import (
    Growth,
    are_methods_of,
    plain_fit,
)
from sklearn_automl.execution._net_growth import is_net, net_growth

__all__ = ["growth_of", "options_without_partial_fit"]

# What a fit goes through. A subclass that changes one of these does something else.
_METHODS_OF_FITTING = ("fit", "partial_fit", "_fit", "_partial_fit")

# One call of partial_fit is one epoch for these. For other scikit-learn estimators it
# is one mini-batch, which is not what their max_iter counts.
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

# For these max_iter counts what a warm start adds, and all state is in coefficients.
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


class WarmStart(Growth):
    """Set the parameter to the total and fit again: forests, boosting, bagging.

    scikit-learn makes this equal to a cold fit if ``random_state`` is an integer.
    """

    def fit(self, estimator, start, stop, X, y, **params):
        # Histogram boosting that stops early does not tell whether it stopped at
        # `start` or was cut there, so it is fitted from scratch.
        stops_early = getattr(estimator, "do_early_stopping_", False)
        estimator.set_params(warm_start=not stops_early, **{self.parameter: stop})
        with with_class_weight_presets(estimator):
            plain_fit(estimator, X, y, **params)
        return stop if stops_early else stop - start


class MoreIterations(Growth):
    """Fit again with the iterations that are missing: solvers that keep no state."""

    def fit(self, estimator, start, stop, X, y, **params):
        before = getattr(estimator, "n_iter_", 0) if start else 0
        estimator.set_params(warm_start=True, **{self.parameter: stop - start})
        plain_fit(estimator, X, y, **params)
        estimator.set_params(**{self.parameter: stop})
        if hasattr(estimator, "n_iter_"):  # this call's; a cold fit counts them all
            estimator.n_iter_ = np.add(before, estimator.n_iter_)
        return stop - start


class UntilConverged(Growth):
    """Fit from scratch, but only until the solver has stopped by itself.

    More iterations would then end at the same place, so that the model is kept as it
    is. This is for SGD with a ``tol``: it looks at losses that ``partial_fit`` hides.
    """

    def fit(self, estimator, start, stop, X, y, **params):  # noqa: ARG002
        estimator.set_params(**{self.parameter: stop})
        plain_fit(estimator, X, y, **params)
        return stop


class EpochByEpoch(Growth):
    """Call ``partial_fit`` once an epoch: SGD, perceptrons, and what says so.

    The warm start of SGD and of perceptrons would begin again with the learning rate or
    with the optimizer's moments, and each call seeds its shuffling anew, so that every
    epoch would go through the data in the same order. One ``RandomState`` that lives
    as long as the model mends that.
    """

    def has_converged(self, estimator, start):  # noqa: ARG002
        return False  # n_iter_ can count the last call only; fit() looks for itself

    def fit(self, estimator, start, stop, X, y, **params):
        taken = signature(estimator.partial_fit).parameters.keys()
        if not params.keys() <= taken:
            # A cold fit takes parameters that partial_fit does not, such as coef_init.
            return UntilConverged(self.parameter).fit(
                estimator, start, stop, X, y, **params
            )
        if start == 0:
            _keep_random_state(estimator)
            if is_classifier(estimator) and "classes" in taken:
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


def growth_of(estimator: Any, parameter: str) -> Growth | None:
    """Return how ``estimator`` continues in ``parameter``; None if it cannot."""
    declared = declared_way(estimator, parameter)
    if declared is not None:
        return _DECLARED[declared](parameter)
    if is_boosting(estimator):
        return boosting_growth(estimator, parameter)
    if is_net(estimator):
        return net_growth(estimator, parameter)
    if not are_methods_of(("sklearn",), estimator, _METHODS_OF_FITTING):
        return None
    return _growth_in_sklearn(estimator, parameter)


# By the names in WAYS.
_DECLARED = {"partial_fit": EpochByEpoch, "warm_start": WarmStart}


def _growth_in_sklearn(estimator, parameter):
    names = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if parameter not in names:
        return None
    if parameter == "n_estimators" and "warm_start" in names:
        return WarmStart(parameter) if _is_exact(estimator) else None
    if parameter != "max_iter":
        return None
    if isinstance(estimator, _SGD):
        return _growth_of_sgd(estimator)
    if isinstance(estimator, _MLP):
        return EpochByEpoch(parameter) if _has_partial_fit(estimator) else None
    if isinstance(estimator, _HIST_BOOSTING):
        return WarmStart(parameter)
    if isinstance(estimator, _ADDS_ITERATIONS) and "warm_start" in names:
        return MoreIterations(parameter) if _keeps_its_solution(estimator) else None
    return None


def _growth_of_sgd(estimator):
    if estimator.tol is not None:
        has_seed = isinstance(estimator.random_state, int | np.integer)
        return UntilConverged("max_iter") if has_seed else None
    return EpochByEpoch("max_iter") if _has_partial_fit(estimator) else None


def _has_partial_fit(estimator):
    """Tell whether SGD or an MLP has a partial_fit with its present options."""
    # An MLP with solver="lbfgs" has none.
    return hasattr(estimator, "partial_fit") and not options_without_partial_fit(
        estimator
    )


def options_without_partial_fit(estimator: Any) -> str:
    """Return the option with which the partial_fit of SGD or an MLP raises."""
    if not isinstance(estimator, (*_SGD, *_MLP)):
        return ""
    if getattr(estimator, "early_stopping", False):
        return "early_stopping=True"
    if getattr(estimator, "class_weight", None) == "balanced":
        return "class_weight='balanced'"
    return ""


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
        return not estimator.oob_score  # it is not available with warm_start
    return True


def _keep_random_state(estimator):
    if "random_state" in estimator.get_params(deep=False):
        random_state = np.random.RandomState(_seed_of(estimator.random_state))
        estimator.set_params(random_state=random_state)


def _seed_of(random_state):
    if random_state is None or isinstance(random_state, int | np.integer):
        return random_state
    return random_state.randint(2**31 - 1)
