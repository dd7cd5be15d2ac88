"""
=====================================
Five earlier searches start the sixth
=====================================

You have tuned a support vector machine on five data sets. Now there is a sixth one.
With ``history`` the new search begins with configurations that were good on these five.
It needs fewer evaluations than a search that begins from scratch.
"""

# %%
# Five searches, remembered
# =========================
#
# One file remembers all searches. Here it is in a temporary folder. You would keep the
# file.

import os
import shutil
import tempfile

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import BayesianSearchCV
from sklearn_automl.storage import SearchHistory

folder = tempfile.TemporaryDirectory()
history = SearchHistory(os.path.join(folder.name, "history.db"))


def make_search(n_iter, **params):
    return BayesianSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": loguniform(1e-3, 1e4), "svc__gamma": loguniform(1e-6, 1e2)},
        n_iter=n_iter,
        resource=None,
        cv=3,
        **params,
    )


for X, y in (
    load_breast_cancer(return_X_y=True),
    load_iris(return_X_y=True),
    load_wine(return_X_y=True),
    make_moons(200, noise=0.3, random_state=0),
    make_classification(200, n_features=20, n_informative=5, random_state=0),
):
    make_search(20, history=history, random_state=0).fit(X[:200], y[:200])
print(len(history), "searches are remembered")

# %%
# The sixth, with and without them
# ================================
#
# One search may be lucky, so both kinds of search run with five seeds. Each search with
# a history gets a copy of the file, because a search adds itself to its history, and
# the next one would know its results.

X, y = load_digits(return_X_y=True)
X, y = X[:500], y[:500]


def scores_of(seed, **params):
    return make_search(10, random_state=seed, **params).fit(X, y).cv_results_


alone, with_history = [], []
for seed in range(5):
    alone.append(scores_of(seed)["mean_test_score"])
    copy = shutil.copy(history.path, os.path.join(folder.name, f"{seed}.db"))
    results = scores_of(seed, history=copy)
    with_history.append(results["mean_test_score"])
origin = results["origin"]

# %%
# The first suggestion is good at once, before the new data have taught the search
# anything. ``origin`` says where each configuration of the last search comes from:

print(*origin, sep=", ")

# %%
# The picture
# ===========
#
# Each thin line is one search: the best score so far. The thick lines are the means.
# The history saves the first evaluations. After ten evaluations, both kinds have nearly
# the same score.

n = np.arange(1, 11)
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
for scores, color, name in (
    (with_history, "C0", "with a history of five other data sets"),
    (alone, "C1", "from scratch"),
):
    best = np.maximum.accumulate(np.array(scores), axis=1)
    ax.plot(n, best.T, color=color, lw=1, alpha=0.35)
    ax.plot(n, best.mean(axis=0), "o-", color=color, lw=3, label=name)
ax.set(
    xlabel="evaluations of the new search",
    ylabel="best accuracy so far",
    title="Support vector machine on digits: five searches of each kind",
    xticks=n,
)
ax.legend(loc="lower right")
plt.show()

folder.cleanup()

# %%
# :ref:`history` explains how the search chooses these configurations, and when they do
# not help.
