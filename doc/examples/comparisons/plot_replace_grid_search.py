"""
========================
In place of GridSearchCV
========================

Scikit-learn's searches and ours tune an ordinary pipeline on the handwritten digits.
Each search gets the same ranges for ``C`` and ``gamma``, the same folds and two
workers. It runs on three train/test splits of the data.

For our ``GridSearchCV`` you change only the import. For the others you change one more
line.
"""

import os
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

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)

X, y = load_digits(return_X_y=True)
pipe = make_pipeline(StandardScaler(), SVC())
grid = {"svc__C": np.logspace(-3, 3, 7), "svc__gamma": np.logspace(-6, 1, 8)}
ranges = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-6, 1e1)}

# %%
# The searches
# ------------
# Only the name of the class changes. The grid has 56 configurations, and the other
# searches try 54. Hyperband runs all of its brackets twice, and so it tries 98 here.


def make_searches(seed):
    """Return the searches by name."""
    common = {"cv": 5, "n_jobs": 2}
    seeded = {**common, "random_state": seed}
    searches = [
        GridSearchCV(pipe, grid, **common),
        RandomizedSearchCV(pipe, ranges, n_iter=54, **seeded),
        HalvingRandomSearchCV(pipe, ranges, n_candidates=54, **seeded),
        SuccessiveHalvingSearchCV(pipe, ranges, n_iter=54, **seeded),
        HyperbandSearchCV(pipe, ranges, n_iterations=2, **seeded),
        ASHASearchCV(pipe, ranges, n_iter=54, **seeded),
    ]
    by_name = {type(search).__name__: search for search in searches}
    by_name["our GridSearchCV"] = sklearn_automl.GridSearchCV(pipe, grid, **common)
    return by_name


# A check that the example runs is content with one split.
n_splits = int(os.environ.get("DEMO_REPEATS", "3"))
names = list(make_searches(0))
rows = {name: [] for name in names}
fitted = {name: [] for name in names}
# Both kinds of workers start before the clock does.
RandomizedSearchCV(pipe, ranges, n_iter=2, n_jobs=2).fit(X, y)
ASHASearchCV(pipe, ranges, n_iter=2, n_jobs=2, resource=None).fit(X, y)
for seed in range(n_splits):
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    for name, search in make_searches(seed).items():
        print(f"split {seed + 1} of {n_splits}: {name}", flush=True)
        began = time.perf_counter()
        search.fit(X_train, y_train)
        seconds = time.perf_counter() - began
        n_evaluations = len(search.cv_results_["params"])
        held_out = search.score(X_test, y_test)
        rows[name].append([seconds, n_evaluations, search.best_score_, held_out])
        fitted[name].append(search)

# %%
# The numbers are means of the three splits. An evaluation is one configuration with
# one number of rows and folds. Our GridSearchCV has a row for each of its 56
# configurations. One more correct row in one of the three held-out sets raises the mean
# score by 0.0006.

means = {name: np.mean(rows[name], axis=0) for name in names}
header = ("search", "seconds", "evaluations", "CV score", "held-out score")
print("{:<27}{:>9}{:>13}{:>10}{:>16}".format(*header))
for name, (seconds, n_evaluations, score, held_out) in means.items():
    print(
        f"{name:<27}{seconds:>9.1f}{n_evaluations:>13.0f}{score:>10.4f}{held_out:>16.4f}"
    )

# %%
# Score against time
# ------------------
# The picture shows how the best score on all rows and folds developed, as the mean of
# the three splits. Our tables say when each evaluation ended. scikit-learn's tables
# do not, but GridSearchCV and RandomizedSearchCV run one configuration after the other,
# so their fit times show it. HalvingRandomSearchCV cuts the test folds too, so its
# score is on fewer rows, and only its end is drawn. For our GridSearchCV also only the
# end is drawn, because it has scikit-learn's table.

instants = np.geomspace(0.4, 1.1 * max(m[0] for m in means.values()), 400)


def best_so_far(search, seconds):
    """Return the best score on all rows at each instant, NaN before there is one."""
    results = search.cv_results_
    scores = results["mean_test_score"]
    if hasattr(search, "brackets_"):
        full = results["n_resources"] == search.max_resources_
        full &= results["n_folds"] == search.n_splits_
        ends, scores = results["end_time"][full], scores[full]
    else:
        ends = np.cumsum(results["mean_fit_time"] + results["mean_score_time"])
        ends *= seconds / ends[-1]
    ended = np.where(ends[:, np.newaxis] <= instants, scores[:, np.newaxis], -np.inf)
    best = ended.max(axis=0)
    return np.where(np.isfinite(best) & (instants <= seconds), best, np.nan)


fig, ax = plt.subplots(figsize=(9, 5), layout="constrained")
for i, name in enumerate(names):
    seconds, _, score, held_out = means[name]
    style = {"color": f"C{i}", "lw": 2, "ls": "-" if i > 2 else "--"}
    if name not in {"HalvingRandomSearchCV", "our GridSearchCV"}:
        curves = [best_so_far(search, seconds) for search in fitted[name]]
        ax.plot(instants, np.mean(curves, axis=0), **style)
    label = f"{name}\n{seconds:.1f} s, held-out {held_out:.4f}"
    ax.plot(seconds, score, "osD^vPX"[i], ms=10, label=label, color=f"C{i}", ls="")

ticks = [t for t in (0.5, 1, 2, 5, 10, 20, 50, 100) if t <= instants[-1]]
ax.set_xscale("log")
ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
ax.minorticks_off()
ax.set(
    xlabel="seconds since the search began (log scale, 2 workers)",
    ylabel="best cross-validated accuracy",
    ylim=(0.94, 0.988),
    title="Digits, StandardScaler and SVC: a mark is where a search ended",
)
ax.grid(alpha=0.3)
fig.legend(loc="outside right center", frameon=False, labelspacing=1)
if Path("demo").is_dir():
    fig.savefig("demo/replace_grid_search.png", dpi=150)
    print("The picture is in demo/replace_grid_search.png.")
plt.show()
