"""Default spaces of transformers.

Sources of the ranges: the spaces of auto-sklearn (Feurer et al., "Efficient and robust
automated machine learning", NeurIPS 2015), if nothing else is said. auto-sklearn also
chooses among scalers. Here the user's own choice stays: a pipeline has a scaler because
its model needs one.
"""

from dataclasses import replace
from typing import Any

from sklearn_automl.space.defaults._case import (
    Case,
    Rule,
    between,
    integers,
    integers_on_log_scale,
    log_scale,
    nothing,
)
from sklearn_automl.space.defaults._shape import DataShape

__all__ = ["OPTIONAL_STEPS", "PREPROCESSING", "shape_after"]

# ---- missing values ----------------------------------------------------------------


def _simple_imputer(case: Case) -> dict[str, Any]:
    # auto-sklearn: these strategies. The default, "mean", shows that the columns are
    # numbers. Perez-Lebel et al., "Benchmarking missing-values approaches for
    # predictive models on large health databases", GigaScience 2022: the indicator
    # helps.
    is_numeric = case.own.get("strategy") == "mean"
    strategies = ["mean", "median", "most_frequent"]
    space: dict[str, Any] = {"add_indicator": [False, True]}
    return {**space, "strategy": strategies} if is_numeric else space


def _knn_imputer(case: Case) -> dict[str, Any]:
    # Troyanskaya et al., "Missing value estimation methods for DNA microarrays",
    # Bioinformatics 2001: 10 to 20 neighbours; fewer for few rows.
    most = case.share_of_rows(0.1, least=2, most=20)
    return {
        "n_neighbors": integers_on_log_scale(1, most),
        "weights": ["uniform", "distance"],
        "add_indicator": [False, True],
    }


def _iterative_imputer(case: Case) -> dict[str, Any]:  # noqa: ARG001
    return {"initial_strategy": ["mean", "median"], "add_indicator": [False, True]}


# ---- scalers -----------------------------------------------------------------------


def _robust_scaler(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # auto-sklearn: the lower quantile 0.001 to 0.3, the upper one 0.7 to 0.999.
    return {"quantile_range": [(25.0, 75.0), (10.0, 90.0), (5.0, 95.0), (1.0, 99.0)]}


def _quantile_transformer(case: Case) -> dict[str, Any]:
    # auto-sklearn: 10 to 2000 quantiles; there can be no more than rows, and some
    # lowest rungs have a tenth of them.
    most = case.share_of_rows(0.1, least=10, most=1_000)
    return {
        "n_quantiles": integers_on_log_scale(min(10, most - 1), most),
        "output_distribution": ["uniform", "normal"],
    }


def _normalizer(case: Case) -> dict[str, Any]:  # noqa: ARG001
    return {"norm": ["l2", "l1", "max"]}


# ---- encoders ----------------------------------------------------------------------


def _encoder(case: Case) -> dict[str, Any]:
    # auto-sklearn: categories of fewer than 0.0001 to 0.5 of the rows are taken
    # together, or none are.
    return {} if case.has_set("max_categories") else {"min_frequency": _SHARES}


_SHARES = [None, 0.005, 0.01, 0.05]


def _target_encoder(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # Pargent et al., "Regularized target encoding outperforms traditional methods",
    # Computational Statistics 2022: regularisation is what matters.
    return {"smooth": ["auto", 1.0, 10.0, 100.0]}


def _k_bins(case: Case) -> dict[str, Any]:
    # Dougherty, Kohavi, Sahami, "Supervised and unsupervised discretization", ICML
    # 1995: ten bins, of equal width or of equally many rows.
    most = case.share_of_rows(0.05, least=4, most=32)
    return {
        "n_bins": integers_on_log_scale(3, most),
        "strategy": ["quantile", "uniform"],
    }


# ---- features ----------------------------------------------------------------------


def _pca(case: Case) -> dict[str, Any]:
    # auto-sklearn: keep 0.5 to 0.9999 of the variance, with and without whitening. A
    # share needs a solver that knows all of the spectrum.
    space: dict[str, Any] = {"whiten": [False, True]}
    solvers = {"auto", "full", "covariance_eigh"}
    if case.own.get("svd_solver") in solvers and case.shape.is_sparse is False:
        return {**space, "n_components": between(0.5, 0.9999)}
    return space


def _truncated_svd(case: Case) -> dict[str, Any]:
    # auto-sklearn: 10 to 256. There cannot be more components than features, and
    # "arpack" needs one less.
    if case.shape.n_features is None or case.shape.n_features < 4:
        return {}
    most = min(case.shape.n_features - 1, 256)
    return {
        "n_components": integers_on_log_scale(
            2, case.share_of_rows(0.5, least=3, most=most)
        )
    }


def _select_k_best(case: Case) -> dict[str, Any]:
    n_features = case.shape.n_features
    if n_features is None:
        return {"k": [5, 10, 20, 50, "all"]}
    return {"k": integers_on_log_scale(1, n_features)} if n_features > 1 else {}


def _select_percentile(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # auto-sklearn: 1 to 99. At least one feature is to stay.
    return {"percentile": log_scale(5, 100)}


def _select_from_model(case: Case) -> dict[str, Any]:
    # With these thresholds at least one feature stays.
    return {} if case.has_set("max_features") else {"threshold": list(_THRESHOLDS)}


_THRESHOLDS = ["0.1*mean", "0.5*mean", "mean", "median"]


def _rfe(case: Case) -> dict[str, Any]:  # noqa: ARG001
    return {"n_features_to_select": between(0.1, 0.9)}


def _polynomial_features(case: Case) -> dict[str, Any]:
    # auto-sklearn: degrees 2 and 3, with and without powers. The third is left to
    # tables with few columns: 20 make 1,770 features of it.
    n_features = case.shape.n_features
    is_narrow = n_features is not None and n_features <= 10
    return {"degree": [2, 3] if is_narrow else [2], "interaction_only": [False, True]}


def _spline_transformer(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # Eilers, Marx, "Flexible smoothing with B-splines and penalties", 1996: cubic or
    # quadratic, with a moderate number of knots.
    return {"n_knots": integers(3, 12), "degree": [1, 2, 3]}


# ---- text --------------------------------------------------------------------------


def _counts(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # Wang, Manning, "Baselines and bigrams", ACL 2012: bigrams help, and so does it to
    # count a word once.
    return {"ngram_range": [(1, 1), (1, 2)], "binary": [False, True]}


def _hashes(case: Case) -> dict[str, Any]:  # noqa: ARG001
    return {"ngram_range": [(1, 1), (1, 2)], "norm": ["l2", "l1"]}


def _tfidf(case: Case) -> dict[str, Any]:
    return {**_tfidf_weights(case), "ngram_range": [(1, 1), (1, 2)]}


def _tfidf_weights(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 2008, 6.4.
    return {"sublinear_tf": [False, True], "use_idf": [True, False]}


PREPROCESSING: dict[str, Rule] = {
    "CountVectorizer": _counts,
    "HashingVectorizer": _hashes,
    "IterativeImputer": _iterative_imputer,
    "KBinsDiscretizer": _k_bins,
    "KNNImputer": _knn_imputer,
    "MaxAbsScaler": nothing,
    "MinMaxScaler": nothing,
    "Normalizer": _normalizer,
    "OneHotEncoder": _encoder,
    "OrdinalEncoder": _encoder,
    "PCA": _pca,
    "PolynomialFeatures": _polynomial_features,
    "PowerTransformer": nothing,
    "QuantileTransformer": _quantile_transformer,
    "RFE": _rfe,
    "RobustScaler": _robust_scaler,
    "SelectFromModel": _select_from_model,
    "SelectKBest": _select_k_best,
    "SelectPercentile": _select_percentile,
    "SimpleImputer": _simple_imputer,
    "SplineTransformer": _spline_transformer,
    "StandardScaler": nothing,
    "TargetEncoder": _target_encoder,
    "TfidfTransformer": _tfidf_weights,
    "TfidfVectorizer": _tfidf,
    "TruncatedSVD": _truncated_svd,
}

#: Steps that a pipeline may do without; scikit-learn's user guide of pipelines tries
#: "passthrough" in the place of a PCA, too. What comes out is numbers, and so is what
#: goes in.
OPTIONAL_STEPS = {"PCA", "PolynomialFeatures", "SelectKBest", "SelectPercentile"}

# What is known behind these is what was known before, but for the variance.
_SCALERS = {
    "MaxAbsScaler",
    "MinMaxScaler",
    "Normalizer",
    "PowerTransformer",
    "QuantileTransformer",
    "RobustScaler",
    "StandardScaler",
}
_IMPUTERS = {"IterativeImputer", "KNNImputer", "SimpleImputer"}


def shape_after(name: str, shape: DataShape) -> DataShape:
    """Return what is known of the data behind a transformer of the class ``name``."""
    if name in _SCALERS:
        return replace(shape, variance=None)  # that of X says nothing any more
    if name in _IMPUTERS:  # indicators and empty columns are few
        return shape
    is_sparse = shape.is_sparse if name in OPTIONAL_STEPS else None
    if name == "TruncatedSVD":
        is_sparse = False
    return replace(shape, n_features=None, variance=None, is_sparse=is_sparse)
