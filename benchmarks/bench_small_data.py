"""Do growing folds lose anything where test folds have few rows?

Iris, wine, breast cancer (30 % of its rows), diabetes and 100 rows of friedman1, with
50 divisions into rows of the search and held-out rows. The same 81 configurations of a
pipeline with SVC or SVR run in SuccessiveHalvingSearchCV

* with ``folds="grow"``,
* with ``folds="all"``, which with so few rows may have a single rung,
* with ``folds="all"`` from a subset of two rows of a class and fold, or of ten rows,
* in full: everything on all rows of all folds.

Shown are the mean differences of the held-out scores with their standard errors, and
the ratios of the CPU seconds.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_small_data.py``; about ten minutes.
"""

import argparse
import time
import warnings

import numpy as np
from scipy.stats import loguniform
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from sklearn_automl import ASHASearchCV, SuccessiveHalvingSearchCV

N_ITER = 81
# The share of the rows that the search gets, and whether they are classified.
DATA = {
    "iris": (datasets.load_iris, 0.6, True),
    "wine": (datasets.load_wine, 0.6, True),
    "breast cancer": (datasets.load_breast_cancer, 0.3, True),
    "diabetes": (datasets.load_diabetes, 0.6, False),
    "friedman1": (None, None, False),
}
SEARCHES = {
    "grow": (SuccessiveHalvingSearchCV, {"folds": "grow"}),
    "all": (SuccessiveHalvingSearchCV, {"folds": "all"}),
    "few rows": (SuccessiveHalvingSearchCV, {"folds": "all", "min_resources": 10}),
    "full": (ASHASearchCV, {"resource": None}),
}


def division(name, seed):
    """Return the rows of the search and the held-out rows, as train_test_split does."""
    load, share, is_classified = DATA[name]
    if load is None:
        X, y = datasets.make_friedman1(1100, 10, noise=1.0, random_state=seed)
        return X[:100], X[100:], y[:100], y[100:]
    X, y = load(return_X_y=True)
    return train_test_split(
        X, y, train_size=share, random_state=seed, stratify=y if is_classified else None
    )


def run(name, seed):
    """Return the held-out score and the CPU seconds of each search, and its configs."""
    X_train, X_test, y_train, y_test = division(name, seed)
    model = SVC() if DATA[name][2] else SVR()
    pipe = make_pipeline(StandardScaler(), model)
    step = pipe.steps[-1][0]
    space = {f"{step}__C": loguniform(1e-2, 1e3), f"{step}__gamma": loguniform(1e-4, 1)}
    scores, seconds, tried = [], [], []
    for Search, params in SEARCHES.values():
        if "min_resources" in params and DATA[name][2]:
            params = {**params, "min_resources": 10 * len(np.unique(y_train))}
        search = Search(pipe, space, n_iter=N_ITER, random_state=seed, **params)
        began = time.process_time()
        search.fit(X_train, y_train)
        seconds.append(time.process_time() - began)
        scores.append(search.score(X_test, y_test))
        configs = search.cv_results_["params"]
        tried.append({tuple(sorted(config.items())) for config in configs})
    assert all(t == tried[0] for t in tried), "These are not the same configurations."
    return scores, seconds


def plus_minus(differences):
    """Return the mean of differences and its standard error."""
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return f"{np.mean(differences):+.4f} ±{error:.4f}"


def main():
    """Print a line for each table, as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--seeds", type=int, default=50, help="how many; 50")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    others = [name for name in SEARCHES if name != "grow"]
    print(
        f"{'held-out scores':<55}{'grow minus':>57}{'CPU ratio of grow':>30}\n"
        f"{'data':<15}"
        + "".join(f"{name:>10}" for name in SEARCHES)
        + "".join(f"{name:>19}" for name in others)
        + "".join(f"{name:>10}" for name in others)
    )
    for name in args.data:
        runs = [run(name, seed) for seed in range(args.seeds)]
        scores, seconds = (np.array(values).T for values in zip(*runs, strict=True))
        print(
            f"{name:<15}"
            + "".join(f"{score.mean():>10.4f}" for score in scores)
            + "".join(f"{plus_minus(scores[0] - score):>19}" for score in scores[1:])
            + "".join(f"{np.median(seconds[0] / s):>10.2f}" for s in seconds[1:]),
            flush=True,
        )


if __name__ == "__main__":
    main()
