"""The networks that predict together: which they are, their training, their mean."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sklearn_automl.exceptions import warn

__all__ = ["best_rows", "mean_output", "n_members", "train_members"]

# How many of the architectures that were tried predict together by default. Each costs
# a final training. See `benchmarks/bench_nas_tables.py`.
_MOST = 4
_ONE_OF = 5

# A network that a time limit ended before this share of its epochs is worse than none,
# where others are complete.
_LEAST_SHARE = 0.5


def n_members(ensemble: int | None, n_trials: int) -> int:
    """Return how many networks predict together.

    Parameters
    ----------
    ensemble : int or None
        What the user asked for.

    n_trials : int
        How many architectures were tried.
    """
    if ensemble is not None:
        return ensemble
    return max(min(n_trials // _ONE_OF, _MOST), 1)


def best_rows(
    table: dict[str, Any], amounts: Sequence[float], n_rows: int
) -> list[int]:
    """Return the rows of the best architectures, each of them once.

    Parameters
    ----------
    table : dict
        The ``cv_results_`` of a search.

    amounts : sequence of float
        What each row was to have of the resource. A time limit can have cut it short.

    n_rows : int
        How many at most.

    Returns
    -------
    rows : list of int
        The best one first. All had as much as the best one; rows without a score are
        none of them.
    """
    scores, order = table["mean_test_score"], np.argsort(table["rank_test_score"])
    first: dict[Any, int] = {}
    for row in order:
        if np.isfinite(scores[row]) and amounts[row] >= amounts[order[0]]:
            first.setdefault(table["architecture"][row], int(row))
    return list(first.values())[:n_rows]


def train_members(
    nets: Sequence[Any],
    method: str,
    data: tuple[Any, Any, Any],
    deadline: float | None = None,
) -> Iterator[tuple[int, Any]]:
    """Train networks on the same rows, and yield each of them when it is trained.

    They are trained one after the other, in this process: what a user's classes and
    operations need is here.

    Parameters
    ----------
    nets : sequence of skorch nets
        The best one first.

    method : {"fit", "partial_fit"}
        How they are trained.

    data : tuple (X, y, sample_weight)
        The weights may be None.

    deadline : float, default=None
        When they must end, as ``time.time`` counts it. The first one is trained in any
        case, the others if there is time for them.

    Yields
    ------
    place : int
        Of a network in ``nets``.

    net : skorch net
        It, trained.

    Raises
    ------
    Exception
        What the training of the first network raises, and what any ``partial_fit``
        does. Others whose ``fit`` fails are left out, with a warning.
    """
    longest = 0.0
    for place, net in enumerate(nets):
        began = time.time()
        is_late = deadline is not None and deadline - began < _LEAST_SHARE * longest
        if place and is_late:
            return
        try:
            _train(net, method, data, deadline)
        # A user's module or callback may raise anything.
        except Exception as error:
            if place == 0 or method == "partial_fit":
                raise
            warn(
                f"The final training of architecture {place + 1} of {len(nets)} "
                "failed, and the others predict without it. "
                f"{type(error).__name__}: {error}"
            )
            continue
        if place == 0 or _is_nearly_whole(net):
            yield place, net
        longest = max(longest, time.time() - began)


def _train(
    net: Any, method: str, data: tuple[Any, Any, Any], deadline: float | None
) -> None:
    X, y, weights = data
    options = {} if weights is None else {"sample_weight": weights}
    with net.ending_by(deadline):
        getattr(net, method)(X, y, **options)
    # Predictions need neither the optimizer's state nor gradients.
    net.optimizer_.state.clear()
    net.module_.zero_grad(set_to_none=True)
    net.set_params(n_threads=None)


def _is_nearly_whole(net: Any) -> bool:
    """Whether a deadline has left enough of a training, if it has ended it."""
    n_epochs = net.n_in_time_
    return n_epochs is None or n_epochs >= _LEAST_SHARE * net.max_epochs


def mean_output(nets: Sequence[Any], method: str, X: Any) -> np.ndarray:
    """Return the mean of what networks say of the same inputs.

    Parameters
    ----------
    nets : sequence of skorch nets
        Fitted.

    method : {"predict", "predict_proba"}
        What they are asked for.

    X : array-like or tensor
        The inputs.
    """
    total = getattr(nets[0], method)(X)
    for net in nets[1:]:
        total = total + getattr(net, method)(X)
    mean: np.ndarray = total / len(nets)
    return mean
