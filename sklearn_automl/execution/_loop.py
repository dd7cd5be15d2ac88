"""The loop: submit on completion, no polling, no waves."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sklearn_automl.execution._evaluation import FoldTask
from sklearn_automl.execution._executor import Executor, Finished
from sklearn_automl.schedulers import Job, Scheduler

__all__ = ["Evaluation", "SearchLoop", "StopReason", "whole"]

# Folds shorter than this travel as one task a job: sending costs about a millisecond.
_SHORT_SECONDS = 0.02

# A task whose worker died runs once more: it may have been the victim of another.
_MAX_ATTEMPTS = 2

# So many different configurations in a row that kill their workers are no accident.
_MAX_CRASHES = 5


class StopReason:
    """Why a search ended: the values of ``stop_reason_``."""

    COMPLETED = "completed"
    TIME_LIMIT = "time_limit"
    CALLBACK = "callback"
    INTERRUPT = "interrupt"
    CRASHES = "crashes"


@dataclass
class Evaluation:
    """A job and what its folds gave, as it is filled in."""

    job: Job
    folds: list[dict[str, Any]]  # empty until they are in
    start_time: float = math.inf
    end_time: float = 0.0
    status: str = "completed"
    error: str = ""
    loss: float = math.inf

    @property
    def is_complete(self) -> bool:
        return all(self.folds)


@dataclass
class Batch:
    """Folds of an evaluation that travel as one task."""

    evaluation: Evaluation
    splits: tuple[int, ...]
    n_attempts: int = 0


class Listener(Protocol):
    """Wants to know of every evaluation."""

    def evaluated(self, evaluation: Evaluation) -> bool: ...


class SearchLoop:
    """Keeps all workers busy with what the scheduler asks for, until it is done.

    Parameters
    ----------
    scheduler : Scheduler
        Decides what runs.

    executor : Executor
        Runs it; started already.

    n_splits : int
        Number of folds, the tasks of one job.

    assess : callable
        Called with every complete evaluation, to set its status, error and loss.

    listeners : list of object, default=()
        Their ``evaluated`` is called with every assessed evaluation; if it returns
        true the search stops.

    context : callable, default=None
        ``context(job, split)`` makes what a fold's callbacks need.

    time_limit : float, default=None
        Seconds after which no job starts; those that run are waited for.

    clock : callable, default=time.perf_counter
        Seconds since some moment.

    began : float, default=None
        When the search began, by that clock; None for now.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        executor: Executor,
        n_splits: int,
        *,
        assess: Callable[[Evaluation], None],
        listeners: Sequence[Listener] = (),
        context: Callable[[Job, int], Any] | None = None,
        time_limit: float | None = None,
        clock: Callable[[], float] = time.perf_counter,
        began: float | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._executor = executor
        self._n_splits = n_splits
        self._assess = assess
        self._listeners = listeners
        self._context = context or _no_context
        self._time_limit = time_limit
        self._clock = clock
        self._began = clock() if began is None else began
        self._waiting: deque[Batch] = deque()
        self._suspects: deque[Batch] = deque()  # their worker died
        self._running: dict[int, Batch] = {}
        self._crashed: set[int] = set()  # trials, since the last that did not
        self._n_submitted = 0
        self._seconds: dict[float, float] = {}  # of a fold, for each resource
        self.stop_reason = StopReason.COMPLETED
        self.evaluations: list[Evaluation] = []

    def run(self) -> list[Evaluation]:
        """Run the search; return its complete evaluations in order of completion.

        An interrupt ends it too, with what is complete; ``stop_reason`` tells.
        """
        try:
            self._drive()
        except KeyboardInterrupt:
            self.stop_reason = StopReason.INTERRUPT
        return self.evaluations

    def _drive(self) -> None:
        while True:
            self._fill_workers()
            if not self._running:
                return
            self._take(self._executor.next_finished())

    def _fill_workers(self) -> None:
        if self._suspects:
            # Alone: if a worker dies now, nothing else was there to kill it.
            if not self._running:
                self._submit(self._suspects.popleft())
            return
        while self._executor.is_free:
            if not self._waiting and not self._start_job():
                return
            self._submit(self._waiting.popleft())

    def _start_job(self) -> bool:
        """Ask for a job and queue its folds; tell whether there was one."""
        if self._must_stop():
            return False
        job = self._scheduler.ask()
        if job is None:
            return False
        evaluation = Evaluation(job, folds=[{}] * self._n_splits)
        splits = tuple(range(self._n_splits))
        if self._seconds.get(job.resource, math.inf) < _SHORT_SECONDS:
            self._waiting.append(Batch(evaluation, splits))
        else:
            self._waiting.extend(Batch(evaluation, (split,)) for split in splits)
        return True

    def _must_stop(self) -> bool:
        if self.stop_reason != StopReason.COMPLETED:
            return True
        # Something always runs, so that there is a result to return.
        if self._time_limit is None or not self._n_submitted:
            return False
        if self._clock() - self._began >= self._time_limit:
            self.stop_reason = StopReason.TIME_LIMIT
            return True
        return False

    def _submit(self, batch: Batch) -> None:
        job = batch.evaluation.job
        task = FoldTask(
            trial_id=job.trial_id,
            params=job.config,
            start=whole(job.previous_resource),
            amount=whole(job.resource),
            is_last=job.is_final,
            splits=batch.splits,
            contexts=tuple(self._context(job, split) for split in batch.splits),
        )
        key = self._n_submitted
        self._n_submitted += 1
        batch.n_attempts += 1
        self._running[key] = batch
        self._executor.submit(key, task)

    def _take(self, finished: Finished) -> None:
        batch = self._running.pop(finished.key)
        if finished.crashed and batch.n_attempts < _MAX_ATTEMPTS:
            self._suspects.append(batch)
            return
        evaluation, splits = batch.evaluation, batch.splits
        now = self._clock() - self._began
        if finished.results is None:
            results = [self._failed_fold(finished)] * len(splits)
        else:
            results = finished.results
        seconds = 0.0
        for split, result in zip(splits, results, strict=True):
            evaluation.folds[split] = result
            seconds += result["duration"]
            if finished.results is not None:
                self._note_duration(evaluation.job.resource, result["duration"])
        evaluation.start_time = min(evaluation.start_time, max(now - seconds, 0.0))
        evaluation.end_time = now
        if evaluation.is_complete:
            self._complete(evaluation)

    def _failed_fold(self, finished: Finished) -> dict[str, Any]:
        if not finished.crashed:
            raise finished.error  # type: ignore[misc]
        return {
            "fit_error": f"The worker died: {finished.error}",
            "crashed": True,
            "duration": 0.0,
        }

    def _note_duration(self, resource: float, seconds: float) -> None:
        mean = self._seconds.get(resource, seconds)
        self._seconds[resource] = 0.8 * mean + 0.2 * seconds

    def _complete(self, evaluation: Evaluation) -> None:
        self._assess(evaluation)
        self.evaluations.append(evaluation)
        over = self._scheduler.tell(evaluation.job, evaluation.loss)
        self._executor.models.discard(over)
        answers = [listener.evaluated(evaluation) for listener in self._listeners]
        if any(answers):
            self.stop_reason = StopReason.CALLBACK
        self._count_crashes(evaluation)

    def _count_crashes(self, evaluation: Evaluation) -> None:
        if not any(fold.get("crashed") for fold in evaluation.folds):
            self._crashed.clear()
            return
        self._crashed.add(evaluation.job.trial_id)
        if len(self._crashed) >= _MAX_CRASHES:
            self.stop_reason = StopReason.CRASHES


def _no_context(job: Job, split: int) -> None:  # noqa: ARG001
    return None


def whole(resource: float) -> int:
    """Return the integer amount of a resource that was computed by division."""
    return int(resource + 1e-6)
