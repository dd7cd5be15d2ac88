"""What decides what a search of architectures evaluates, and what comes of it."""

from typing import Any

import sklearn
from sklearn.base import clone

from sklearn_automl.storage import SEED, describe, describe_data

__all__ = ["identity_of"]

# These parameters say how long a search is, where it runs and what follows it. The
# number that search_epochs mean, the folds that cv makes and what was taken from the
# history are compared instead.
_NOT_COMPARED = {
    "checkpoint",
    "cv",
    "history",
    "max_epochs",
    "n_jobs",
    "n_trials",
    "random_state",
    "refit",
    "search_epochs",
    "time_limit",
    "trial_timeout",
    "verbose",
}


def identity_of(search: Any) -> dict[str, str]:
    """Return the texts that two searches have in common if they are the same.

    Parameters
    ----------
    search : ArchitectureSearch
        A search.

    Returns
    -------
    dict of str to str
        What a checkpoint compares.
    """
    parameters = {
        name: describe(value)
        for name, value in clone(search.estimator).get_params(deep=False).items()
        if name not in _NOT_COMPARED
    }
    return {
        **parameters,
        "search_epochs": str(search.n_epochs),
        "X": describe_data(search.X),
        "y": describe_data(search.y),
        **search.taken.identity,
        **_identity_of_validation(search),
        "algorithm": type(search.estimator).__name__,
        "scikit-learn": sklearn.__version__,
        SEED: str(search.seed),
    }


def _identity_of_validation(search: Any) -> dict[str, str]:
    """Return what there is beside one holdout of rows that count alike."""
    own = search.validation
    texts = {}
    if own.cv is not None or own.groups is not None or own.n_own:
        texts["folds"] = describe_data([tuple(split) for split in search.splits])
    if search.weights.fit is not None:
        texts["sample_weight"] = describe_data(search.weights.fit)
    if search.weights.score is not None:
        texts["score_weight"] = describe_data(search.weights.score)
    return texts
