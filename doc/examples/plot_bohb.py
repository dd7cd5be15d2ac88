"""
================================================
BOHB: brackets that learn from the ones before
================================================

:class:`~sklearn_automl.HyperbandSearchCV` draws every configuration at random.
:class:`~sklearn_automl.BOHBSearchCV` runs the same brackets, with configurations that
a model of all earlier results proposes. Its default is a Gaussian process that learns
from every resource; ``surrogate="kde"`` is BOHB as published.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform, uniform
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor

from sklearn_automl import BOHBSearchCV, HyperbandSearchCV

# %%
# Five hyperparameters, boosting iterations as the resource
# ----------------------------------------------------------
# A promoted model is continued, so that 27 iterations after 9 cost 18.

X, y = load_diabetes(return_X_y=True)
space = {
    "learning_rate": loguniform(1e-3, 1),
    "max_depth": [1, 2, 3, 4, 5, 6],
    "subsample": uniform(0.3, 0.7),
    "max_features": uniform(0.1, 0.9),
    "min_samples_leaf": [1, 2, 4, 8, 16, 32, 64],
}
common = {
    "estimator": GradientBoostingRegressor(n_estimators=27, random_state=0),
    "param_distributions": space,
    "resource": "n_estimators",
    "min_resources": 1,
    "n_iterations": 3,
    "cv": 2,
    "refit": False,
}
searches = {
    "Hyperband": lambda seed: HyperbandSearchCV(random_state=seed, **common),
    'BOHB, "kde"': lambda seed: BOHBSearchCV(
        surrogate="kde", random_state=seed, **common
    ),
    'BOHB, "gp"': lambda seed: BOHBSearchCV(random_state=seed, **common),
}

# %%
# What each of them has found after so many iterations
# ----------------------------------------------------
# Only models with all 27 iterations are compared. What they cost is counted as the
# search does: from what a model was continued from.


def best_by_cost(search):
    """Return the iterations spent and the best full score by then."""
    results = search.cv_results_
    order = np.lexsort((results["trial_id"], results["rung"], results["bracket"]))
    amounts = results["n_resources"][order]
    before = {}
    spent, best = [], []
    for trial, amount, score in zip(
        results["trial_id"][order],
        amounts,
        results["mean_test_score"][order],
        strict=True,
    ):
        spent.append(amount - before.get(trial, 0))
        before[trial] = amount
        best.append(score if amount == amounts.max() else -np.inf)
    return np.cumsum(spent), np.maximum.accumulate(best)


grid = np.linspace(100, 1070, 200)
found = {}
for name, make in searches.items():
    curves = []
    for seed in range(4):
        spent, best = best_by_cost(make(seed).fit(X, y))
        last = np.maximum(np.searchsorted(spent, grid, side="right") - 1, 0)
        curves.append(best[last])
    found[name] = np.array(curves)
    print(f"{name:12} best score {found[name][:, -1].mean():.4f}")

# %%
# The first bracket is the same for all: there is nothing to learn from. From then on the
# model knows which configurations are worth a bracket. A search that ends early is as
# well served by Hyperband.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, curves in found.items():
    mean = curves.mean(axis=0)
    ax.plot(grid, np.where(np.isfinite(mean), mean, np.nan), label=name)
ax.set_xlabel("boosting iterations spent, in each fold")
ax.set_ylabel("best $R^2$ so far, mean of 4 seeds")
ax.legend(loc="lower right")
ax.grid(alpha=0.3)
plt.show()
