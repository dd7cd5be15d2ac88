"""Default spaces of naive Bayes, discriminant analysis and multi-layer perceptrons.

Sources of the ranges: the spaces of auto-sklearn (Feurer et al., "Efficient and robust
automated machine learning", NeurIPS 2015), if nothing else is said.
"""

from typing import Any

from sklearn_automl.space._when import When
from sklearn_automl.space.defaults._case import Case, Rule, log_scale

__all__ = ["BAYES_AND_NETWORKS"]


def _gaussian_nb(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # auto-sklearn leaves the default, 1e-9. It is a share of the largest variance: 1
    # makes all classes equally wide.
    return {"var_smoothing": log_scale(1e-12, 1)}


def _discrete_nb(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # auto-sklearn: alpha 1e-2 to 100 on a log scale.
    return {"alpha": log_scale(1e-2, 1e2), "fit_prior": [True, False]}


def _complement_nb(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # The prior is used with a single class only. Rennie et al., "Tackling the poor
    # assumptions of naive Bayes text classifiers", ICML 2003, normalise.
    return {"alpha": log_scale(1e-2, 1e2), "norm": [False, True]}


def _lda(case: Case) -> dict[str, Any]:
    # auto-sklearn: no shrinkage, an automatic one, or one between 0 and 1.
    if case.own.get("covariance_estimator") is not None:
        return {}
    if case.has_set("shrinkage"):  # "svd", the default, refuses one
        return {"solver": ["eigen"]}
    # "eigen" can transform, too, and any shrinkage makes its covariance regular.
    amounts = ["auto", 0.01, 0.1, 0.3, 0.5, 0.7, 0.9]
    return {
        "solver": ["svd", "eigen"],
        "shrinkage": When("solver", ["eigen", "lsqr"], amounts),
    }


def _qda(case: Case) -> dict[str, Any]:
    # auto-sklearn: reg_param 0 to 1. Other solvers than "svd", the default, have
    # shrinkage instead. Without any, features that depend on each other fail.
    solver = case.own.get("solver", "svd")
    if solver == "svd":
        return {"reg_param": log_scale(1e-4, 1)}
    if case.own.get("covariance_estimator") is not None:
        return {}
    return {"shrinkage": ["auto", 0.01, 0.1, 0.3, 0.5, 0.7, 0.9]}


def _mlp(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # auto-sklearn: 1 to 3 layers of 16 to 264 units each, these activations, alpha 1e-5
    # to 1 (or 1e-7 to 1e-1), learning_rate_init 1e-4 to 0.5. Gorishniy et al.,
    # "Revisiting deep learning models for tabular data", NeurIPS 2021: learning rates
    # 1e-5 to 1e-2.
    sizes = [16, 32, 64, 128, 256]
    return {
        "hidden_layer_sizes": [(n,) * depth for depth in (1, 2, 3) for n in sizes],
        "activation": ["relu", "tanh"],
        "alpha": log_scale(1e-7, 1e-1),
        "learning_rate_init": When("solver", ["adam", "sgd"], log_scale(1e-4, 1e-1)),
    }


BAYES_AND_NETWORKS: dict[str, Rule] = {
    "BernoulliNB": _discrete_nb,
    "CategoricalNB": _discrete_nb,
    "ComplementNB": _complement_nb,
    "GaussianNB": _gaussian_nb,
    "LinearDiscriminantAnalysis": _lda,
    "MLPClassifier": _mlp,
    "MLPRegressor": _mlp,
    "MultinomialNB": _discrete_nb,
    "QuadraticDiscriminantAnalysis": _qda,
}
