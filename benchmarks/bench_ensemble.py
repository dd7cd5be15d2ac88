"""The ensemble of a search against its best configuration, on rows that it never saw.

Usage: python benchmarks/bench_ensemble.py [n_seeds [name of a search]]. It takes about
five CPU minutes with three seeds.

Each task is split in halves. A search with 30 configurations of several algorithms runs
on one half, and its best configuration and its ensembles are scored on the other one.
``started`` begins with the five best configurations, as section 2.2 of Caruana et al.
(2004) proposes (sorted initialisation), before it draws.
"""

import sys
import time
import warnings
from collections import Counter

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_friedman1,
    make_friedman3,
    make_moons,
    make_regression,
)
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_automl import HyperbandSearchCV, RandomizedSearchCV
from sklearn_automl.ensemble import (
    WeightedEnsembleClassifier,
    WeightedEnsembleRegressor,
)
from sklearn_automl.model_selection import _ensemble

N_DRAWS = 20
N_CONFIGURATIONS = 30
N_FIRST = 5

CLASSIFIERS = [
    {"model": [LogisticRegression(max_iter=300)], "model__C": loguniform(1e-3, 1e2)},
    {"model": [KNeighborsClassifier()], "model__n_neighbors": randint(1, 40)},
    {
        "model": [RandomForestClassifier(25, random_state=0)],
        "model__min_samples_leaf": randint(1, 20),
        "model__max_features": [0.2, 0.5, 1.0],
    },
    {"model": [GaussianNB()], "model__var_smoothing": loguniform(1e-9, 1)},
]
REGRESSORS = [
    {"model": [Ridge()], "model__alpha": loguniform(1e-3, 1e3)},
    {"model": [KNeighborsRegressor()], "model__n_neighbors": randint(1, 40)},
    {
        "model": [RandomForestRegressor(25, random_state=0)],
        "model__min_samples_leaf": randint(1, 20),
        "model__max_features": [0.2, 0.5, 1.0],
    },
    {
        "model": [DecisionTreeRegressor(random_state=0)],
        "model__max_depth": randint(2, 12),
    },
]


def made(n_informative, n_classes, flip, seed=0):
    """Return a made classification task."""
    return make_classification(
        800,
        n_informative=n_informative,
        n_classes=n_classes,
        flip_y=flip,
        random_state=seed,
    )


def digits():
    """Return a part of the digits."""
    X, y = load_digits(return_X_y=True)
    return X[:800], y[:800]


TASKS = {
    "breast cancer": (lambda: load_breast_cancer(return_X_y=True), "neg_log_loss"),
    "digits": (digits, "neg_log_loss"),
    "wine": (lambda: load_wine(return_X_y=True), "accuracy"),
    "iris": (lambda: load_iris(return_X_y=True), "neg_log_loss"),
    "moons": (lambda: make_moons(800, noise=0.3, random_state=0), "roc_auc"),
    "made, 2 classes": (lambda: made(5, 2, 0.1), "accuracy"),
    "made, 4 classes": (lambda: made(8, 4, 0.05), "neg_log_loss"),
    "diabetes": (lambda: load_diabetes(return_X_y=True), "r2"),
    "friedman1": (lambda: make_friedman1(600, noise=1, random_state=0), "r2"),
    "friedman3": (lambda: make_friedman3(600, noise=0.1, random_state=0), "r2"),
    "linear": (lambda: make_regression(400, noise=30, random_state=0), "r2"),
}
SEARCHES = {
    "all folds": lambda *a, **k: RandomizedSearchCV(
        *a, n_iter=N_CONFIGURATIONS, race=False, **k
    ),
    "Hyperband": HyperbandSearchCV,
}


def started(library, score, n_draws):
    """Greedy selection that begins with the best single models."""
    single = [score(model) for model in library]
    draws = np.argsort(single)[::-1][:N_FIRST].tolist()
    total = [sum(folds) for folds in zip(*(library[i] for i in draws), strict=True)]
    best, n_best = score([t / len(draws) for t in total]), len(draws)
    for n in range(len(draws) + 1, n_draws + 1):
        values = [
            score([(t + f) / n for t, f in zip(total, model, strict=True)])
            for model in library
        ]
        draws.append(int(np.argmax(values)))
        total = [t + f for t, f in zip(total, library[draws[-1]], strict=True)]
        if max(values) > best:
            best, n_best = max(values), n
    return draws[:n_best]


def run(Search, load, scoring, seed):
    """Return held-out scores, the number of members, and seconds of the selection."""
    X, y = load()
    is_classifier = scoring != "r2"
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.5, random_state=seed, stratify=y if is_classifier else None
    )
    noted = {}

    def noting(library, score, n_draws):
        noted["draws"] = started(library, score, n_draws)
        noted["rows"] = [c.row for c in score.candidates]
        began = time.process_time()
        result = greedy(library, score, n_draws)
        noted["seconds"] = time.process_time() - began
        return result

    greedy = _ensemble.greedy_selection
    _ensemble.greedy_selection = noting
    try:
        search = Search(
            Pipeline([("scale", StandardScaler()), ("model", GaussianNB())])
            if is_classifier
            else Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
            CLASSIFIERS if is_classifier else REGRESSORS,
            scoring=scoring,
            cv=5,
            random_state=seed,
            ensemble=N_DRAWS,
        ).fit(X, y)
    finally:
        _ensemble.greedy_selection = greedy
    counts = Counter(noted["rows"][i] for i in noted["draws"])
    Ensemble = (
        WeightedEnsembleClassifier if is_classifier else WeightedEnsembleRegressor
    )
    other = Ensemble(
        [
            (
                f"row{i}",
                clone(search.estimator).set_params(
                    **clone(search.cv_results_["params"][i], safe=False)
                ),
            )
            for i in counts
        ],
        weights=list(counts.values()),
    ).fit(X, y)
    models = (search.best_estimator_, search.ensemble_, other)
    scores = [search.scorer_(model, X_test, y_test) for model in models]
    return [*scores, len(search.ensemble_.estimators_), noted["seconds"]]


def loss_of(scores, scoring):
    """Return what is to be small."""
    return -scores if scoring.startswith("neg_") else 1 - scores


def main(n_seeds, names):
    """Print a table for each kind of search."""
    began = time.process_time()
    for name in names:
        Search = SEARCHES[name]
        print(f"\n{name}: held-out score, mean of {n_seeds} seeds")
        print(
            f"{'task':<16}{'metric':<14}{'best':>8}{'ensemble':>10}{'gain':>9}"
            f"{'s.e.':>8}{'started':>9}{'members':>9}{'seconds':>9}"
        )
        ratios, other_ratios = [], []
        for task, (load, scoring) in TASKS.items():
            results = np.array(
                [run(Search, load, scoring, seed) for seed in range(n_seeds)]
            )
            best, ensemble, other, n_members, seconds = results.T
            gain = ensemble - best
            error = gain.std(ddof=1) / np.sqrt(n_seeds)
            ratios.append(
                loss_of(ensemble.mean(), scoring) / loss_of(best.mean(), scoring)
            )
            other_ratios.append(
                loss_of(other.mean(), scoring) / loss_of(best.mean(), scoring)
            )
            print(
                f"{task:<16}{scoring:<14}{best.mean():>8.4f}{ensemble.mean():>10.4f}"
                f"{gain.mean():>+9.4f}{error:>8.4f}{other.mean() - best.mean():>+9.4f}"
                f"{n_members.mean():>9.1f}{seconds.mean():>9.2f}",
                flush=True,
            )
        for what, its_ratios in (("ensemble", ratios), ("started", other_ratios)):
            per_task = np.log(its_ratios)
            error = per_task.std(ddof=1) / np.sqrt(len(per_task))
            print(
                f"{what}: loss of the ensemble / loss of the best, geometric mean "
                f"{np.exp(per_task.mean()):.3f} (s.e. of its logarithm {error:.3f})"
            )
    print(f"\n{time.process_time() - began:.0f} CPU seconds")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:] or ["all folds"])
