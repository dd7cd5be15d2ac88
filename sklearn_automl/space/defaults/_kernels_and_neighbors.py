"""Default spaces of models that compare rows: kernels and nearest neighbours.

Sources of the ranges: van Rijn, Hutter, "Hyperparameter importance across datasets",
KDD 2018 (SVM); Probst, Boulesteix, Bischl, "Tunability", JMLR 20(53), 2019 (SVM, kNN);
the spaces of auto-sklearn (NeurIPS 2015).
"""

from typing import Any

from sklearn_automl.space._when import When
from sklearn_automl.space.defaults._case import (
    Case,
    Rule,
    between,
    integers_on_log_scale,
    log_scale,
)

__all__ = ["KERNELS_AND_NEIGHBORS"]


def _gamma(case: Case, *, high: float = 2**5) -> Any:
    # van Rijn and Hutter have 2^-15 to 2^3 for standardised features. What a gamma
    # means depends on the number and the scale of the features, so the range is around
    # scikit-learn's gamma="scale" where both are known.
    n_features, variance = case.shape.n_features, case.shape.variance
    if n_features is None:
        return log_scale(2**-15, 2**3 * high / 2**5)
    centre = 1 / (n_features * (variance or 1.0))
    return log_scale(centre * 2**-8, centre * high)


def _svm(case: Case) -> dict[str, Any]:
    # The kernel is the user's: "rbf" by default. Probst et al. search four. But one
    # with polynomials or large linear terms may need minutes for some hundred rows, and
    # "rbf" with a small gamma is nearly "linear" (Keerthi, Lin, "Asymptotic behaviors
    # of support vector machines with Gaussian kernel", Neural Computation 2003).
    kernel = case.own.get("kernel")
    if kernel == "rbf":
        return {"gamma": _gamma(case)}
    # van Rijn and Hutter have coef0 from -1, but "poly" is not positive definite then.
    if kernel == "poly":
        # Powers of large numbers are what its fits do not end with.
        gamma = _gamma(case, high=1)
        return {"gamma": gamma, "degree": [2, 3, 4], "coef0": between(0, 1)}
    if kernel == "sigmoid":
        return {"gamma": _gamma(case), "coef0": between(-1, 1)}
    return {}


def _svc(case: Case) -> dict[str, Any]:
    # van Rijn and Hutter: 2^-5 to 2^15. The upper end is cut, because fits with more
    # take minutes where the classes overlap.
    high = 2**10 if case.own.get("kernel") == "rbf" else 2**5
    return {"C": log_scale(2**-5, high), **_svm(case)}


def _svr(case: Case) -> dict[str, Any]:
    # auto-sklearn: C 2^-5 to 2^15, epsilon 1e-3 to 1, for a standardised target. The
    # upper end of C is cut as above.
    scale = case.shape.target_scale or 1.0
    high = 2**6 if case.own.get("kernel") == "rbf" else 2**2
    return {
        "C": log_scale(2**-5 * scale, high * scale),
        "epsilon": log_scale(1e-3 * scale, scale),
        **_svm(case),
    }


def _nu_svr(case: Case) -> dict[str, Any]:
    # nu is a lower bound of the share of rows that are support vectors (Schoelkopf et
    # al., "New support vector algorithms", Neural Computation 2000). Its solver is slow
    # with large numbers.
    scale = case.shape.target_scale or 1.0
    return {
        "C": log_scale(2**-5 * scale, 2**2 * scale),
        "nu": between(0.1, 0.9),
        **_svm(case),
    }


def _kernel_ridge(case: Case) -> dict[str, Any]:
    # The sources have none. It has the kernels of SVMs, without their solvers' limits.
    if case.has_set("kernel_params"):
        return {"alpha": log_scale(1e-4, 1e2)}
    return {
        "alpha": log_scale(1e-4, 1e2),
        "kernel": ["linear", "rbf", "laplacian", "poly"],
        "gamma": When("kernel", ["rbf", "laplacian", "poly"], _gamma(case)),
        "degree": When("kernel", "poly", [2, 3]),
        "coef0": When("kernel", "poly", between(0, 1)),
    }


def _k_neighbors(case: Case) -> dict[str, Any]:
    # auto-sklearn: 1 to 100 on a log scale, both weights, p 1 or 2; Probst et al.: 1 to
    # 30. There can be no more neighbours than rows, and the lowest rungs have few.
    most = case.share_of_rows(0.2, least=2, most=100)
    if case.shape.n_samples is None:
        most = 30
    space: dict[str, Any] = {
        "n_neighbors": integers_on_log_scale(1, most),
        "weights": ["uniform", "distance"],
    }
    if case.own.get("metric") == "minkowski":
        space["p"] = [1, 2]
    return space


KERNELS_AND_NEIGHBORS: dict[str, Rule] = {
    "KNeighborsClassifier": _k_neighbors,
    "KNeighborsRegressor": _k_neighbors,
    "KernelRidge": _kernel_ridge,
    "NuSVR": _nu_svr,
    "SVC": _svc,
    "SVR": _svr,
}
