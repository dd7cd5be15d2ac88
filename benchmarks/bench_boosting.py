"""What continuing XGBoost, LightGBM and CatBoost costs in score and saves in time.

A model climbs rungs of 1, 3, 9, 27 and 81 trees, against one fitted with 81 at once.
Without random samples, and with CatBoost always, both are the same model. With them a
continued model is another draw: for 20 seeds, the mean difference of the held-out
scores in units of its standard error (beyond -2 the continued models would be worse).

Then the seconds of CPU on rungs of 1 to 81 and of 9 to 729 trees, continued by those of
cold fits: of one configuration, and of successive halving of 81 (81, 27, 9, 3 and 1 on
the rungs). Both are run three times, one after the other, and of each rung the least
counts. The trees alone would give 0.67 and 0.73: what is the same for any number of
trees, such as binning the data, is done on every rung.

Needs xgboost, lightgbm and catboost. Run it with one thread:
``OMP_NUM_THREADS=1 python benchmarks/bench_boosting.py``.
"""

import pickle
import time

import numpy as np
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
)
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier, XGBRegressor

from sklearn_automl.execution._continuation import Memory, fit_from

N_SEEDS = 20
N_RUNS = 3
RUNGS = (1, 3, 9, 27, 81)
TIMED_RUNGS = ((500, RUNGS), (5_000, RUNGS), (50_000, RUNGS))
TIMED_RUNGS += ((5_000, (9, 27, 81, 243, 729)),)
N_CANDIDATES = (81, 27, 9, 3, 1)
DATA = {
    "digits": (load_digits(return_X_y=True), ("accuracy", "neg_log_loss")),
    "cancer": (load_breast_cancer(return_X_y=True), ("accuracy", "neg_log_loss")),
    "diabetes": (load_diabetes(return_X_y=True), ("r2",)),
}
HALF = {"subsample": 0.5}
BAGS = {"subsample": 0.5, "subsample_freq": 1}
COLUMNS = {"colsample_bytree": 0.5}
XGBOOST = {"n_jobs": 1}
LIGHTGBM = {"n_jobs": 1, "verbose": -1}
CATBOOST = {
    "thread_count": 1,
    "verbose": 0,
    "learning_rate": 0.1,
    "allow_writing_files": False,
}
SAMPLES_OF_XGBOOST = (HALF, COLUMNS, HALF | COLUMNS)
SAMPLES_OF_LIGHTGBM = (BAGS, COLUMNS, BAGS | COLUMNS, {"extra_trees": True})
CASES = [
    (name, Class(**usual, **options))
    for name, Class, usual, samples in (
        ("digits", XGBClassifier, XGBOOST, SAMPLES_OF_XGBOOST),
        ("cancer", XGBClassifier, XGBOOST, ({}, *SAMPLES_OF_XGBOOST)),
        ("diabetes", XGBRegressor, XGBOOST, ({}, *SAMPLES_OF_XGBOOST)),
        ("digits", LGBMClassifier, LIGHTGBM, SAMPLES_OF_LIGHTGBM),
        ("cancer", LGBMClassifier, LIGHTGBM, ({}, *SAMPLES_OF_LIGHTGBM)),
        ("diabetes", LGBMRegressor, LIGHTGBM, ({}, *SAMPLES_OF_LIGHTGBM)),
        ("cancer", CatBoostClassifier, CATBOOST, ({},)),
        ("diabetes", CatBoostRegressor, CATBOOST, ({},)),
    )
    for options in samples
]
TIMED = [
    XGBClassifier(**XGBOOST, **HALF),
    LGBMClassifier(**LIGHTGBM, **BAGS),
    CatBoostClassifier(**CATBOOST),
]


def climb(estimator, X, y, rungs=RUNGS):
    """Fit through all rungs; return the model and the seconds of CPU of each rung.

    The model is pickled between the rungs, as with worker processes.
    """
    start, waiting, seconds = 0, pickle.dumps((clone(estimator), Memory())), []
    for stop in rungs:
        began = time.process_time()
        model, memory = pickle.loads(waiting)
        model.set_params(n_estimators=stop)
        with fit_from(model, "n_estimators", start, stop, memory) as progress:
            model.fit(X, y)
        waiting = pickle.dumps((progress.paused, progress.memory))
        seconds.append(time.process_time() - began)
        start = stop
    assert progress.units == rungs[-1] - rungs[-2]
    return model, np.array(seconds)


def fit_cold(estimator, X, y, rungs):
    """Fit every rung from scratch; return the seconds of CPU of each."""
    seconds = []
    for stop in rungs:
        began = time.process_time()
        clone(estimator).set_params(n_estimators=stop).fit(X, y)
        seconds.append(time.process_time() - began)
    return np.array(seconds)


def compare_scores(estimator, X, y, metrics):
    """Return cold scores and differences for all seeds, a column for each metric."""
    scorers = [get_scorer(metric) for metric in metrics]
    scores, differences = [], []
    for seed in range(N_SEEDS):
        split = train_test_split(X, y, test_size=0.3, random_state=seed)
        X_train, X_test, y_train, y_test = split
        seeded = clone(estimator).set_params(random_state=seed)
        at_once = clone(seeded).set_params(n_estimators=RUNGS[-1])
        at_once.fit(X_train, y_train)
        grown, _ = climb(seeded, X_train, y_train)
        cold = np.array([scorer(at_once, X_test, y_test) for scorer in scorers])
        scores.append(cold)
        differences.append([s(grown, X_test, y_test) for s in scorers] - cold)
    return np.array(scores), np.array(differences)


def options_of(estimator):
    """Return an estimator's name, and what is special about it."""
    usual = {*XGBOOST, *CATBOOST, "objective"}
    own = clone(type(estimator)()).get_params()
    special = [
        f"{name}={value}"
        for name, value in estimator.get_params().items()
        if name not in usual and value is not None and own.get(name) != value
        if not (isinstance(value, float) and np.isnan(value))
    ]
    return f"{type(estimator).__name__}({', '.join(special)})"


def print_scores():
    """Print a line for each estimator, data set and metric."""
    print(f"{'':<68}{'cold':>10}{'difference':>12}{'in errors':>11}")
    for name, estimator in CASES:
        (X, y), metrics = DATA[name]
        scores, differences = compare_scores(estimator, X, y, metrics)
        for i, metric in enumerate(metrics):
            mean, spread = differences[:, i].mean(), differences[:, i].std(ddof=1)
            in_errors = mean / (spread / np.sqrt(N_SEEDS)) if spread else 0.0
            label = f"{name:<9}{metric:<13}{options_of(estimator)}"
            print(
                f"{label:<68}{scores[:, i].mean():>10.4f}{mean:>+12.4f}"
                f"{in_errors:>+11.1f}",
                flush=True,
            )


def print_seconds():
    """Print how much of the CPU of cold fits the continued ones take."""
    head = f"{'rows':>7}{'trees':>9}{'one configuration':>19}{'81 halved':>11}"
    print(f"\n{'':<20}{head}")
    for estimator in TIMED:
        for n, rungs in TIMED_RUNGS:
            X, y = make_classification(n, 20, n_informative=10, random_state=0)
            cold, grown = [], []
            for _ in range(N_RUNS):
                cold.append(fit_cold(estimator, X, y, rungs))
                grown.append(climb(estimator, X, y, rungs)[1])
            cold, grown = np.min(cold, axis=0), np.min(grown, axis=0)
            one = grown.sum() / cold.sum()
            halved = (grown @ N_CANDIDATES) / (cold @ N_CANDIDATES)
            name, trees = type(estimator).__name__, f"{rungs[0]}-{rungs[-1]}"
            print(f"{name:<20}{n:>7}{trees:>9}{one:>19.2f}{halved:>11.2f}", flush=True)


if __name__ == "__main__":
    print_scores()
    print_seconds()
