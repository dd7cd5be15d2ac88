"""The networks that predict together: which they are, their training, their mean."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sklearn_automl.exceptions import warn

__all__ = ["best_rows", "mean_output", "n_members", "train_members"]

# How many of the architectures that were tried predict together by default. Each costs
# a final training. See `benchmarks/bench_nas_tables.py`.
_MOST = 4
_ONE_OF = 5

# A network that a time limit ended before this share of its epochs is worse than none,
# where others are complete.
_LEAST_SHARE = 0.5

# Seconds of trainings for which workers are started: each of them has to import torch.
_WORTH_WORKERS = 10.0


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


def best_rows(table: dict[str, Any], n_rows: int) -> list[int]:
    """Return the rows of the best architectures, each of them once.

    Parameters
    ----------
    table : dict
        The ``cv_results_`` of a search.

    n_rows : int
        How many at most.

    Returns
    -------
    rows : list of int
        The best one first. All were trained as long as the best one; rows without a
        score are none of them.
    """
    scores, amounts = table["mean_test_score"], np.asarray(table["n_resources"])
    order = np.argsort(table["rank_test_score"], kind="stable")
    usable = [
        int(i)
        for i in order
        if np.isfinite(scores[i]) and amounts[i] >= amounts[order[0]]
    ]
    first: dict[Any, int] = {}
    for i in usable:
        first.setdefault(table["architecture"][i], i)
    return list(first.values())[:n_rows]


def train_members(
    nets: Sequence[Any],
    method: str,
    data: tuple[Any, Any, Any],
    *,
    deadline: float | None,
    n_jobs: int | None,
) -> Iterator[tuple[int, Any]]:
    """Train networks on the same rows, and yield each of them when it is trained.

    The first one is the best: if its training fails, that is raised. Others that fail
    are left out, with a warning, and so are those for which there is no time.

    Parameters
    ----------
    nets : sequence of skorch nets
        The best one first.

    method : {"fit", "partial_fit"}
        How they are trained.

    data : tuple (X, y, sample_weight)
        The weights may be None.

    deadline : float or None
        When they must end, as ``time.time`` counts it.

    n_jobs : int or None
        Number of workers.

    Yields
    ------
    place : int
        Of a network in ``nets``.

    net : skorch net
        It, trained; from a worker, a copy of it.
    """
    trained = _one_after_the_other(nets, method, data, deadline, n_jobs)
    for place, net in enumerate(trained):
        if isinstance(net, Exception):
            if place == 0:
                raise net
            warn(
                f"The final training of architecture {place + 1} of {len(nets)} "
                f"failed, and the others predict without it. {type(net).__name__}: "
                f"{net}"
            )
        elif place == 0 or deadline is None or _is_nearly_whole(net):
            yield place, net


def _one_after_the_other(
    nets: Sequence[Any],
    method: str,
    data: tuple[Any, Any, Any],
    deadline: float | None,
    n_jobs: int | None,
) -> Iterator[Any]:
    """Train one network after the other, or all but the first at the same time."""
    longest = 0.0
    for place, net in enumerate(nets):
        began = time.time()
        is_late = deadline is not None and deadline - began < _LEAST_SHARE * longest
        if place and is_late:  # the first one is trained in any case
            return
        rest = nets[place:]
        if place and longest * len(rest) > _WORTH_WORKERS and _has_workers(n_jobs):
            yield from Parallel(n_jobs=n_jobs)(
                delayed(_attempt)(net, method, data, deadline) for net in rest
            )
            return
        yield _attempt(net, method, data, deadline)
        longest = max(longest, time.time() - began)


def _has_workers(n_jobs: int | None) -> bool:
    n_workers: int = effective_n_jobs(n_jobs)
    return n_workers > 1


def _attempt(
    net: Any, method: str, data: tuple[Any, Any, Any], deadline: float | None
) -> Any:
    """Return a trained net, or what its training raised."""
    X, y, weights = data
    options = {} if weights is None else {"sample_weight": weights}
    try:
        with net.ending_by(deadline):
            getattr(net, method)(X, y, **options)
    # A user's module or callback may raise anything.
    except Exception as error:  # noqa: BLE001
        return error
    _drop_what_trained(net)
    return net


def _drop_what_trained(net: Any) -> None:
    """Drop what predictions do not need: the optimizer's state and gradients."""
    net.optimizer_.state.clear()
    net.module_.zero_grad(set_to_none=True)
    net.set_params(n_threads=None)


def _is_nearly_whole(net: Any) -> bool:
    return len(net.history) >= _LEAST_SHARE * net.max_epochs


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
