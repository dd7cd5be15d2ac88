"""
===================================
DARTS: a cell that gradients choose
===================================

``strategy="darts"`` trains one network that contains all cells of a space. It learns by
gradients how much each operation of this network counts. Here it is compared with cells
that are drawn at random. The data are sequences in which only the shape of a short
piece matters.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_automl import NASClassifier
from sklearn_automl.nas import CellSpace, plot_alphas

# %%
# Ten shapes in noise
# -------------------
# Each class has a curve of twelve numbers. A row is the curve of its class at a random
# place among forty numbers, plus noise. (The same as in
# :ref:`sphx_glr_auto_examples_networks_plot_nas_sequences.py`.)


def make_sequences(n_samples, random_state):
    """Return sequences of one channel, and their classes."""
    rng = np.random.default_rng(random_state)
    steps = np.linspace(0, 1, 12)
    shapes = np.random.default_rng(0)
    phases = shapes.uniform(0, 6, (10, 2, 1))
    cycles = shapes.uniform(0.5, 2, (10, 2, 1))
    curves = np.sin(6 * cycles * steps + phases).sum(axis=1)
    y = rng.integers(10, size=n_samples)
    X = rng.normal(scale=0.3, size=(n_samples, 1, 40))
    for row, label in zip(X, y, strict=True):
        start = rng.integers(28)
        row[0, start : start + 12] += curves[label] * rng.uniform(0.5, 1.5)
    return X, y


X, y = make_sequences(2000, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# The space
# ---------
# A cell has three nodes. Each node reads the previous cell and all previous nodes, each
# of them through a separate operation. A cell therefore has six operations, and there
# are five to choose from. The network has three cells, which are all equal.

space = CellSpace(
    n_nodes=3,
    width=8,
    widening=1,
    edges="all",
    heads=["max"],
    operations=["identity", "max_pool_3", "avg_pool_3", "conv_3", "conv_5"],
)
print(f"{space.bind(X.shape[1:]).decisions.size:,} architectures")

# %%
# Search, and look what else there is
# -----------------------------------
# The cells that are derived from the supernet and one random cell are trained and
# compared. The best of them is trained on all rows. The second search trains eight
# random cells in full.

common = {
    "search_space": space,
    "max_epochs": 12,
    "batch_size": 64,
    "lr": 0.02,  # large, as the cells are narrow and the training is short
    "random_state": 0,
}
searches = {
    "DARTS": NASClassifier(strategy="darts", **common),
    "random cells": NASClassifier(strategy="random", n_trials=8, **common),
}
for name, search in searches.items():
    began = time.perf_counter()
    search.fit(X_train, y_train)
    seconds = time.perf_counter() - began
    accuracy = search.score(X_test, y_test)
    print(f"{name:<12} {accuracy:.3f}  {search.n_trials_} trained, {seconds:.0f} s")

darts = searches["DARTS"]
results = darts.cv_results_
for trial, score in zip(results["trial_id"], results["mean_test_score"], strict=True):
    kinds = {0: "reference", len(results["trial_id"]) - 1: "random"}
    kind = kinds.get(trial, "derived")
    n_epochs = results["n_resources"][0]
    print(f"trial {trial}, {kind}: {score:.3f} after {n_epochs} epochs")

random_scores = searches["random cells"].cv_results_["mean_test_score"]
print(f"random cells, in full: {random_scores.min():.3f} to {random_scores.max():.3f}")

# %%
# For the price of some random cells, DARTS finds a cell that is as good as the better
# random cells. The range of their scores tells how many random cells you would need to
# find an equally good one. If most cells are good, draw cells at random.
#
# How it made up its mind
# -----------------------
# For the first quarter of the epochs only the weights of the operations are trained.
# Then the alphas begin to move. Where lines stay close together, the decision is not
# clear.

plot_alphas(darts.history_)

# %%
# The cell
# --------

_, ax = plt.subplots(figsize=(9.5, 5.4), layout="constrained")
darts.plot_architecture(ax=ax)
plt.show()
