"""What is known of an evaluation: its job, the results of its folds, how it ended."""

import math
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from sklearn_automl.execution._status import Status, end_of
from sklearn_automl.schedulers import Job

__all__ = [
    "Evaluation",
    "FoldPredictions",
    "FoldResult",
    "StopReason",
    "lost_fold",
    "shortened",
]

# Characters of a traceback that travel, and are kept, for each fold.
_MAX_ERROR_LENGTH = 10_000


class StopReason(StrEnum):
    """Why a search ended: the values of ``stop_reason_``."""

    COMPLETED = "completed"
    TIME_LIMIT = "time_limit"
    STOP_AT = "stop_at"
    PATIENCE = "patience"
    CALLBACK = "callback"
    INTERRUPT = "interrupt"
    CRASHES = "crashes"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class FoldPredictions:
    """Predictions for the test rows of a fold, for an ensemble.

    Parameters
    ----------
    values : ndarray, default=None
        A row for each test row, and for a classifier a column for each class of the
        whole y. None if there are none.

    method : str, default=""
        The method of the estimator that they come from. Labels of "predict" are votes:
        1 in the column of the class.

    error : str, default=""
        Why there are none.
    """

    values: np.ndarray | None = None
    method: str = ""
    error: str = ""


@dataclass(slots=True)
class FoldResult:
    """What one fold of an evaluation gave, or why it gave nothing.

    Parameters
    ----------
    fit_error : str, default=None
        The traceback of what the fit raised, or how the fold was lost.

    score_error : str, default=None
        The traceback of what the scorer raised.

    test_scores : float or dict of str to float, default=None
        One score, or one for each metric; None if the fold was lost.

    train_scores : float or dict of str to float, default=None
        None unless they were asked for.

    fit_time, score_time : float, default=0.0
        Seconds.

    n_test_samples : int, default=None
        Number of test rows; None if the fold was lost.

    units : int, default=0
        The amount of the resource that was fitted, without what was there before.

    stop : bool, default=False
        Whether a callback asked to stop the search.

    duration : float, default=0.0
        Seconds of everything.

    unsaved : str, default=None
        Why its model could not be kept for the next evaluation of its trial.

    lost : Status, default=None
        How the fold was lost, where that is not by raising ``fit_error``.

    best_iteration : int, default=None
        With how many trees or epochs the model predicts, where rows were set aside to
        stop its fit by; None if that is not known.

    predictions : FoldPredictions, default=None
        Those for the test rows; None if they are not wanted, or not here any more.

    n_in_time : int, default=None
        How many epochs its training had when a deadline of its own ended it; None if
        it came to its end.
    """

    fit_error: str | None = None
    score_error: str | None = None
    test_scores: Any = None
    train_scores: Any = None
    fit_time: float = 0.0
    score_time: float = 0.0
    n_test_samples: int | None = None
    units: int = 0
    stop: bool = False
    duration: float = 0.0
    unsaved: str | None = None
    lost: Status | None = None
    best_iteration: int | None = None
    predictions: FoldPredictions | None = None
    n_in_time: int | None = None

    @property
    def error(self) -> str | None:
        """Why the fold has no score of its own; None if it has one."""
        return self.fit_error or self.score_error

    def kept(self) -> "FoldResult":
        """Return this result for a later evaluation of its trial, at no cost."""
        return replace(self, units=0, duration=0.0, stop=False, unsaved=None)

    @property
    def is_kept(self) -> bool:
        """Whether it comes from an earlier evaluation of its trial."""
        return not self.duration and not self.error


@dataclass(eq=False)
class Evaluation:
    """A job and what its folds gave, as it is filled in.

    ``results`` has a place for each fold that the evaluation has, by its number, with
    None until the fold is in.
    """

    job: Job
    results: dict[int, FoldResult | None]
    start_time: float = math.inf
    end_time: float = 0.0
    status: Status = Status.COMPLETED
    error: str = ""
    loss: float = math.inf
    #: Whether an earlier run of the search has evaluated it.
    is_recorded: bool = False

    @property
    def folds(self) -> list[FoldResult]:
        """The folds that are in: all of them if the evaluation is complete."""
        return [fold for fold in self.results.values() if fold is not None]

    @property
    def missing(self) -> list[int]:
        """The numbers of the folds that are not in."""
        return [split for split, fold in self.results.items() if fold is None]

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def failure(self) -> str:
        """What kind of failure of the fit this is; empty if it is none.

        Two failures are of one kind if their messages are equal but for numbers and
        for what they quote.
        """
        if not self.status.is_of_the_fit:
            return ""
        return _kind_of(self.error)

    @property
    def seconds(self) -> float:
        """Seconds that its finished folds took, wherever they ran."""
        return sum(fold.duration for fold in self.folds)


# Numbers, quoted names and lists: what differs between failures of one kind.
_DETAILS = re.compile(
    r"\b0x[0-9a-fA-F]+|(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|\[[^\]]*\]"
    r"|[-+]?\d+(\.\d+)?(e[-+]?\d+)?"
)
_MAX_KIND_LENGTH = 200


def _kind_of(error: str) -> str:
    raised = error.strip().rpartition("\n")[2]
    return _DETAILS.sub("*", raised)[:_MAX_KIND_LENGTH]


def lost_fold(error: str, status: Status | None = None) -> FoldResult:
    """Return the result of a fold that has no scores.

    ``status`` is how it was lost, where that is not by raising ``error``.
    """
    return FoldResult(fit_error=shortened(error), lost=status)


def shortened(error: str | None) -> str | None:
    """Return the end of a traceback, as much of it as travels and is kept."""
    return None if error is None else end_of(error, _MAX_ERROR_LENGTH)
