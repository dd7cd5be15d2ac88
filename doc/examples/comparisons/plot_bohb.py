"""
==============================================
BOHB: brackets that learn from the ones before
==============================================

:class:`~sklearn_automl.HyperbandSearchCV` draws every configuration at random.
:class:`~sklearn_automl.BOHBSearchCV` runs the same brackets, but a model of all earlier
results proposes the configurations. By default, the model is a Gaussian process that
learns from every resource. ``surrogate="kde"`` is BOHB as published.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import uniform
from sklearn.base import BaseEstimator

from sklearn_automl import BOHBSearchCV, HyperbandSearchCV

# %%
# A model whose curve is known
# ----------------------------
# The estimator computes nothing, so that many seeds fit into a short example. Its score
# after a number of epochs is a function of four hyperparameters. The values with the
# best score in the end are not the values with the best score at the start. If
# ``misleads`` is large, configurations that end well begin badly.


class Curve(BaseEstimator):
    """Scores what a formula says."""

    def __init__(self, a=0.5, b=0.5, c=0.5, d=0.5, n_epochs=27, misleads=0.2):
        self.a = a
        self.b = b
        self.c = c
        self.d = d
        self.n_epochs = n_epochs
        self.misleads = misleads

    def fit(self, X, y=None):  # noqa: ARG002
        """Learn nothing."""
        return self

    def score(self, X, y=None):  # noqa: ARG002
        """Return the score after ``n_epochs``."""
        point = np.array([self.a, self.b, self.c, self.d])
        final = -np.sum((point - [0.2, 0.7, 0.4, 0.9]) ** 2)
        start = -np.sum((point - [0.8, 0.2, 0.9, 0.3]) ** 2)
        left = 1 - np.log(self.n_epochs) / np.log(27)
        return final + self.misleads * left * (start - final)


common = {
    "param_distributions": {name: uniform() for name in "abcd"},
    "resource": "n_epochs",
    "min_resources": 1,
    "n_iterations": 3,
    "cv": [([0], [0])],
    "refit": False,
}
searches = {
    "Hyperband": HyperbandSearchCV(Curve(), **common),
    'BOHB, "kde"': BOHBSearchCV(Curve(), surrogate="kde", **common),
    'BOHB, "gp"': BOHBSearchCV(Curve(), **common),
}

# %%
# What each has found after so many epochs
# ----------------------------------------
# The picture shows the best score in full so far, against the epochs spent so far.


def best_by_cost(search):
    """Return the epochs spent, and the best score in full by then."""
    results = search.cv_results_
    amounts, scores = results["n_resources"], results["mean_test_score"]
    spent, best = [0], [-np.inf]
    before = {}
    for i in np.argsort(results["end_time"]):
        trial = results["trial_id"][i]
        spent.append(spent[-1] + amounts[i] - before.get(trial, 0))
        before[trial] = amounts[i]
        best.append(max(best[-1], scores[i] if amounts[i] == 27 else -np.inf))
    return np.array(spent), np.array(best)


epochs = np.arange(81, 1050, 10)
fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, misleads in zip(axes, (0.2, 0.8), strict=True):
    for name, search in searches.items():
        curves = []
        for seed in range(8):
            search.set_params(random_state=seed, estimator__misleads=misleads)
            spent, best = best_by_cost(search.fit([[0]]))
            curves.append(-best[np.searchsorted(spent, epochs, side="right") - 1])
        ax.plot(epochs, np.median(curves, axis=0), label=name)
        print(f"misleads={misleads} {name:12} {np.median(curves, axis=0)[-1]:.4f}")
    ax.set_yscale("log")
    ax.set_xlabel("epochs spent")
    ax.grid(alpha=0.3)
axes[0].set_title("few epochs tell what many will")
axes[1].set_title("few epochs mislead")
axes[0].set_ylabel("distance to the best score, median of 8 seeds")
axes[0].legend(loc="lower left")
plt.show()

# %%
# The first bracket is the same for all three, because there is nothing to learn from.
# After it, the models know where good configurations are. The model that learns from
# all resources knows it best. If few epochs mislead, the early rungs drop good
# configurations. The densities follow the configurations that are left, and do worse
# than random search. The Gaussian process learns how far it can trust each resource.
