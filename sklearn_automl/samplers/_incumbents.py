"""What past searches suggest to a new one: a few configurations that cover them.

The idea is that of portfolios (Feurer et al., "Auto-sklearn 2.0", JMLR 23, 2022): a few
configurations that together do well on all past tasks. What a task has not tried, a
Gaussian process of that task predicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import kendalltau, rankdata

from sklearn_automl.samplers._gaussian_process import GaussianProcess
from sklearn_automl.samplers._surrogate import Inputs
from sklearn_automl.space import Configuration, SearchSpace, UnitCube

__all__ = ["PastTask", "choose_incumbents"]

# A model of more points would take longer, and is hardly better.
_MAX_POINTS = 200

# What the least similar task counts, beside 1 for an equal one.
_LEAST_WEIGHT = 0.2

# With fewer configurations in common, nothing is known of the order of two tasks.
_LEAST_SHARED = 8


@dataclass(frozen=True)
class PastTask:
    """The configurations of a past search that the new space has, and their order.

    Parameters
    ----------
    configs : sequence of dict
        Different configurations of the new space.

    standings : sequence of tuple
        What orders them, a larger one for a better configuration.

    best : dict or None
        The best configuration of the search; None if the new space has none like it.

    distance : float, default=0.0
        How far the data of the search are from the new ones; 0 for the same data.

    is_same_data : bool, default=False
        Whether its data are the new ones.
    """

    configs: Sequence[Configuration]
    standings: Sequence[tuple[float, ...]]
    best: Configuration | None
    distance: float = 0.0
    is_same_data: bool = False


def choose_incumbents(
    space: SearchSpace, tasks: Sequence[PastTask], n: int
) -> list[Configuration]:
    """Choose configurations that cover past tasks, the most useful one first.

    Parameters
    ----------
    space : SearchSpace
        The new space, all of whose distributions have a ``ppf`` and ``cdf``.

    tasks : sequence of PastTask
        The past tasks.

    n : int
        How many configurations to return at most. One past task gives one; a search of
        the same data gives its `n` best.

    Returns
    -------
    configs : list of dict
        Different configurations of the space.
    """
    tasks = [task for task in tasks if task.configs]
    same = [task for task in tasks if task.is_same_data]
    others = [task for task in tasks if not task.is_same_data]
    chosen = _in_order(same[0]) if same else []
    if same:
        others = _not_contradicting(space, same[0], others)
    if len(chosen) < n:
        chosen += _cover(space, others, n)
    different = {space.key(config): config for config in reversed(chosen)}
    return list(reversed(different.values()))[:n]


def _in_order(task: PastTask) -> list[Configuration]:
    """Return the configurations of a task, the best one first."""
    places = range(len(task.configs))
    order = sorted(places, key=lambda i: task.standings[i], reverse=True)
    return [task.configs[i] for i in order]


def _cover(
    space: SearchSpace, tasks: Sequence[PastTask], n: int
) -> list[Configuration]:
    """Return the best configurations of tasks, by what each adds for all tasks."""
    tasks = [task for task in tasks if task.best is not None]
    # Searches with the same seed can have the same best one.
    different = {space.key(t.best): t.best for t in tasks if t.best is not None}
    candidates = list(different.values())
    if not candidates:
        return []
    predicted = _predictions(space, tasks, candidates)
    weights = np.array([max(_LEAST_WEIGHT, np.exp(-task.distance)) for task in tasks])
    order = greedy_cover(predicted, weights, n)
    return [candidates[i] for i in order]


def greedy_cover(predicted: np.ndarray, weights: np.ndarray, n: int) -> list[int]:
    """Choose columns so that the mean over the rows of their maximum is large.

    Parameters
    ----------
    predicted : ndarray of shape (n_tasks, n_candidates)
        The score of each candidate on each task, higher is better.

    weights : ndarray of shape (n_tasks,)
        What each task counts.

    n : int
        How many to choose at most.

    Returns
    -------
    order : list of int
        The candidates; each adds most to those before it.
    """
    chosen: list[int] = []
    covered = np.full((len(predicted), 1), -np.inf)
    while len(chosen) < min(n, predicted.shape[1]):
        values = weights @ np.maximum(covered, predicted)
        values[chosen] = -np.inf
        chosen.append(int(np.argmax(values)))
        covered = np.maximum(covered, predicted[:, chosen[-1:]])
    return chosen


def _predictions(
    space: SearchSpace, tasks: Sequence[PastTask], candidates: list[Configuration]
) -> np.ndarray:
    """Return what the model of each task expects of each candidate."""
    cube = UnitCube(space, "SearchHistory")
    inputs = Inputs(cube)
    targets = inputs(encode_together(space, candidates), 1.0)
    rows = []
    for task in tasks:
        scores = normal_scores(task.standings)
        kept = _spread(scores)
        points = encode_together(space, [task.configs[i] for i in kept])
        # The most probable length scales would need a fit of each task. With those that
        # the sampler starts from, 25 tasks take a tenth of a second.
        process = GaussianProcess(
            inputs(points, 1.0), scores[kept], inputs.n_levels > 0
        )
        rows.append(process.predict(targets)[0])
    return np.array(rows)


def encode_together(space: SearchSpace, configs: Sequence[Configuration]) -> np.ndarray:
    """Return the points of configurations; SciPy takes as long for one as for all."""
    points = np.full((len(configs), len(space.columns)), np.nan)
    branches = np.array([space.branch_of(config) for config in configs])
    if len(space.branches) > 1:
        points[:, 0] = (branches + 0.5) / len(space.branches)
    for b, branch in enumerate(space.branches):
        for parameter in branch:
            rows = [
                i
                for i in np.flatnonzero(branches == b).tolist()
                if parameter.name in configs[i]
            ]
            values = [configs[i][parameter.name] for i in rows]
            if rows:
                column = space.column_of(b, parameter)
                points[rows, column] = parameter.domain.to_units(values)
    return points


def normal_scores(standings: Sequence[tuple[float, ...]]) -> np.ndarray:
    """Return the normal quantile of the rank of each, equal ones for equal ones."""
    different = {standing: i for i, standing in enumerate(sorted(set(standings)))}
    ranks = rankdata([different[standing] for standing in standings])
    scores: np.ndarray = ndtri((ranks - 0.5) / len(ranks))
    return scores


def _spread(scores: np.ndarray) -> np.ndarray:
    """Return which points are modelled: the best ones, and others of every rank."""
    order = np.argsort(-scores, kind="stable")
    n_best = _MAX_POINTS // 2
    if len(order) <= _MAX_POINTS:
        return order
    rest = np.linspace(n_best, len(order) - 1, _MAX_POINTS - n_best)
    kept: np.ndarray = order[np.r_[:n_best, np.round(rest).astype(int)]]
    return kept


def _not_contradicting(
    space: SearchSpace, same: PastTask, tasks: Sequence[PastTask]
) -> list[PastTask]:
    """Leave out tasks whose order is rather the reverse of that on the new data."""
    known = _by_key(space, same)
    return [task for task in tasks if _agreement(known, _by_key(space, task)) >= 0]


def _by_key(space: SearchSpace, task: PastTask) -> dict[object, tuple[float, ...]]:
    pairs = zip(task.configs, task.standings, strict=True)
    return {space.key(config): standing for config, standing in pairs}


def _agreement(
    a: dict[object, tuple[float, ...]], b: dict[object, tuple[float, ...]]
) -> float:
    """Return Kendall's tau of what both have, 0 if that is not enough to tell."""
    shared = [key for key in a if key in b]
    if len(shared) < _LEAST_SHARED:
        return 0.0
    scores = [normal_scores([of[key] for key in shared]) for of in (a, b)]
    tau = float(kendalltau(*scores)[0])
    return tau if tau == tau else 0.0
