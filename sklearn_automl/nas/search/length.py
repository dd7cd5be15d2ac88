"""How long the final training is: shorter, where longer ones learn the noise."""

import time
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import Evaluation, Status, last_line
from sklearn_automl.nas.search.cut_short import epochs_in_time
from sklearn_automl.nas.search.search import ArchitectureSearch

__all__ = ["fewer_epochs"]

# Each training that is tried has this share of the epochs of the one before.
_ONE_OF = 3

# So many architectures are trained again. They are the first of the search, and not the
# best, whose scores after all epochs are high by chance too.
_FEWEST, _MOST = 4, 5

# A gain is clear if it is so many standard errors.
_CLEAR = 2.0

# Parts of the validation rows that are left out in turn: a few rows can decide.
_N_PARTS = 10


def fewer_epochs(search: ArchitectureSearch) -> int | None:
    """Return after how many epochs networks are clearly better than after all.

    The first architectures of the search are trained again on its training rows, for a
    third of the epochs. As long as their scores are clearly higher than before, a third
    of these epochs is tried next. A gain is clear if it is more than chance in weights,
    architectures and validation rows explains. See the diabetes data in
    `benchmarks/bench_nas_tables.py`.

    Parameters
    ----------
    search : ArchitectureSearch
        It has run.

    Returns
    -------
    n_epochs : int or None
        Of a training in the search; None if none of the shorter ones is better, or if
        there are too few networks or too little time to tell.
    """
    first = _first_trained_in_full(search)
    if len(first) < _FEWEST:
        return None
    try:
        return _fewer_epochs(search, first)
    # A user's module, callback or metric may raise anything.
    except Exception as error:  # noqa: BLE001
        warn(
            "Whether the networks are better after fewer epochs was not found out, and "
            f"the final training has all of them. {last_line(repr(error))}"
        )
        return None


def _first_trained_in_full(search: ArchitectureSearch) -> list[Evaluation]:
    """Return the first evaluations of full trainings that began with random weights.

    There is none if rows that train are those that score.
    """
    has_shared = search.sharing.options is not None or search.strategy.inherits_weights
    if has_shared or search.scores_training_rows:
        return []
    most = max(e.job.resource for e in search.evaluations)
    had_all = [
        e
        for e in search.evaluations
        if e.status == Status.COMPLETED
        and e.job.resource == most
        and epochs_in_time(e) is None
    ]
    return sorted(had_all, key=lambda e: e.job.trial_id)[:_MOST]


def _fewer_epochs(search: ArchitectureSearch, first: list[Evaluation]) -> int | None:
    n_epochs, found = search.n_epochs, None
    known = np.array([[-evaluation.loss] for evaluation in first])
    fewer = _scores(search, first, n_epochs // _ONE_OF)
    if not _is_clear(fewer[:, :1] - known):  # most searches end here
        return None
    more = _scores(search, first, n_epochs)
    while _is_clear(fewer - more):
        n_epochs //= _ONE_OF
        found, more = n_epochs, fewer
        fewer = _scores(search, first, n_epochs // _ONE_OF)
    return found


def _is_clear(gains: np.ndarray) -> bool:
    """Tell whether gains are more than chance.

    ``gains`` has a row for each network. The first column is of all validation rows,
    each other one leaves out a part of them: the jackknife.
    """
    gain, parts = gains[:, 0], gains[:, 1:].mean(axis=0)
    variance = gain.var(ddof=1) / len(gain)
    if len(parts):
        variance += (len(parts) - 1) * parts.var()
    return bool(gain.mean() > _CLEAR * variance**0.5)


def _scores(
    search: ArchitectureSearch, evaluations: list[Evaluation], n_epochs: int
) -> np.ndarray:
    """Return a row of scores for each network, as ``_is_clear`` has them."""
    n_parts = min(_N_PARTS, *(len(valid) for _, valid in search.splits))
    n_parts = n_parts if n_parts > 1 else 0  # no score is of no row
    scores = [
        [_scores_of_fold(search, e, n_epochs, n_parts, i) for e in evaluations]
        for i in range(len(search.splits))
    ]
    mean: np.ndarray = np.mean(scores, axis=0)
    return mean


def _scores_of_fold(
    search: ArchitectureSearch,
    evaluation: Evaluation,
    n_epochs: int,
    n_parts: int,
    fold: int,
) -> list[float]:
    """Train a network and score it; NaN if there is no time, or no epoch, for it."""
    unknown = [np.nan] * (n_parts + 1)
    deadline = search.translation.deadline
    if not n_epochs or (deadline is not None and time.time() >= deadline):
        return unknown
    train, valid = search.splits[fold]
    net = clone(search.net).set_params(
        **search.translation(evaluation.job.config, len(search.splits) - fold),
        max_epochs=n_epochs,
        schedule_epochs=n_epochs,
    )
    net.fit(search.X[train], search.y[train], **_weights(search.weights.fit, train))
    if net.n_in_time_ is not None:
        return unknown
    part = np.arange(len(valid)) % max(n_parts, 1)
    return [
        search.scorer(
            net, search.X[rows], search.y[rows], **_weights(search.weights.score, rows)
        )
        for rows in (valid, *(valid[part != i] for i in range(n_parts)))
    ]


def _weights(weights: np.ndarray | None, rows: np.ndarray) -> dict[str, Any]:
    return {} if weights is None else {"sample_weight": weights[rows]}
