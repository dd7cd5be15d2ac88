"""Early stopping on set-aside rows, against the same search with all trees.

Both search learning rate and size of the trees, with 300 trees at most. One fits all of
them. The other sets a tenth of each training fold aside, and stops after 20 trees
without a better loss there. They run in turns, with the same candidates and folds.

    python benchmarks/bench_eval_set.py

Each line has CPU seconds and the score on a quarter of the rows that no search has
seen: minus the log loss of classifiers, R2 of regressors. It takes 80 CPU seconds.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time
import warnings

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy.stats import loguniform
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
    make_friedman1,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier, XGBRegressor

from sklearn_automl import RandomizedSearchCV

N_TREES, PATIENCE, SHARE = 300, 20, 0.1


def odd_digits():
    """Return images of digits, and which of them are odd."""
    X, y = load_digits(return_X_y=True)
    return X, y % 2


DATA = {
    "breast_cancer": lambda: load_breast_cancer(return_X_y=True),
    "odd digits": odd_digits,
    "noisy classes": lambda: make_classification(
        2000, 20, n_informative=8, flip_y=0.2, random_state=0
    ),
    "diabetes": lambda: load_diabetes(return_X_y=True),
    "friedman1": lambda: make_friedman1(2000, 10, noise=2.0, random_state=0),
}


def estimators(is_classification, seed):
    """Return for each library an estimator, its options to stop, and its size."""
    n = {"n_estimators": N_TREES, "random_state": seed, "n_jobs": 1}
    hist = {"max_iter": N_TREES, "random_state": seed, "early_stopping": False}
    lightgbm, xgboost, histogram = (
        (LGBMClassifier, XGBClassifier, HistGradientBoostingClassifier)
        if is_classification
        else (LGBMRegressor, XGBRegressor, HistGradientBoostingRegressor)
    )
    stops = {"early_stopping_rounds": PATIENCE}
    hist_stops = {"early_stopping": "auto", "n_iter_no_change": PATIENCE}
    return {
        "LightGBM": (lightgbm(verbose=-1, **n), stops, "num_leaves"),
        "XGBoost": (
            xgboost(grow_policy="lossguide", max_depth=0, **n),
            stops,
            "max_leaves",
        ),
        "HistGradientBoosting": (histogram(**hist), hist_stops, "max_leaf_nodes"),
    }


def run(estimator, size, data, scoring, eval_set, seed):
    """Return CPU seconds, held-out score and number of trees of a search."""
    X, X_test, y, y_test = data
    space = {"learning_rate": loguniform(0.02, 0.3), size: [4, 8, 16, 31]}
    search = RandomizedSearchCV(
        estimator,
        space,
        n_iter=4,
        cv=3,
        scoring=scoring,
        race=False,
        random_state=seed,
        eval_set=eval_set,
    )
    began = time.process_time()
    best = search.fit(X, y).best_estimator_
    seconds = time.process_time() - began
    params = best.get_params()
    n_trees = params.get("n_estimators", params.get("max_iter"))
    return seconds, get_scorer(scoring)(best, X_test, y_test), n_trees


def main(n_seeds):
    """Print a line for each data set and library, and the sums."""
    print(f"{'':37}  CPU seconds          held-out score       trees")
    print(f"{'data, library':37}  all   stopped        all   stopped   stopped")
    rows = []
    for name, load in DATA.items():
        X, y = load()
        is_classification = len(np.unique(y)) == 2
        scoring = "neg_log_loss" if is_classification else "r2"
        for library in estimators(is_classification, 0):
            pairs = []
            for seed in range(n_seeds):
                stratify = y if is_classification else None
                data = train_test_split(
                    X, y, test_size=0.25, stratify=stratify, random_state=seed
                )
                model, stops, size = estimators(is_classification, seed)[library]
                rest = size, data, scoring
                every = run(model, *rest, None, seed)
                model.set_params(**stops)
                pairs.append((every, run(model, *rest, SHARE, seed)))
            (s_all, h_all, _), (s, h, n) = np.mean(pairs, axis=0)
            rows.append((s_all, s, h_all, h))
            print(
                f"{name + ', ' + library:37} {s_all:5.1f} {s:5.1f} {s / s_all:5.2f}x"
                f"    {h_all:7.4f}   {h:7.4f}   {n:6.0f}",
                flush=True,
            )
    rows = np.array(rows)
    s_all, s = rows[:, :2].sum(axis=0)
    ratios = rows[:, 1] / rows[:, 0]
    print(f"{'sum':37} {s_all:5.1f} {s:5.1f} {s / s_all:5.2f}x")
    print(f"CPU of one line: {np.median(ratios):.2f}x at the median")
    better = np.count_nonzero(rows[:, 3] > rows[:, 2])
    print(f"Held out, stopping is better in {better} of {len(rows)} lines.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=2, help="runs of each pair")
    warnings.simplefilter("error")
    main(parser.parse_args().seeds)
