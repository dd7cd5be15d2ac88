"""Score and time of the searches on digits with an SVC pipeline, median of 5 seeds.

RandomizedSearchCV with 81 full configurations beside ours; C log-uniform over six and
gamma over seven decades. Run: ``python benchmarks/bench_digits_svc.py``.
"""

import time

import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import ASHASearchCV, HyperbandSearchCV

N_SEEDS = 5
PIPE = make_pipeline(StandardScaler(), SVC())
SPACE = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-6, 1e1)}
SEARCHES = {
    "RandomizedSearchCV(81)": (RandomizedSearchCV, {"n_iter": 81}),
    "HyperbandSearchCV(2 passes)": (HyperbandSearchCV, {"n_iterations": 2}),
    "ASHASearchCV(54)": (ASHASearchCV, {"n_iter": 54}),
}


def main():
    """Print a line for each search."""
    X, y = load_digits(return_X_y=True)
    scores = {name: [] for name in SEARCHES}
    seconds = {name: [] for name in SEARCHES}
    for seed in range(N_SEEDS):
        for name, (Search, params) in SEARCHES.items():
            search = Search(PIPE, SPACE, **params, n_jobs=2, random_state=seed)
            began = time.perf_counter()
            search.fit(X, y)
            seconds[name].append(time.perf_counter() - began)
            scores[name].append(search.best_score_)
    first = next(iter(SEARCHES))
    for name in SEARCHES:
        ratio = np.median(np.divide(seconds[name], seconds[first]))
        behind = np.median(np.subtract(scores[name], scores[first]))
        print(
            f"{name:<28} CV score {np.median(scores[name]):.4f} ({behind:+.4f}), "
            f"{np.median(seconds[name]):5.1f} s, {ratio:.2f} of the time",
            flush=True,
        )


if __name__ == "__main__":
    main()
