"""
====================================================
PyTorch: tune a network with skorch
====================================================

skorch makes an estimator of a PyTorch module, so every search takes it. Epochs are the
resource: bad configurations are stopped after a few epochs, and good configurations are
trained further.

It needs the packages ``torch`` and ``skorch``.
"""

import numpy as np
import torch
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_automl import SuccessiveHalvingSearchCV


class Perceptron(nn.Module):
    """One hidden layer."""

    def __init__(self, width=32, dropout=0.0):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10)
        )

    def forward(self, X):
        """Return logits."""
        return self.layers(X)


# %%
# ``lr`` and ``batch_size`` are parameters of the net. Names with ``module__`` are
# arguments of the module.

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
torch.manual_seed(0)

net = NeuralNetClassifier(
    Perceptron, criterion=nn.CrossEntropyLoss, train_split=None, verbose=0
).set_params(optimizer=torch.optim.Adam)
space = {
    "lr": loguniform(1e-4, 1e-1),
    "module__width": [16, 32, 64, 128],
    "module__dropout": [0.0, 0.2, 0.4],
    "batch_size": [32, 64, 128],
}
search = SuccessiveHalvingSearchCV(
    net, space, n_iter=12, resource="max_epochs", max_resources=12, cv=3, random_state=0
)
search.fit(X_train, y_train)
print(f"held out {search.score(X_test, y_test):.3f}, {search.best_params_}")
