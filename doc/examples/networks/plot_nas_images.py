"""
==============================
Three spaces, on images
==============================

A search space says which networks are possible. This example compares three spaces:
chains, networks with branches, and networks that are a stack of equal cells. The data
are the 1,797 digits that come with scikit-learn, as images of 8 x 8 pixels.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from sklearn_automl import NASClassifier
from sklearn_automl.nas import CellSpace, ChainSpace, MultiBranchSpace

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, stratify=y, random_state=0
)


def as_images(X):
    """Return rows of 64 pixels as images of one channel."""
    return X.reshape(-1, 1, 8, 8)


# %%
# Search each of them
# -------------------
# The shape of ``X``, ``(n_samples, n_channels, height, width)``, says that these are
# images. Six architectures of each space are trained in full. The first four come
# before evolution begins. With one trial, only the reference of the space is trained: a
# network that people designed by hand. It is the baseline that shows whether the search
# was worth it.

spaces = {
    "chain": ChainSpace(n_layers=(2, 4), widths=[16, 32]),
    "branches": MultiBranchSpace(n_layers=(3, 5), widths=[16, 32]),
    "cell": CellSpace(n_nodes=2, n_cells=2, width=8),
}
common = {"max_epochs": 8, "batch_size": 64, "random_state": 0}
searches = {}
svm = SVC(C=10).fit(X_train, y_train)
print(f"support vector machine {svm.score(X_test, y_test):.3f}")
for name, space in spaces.items():
    baseline = NASClassifier(space, "random", n_trials=1, **common)
    search = NASClassifier(space, "evolution", n_trials=6, **common)
    accuracies = [
        model.fit(as_images(X_train), y_train).score(as_images(X_test), y_test)
        for model in (baseline, search)
    ]
    searches[name] = search
    print(f"{name:<9} reference {accuracies[0]:.3f}   searched {accuracies[1]:.3f}")

# %%
# What was found
# --------------
# The operations of a layer are convolutions (in a "sep conv", first each channel
# separately), poolings, and what follows them. Each kind of cell is drawn once.

fig = plt.figure(figsize=(9, 11), layout="constrained")
axes = fig.subplot_mosaic([["chain", "branches"], ["cell", "cell"]])
for name, search in searches.items():
    search.plot_architecture(ax=axes[name])
    axes[name].set_title(name)

# %%
# Is it worth it?
# ---------------
# Not for chains: on data as easy as this, the reference is as good as what is found.
# The table of a search shows how much architectures differ, and what they cost. Bad
# chains are far behind the best, but no cell is bad. Cells take longer to train.

for name, search in searches.items():
    results = search.cv_results_
    scores, sizes = np.sort(results["mean_test_score"]), results["n_parameters"]
    print(
        f"{name:<9} validation {scores[0]:.3f} to {scores[-1]:.3f}, "
        f"{sizes.min():,} to {sizes.max():,} weights, "
        f"{results['mean_fit_time'].sum():.0f} s of training"
    )

plt.show()
