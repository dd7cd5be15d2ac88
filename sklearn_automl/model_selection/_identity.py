"""What makes two fits the same search, so that one can go on where the other ended."""

from collections.abc import Sequence
from typing import Any

import sklearn
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_automl.model_selection._checks import decisive_metric
from sklearn_automl.model_selection._data import Data
from sklearn_automl.storage import SEED, TAKEN, Checkpoint, describe, describe_data

__all__ = ["draw_seed", "identity_of"]

# These parameters say where a search runs, how long it is and what follows it. Those
# with a comment are compared by what they mean, not by what was passed.
_NOT_COMPARED = {
    "checkpoint",
    "ensemble",
    "history",  # what was taken from it is compared
    "cv",  # what it made of the data is compared
    "n_generations",
    "n_iter",
    "n_iterations",
    "n_jobs",
    "patience",
    "random_state",  # the seed that was made of it is compared
    "promotion_metric",  # the metric that it means is compared
    "refit",
    "stop_at",
    "time_limit",
    "trial_memory_limit",
    "trial_timeout",
    "verbose",
}


def draw_seed(random_state: Any, checkpoint: Checkpoint | None) -> int:
    """Return the seed of a search; one without a seed takes its checkpoint's."""
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    if random_state is None and checkpoint and checkpoint.seed is not None:
        return checkpoint.seed
    return seed


def identity_of(
    search: Any,
    data: Data,
    metrics: Sequence[str] | None,
    seed: int,
    taken: str | None = None,
) -> dict[str, str]:
    """Return all that decides what is evaluated and what comes of it, as texts.

    The version of this package is left out. If another version asks for something
    else, the replay of the journal ends there.

    Parameters
    ----------
    search : estimator
        The search.

    data : Data
        The data that the search is fitted on.

    metrics : list of str or None
        Names of several metrics.

    seed : int
        The seed of the search.

    taken : str or None, default=None
        What the search has taken from its history, if it has one.

    Returns
    -------
    identity : dict of str to str
        Readable, and the same in every process.
    """
    parameters = {
        name: describe(value)
        # Clones are compared, because a clone has no state of an earlier fit.
        for name, value in clone(search).get_params(deep=False).items()
        if name not in _NOT_COMPARED
    }
    promotion_metric = decisive_metric(search) or list(metrics or ())[:1]
    given = {
        "X": data.X,
        "y": data.y,
        **{f"fit parameter {k!r}": v for k, v in data.params.items()},
    }
    return {
        **parameters,
        **({} if taken is None else {TAKEN: taken}),
        **{name: describe_data(value) for name, value in given.items()},
        "algorithm": type(search).__name__,
        "cv": f"{describe(search.cv)}, folds {describe_data(data.folds.splits)}",
        "promotion_metric": describe(promotion_metric),
        SEED: str(seed),
        "scikit-learn": sklearn.__version__,
    }
