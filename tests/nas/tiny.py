"""Estimators whose fit takes a fraction of a second.

With their few epochs they have learned something, and not much: a test of how good
predictions are passes its own ``max_epochs``.
"""

from sklearn_automl import NASClassifier, NASRegressor
from sklearn_automl.nas import ChainSpace

SPACE = ChainSpace(n_layers=(1, 2), widths=[8, 16], dropouts=[0.0])
# Networks of one width can share weights.
SHARED = ChainSpace(n_layers=(2, 2), widths=[8], dropouts=[0.0])


def tiny_classifier(**params):
    params = {"n_trials": 2, "max_epochs": 2, "lr": 0.02, "random_state": 0, **params}
    return NASClassifier(params.pop("search_space", SPACE), **params)


def tiny_regressor(**params):
    params = {"n_trials": 2, "max_epochs": 3, "lr": 0.02, "random_state": 0, **params}
    return NASRegressor(params.pop("search_space", SPACE), **params)
