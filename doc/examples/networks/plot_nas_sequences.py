"""
=====================================
A network for sequences, and its cost
=====================================

:class:`~sklearn_automl.NASClassifier` finds the architecture of a network. How much the
architecture matters depends on the data. Here the data are sequences. Only the shape of
a short piece counts, wherever in the sequence it is. Dense networks and trees cannot
use this, but some networks of convolutions can.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from sklearn_automl import NASClassifier
from sklearn_automl.nas import ChainSpace

# %%
# Ten shapes in noise
# -------------------
# Each class has a curve of twelve numbers, a sum of random waves. A row is the curve of
# its class, larger or smaller, at a random place among forty numbers, plus noise.


def make_sequences(n_samples, random_state):
    """Return sequences of one channel, and their classes."""
    rng = np.random.default_rng(random_state)
    steps = np.linspace(0, 1, 12)
    shapes = np.random.default_rng(0)
    phases, cycles = (
        shapes.uniform(0, 6, (10, 2, 1)),
        shapes.uniform(0.5, 2, (10, 2, 1)),
    )
    curves = np.sin(6 * cycles * steps + phases).sum(axis=1)
    y = rng.integers(10, size=n_samples)
    X = np.zeros((n_samples, 1, 40))
    for row, label in zip(X, y, strict=True):
        start = rng.integers(28)
        row[0, start : start + 12] = curves[label] * rng.uniform(0.5, 1.5)
    kernel = np.ones(3) / 3
    noise = rng.normal(scale=0.5, size=X.shape)
    noise[:, 0] = [np.convolve(row, kernel, mode="same") for row in noise[:, 0]]
    return X + noise, y


X, y = make_sequences(1600, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

fig, axes = plt.subplots(2, 5, figsize=(9, 3), sharex=True, sharey=True)
for label, ax in enumerate(axes.flat):
    ax.plot(X_train[y_train == label][:3, 0].T, lw=1)
    ax.set_title(f"class {label}", fontsize=9)
fig.tight_layout()

# %%
# Trees, random architectures, evolution
# --------------------------------------
# The searches have the same space: chains of up to five convolutions and poolings. One
# search draws ten architectures at random and trains each in full. The other two try
# more architectures in about the same time: they train each for a third of the epochs
# or less, and only good architectures continue (``estimation="asha"``).

space = ChainSpace(widths=[8, 16, 32])
common = {"search_space": space, "max_epochs": 12, "batch_size": 64, "random_state": 0}
searches = {
    "random, in full": NASClassifier(strategy="random", n_trials=10, **common),
    "random, ASHA": NASClassifier(
        strategy="random", estimation="asha", n_trials=24, **common
    ),
    "evolution, ASHA": NASClassifier(
        strategy="evolution", estimation="asha", n_trials=24, **common
    ),
}
boosting = HistGradientBoostingClassifier(random_state=0)
boosting.fit(X_train.reshape(len(X_train), -1), y_train)
accuracy = boosting.score(X_test.reshape(len(X_test), -1), y_test)
print(f"gradient boosting      {accuracy:.3f}")
for name, search in searches.items():
    began = time.perf_counter()
    search.fit(X_train, y_train)
    seconds = time.perf_counter() - began
    accuracy = search.score(X_test, y_test)
    print(f"{name:<22} {accuracy:.3f}  {search.n_trials_} trials, {seconds:.0f} s")

# %%
# All three searches are far better than the trees. ASHA tried more than twice as many
# architectures, but this gained nothing here. Evolution gained no more than chance:
# with so few trials, most architectures are random anyway.
#
# What the trials were like
# -------------------------
# Every point is an architecture with the highest number of epochs that it was given.
# The architectures that were trained in full lie between guessing and the best score,
# so it matters which one is chosen. After a single epoch (dark), all architectures are
# hardly better than guessing, but this difference is enough to find good ones.

fig, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
for ax, (name, search) in zip(axes, searches.items(), strict=True):
    results = search.cv_results_
    trials, epochs = results["trial_id"], results["n_resources"]
    last = [np.flatnonzero(trials == t)[-1] for t in np.unique(trials)]
    points = ax.scatter(
        results["trial_id"][last],
        results["mean_test_score"][last],
        c=epochs[last],
        cmap="viridis",
        s=22,
        vmin=1,
        vmax=12,
    )
    ax.set(title=name, xlabel="trial")
axes[0].set_ylabel("validation accuracy")
fig.colorbar(points, ax=axes, label="epochs")

# %%
# What was found
# --------------

search.plot_architecture()
plt.show()
