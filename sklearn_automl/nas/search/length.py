"""How long the final training is: shorter, where longer ones learn the noise."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import Evaluation, Status, last_line
from sklearn_automl.nas.search.cut_short import epochs_in_time
from sklearn_automl.nas.search.search import ArchitectureSearch

__all__ = ["fewer_epochs", "is_clear"]

# Each training that is tried has this share of the epochs of the one before.
_DIVISOR = 3

# So many architectures are trained again. They are the first of the search, and not the
# best, whose scores after all epochs are high by chance too. (Hyperband and ASHA train
# only the promoted ones in full. Then fewer epochs are chosen more seldom.)
_FEWEST_NETWORKS, _MOST_NETWORKS = 4, 5

# A gain is clear if it is more than so many of its standard errors.
_CLEAR = 2.0

# Parts of the validation rows that are left out in turn: a few rows can decide. From
# fewer parts nothing can be told.
_FEWEST_PARTS, _MOST_PARTS = 5, 10


def fewer_epochs(search: ArchitectureSearch, deadline: float | None) -> int | None:
    """Return the number of epochs at which networks are clearly better than at the end.

    The first architectures of the search are trained again on its training rows, for a
    third of the epochs. As long as their scores are clearly higher than before, a third
    of these epochs is tried next. A gain is clear if it is more than chance in weights,
    architectures and validation rows explains. See the diabetes data in
    `benchmarks/bench_nas_tables.py`.

    Parameters
    ----------
    search : ArchitectureSearch
        It has run.

    deadline : float or None
        When no training may begin any more, as ``time.time`` counts it.

    Returns
    -------
    n_epochs : int or None
        Of a training in the search; None if none of the shorter ones is better, or if
        there are too few networks, too few validation rows or too little time to tell.
    """
    first = _first_trained_in_full(search)
    parts = _parts(search)
    if len(first) < _FEWEST_NETWORKS or parts is None:
        return None
    try:
        return _Comparison(search, first, parts, deadline).fewer_epochs()
    # A user's module, callback or metric may raise anything.
    except Exception as error:  # noqa: BLE001
        warn(
            "The check whether networks are better after fewer epochs failed, so the "
            f"final training has all epochs. {last_line(repr(error))}"
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
    return sorted(had_all, key=lambda e: e.job.trial_id)[:_MOST_NETWORKS]


def _parts(search: ArchitectureSearch) -> list[list[np.ndarray]] | None:
    """Return the validation rows of each fold that are left when a part is not there.

    Parts are whole folds, if there are enough of them, and no group is in two parts.
    None if there are too few.
    """
    valid = [valid for _, valid in search.splits]
    n_folds = len(valid)
    if n_folds >= _FEWEST_PARTS:
        none = np.array([], dtype=int)
        return [
            [none if i == left_out else rows for i, rows in enumerate(valid)]
            for left_out in range(n_folds)
        ]
    groups = search.validation.groups
    units = [
        np.arange(len(rows))
        if groups is None
        else np.unique(groups[rows], return_inverse=True)[1]
        for rows in valid
    ]
    n_parts = min(_MOST_PARTS, *(len(np.unique(unit)) for unit in units))
    if n_parts < _FEWEST_PARTS:
        return None
    return [
        [
            rows[unit % n_parts != left_out]
            for rows, unit in zip(valid, units, strict=True)
        ]
        for left_out in range(n_parts)
    ]


@dataclass
class _Comparison:
    """The same networks after fewer and fewer epochs."""

    search: ArchitectureSearch
    #: Whose networks are trained again.
    evaluations: list[Evaluation]
    #: Rows that are scored, by the part that is left out, and by fold.
    parts: list[list[np.ndarray]]
    deadline: float | None

    def fewer_epochs(self) -> int | None:
        """Return the best number of epochs; None if it is that of the search."""
        n_epochs, found = self.search.n_epochs, None
        known = np.array([[-evaluation.loss] for evaluation in self.evaluations])
        after_fewer = self._scores(n_epochs // _DIVISOR)
        if not is_clear(after_fewer[:, :1] - known):  # most searches end here
            return None
        before = self._scores(n_epochs)
        while is_clear(after_fewer - before):
            n_epochs //= _DIVISOR
            found, before = n_epochs, after_fewer
            after_fewer = self._scores(n_epochs // _DIVISOR)
        return found

    def _scores(self, n_epochs: int) -> np.ndarray:
        """Return a row of scores for each network, as ``is_clear`` has them.

        NaN if there is no time, or no epoch, for the trainings.
        """
        scores = []
        for evaluation in self.evaluations:
            folds = [
                self._scores_of_fold(evaluation, n_epochs, fold)
                for fold in range(len(self.search.splits))
            ]
            # A fold that is left out has no score.
            scores.append([_mean(column) for column in zip(*folds, strict=True)])
        return np.array(scores)

    def _scores_of_fold(
        self, evaluation: Evaluation, n_epochs: int, fold: int
    ) -> list[float | None]:
        is_late = self.deadline is not None and time.time() >= self.deadline
        net = None if is_late or not n_epochs else self._net(evaluation, n_epochs, fold)
        left = [part[fold] for part in self.parts]
        if net is None:
            return [np.nan, *(np.nan if len(rows) else None for rows in left)]
        scores: list[float | None] = [self._score(net, self.search.splits[fold][1])]
        for rows in left:
            try:
                scores.append(self._score(net, rows) if len(rows) else None)
            # Some metrics cannot score rows that lack a class.
            except ValueError:
                scores.append(np.nan)
        return scores

    def _net(self, evaluation: Evaluation, n_epochs: int, fold: int) -> Any:
        """Return a trained net; None if its training was ended in time."""
        search = self.search
        train = search.splits[fold][0]
        net = clone(search.net).set_params(
            **search.translation(evaluation.job.config, len(search.splits) - fold),
            max_epochs=n_epochs,
            schedule_epochs=n_epochs,
        )
        net.fit(search.X[train], search.y[train], **_of(search.weights.fit, train))
        return net if net.n_in_time_ is None else None

    def _score(self, net: Any, rows: np.ndarray) -> float:
        search, weights = self.search, _of(self.search.weights.score, rows)
        return float(search.scorer(net, search.X[rows], search.y[rows], **weights))


def is_clear(gains: np.ndarray) -> bool:
    """Tell whether gains are more than chance.

    Parameters
    ----------
    gains : ndarray of shape (n_networks, 1 + n_parts)
        The first column is of all validation rows, each other one leaves a part of them
        out: the jackknife.
    """
    gain, parts = gains[:, 0], gains[:, 1:].mean(axis=0)
    variance = gain.var(ddof=1) / len(gain)
    if len(parts):
        variance += (len(parts) - 1) * parts.var()
    return bool(gain.mean() > _CLEAR * variance**0.5)


def _mean(scores: Iterable[float | None]) -> float:
    return float(np.mean([score for score in scores if score is not None]))


def _of(weights: np.ndarray | None, rows: np.ndarray) -> dict[str, Any]:
    return {} if weights is None else {"sample_weight": weights[rows]}
