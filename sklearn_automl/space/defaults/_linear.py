"""Default spaces of linear models.

Sources of the ranges: the spaces of auto-sklearn (Feurer et al., "Efficient and robust
automated machine learning", NeurIPS 2015) and FLAML, and those of the study of glmnet
in Probst, Boulesteix, Bischl, "Tunability: importance of hyperparameters of machine
learning algorithms", JMLR 20(53), 2019.
"""

import math
from typing import Any

from sklearn_automl.space._when import When
from sklearn_automl.space.defaults._case import (
    Case,
    Rule,
    between,
    log_scale,
    nothing,
)

__all__ = ["LINEAR"]

# The ratios that scikit-learn's documentation of ElasticNetCV proposes: more of them
# near the Lasso than near ridge regression.
_RATIOS = [0.1, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0]


def _logistic_regression(case: Case) -> dict[str, Any]:
    own = case.own
    # "deprecated" since scikit-learn 1.8, where l1_ratio alone says what penalty it is.
    is_by_ratio = own.get("penalty") == "deprecated"
    if own.get("penalty", "l2") is None or own.get("C") == math.inf:
        return {}  # not every solver can do without a penalty
    # FLAML has 2^-5 to 2^15, but C counts for all rows together: the more there are,
    # the smaller it has to be. Probst et al. have lambda from 2^-10 to 2^10 per row.
    space: dict[str, Any] = {"C": log_scale(1e-4, 1e4)}
    if case.has_set("penalty", "l1_ratio"):
        return space
    if own.get("solver") == "saga":
        space["l1_ratio"] = between(0, 1)
        if not is_by_ratio:
            space["penalty"] = ["elasticnet"]
    elif case.shape.n_classes == 2 and not case.has_set("solver", "dual"):
        # liblinear is fast with the Lasso's penalty, but has no multinomial loss.
        space["solver"] = ["lbfgs", "liblinear"]
        if is_by_ratio:
            space["l1_ratio"] = When("solver", "liblinear", [1.0])
        else:
            space["penalty"] = When("solver", "liblinear", ["l1"])
    return space


def _ridge(case: Case) -> dict[str, Any]:
    # auto-sklearn ends at 10. The penalty is compared with a sum over all rows, so what
    # is much grows with their number.
    n_samples = case.shape.n_samples or 1_000
    return {"alpha": log_scale(1e-3, max(1e4, 10 * n_samples))}


def _lasso(case: Case) -> dict[str, Any]:
    # With standardised features the Lasso's path ends at about the standard deviation
    # of y. scikit-learn's LassoCV looks at the three powers of ten below its end.
    scale = case.shape.target_scale or 1.0
    return {"alpha": log_scale(1e-4 * scale, scale)}


def _elastic_net(case: Case) -> dict[str, Any]:
    return {**_lasso(case), "l1_ratio": list(_RATIOS)}


def _sgd(case: Case) -> dict[str, Any]:
    # auto-sklearn: alpha 1e-7 to 1e-1, eta0 1e-7 to 1e-1, these schedules. Steps that
    # are not small beside 1 / |x|^2, which grows with the features, do not converge.
    n_features = case.shape.n_features or 30
    fastest = max(min(0.1, 0.3 / n_features), 1e-5)
    space = {
        "alpha": log_scale(1e-7, 1e-1),
        "penalty": ["l2", "l1", "elasticnet"],
        "l1_ratio": When("penalty", "elasticnet", between(0, 1)),
        "average": [False, True],
    }
    if not case.has_set("eta0"):
        space["learning_rate"] = ["optimal", "invscaling", "constant", "adaptive"]
        schedules = ["invscaling", "constant", "adaptive"]
        eta0 = log_scale(fastest / 1_000, fastest)
        space["eta0"] = When("learning_rate", schedules, eta0)
    return space


def _sgd_classifier(case: Case) -> dict[str, Any]:
    # auto-sklearn has two more losses, which are rarely the best.
    return {**_sgd(case), "loss": ["hinge", "log_loss", "modified_huber"]}


def _sgd_regressor(case: Case) -> dict[str, Any]:
    scale = case.shape.target_scale or 1.0
    epsilon = log_scale(1e-3 * scale, scale)
    losses = ["huber", "epsilon_insensitive"]
    space = {
        **_sgd(case),
        "loss": ["squared_error", *losses],
        "epsilon": When("loss", losses, epsilon),
    }
    if "learning_rate" in space:
        # "optimal" takes steps for a classifier's gradients, which are at most |x|.
        space["learning_rate"] = ["invscaling", "constant", "adaptive"]
    return space


def _perceptron(case: Case) -> dict[str, Any]:  # noqa: ARG001
    return {
        "penalty": [None, "l2", "l1", "elasticnet"],
        "alpha": When("penalty", ["l2", "l1", "elasticnet"], log_scale(1e-7, 1e-1)),
        "l1_ratio": When("penalty", "elasticnet", between(0, 1)),
    }


def _linear_svc(case: Case) -> dict[str, Any]:
    # auto-sklearn and FLAML: C 2^-5 to 2^15. The upper end is cut where the solver
    # needs more iterations than it has.
    space: dict[str, Any] = {"C": log_scale(2**-10, 2**8)}
    dual, loss = case.own.get("dual"), case.own.get("loss")
    # "l1" and "hinge" exclude each other; one needs the primal, the other the dual.
    if dual is not True and loss == "squared_hinge":
        space["penalty"] = ["l2", "l1"]
    if dual is not False:
        space["loss"] = When("penalty", "l2", ["squared_hinge", "hinge"])
    return space


def _linear_svr(case: Case) -> dict[str, Any]:
    # auto-sklearn: C 2^-5 to 2^15, epsilon 1e-3 to 1; both are in units of the target.
    scale = case.shape.target_scale or 1.0
    space: dict[str, Any] = {
        "C": log_scale(2**-5 * scale, 2**8 * scale),
        "epsilon": log_scale(1e-3 * scale, scale),
    }
    if case.own.get("dual") is not False:
        space["loss"] = ["epsilon_insensitive", "squared_epsilon_insensitive"]
    return space


def _huber(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # 1.35 has 95 % of the efficiency of least squares under normal errors (Huber,
    # "Robust Statistics", 1981); above 3 hardly any row is an outlier.
    return {"epsilon": between(1.01, 3), "alpha": log_scale(1e-5, 1e3)}


def _generalised(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # The penalty is beside a mean over the rows: glmnet's lambda, see above.
    return {"alpha": log_scale(2**-10, 2**10)}


def _quantile(case: Case) -> dict[str, Any]:
    return _lasso(case)


LINEAR: dict[str, Rule] = {
    "BayesianRidge": nothing,  # it estimates its penalty itself
    "ElasticNet": _elastic_net,
    "GammaRegressor": _generalised,
    "HuberRegressor": _huber,
    "Lasso": _lasso,
    "LinearRegression": nothing,
    "LinearSVC": _linear_svc,
    "LinearSVR": _linear_svr,
    "LogisticRegression": _logistic_regression,
    "MultiTaskElasticNet": _elastic_net,
    "MultiTaskLasso": _lasso,
    "Perceptron": _perceptron,
    "PoissonRegressor": _generalised,
    "QuantileRegressor": _quantile,
    "Ridge": _ridge,
    "RidgeClassifier": _ridge,
    "SGDClassifier": _sgd_classifier,
    "SGDRegressor": _sgd_regressor,
    "TweedieRegressor": _generalised,
}
