"""What makes two fits the same search, so that one can go on where the other ended."""

from typing import Any

import numpy as np
import sklearn
from sklearn.base import clone

from sklearn_automl._sklearn_compat import metric_names
from sklearn_automl.storage import SEED, describe, describe_data

__all__ = ["identity_of"]

# Where and how long a search runs, how much it tries, what follows it, and what is
# compared below.
_NOT_COMPARED = {
    "checkpoint",
    "cv",  # what it made of the data is compared
    "n_generations",
    "n_iter",
    "n_iterations",
    "n_jobs",
    "random_state",  # the seed that was made of it is compared
    "promotion_metric",  # the metric that it means is compared
    "refit",
    "time_limit",
    "trial_memory_limit",
    "trial_timeout",
    "verbose",
}


def identity_of(search: Any, data: Any) -> dict[str, str]:
    """Return all that decides what is evaluated and what comes of it, as texts.

    The version of this package is not in it: where another version would ask for
    something else, that shows when the journal is gone through.

    Parameters
    ----------
    search : estimator
        The search.

    data : Data
        What it is being fitted on.

    Returns
    -------
    identity : dict of str to str
        Readable, and the same in every process.
    """
    parameters = {
        name: describe(value)
        # A clone is what is fitted: it has no state of an earlier fit, mostly.
        for name, value in clone(search).get_params(deep=False).items()
        if name not in _NOT_COMPARED
    }
    names = metric_names(data.scorers) or []
    folds = [(np.asarray(train), np.asarray(test)) for train, test in data.splits]
    given = {
        "X": data.X,
        "y": data.y,
        **{f"fit parameter {k!r}": v for k, v in data.params.items()},
    }
    return {
        **parameters,
        **{name: describe_data(value) for name, value in given.items()},
        "algorithm": type(search).__name__,
        "cv": f"{describe(search.cv)}, folds {describe_data(folds)}",
        "promotion_metric": describe(search._promotion_metric() or names[:1]),
        SEED: str(data.seed),
        "scikit-learn": sklearn.__version__,
    }
