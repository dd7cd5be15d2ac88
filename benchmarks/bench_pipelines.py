"""Does changing one line work, and find what GridSearchCV finds?

Pipelines of all kinds, many of which cannot be fitted on few rows: rare categories,
more neighbors or components than rows, small classes, unusual folds and targets. Each
is searched with GridSearchCV and, on the same grid with the same folds, with three of
our searches. For each of them is shown

* the best score, minus that of GridSearchCV (mean over the seeds), or what was raised;
* the CPU seconds, as a share of GridSearchCV's;
* how many warnings there were (mean over the seeds), without those of convergence.

The seed is that of our search. Each search that failed or ended more than 0.005 below
GridSearchCV is shown with the reason, as far as the search tells it: in how many of its
evaluations the winner of GridSearchCV was, and what score it had there. The best score
of GridSearchCV is the best of many noisy ones, so that its standard error stands beside
it.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_pipelines.py``. Pipelines of packages
that are not installed are left out; ``--cases`` has parts of names.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.covariance import EllipticEnvelope
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    IsolationForest,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_regression
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import KNNImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier

import sklearn_automl
from sklearn_automl import HyperbandSearchCV, SuccessiveHalvingSearchCV

MOST_LOST = 0.005
FULL = "GridSearchCV"


@dataclass
class Case:
    """A pipeline with its data, its grid and what is passed to the search."""

    estimator: Any
    grid: Any
    X: Any
    y: Any
    options: dict[str, Any] = field(default_factory=dict)
    fit_params: dict[str, Any] = field(default_factory=dict)


CASES: dict[str, Callable[[], Case]] = {}


def case(name):
    """Register what makes a case; it returns None without a package that it needs."""

    def register(make):
        CASES[name] = make
        return make

    return register


def logs(low, high, n):
    """Return powers of ten."""
    return [float(v) for v in np.logspace(low, high, n)]


# ---- data ----------------------------------------------------------------------------


def customers(n=1000):
    """Return a frame with a categorical column that has rare values, and a class."""
    rng = np.random.default_rng(0)
    shares = [0.3, 0.3, 0.2, 0.1, 0.05, 0.03, 0.012, 0.008]
    kinds = rng.choice(list("abcdefgh"), n, p=shares)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("xyz"))
    X["kind"] = pd.Series(kinds, dtype=object)
    noise = rng.normal(size=n) * 0.7
    return X, ((X["x"] + (kinds == "a") + noise) > 0).to_numpy().astype(int)


def texts(n=1000):
    """Return texts, and a class that some of their words tell."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(400)])
    y = rng.integers(0, 2, n)
    told = np.where(y, "good", "bad")
    return [
        " ".join([*rng.choice(words, 30), *[told[i]] * rng.integers(0, 2)])
        for i in range(n)
    ], y


def digits(n=900):
    """Return some handwritten digits."""
    X, y = datasets.load_digits(return_X_y=True)
    return X[:n], y[:n]


def rare_positives():
    """Return numbers, and a class of about 3 %."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    return X, (X[:, 0] + 0.3 * rng.normal(size=1000) > 1.9).astype(int)


def cancer():
    """Return a table of 569 rows."""
    return datasets.load_breast_cancer(return_X_y=True)


# ---- the ten of the issue ------------------------------------------------------------

LOGISTIC = {
    "logisticregression__C": logs(-3, 3, 9),
    "logisticregression__fit_intercept": [True, False],
    "logisticregression__class_weight": [None, "balanced"],
}


def with_encoder(encoder):
    """Return a pipeline that encodes the categorical column."""
    encode = make_column_transformer((encoder, ["kind"]), remainder="passthrough")
    return make_pipeline(encode, LogisticRegression())


@case("one-hot encoder, rare category")
def _one_hot():
    return Case(with_encoder(OneHotEncoder()), LOGISTIC, *customers())


@case("ordinal encoder, rare category")
def _ordinal():
    return Case(with_encoder(OrdinalEncoder()), LOGISTIC, *customers())


@case("SMOTE, 3 % positives")
def _smote():
    return _with_smote([1, 2, 3, 5])


@case("SMOTE, up to 9 neighbors")
def _smote_many():
    return _with_smote([1, 3, 5, 7, 9])


def _with_smote(neighbors):
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline as make_imblearn_pipeline

    pipe = make_imblearn_pipeline(
        StandardScaler(), SMOTE(random_state=0), LogisticRegression()
    )
    grid = {"smote__k_neighbors": neighbors, "logisticregression__C": logs(-3, 2, 8)}
    return Case(pipe, grid, *rare_positives(), {"scoring": "roc_auc"})


@case("TF-IDF, SVD with 100 components")
def _svd():
    svd = TruncatedSVD(100, random_state=0)
    pipe = make_pipeline(TfidfVectorizer(), svd, LogisticRegression())
    grid = {
        "logisticregression__C": logs(-2, 3, 6),
        "truncatedsvd__n_components": [50, 100, 200],
    }
    return Case(pipe, grid, *texts())


@case("calibrated with 5 folds, 150 rows")
def _calibrated():
    X, y = cancer()
    model = CalibratedClassifierCV(LinearSVC(dual=False), cv=5)
    grid = {
        "estimator__C": logs(-3, 2, 9),
        "method": ["sigmoid", "isotonic"],
        "ensemble": [True, False],
    }
    return Case(model, grid, X[:150], y[:150])


@case("KNN, 31 and more neighbors")
def _neighbors():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = (X[:, 0] + X[:, 1] ** 2 + rng.normal(size=2000) > 1).astype(int)
    pipe = make_pipeline(StandardScaler(), KNeighborsClassifier())
    grid = {
        "kneighborsclassifier__n_neighbors": [
            *(1, 2, 3, 5, 7, 11, 15, 21, 31, 41, 61, 81, 101),
        ],
        "kneighborsclassifier__weights": ["uniform", "distance"],
    }
    return Case(pipe, grid, X, y)


@case("PCA, up to 29 of 30 components")
def _components():
    pipe = make_pipeline(StandardScaler(), PCA(), LogisticRegression())
    grid = {
        "pca__n_components": [1, 2, 3, 5, 8, 12, 20, 25, 27, 29],
        "logisticregression__C": [0.01, 0.1, 1],
    }
    return Case(pipe, grid, *cancer())


@case("RBF grid of scikit-learn, iris")
def _rbf():
    grid = {"svc__C": logs(-2, 10, 13), "svc__gamma": logs(-9, 3, 13)}
    # A part of its 169 points, so that they are 56.
    grid = {name: values[1::2] + values[-1:] for name, values in grid.items()}
    pipe = make_pipeline(StandardScaler(), SVC())
    return Case(pipe, grid, *datasets.load_iris(return_X_y=True))


@case("plain logistic regression, cancer")
def _plain():
    pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return Case(pipe, LOGISTIC, *cancer())


# ---- small or unusual folds and classes ----------------------------------------------


@case("repeated folds, 5 x 10")
def _repeated():
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=10, random_state=0)
    pipe = make_pipeline(StandardScaler(), SVC())
    grid = {"svc__C": logs(-2, 3, 6), "svc__gamma": logs(-4, 0, 5)}
    return Case(pipe, grid, *cancer(), {"cv": cv})


@case("leave-one-out, 75 rows of iris")
def _leave_one_out():
    X, y = datasets.load_iris(return_X_y=True)
    grid = {"n_neighbors": list(range(1, 26, 2)), "weights": ["uniform", "distance"]}
    return Case(KNeighborsClassifier(), grid, X[::2], y[::2], {"cv": LeaveOneOut()})


@case("40 classes of 10 rows")
def _many_classes():
    X, y = datasets.make_classification(
        n_samples=400,
        n_features=20,
        n_informative=12,
        n_classes=40,
        n_clusters_per_class=1,
        class_sep=3,
        flip_y=0,
        random_state=0,
    )
    pipe = make_pipeline(StandardScaler(), SVC())
    grid = {"svc__C": logs(-1, 3, 5), "svc__gamma": logs(-4, 0, 5)}
    return Case(pipe, grid, X, y)


@case("a class of 1 %")
def _rare_class():
    X, y = datasets.make_classification(
        n_samples=1500,
        n_classes=3,
        n_informative=6,
        weights=[0.6, 0.39, 0.01],
        flip_y=0,
        random_state=0,
    )
    grid = {
        "max_depth": [2, 4, 6, 9, None],
        "min_samples_leaf": [1, 3, 10, 30],
        "class_weight": [None, "balanced"],
    }
    model = DecisionTreeClassifier(random_state=0)
    return Case(model, grid, X, y, {"scoring": "f1_macro"})


@case("linear discriminants")
def _discriminant():
    X, y = datasets.load_wine(return_X_y=True)
    grid = [
        {
            "lda__solver": ["lsqr"],
            "lda__shrinkage": ["auto", *np.linspace(0, 1, 10).tolist()],
        },
        {"lda__solver": ["svd"], "lda__tol": logs(-5, -1, 5)},
    ]
    return Case(
        Pipeline([("scale", StandardScaler()), ("lda", LinearDiscriminantAnalysis())]),
        grid,
        X,
        y,
    )


@case("groups")
def _groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 20)
    X = rng.normal(size=(800, 8)) + rng.normal(size=(40, 8))[groups]
    y = (X[:, 0] - X[:, 1] + rng.normal(size=800) > 0).astype(int)
    grid = {"svc__C": logs(-2, 2, 5), "svc__gamma": logs(-4, 0, 5)}
    pipe = make_pipeline(StandardScaler(), SVC())
    return Case(pipe, grid, X, y, {"cv": GroupKFold(5)}, {"groups": groups})


@case("time series, lags")
def _time_series():
    rng = np.random.default_rng(0)
    t = np.arange(1200)
    series = np.sin(t / 20) + t / 600 + rng.normal(size=1200) * 0.3
    X = np.lib.stride_tricks.sliding_window_view(series, 12)[:-1]
    pipe = make_pipeline(StandardScaler(), Ridge())
    grid = {
        "ridge__alpha": logs(-3, 4, 12),
        "ridge__fit_intercept": [True, False],
        "standardscaler__with_mean": [True, False],
    }
    return Case(pipe, grid, X, series[12:], {"cv": TimeSeriesSplit(5)})


# ---- targets -------------------------------------------------------------------------


@case("several targets")
def _several_targets():
    X, y = datasets.make_regression(
        600, 15, n_informative=8, n_targets=3, noise=20, random_state=0
    )
    pipe = make_pipeline(StandardScaler(), KNeighborsRegressor())
    grid = {
        "kneighborsregressor__n_neighbors": [1, 2, 3, 5, 8, 12, 20, 40, 80],
        "kneighborsregressor__weights": ["uniform", "distance"],
    }
    return Case(pipe, grid, X, y)


@case("several labels of 14 to 20 %")
def _several_labels():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 12))
    scores = X @ rng.normal(size=(12, 6)) + rng.normal(size=(800, 6))
    limits = np.diag(np.quantile(scores, np.linspace(0.8, 0.86, 6), axis=0))
    y = (scores > limits).astype(int)
    pipe = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression()))
    grid = {
        "onevsrestclassifier__estimator__C": logs(-3, 3, 9),
        "onevsrestclassifier__estimator__class_weight": [None, "balanced"],
    }
    return Case(pipe, grid, X, y, {"scoring": "f1_micro"})


@case("transformed target")
def _transformed_target():
    X, y = datasets.make_friedman1(800, noise=1, random_state=0)
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), SVR()),
        transformer=QuantileTransformer(n_quantiles=300, output_distribution="normal"),
    )
    grid = {
        "regressor__svr__C": logs(-1, 2, 5),
        "regressor__svr__gamma": logs(-3, 0, 5),
    }
    return Case(model, grid, X, y)


@case("one against the rest")
def _one_against_rest():
    model = OneVsRestClassifier(SVC())
    grid = {"estimator__C": logs(-1, 3, 4), "estimator__gamma": logs(-5, -1, 5)}
    return Case(model, grid, *digits(600))


# ---- steps that want rows ------------------------------------------------------------


@case("select 25 best of 30")
def _select():
    pipe = make_pipeline(StandardScaler(), SelectKBest(), SVC())
    grid = {"selectkbest__k": [2, 5, 10, 20, 25, 30], "svc__C": logs(-2, 2, 5)}
    return Case(pipe, grid, *cancer())


@case("text, select 200 words")
def _select_words():
    pipe = make_pipeline(CountVectorizer(), SelectKBest(k=200), MultinomialNB())
    grid = {
        "countvectorizer__min_df": [1, 2, 5],
        "selectkbest__k": [5, 50, 200, 400],
        "multinomialnb__alpha": [0.1, 1, 10],
    }
    return Case(pipe, grid, *texts())


@case("text, min_df=20")
def _rare_words():
    pipe = make_pipeline(TfidfVectorizer(), SGDClassifier(random_state=0))
    grid = {
        "tfidfvectorizer__min_df": [1, 5, 20],
        "tfidfvectorizer__ngram_range": [(1, 1), (1, 2)],
        "sgdclassifier__alpha": logs(-5, -1, 5),
    }
    return Case(pipe, grid, *texts())


@case("quantile transformer")
def _quantiles():
    X, y = datasets.load_wine(return_X_y=True)
    pipe = make_pipeline(
        QuantileTransformer(n_quantiles=100), LogisticRegression(max_iter=300)
    )
    grid = {
        "quantiletransformer__n_quantiles": [10, 50, 100],
        "quantiletransformer__output_distribution": ["uniform", "normal"],
        "logisticregression__C": logs(-2, 2, 5),
    }
    return Case(pipe, grid, X, y)


@case("bins, naive Bayes")
def _bins():
    bins = KBinsDiscretizer(encode="onehot-dense", quantile_method="linear")
    pipe = make_pipeline(bins, GaussianNB())
    grid = {
        "kbinsdiscretizer__n_bins": [2, 3, 5, 8, 12, 20],
        "kbinsdiscretizer__strategy": ["uniform", "quantile", "kmeans"],
        "gaussiannb__var_smoothing": [1e-9, 1e-2],
    }
    return Case(pipe, grid, *cancer())


@case("stacking with inner folds")
def _stacking():
    model = StackingClassifier(
        [("tree", DecisionTreeClassifier(random_state=0)), ("bayes", GaussianNB())],
        LogisticRegression(),
        cv=5,
    )
    grid = {
        "tree__max_depth": [1, 2, 4, 8],
        "tree__min_samples_leaf": [1, 5, 20],
        "final_estimator__C": [0.1, 10],
    }
    return Case(model, grid, *cancer())


@case("voting")
def _voting():
    model = VotingClassifier(
        [
            ("near", make_pipeline(StandardScaler(), KNeighborsClassifier())),
            ("bayes", GaussianNB()),
            ("tree", DecisionTreeClassifier(random_state=0)),
        ],
        voting="soft",
    )
    grid = {
        "near__kneighborsclassifier__n_neighbors": [1, 5, 25, 75],
        "tree__max_depth": [2, 4, 8],
        "weights": [None, [3, 1, 1]],
    }
    return Case(model, grid, *cancer())


@case("target encoder")
def _target_encoder():
    rng = np.random.default_rng(1)
    kinds = rng.integers(0, 60, 1200)
    effects = rng.normal(size=60)
    X = pd.DataFrame({"kind": kinds.astype(str), "x": rng.normal(size=1200)})
    y = (effects[kinds] + X["x"] + rng.normal(size=1200) > 0).to_numpy().astype(int)
    encode = make_column_transformer(
        (TargetEncoder(random_state=0), ["kind"]), remainder="passthrough"
    )
    grid = {
        "columntransformer__targetencoder__smooth": ["auto", 1.0, 10.0, 100.0],
        "logisticregression__C": logs(-3, 2, 6),
    }
    return Case(make_pipeline(encode, LogisticRegression()), grid, X, y)


@case("splines, 20 knots")
def _splines():
    X, y = datasets.make_friedman1(600, 6, noise=1, random_state=0)
    pipe = make_pipeline(SplineTransformer(), Ridge())
    grid = {
        "splinetransformer__n_knots": [3, 5, 8, 12, 20],
        "splinetransformer__knots": ["uniform", "quantile"],
        "ridge__alpha": logs(-3, 2, 5),
    }
    return Case(pipe, grid, X, y)


@case("Nystroem, 100 components")
def _nystroem():
    nystroem = Nystroem(n_components=100, random_state=0)
    pipe = make_pipeline(StandardScaler(), nystroem, SGDClassifier(random_state=0))
    grid = {"nystroem__gamma": logs(-4, 0, 6), "sgdclassifier__alpha": logs(-6, -1, 6)}
    return Case(pipe, grid, *cancer())


@case("Gaussian process")
def _gaussian_process():
    X, y = datasets.make_friedman1(150, 5, noise=0.5, random_state=0)
    model = GaussianProcessRegressor(normalize_y=True, optimizer=None)
    kernels = [RBF(length) + WhiteKernel(0.1) for length in (0.1, 0.5, 1.0, 2.0)]
    grid = {"kernel": kernels, "alpha": [1e-8, 1e-3, 1e-1, 1.0]}
    return Case(model, grid, X, y)


@case("PLS, up to 25 components")
def _pls():
    X, y = datasets.make_regression(
        200, 40, n_informative=25, effective_rank=30, noise=0.5, random_state=0
    )
    grid = {"n_components": [1, 2, 3, 5, 8, 12, 16, 20, 25], "scale": [True, False]}
    return Case(PLSRegression(), grid, X, y)


@case("KNN imputer, gaps")
def _gaps():
    rng = np.random.default_rng(0)
    X, y = datasets.load_wine(return_X_y=True)
    X = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    pipe = make_pipeline(KNNImputer(), StandardScaler(), SVC())
    grid = {
        "knnimputer__n_neighbors": [1, 5, 20, 60],
        "knnimputer__weights": ["uniform", "distance"],
        "svc__C": logs(-1, 2, 4),
    }
    return Case(pipe, grid, X, y)


@case("digits, NMF, 40 components")
def _nmf():
    X, y = digits(500)
    pipe = make_pipeline(NMF(max_iter=80, random_state=0), LogisticRegression())
    grid = {
        "nmf__n_components": [5, 10, 20, 40],
        "logisticregression__C": logs(-2, 2, 5),
    }
    return Case(pipe, grid, X, y)


@case("polynomial features, wide")
def _polynomial():
    X, y = datasets.load_diabetes(return_X_y=True)
    pipe = make_pipeline(
        PolynomialFeatures(2, include_bias=False),
        VarianceThreshold(),
        SelectKBest(f_regression),
        Ridge(),
    )
    grid = {"selectkbest__k": [5, 10, 20, 40, 60], "ridge__alpha": logs(-3, 2, 6)}
    return Case(pipe, grid, X, y)


# ---- trees, clusters, outliers -------------------------------------------------------


@case("images, extra trees")
def _images():
    model = ExtraTreesClassifier(n_estimators=25, random_state=0)
    grid = {
        "max_features": [0.05, 0.1, 0.3, 1.0],
        "min_samples_leaf": [1, 3, 10],
        "max_depth": [4, None],
    }
    return Case(model, grid, *digits())


@case("forest regression, percentage error")
def _forest():
    X, y = datasets.load_diabetes(return_X_y=True)
    model = RandomForestRegressor(n_estimators=20, random_state=0)
    grid = {"max_features": [0.2, 0.5, 1.0], "min_samples_leaf": [1, 2, 5, 10, 20, 40]}
    options = {"scoring": "neg_mean_absolute_percentage_error"}
    return Case(model, grid, X, y, options)


@case("clusters without y")
def _clusters():
    X, _ = datasets.make_blobs(600, 4, centers=8, random_state=0)
    model = KMeans(n_init=2, random_state=0)
    grid = {"n_clusters": list(range(2, 26, 2)), "algorithm": ["lloyd", "elkan"]}
    return Case(model, grid, X, None, {"scoring": _silhouette})


def _silhouette(model, X, y=None):  # noqa: ARG001
    """Return how far apart the clusters of the test rows are."""
    from sklearn.metrics import silhouette_score

    return silhouette_score(X, model.predict(X))


@case("mixture, log-likelihood")
def _mixture():
    X, _ = datasets.make_blobs(500, 3, centers=5, random_state=1)
    grid = {
        "n_components": [1, 2, 3, 5, 8, 13, 21, 34],
        "covariance_type": ["full", "tied", "diag", "spherical"],
    }
    return Case(GaussianMixture(random_state=0), grid, X, None)


@case("outliers")
def _outliers():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(570, 4)), rng.uniform(-6, 6, size=(30, 4))]
    y = np.r_[np.ones(570, int), -np.ones(30, int)]
    grid = {
        "max_samples": [16, 64, 256],
        "contamination": [0.02, 0.05, 0.1, 0.2],
        "max_features": [0.5, 1.0],
    }
    model = IsolationForest(n_estimators=20, random_state=0)
    return Case(model, grid, X, y, {"scoring": "f1_macro"})


@case("covariance of outliers")
def _covariance():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(380, 12)), rng.uniform(-5, 5, size=(20, 12))]
    y = np.r_[np.ones(380, int), -np.ones(20, int)]
    grid = {
        "contamination": [0.01, 0.03, 0.05, 0.1],
        "support_fraction": [None, 0.6, 0.75, 0.9],
    }
    model = EllipticEnvelope(random_state=0)
    return Case(model, grid, X, y, {"scoring": "accuracy"})


@case("search for the step itself")
def _choice_of_step():
    pipe = Pipeline([("reduce", "passthrough"), ("model", SVC())])
    grid = [
        {
            "reduce": ["passthrough", PCA(20), SelectKBest(k=20)],
            "model": [SVC()],
            "model__C": logs(-1, 5, 6),
        },
        {
            "reduce": [PCA(5), PCA(40, svd_solver="randomized", random_state=0)],
            "model": [KNeighborsClassifier()],
            "model__n_neighbors": [1, 5, 25],
        },
    ]
    return Case(pipe, grid, *digits(700))


# ---- running -------------------------------------------------------------------------


def cpu_seconds():
    """Return the CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def searches(made, seed):
    """Return the searches of a case, GridSearchCV first."""
    return {
        FULL: GridSearchCV(made.estimator, made.grid, **made.options),
        "halving": SuccessiveHalvingSearchCV(
            made.estimator,
            made.grid,
            sampler="grid",
            random_state=seed,
            **made.options,
        ),
        "Hyperband": HyperbandSearchCV(
            made.estimator, made.grid, random_state=seed, **made.options
        ),
        "our GridSearchCV": sklearn_automl.GridSearchCV(
            made.estimator, made.grid, **made.options
        ),
    }


def run(search, made):
    """Fit a search; return what is shown of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wall, cpu = time.perf_counter(), cpu_seconds()
        try:
            arguments = (made.X,) if made.y is None else (made.X, made.y)
            search.fit(*arguments, **made.fit_params)
        except Exception as error:  # noqa: BLE001 - a failure is a result too
            return {"error": f"{type(error).__name__}: {str(error)[:600]}"}
        cpu = cpu_seconds() - cpu
    messages = [
        f"{w.category.__name__}: {str(w.message)[:400]}"
        for w in caught
        if "onverge" not in str(w.message)
    ]
    return {
        "score": float(search.best_score_),
        "cpu": cpu,
        "wall": time.perf_counter() - wall,
        "params": repr(search.best_params_),
        "warnings": messages,
        "tried": len({repr(params) for params in search.cv_results_["params"]}),
        "winner_error": winner_error(search),
        "path": paths(search),
    }


def winner_error(search):
    """Return the standard error of the best score."""
    deviation = search.cv_results_["std_test_score"][search.best_index_]
    return float(deviation / np.sqrt(search.n_splits_))


def paths(search):
    """Return of each configuration what it got, its score and rank among equals."""
    results, found = search.cv_results_, {}
    n_folds = results.get("n_folds", [search.n_splits_] * len(results["params"]))
    amounts = results.get("n_resources", n_folds)
    columns = results.get("bracket", n_folds), results.get("rung", n_folds)
    places = list(zip(*columns, strict=True))
    scores = np.asarray(results["mean_test_score"], dtype=float)
    for i, params in enumerate(results["params"]):
        same = [j for j, place in enumerate(places) if place == places[i]]
        rank = 1 + int(np.sum(scores[same] > scores[i]))
        text = (
            f"{scores[i]:.3f} at {amounts[i]}/{n_folds[i]} folds, {rank} of {len(same)}"
        )
        found.setdefault(repr(params), []).append(text)
    return found


def run_case(name, make, n_seeds):
    """Run the searches of a case; return their results, or None without a package."""
    try:
        made = make()
    except ImportError as error:
        print(f"{name}: left out: {error}")
        return None
    results = {}
    for seed in range(n_seeds):
        for kind, search in searches(made, seed).items():
            if seed and kind in (FULL, "our GridSearchCV"):
                continue  # these have no seed
            results.setdefault(kind, []).append(run(search, made))
    return results


def text_of(results, full):
    """Return the columns of one search."""
    errors = [r["error"] for r in results if "error" in r]
    if errors:
        return f"FAILS {len(errors)}/{len(results)}"
    lost = np.mean([r["score"] for r in results]) - full["score"]
    share = np.median([r["cpu"] for r in results]) / full["cpu"]
    n_warnings = np.mean([len(r["warnings"]) for r in results])
    mark = "!" if lost < -MOST_LOST else " "
    return f"{lost:+.4f}{mark}{share:6.2f}{n_warnings:4.0f}w"


def show(name, results):
    """Print one line for the case."""
    full = results[FULL][0]
    if "error" in full:
        print(f"{name:<40} GridSearchCV itself fails: {full['error'][:200]}")
        return
    head = f"{name:<40}{full['tried']:>4}{full['score']:>9.4f}"
    head += f" ±{full['winner_error']:6.4f}{full['cpu']:>7.1f}"
    cells = [text_of(r, full) for kind, r in results.items() if kind != FULL]
    print(head + "".join(f"{cell:>21}" for cell in cells), flush=True)
    for kind, runs in results.items():
        for seed, result in enumerate(runs):
            if "error" in result:
                print(f"      {kind}, seed {seed}: {result['error'][:300]}")
            elif result["score"] < full["score"] - MOST_LOST:
                print(
                    f"      {kind}, seed {seed}: {result['score']:.4f} with "
                    f"{result['params'][:120]}, not {full['params'][:120]}, which had "
                    + "; ".join(result["path"].get(full["params"], ["no evaluation"]))
                )


def summarise(all_results):
    """Print for each search how many cases ran, and how many lost nothing."""
    ran = {n: r for n, r in all_results.items() if "error" not in r[FULL][0]}
    kinds = [kind for kind in next(iter(ran.values()), {}) if kind != FULL]
    print(f"\n{len(ran)} pipelines that GridSearchCV runs")
    for kind in kinds:
        good, near, fails, differences, shares, n_warned = 0, 0, 0, [], [], 0
        for results in ran.values():
            full, runs = results[FULL][0], results[kind]
            if any("error" in r for r in runs):
                fails += 1
                continue
            lost = np.mean([r["score"] for r in runs]) - full["score"]
            differences.append(lost)
            good += lost >= -MOST_LOST
            near += lost >= -max(MOST_LOST, full["winner_error"])
            shares.append(np.median([r["cpu"] for r in runs]) / full["cpu"])
            n_warned += any(r["warnings"] for r in runs)
        print(
            f"{kind:<18} fails {fails}; within {MOST_LOST} of the best score: {good}, "
            f"or within its standard error: {near}; "
            f"mean difference {np.mean(differences):+.4f}; CPU share, median "
            f"{np.median(shares):.2f}; warns in {n_warned}"
        )
    together = sum(r[FULL][0]["cpu"] for r in ran.values())
    print(f"GridSearchCV took {together:.0f} CPU seconds for all of them.")


def main():
    """Print a line a case, then a summary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=[], help="parts of names; all")
    parser.add_argument("--seeds", type=int, default=3, help="how many; 3")
    parser.add_argument("--out", type=Path, help="a file for all results, in JSON")
    args = parser.parse_args()
    print(
        f"{'pipeline':<40}{'grid':>4}{'score':>9} ±{'':6}{'CPU s':>7}"
        + "".join(f"{n:>21}" for n in ("halving", "Hyperband", "our GridSearchCV"))
        + "\n(of ours: best score minus GridSearchCV's, share of CPU time, warnings)"
    )
    all_results = {}
    for name, make in CASES.items():
        if args.cases and not any(part in name for part in args.cases):
            continue
        results = run_case(name, make, args.seeds)
        if results is not None:
            show(name, results)
            all_results[name] = results
            if args.out:
                args.out.write_text(json.dumps(all_results, indent=1))
    summarise(all_results)


if __name__ == "__main__":
    main()
