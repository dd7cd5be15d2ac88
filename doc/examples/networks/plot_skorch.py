"""
====================================
Hyperparameters of your own network
====================================

A skorch net is an estimator of scikit-learn, so every search of this package takes it.
With epochs as the resource, bad configurations are stopped after a few epochs, and good
configurations continue where they were.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn, optim

from sklearn_automl import HyperbandSearchCV

# %%
# The network
# -----------
# Its architecture is fixed; width and dropout are arguments.


class Perceptron(nn.Module):
    """Two hidden layers."""

    def __init__(self, width=64, dropout=0.0):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 10),
        )

    def forward(self, X):
        """Return logits."""
        return self.layers(X)


net = NeuralNetClassifier(
    Perceptron,
    criterion=nn.CrossEntropyLoss,
    optimizer=optim.AdamW,
    max_epochs=27,
    train_split=None,  # the search has its own validation rows
    verbose=0,
)

# %%
# The search
# ----------
# Only ``resource="max_epochs"`` is special here. The most epochs that a configuration
# gets are the ``max_epochs`` of the net. A promoted net is continued by
# ``partial_fit``.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    (X / 16).astype(np.float32), y, random_state=0
)
search = HyperbandSearchCV(
    net,
    {
        "lr": loguniform(1e-4, 1e-1),
        "batch_size": [32, 64, 128, 256],
        "optimizer__weight_decay": loguniform(1e-6, 1e-1),
        "module__width": [32, 64, 128, 256],
        "module__dropout": [0.0, 0.2, 0.5],
    },
    resource="max_epochs",
    min_resources=1,
    cv=3,
    random_state=0,
)
search.fit(X_train, y_train)
print(f"held-out accuracy {search.score(X_test, y_test):.3f}")
print(search.best_params_)

# %%
# What was spent
# --------------
# The lower rungs train on one fold, and only the highest one on all three. A search
# that trains each configuration for all 27 epochs would take

full = 27 * search.n_trials_
spent = search.total_resources_  # an epoch on one of three folds counts a third
print(f"{full} epochs on all folds; this one took as much as {spent:.0f}.")

results = search.cv_results_
fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
for trial in np.unique(results["trial_id"]):
    own = results["trial_id"] == trial
    epochs, accuracies = results["n_resources"][own], results["mean_test_score"][own]
    ax.plot(epochs, accuracies, "o-", lw=1, ms=3, alpha=0.7)
ax.set(xscale="log", xlabel="epochs", ylabel="validation accuracy")
ax.set_xticks([1, 3, 9, 27], ["1", "3", "9", "27"])
plt.show()
