"""Score and time of the searches on digits with an SVC pipeline.

C is log-uniform over six decades and gamma over seven. First the cross-validated score
beside RandomizedSearchCV with 81 full configurations, median of 5 seeds; then the
held-out score beside HalvingRandomSearchCV in no more than its time, 20 seeds.
Run: ``python benchmarks/bench_digits_svc.py``.
"""

import time

import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import (
    ASHASearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)

PIPE = make_pipeline(StandardScaler(), SVC())
SPACE = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-6, 1e1)}
BESIDE_RANDOM = {
    "RandomizedSearchCV(81)": (RandomizedSearchCV, {"n_iter": 81}),
    "HyperbandSearchCV(2 passes)": (HyperbandSearchCV, {"n_iterations": 2}),
    "ASHASearchCV(54)": (ASHASearchCV, {"n_iter": 54}),
}
BESIDE_HALVING = {
    "HalvingRandomSearchCV(81)": (HalvingRandomSearchCV, {"n_candidates": 81}),
    "SuccessiveHalvingSearchCV(54)": (SuccessiveHalvingSearchCV, {"n_iter": 54}),
    "HyperbandSearchCV(2 passes)": (HyperbandSearchCV, {"n_iterations": 2}),
    "ASHASearchCV(54)": (ASHASearchCV, {"n_iter": 54}),
}
X, y = load_digits(return_X_y=True)


def run(searches, n_seeds, held_out):
    """Return the scores and the seconds of every search, a list of seeds each."""
    scores = {name: [] for name in searches}
    seconds = {name: [] for name in searches}
    for seed in range(n_seeds):
        X_train, X_test, y_train, y_test = X, None, y, None
        if held_out:
            X_train, X_test, y_train, y_test = train_test_split(
                X, y, test_size=0.3, stratify=y, random_state=seed
            )
        for name, (Search, params) in searches.items():
            search = Search(PIPE, SPACE, **params, n_jobs=2, random_state=seed)
            began = time.perf_counter()
            search.fit(X_train, y_train)
            seconds[name].append(time.perf_counter() - began)
            score = search.score(X_test, y_test) if held_out else search.best_score_
            scores[name].append(score)
    return scores, seconds


def show(scores, seconds):
    """Print each search beside the first one."""
    first = next(iter(scores))
    for name in scores:
        difference = np.subtract(scores[name], scores[first])
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        ratio = np.median(np.divide(seconds[name], seconds[first]))
        print(
            f"  {name:<30}median {np.median(scores[name]):.4f} "
            f"({np.median(difference):+.4f}), mean {difference.mean():+.4f} "
            f"± {error:.4f}, {np.median(seconds[name]):5.1f} s, ratio {ratio:.2f}",
            flush=True,
        )


def main():
    """Print both tables."""
    for searches in (BESIDE_RANDOM, BESIDE_HALVING):
        # Start both kinds of workers before the clock.
        for Search in (RandomizedSearchCV, ASHASearchCV):
            Search(PIPE, SPACE, n_iter=2, n_jobs=2).fit(X, y)
        held_out = searches is BESIDE_HALVING
        print(
            "held-out score, 20 seeds"
            if held_out
            else "CV score, 5 seeds (in brackets: beside the first)"
        )
        show(*run(searches, 20 if held_out else 5, held_out))


if __name__ == "__main__":
    main()
