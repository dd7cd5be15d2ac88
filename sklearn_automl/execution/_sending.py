"""Tasks in another process: what cannot be pickled fails its fold, not the search."""

import pickle
import traceback
from dataclasses import replace

import cloudpickle

from sklearn_automl.execution._evaluation import FoldResult, lost_fold
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask, run_task
from sklearn_automl.execution._shared_data import Reference

__all__ = ["run_pickled_task", "run_sent_task"]


def run_sent_task(scorer: FoldScorer | Reference, task: FoldTask) -> list[FoldResult]:
    """Run a task in another process, from where its results are sent back."""
    opened: FoldScorer = scorer.open() if isinstance(scorer, Reference) else scorer
    results = []
    for fold in zip(task.splits, task.starts, task.contexts, strict=True):
        splits, starts, contexts = ((value,) for value in fold)
        one = replace(task, splits=splits, starts=starts, contexts=contexts)
        # What one fold changes in place is new for the next one.
        results += run_task(opened.for_a_fold(), one)
    return [_sendable(result) for result in results]


def run_pickled_task(
    reference: Reference, pickled: bytes, n_folds: int
) -> list[FoldResult]:
    """Run a task that may hold what cannot be unpickled here."""
    try:
        task = pickle.loads(pickled)
    # A parameter of the user's may raise anything when it is unpickled.
    except Exception as error:  # noqa: BLE001
        return [reference.open().failed(error)] * n_folds
    try:
        return run_sent_task(reference, task)
    except Exception as error:  # noqa: BLE001
        raise _sendable_error(error) from None


def _sendable_error(error: Exception) -> Exception:
    """Return an error, or one with its traceback if it cannot be sent."""
    try:
        pickle.loads(cloudpickle.dumps(error))
    # The constructor of an error may want other arguments, for one.
    except Exception:  # noqa: BLE001
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _sendable(result: FoldResult) -> FoldResult:
    """Return a result, or why it cannot be sent to another process."""
    try:
        cloudpickle.dumps(result)
    # A third-party object may raise anything when it is pickled.
    except Exception:  # noqa: BLE001
        reason = traceback.format_exc()
        return lost_fold(f"Its result cannot be sent to another process.\n{reason}")
    return result
