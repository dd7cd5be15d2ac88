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

# libsvm needs very many iterations for a polynomial of large numbers.
_LARGEST_VARIANCE_OF_POLYNOMIALS = 100


def _gamma(case: Case) -> Any:
    # van Rijn and Hutter have 2^-15 to 2^3 for standardised features. What a gamma
    # means depends on the number and the scale of the features, so that the range is
    # around scikit-learn's gamma="scale" where both are known.
    n_features, variance = case.shape.n_features, case.shape.variance
    if n_features is None:
        return log_scale(2**-15, 2**3)
    centre = 1 / (n_features * (variance or 1.0))
    return log_scale(centre * 2**-8, centre * 2**5)


def _svm(case: Case, kernels: tuple[str, ...] = ("rbf", "poly")) -> dict[str, Any]:
    # Probst et al. have four kernels and degrees from 2 to 5. "linear" is left out:
    # with a large C its fits do not end, and "rbf" with a small gamma is nearly the
    # same (Keerthi, Lin, "Asymptotic behaviors of support vector machines with Gaussian
    # kernel", Neural Computation 2003). So is "sigmoid", which is rarely the best. A
    # negative coef0, as van Rijn and Hutter have it, makes "poly" indefinite.
    if case.own.get("kernel") == "precomputed" or callable(case.own.get("kernel")):
        return {}
    if (case.shape.variance or 1.0) > _LARGEST_VARIANCE_OF_POLYNOMIALS:
        kernels = ("rbf",)
    return {
        "kernel": list(kernels),
        "gamma": When("kernel", ["rbf", "poly", "sigmoid"], _gamma(case)),
        "degree": When("kernel", "poly", [2, 3]),
        "coef0": When("kernel", ["poly", "sigmoid"], between(0, 1)),
    }


def _svc(case: Case) -> dict[str, Any]:
    # van Rijn and Hutter: 2^-5 to 2^15. The upper end is cut, because fits with more
    # take minutes where the classes overlap.
    return {"C": log_scale(2**-5, 2**10), **_svm(case)}


def _svr(case: Case) -> dict[str, Any]:
    # auto-sklearn: C 2^-5 to 2^15, epsilon 1e-3 to 1, for a standardised target. The
    # upper end of C is cut as above.
    scale = case.shape.target_scale or 1.0
    return {
        "C": log_scale(2**-5 * scale, 2**6 * scale),
        "epsilon": log_scale(1e-3 * scale, scale),
        **_svm(case),
    }


def _nu_svr(case: Case) -> dict[str, Any]:
    # nu is a lower bound of the share of rows that are support vectors (Schoelkopf et
    # al., "New support vector algorithms", Neural Computation 2000). Its solver is slow
    # with large numbers.
    scale = case.shape.target_scale or 1.0
    return {
        "C": log_scale(2**-5 * scale, 2**4 * scale),
        "nu": between(0.1, 0.9),
        **_svm(case, ("rbf",)),
    }


def _kernel_ridge(case: Case) -> dict[str, Any]:
    if case.own.get("kernel") == "precomputed" or callable(case.own.get("kernel")):
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
