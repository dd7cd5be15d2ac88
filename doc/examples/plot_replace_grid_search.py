"""
==========================
GridSearchCV, one line on
==========================

An ordinary pipeline on the handwritten digits, searched by scikit-learn's searches and
by ours. Each gets the same ranges for ``C`` and ``gamma``, the same folds and two
workers.
"""

import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
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

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
pipe = make_pipeline(StandardScaler(), SVC())
grid = {"svc__C": np.logspace(-3, 3, 9), "svc__gamma": np.logspace(-6, 1, 9)}
ranges = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-6, 1e1)}
common = {"cv": 5, "n_jobs": 2}
seeded = {**common, "random_state": 0}

# %%
# The searches
# ------------
# Only the name of the class changes. 81 configurations each, except for Hyperband,
# whose brackets say how many.

searches = {
    "GridSearchCV": GridSearchCV(pipe, grid, **common),
    "RandomizedSearchCV": RandomizedSearchCV(pipe, ranges, n_iter=81, **seeded),
    "HalvingRandomSearchCV": HalvingRandomSearchCV(
        pipe, ranges, n_candidates=81, **seeded
    ),
    "SuccessiveHalvingSearchCV": SuccessiveHalvingSearchCV(
        pipe, ranges, n_iter=81, **seeded
    ),
    "HyperbandSearchCV": HyperbandSearchCV(pipe, ranges, n_iterations=3, **seeded),
    "ASHASearchCV": ASHASearchCV(pipe, ranges, n_iter=81, **seeded),
}

# Both kinds of workers start before the clock does.
RandomizedSearchCV(pipe, ranges, n_iter=2, **seeded).fit(X, y)
ASHASearchCV(pipe, ranges, n_iter=2, resource=None, **seeded).fit(X, y)

header = ("search", "seconds", "evaluations", "CV score", "held-out score")
print("{:<27}{:>9}{:>13}{:>10}{:>16}".format(*header))
seconds = {}
for name, search in searches.items():
    began = time.perf_counter()
    search.fit(X, y)
    seconds[name] = time.perf_counter() - began
    print(
        f"{name:<27}{seconds[name]:>9.1f}{len(search.cv_results_['params']):>13}"
        f"{search.best_score_:>10.4f}{search.score(X_test, y_test):>16.4f}"
    )

# %%
# Score against time
# ------------------
# Our tables hold when each evaluation ended, so the best score at full resource can be
# drawn as it developed. scikit-learn's searches are a point: their result is there at
# the end. The score of HalvingRandomSearchCV is that of cut test folds.

fig, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
for i, (name, search) in enumerate(searches.items()):
    color = f"C{i}"
    held_out = search.score(X_test, y_test)
    ax.plot(seconds[name], held_out, "o", ms=9, color=color, label=name)
    if not hasattr(search, "brackets_"):
        continue
    results = search.cv_results_
    at_top = results["n_resources"] == search.max_resources_
    order = np.argsort(results["end_time"][at_top])
    ends = results["end_time"][at_top][order]
    best = np.maximum.accumulate(results["mean_test_score"][at_top][order])
    ax.step(ends, best, where="post", color=color, lw=1.5, alpha=0.7)
ax.set(
    xlabel="seconds",
    ylabel="accuracy",
    title="Held-out score when a search ends (dots),\n"
    "best cross-validated score until then (lines)",
)
ax.grid(alpha=0.3)
ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
if Path("demo").is_dir():
    fig.savefig("demo/replace_grid_search.png", dpi=150)
plt.show()
