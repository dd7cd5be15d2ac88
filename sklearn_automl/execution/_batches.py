"""Evaluations that wait for a worker, cut into tasks."""

import math
from collections import deque
from dataclasses import dataclass

from sklearn_automl.execution._evaluation import Evaluation

__all__ = ["Batch", "BatchQueue"]

# Folds shorter than this travel as one task a job: sending costs about a millisecond.
_SHORT_SECONDS = 0.02


@dataclass(eq=False)
class Batch:
    """Folds of an evaluation that travel as one task."""

    evaluation: Evaluation
    splits: tuple[int, ...]
    n_deaths: int = 0  # deaths of workers that ran it


class BatchQueue(deque[Batch]):
    """Batches in the order in which they will run.

    The folds of an evaluation are a batch each, or a single one where folds with its
    amount of the resource are short.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seconds: dict[int, float] = {}  # mean of a fold, for each amount

    def add(self, evaluation: Evaluation) -> None:
        """Append the folds of an evaluation that are not in."""
        splits = tuple(evaluation.missing)
        if self._seconds.get(evaluation.job.resource, math.inf) < _SHORT_SECONDS:
            self.append(Batch(evaluation, splits))
        else:
            self.extend(Batch(evaluation, (split,)) for split in splits)

    def drop(self, evaluation: Evaluation) -> None:
        """Remove what waits of an evaluation."""
        for batch in [b for b in self if b.evaluation is evaluation]:
            self.remove(batch)

    def note_duration(self, resource: int, seconds: float) -> None:
        """Take note of how long a fold has run with an amount of the resource."""
        mean = self._seconds.get(resource, seconds)
        self._seconds[resource] = 0.8 * mean + 0.2 * seconds
