"""What evaluations are worth, and the columns of the table that they make."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_automl.execution._loop import Evaluation
from sklearn_automl.execution._resources import Resource
from sklearn_automl.execution._status import Status, end_of, status_of_error

__all__ = [
    "Assessor",
    "evaluation_columns",
    "last_line",
    "rank_by_resource",
    "standing",
    "summary_of",
]

_MAX_ERROR_LENGTH = 2_000


class Assessor:
    """Decides what an evaluation is worth: its status, its error text and its loss.

    ``metric`` is the name of the score that decides, None to take the first one.
    ``error_score`` is the search's: with "raise" a lost fold ends it, as an error that
    a fit raises does. ``check_names`` gets the names of the first scores, None for a
    single number, and raises an error if they are not what the search needs.
    """

    def __init__(
        self,
        metric: str | None,
        error_score: Any,
        check_names: Callable[[list[str] | None], None],
    ) -> None:
        self.metric = metric
        self.error_score = error_score
        self.check_names = check_names
        self._first: Any = None

    def __call__(self, evaluation: Evaluation) -> None:
        # What was lost comes first: the text is to be that of the status.
        errors = [
            error
            for fold in sorted(evaluation.folds, key=lambda f: f.lost is None)
            if (error := fold.error)
        ]
        if errors:
            lost = [f.lost for f in evaluation.folds if f.lost is not None]
            if lost and self.error_score == "raise":
                raise RuntimeError(
                    f"{errors[0]} It ran {evaluation.job.config}. With a number as "
                    "error_score the search goes on without it."
                )
            evaluation.status = lost[0] if lost else status_of_error(errors[0])
            evaluation.error = end_of(errors[0], _MAX_ERROR_LENGTH)
            return
        for fold in evaluation.folds:
            self._check(fold.test_scores)
        score = float(np.mean([self._score(f.test_scores) for f in evaluation.folds]))
        if not math.isfinite(score):
            evaluation.status = Status.FAILED
            evaluation.error = f"The score is not finite: {score}."
            return
        evaluation.loss = -score  # the one place where a score becomes a loss

    def _check(self, scores: Any) -> None:
        """Refuse scores that cannot be compared, or not with the first ones."""
        if self._first is None:
            self.check_names(list(scores) if isinstance(scores, dict) else None)
            self._first = scores
        if _metrics_of(scores) != _metrics_of(self._first):
            raise ValueError(
                "scoring must return the same metrics at every call, but it returned "
                f"{self._first!r} and then {scores!r}."
            )
        values = scores.values() if isinstance(scores, dict) else [scores]
        if any(isinstance(value, complex) for value in values):
            raise ValueError(f"scoring must return real numbers, got {scores!r}.")

    def _score(self, scores: Any) -> float:
        if not isinstance(scores, dict):
            return float(scores)
        if self.metric is None:
            return float(next(iter(scores.values())))
        return float(scores[self.metric])


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


def _metrics_of(scores: Any) -> set[str] | None:
    return set(scores) if isinstance(scores, dict) else None
