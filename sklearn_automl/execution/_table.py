"""The table of a search: ranks, columns, and what to say of what is in it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl.execution._evaluation import Evaluation, FoldResult
from sklearn_automl.execution._resources import Resource
from sklearn_automl.execution._status import Status

__all__ = [
    "complete_folds",
    "evaluation_columns",
    "last_line",
    "rank_by_resource",
    "standing",
    "summary_of",
]


def evaluation_columns(
    evaluations: Sequence[Evaluation], resource: Resource
) -> dict[str, list[Any]]:
    """Return the columns of ``cv_results_`` that scikit-learn does not have."""
    return {
        "trial_id": [e.job.trial_id for e in evaluations],
        "bracket": [e.job.bracket for e in evaluations],
        "rung": [e.job.rung for e in evaluations],
        "n_resources": [resource.reported(e.job.resource) for e in evaluations],
        "status": [e.status for e in evaluations],
        "start_time": [e.start_time for e in evaluations],
        "end_time": [e.end_time for e in evaluations],
        "error": [e.error for e in evaluations],
    }


def complete_folds(
    evaluations: Sequence[Evaluation], error_score: Any, names: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the results of all folds with the keys that scikit-learn formats.

    Folds whose worker died have no scores; they get ``error_score``, as those that
    raised did.
    """
    n_test_samples = {
        split: fold.n_test_samples
        for evaluation in evaluations
        for split, fold in enumerate(evaluation.folds)
        if fold.n_test_samples is not None
    }
    has_train = any(f.train_scores is not None for e in evaluations for f in e.folds)
    failed = error_score if names is None else dict.fromkeys(names, error_score)

    def row(split: int, fold: FoldResult) -> dict[str, Any]:
        scores = {"test_scores": fold.test_scores}
        if has_train:
            scores["train_scores"] = fold.train_scores
        return {
            "fit_error": fold.fit_error,
            "fit_time": fold.fit_time,
            "score_time": fold.score_time,
            "n_test_samples": n_test_samples.get(split, 0),
            **{name: failed if s is None else s for name, s in scores.items()},
        }

    return [row(split, fold) for e in evaluations for split, fold in enumerate(e.folds)]


def last_line(error: str) -> str:
    """Return what was raised, of a traceback."""
    return error.strip().rpartition("\n")[2]


def summary_of(evaluations: Sequence[Evaluation], table: str = "cv_results_") -> str:
    """Return how many evaluations were not completed, by status.

    ``table`` is the attribute that holds them.
    """
    counts = Counter(e.status for e in evaluations if e.status != Status.COMPLETED)
    ends = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    return (
        f"{sum(counts.values())} of {len(evaluations)} evaluations were not completed "
        f"({ends}), and were not promoted. The columns 'status' and 'error' of "
        f"{table} have the reasons."
    )


def standing(resource: int, score: float) -> tuple[int, float]:
    """Return the key that says which of two completed evaluations is better.

    The one with more of the resource is, and among those with the same amount the one
    with the higher score.
    """
    return resource, score


def rank_by_resource(
    scores: np.ndarray, amounts: np.ndarray, usable: np.ndarray
) -> np.ndarray:
    """Rank evaluations by their standing; unusable ones come last.

    Parameters
    ----------
    scores : ndarray of shape (n_evaluations,)
        Higher is better.

    amounts : ndarray of shape (n_evaluations,)
        Resource of each evaluation.

    usable : ndarray of shape (n_evaluations,)
        False for those that failed.

    Returns
    -------
    ranks : ndarray of shape (n_evaluations,)
        1 for the best; ties share the lowest rank.
    """
    usable = usable & np.isfinite(scores)
    if not usable.any():
        return np.ones(len(scores), dtype=np.int32)
    ranks = np.full(len(scores), 1 + np.count_nonzero(usable), dtype=np.int32)
    standings = list(map(standing, amounts[usable].tolist(), scores[usable].tolist()))
    places: dict[tuple[int, float], int] = {}
    for place, its_standing in enumerate(sorted(standings, reverse=True), start=1):
        places.setdefault(its_standing, place)
    ranks[usable] = [places[its_standing] for its_standing in standings]
    return ranks
