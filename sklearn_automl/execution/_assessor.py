"""What an evaluation is worth: the one place where a score becomes a loss."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.execution._status import Status, end_of, status_of_error

__all__ = ["Assessor"]

# Characters of an error that the table shows.
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
        # Lost folds come first: the text must be that of the status.
        errors = [
            error
            for fold in sorted(evaluation.folds, key=lambda f: f.lost is None)
            if (error := fold.error)
        ]
        if errors:
            lost = [f.lost for f in evaluation.folds if f.lost is not None]
            if lost and self.error_score == "raise":
                raise RuntimeError(
                    f"{errors[0]} The configuration is {evaluation.job.config}. If "
                    "error_score is a number, the search continues without it."
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


def _metrics_of(scores: Any) -> set[str] | None:
    return set(scores) if isinstance(scores, dict) else None
