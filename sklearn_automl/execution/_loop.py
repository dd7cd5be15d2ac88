"""The loop: submit on completion, no waves; polling only where trials have limits."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sklearn_automl.execution._evaluation import (
    Evaluation,
    StopReason,
    lost_fold,
)
from sklearn_automl.execution._fold_scorer import FoldTask
from sklearn_automl.execution._journal import Journal, NoJournal
from sklearn_automl.execution._status import Status, status_of_death
from sklearn_automl.execution._trial_limits import TrialLimits
from sklearn_automl.execution.backends._base import Executor, Finished
from sklearn_automl.schedulers import Job, Scheduler

__all__ = ["Listener", "SearchLoop"]

# Folds shorter than this travel as one task a job: sending costs about a millisecond.
_SHORT_SECONDS = 0.02

# A task whose worker died runs once more: it may have been the victim of another.
_MAX_DEATHS = 2

# A worker that dies before it has begun says nothing about its task. So many in a row,
# with no task that ended between them, say that none can start.
_MAX_FAILED_STARTS = 20

# How often limits are looked at.
_POLL_SECONDS = 0.05

# So many different configurations in a row that kill their workers are no accident.
_MAX_CRASHES = 5


@dataclass(eq=False)
class Batch:
    """Folds of an evaluation that travel as one task."""

    evaluation: Evaluation
    splits: tuple[int, ...]
    n_deaths: int = 0  # of workers that ran it


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

    limits : TrialLimits, default=None
        What one evaluation may take; the executor must be able to kill.

    clock : callable, default=time.perf_counter
        Seconds since some moment.

    began : float, default=None
        When the search began, by that clock; None for now.

    journal : Journal, default=None
        What an earlier run of the search has recorded, and where this one records.
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
        limits: TrialLimits | None = None,
        clock: Callable[[], float] = time.perf_counter,
        began: float | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._executor = executor
        self._n_splits = n_splits
        self._assess = assess
        self._listeners = listeners
        self._context = context or _no_context
        self._time_limit = time_limit
        self._limits = limits or TrialLimits()
        self._poll_seconds = _POLL_SECONDS if self._limits else None
        self._clock = clock
        self._began = clock() if began is None else began
        self._journal = NoJournal() if journal is None else journal
        self._waiting: deque[Batch] = deque()
        self._suspects: deque[Batch] = deque()  # their worker died
        self._running: dict[int, Batch] = {}
        self._crashed: set[int] = set()  # trials, since the last that did not
        self._n_failed_starts = 0  # of workers, since the last task that ended
        self._n_submitted = 0
        self._seconds: dict[int, float] = {}  # of a fold, for each resource
        self.stop_reason = StopReason.COMPLETED
        self.error: BaseException | None = None
        self.evaluations: list[Evaluation] = []

    def run(self) -> list[Evaluation]:
        """Run the search; return its complete evaluations in order of completion.

        Whatever is raised ends it too, with what is complete: ``stop_reason`` tells,
        and ``error`` is what the caller must raise again.
        """
        try:
            self._replay()
            self._drive()
        except KeyboardInterrupt as error:
            self.stop_reason, self.error = StopReason.INTERRUPT, error
        # A callback's or a scorer's; nothing that was computed is lost with it.
        except BaseException as error:  # noqa: BLE001
            self.stop_reason, self.error = StopReason.ERROR, error
        if len(self._crashed) < _MAX_CRASHES:
            self._journal.flush()
        return self.evaluations

    def _drive(self) -> None:
        while True:
            self._fill_workers()
            if not self._running:
                return
            finished = self._executor.next_finished(self._poll_seconds)
            if finished is not None:
                self._take(finished)
            if self._limits:
                self._take_what_has_ended()
                self._enforce_limits()

    def _take_what_has_ended(self) -> None:
        """Take results that came while this process was busy: they are in time."""
        while self._running:
            finished = self._executor.next_finished(0.0)
            if finished is None:
                return
            self._take(finished)

    def _fill_workers(self) -> None:
        if self._suspects:
            # Alone: if a worker dies now, nothing else was there to kill it.
            if not self._running:
                self._submit(self._suspects.popleft())
            return
        while self._executor.is_free:
            if self._waiting:
                self._submit(self._waiting.popleft())
            elif not self._start_job():
                return

    def _start_job(self) -> bool:
        """Ask for a job and queue its folds; tell whether there was one."""
        if self._must_stop():
            return False
        job = self._scheduler.ask()
        if job is None:
            return False
        key = self._journal.key(job)
        if self._journal.result(key) is None:
            self._journal.asked(key)
        self._recall_or_queue(job, key)
        return True

    def _queue(self, job: Job) -> None:
        evaluation = Evaluation(job, [None] * self._n_splits)
        splits = tuple(range(self._n_splits))
        if self._seconds.get(job.resource, math.inf) < _SHORT_SECONDS:
            self._waiting.append(Batch(evaluation, splits))
        else:
            self._waiting.extend(Batch(evaluation, (split,)) for split in splits)

    def _replay(self) -> None:
        """Bring the scheduler to where it was: the same questions, the same answers.

        It ends where the scheduler asks for something else, as one that was given more
        configurations does; what is recorded beyond is found when it is asked for.
        """
        unanswered: dict[str, Job] = {}
        for event in self._journal.events:
            if event.kind == "ask":
                job = self._scheduler.ask()
                if job is None:
                    break
                key = self._journal.key(job)
                unanswered[key] = job
                if key != event.key:
                    self._journal.asked(key)
                    break
            elif event.key in unanswered:
                self._recall_or_queue(unanswered.pop(event.key), event.key)
            else:
                break
        for key, job in unanswered.items():
            self._recall_or_queue(job, key)

    def _recall_or_queue(self, job: Job, key: str) -> None:
        """Complete a job with what was recorded of it, or let it run."""
        result = self._journal.result(key)
        if result is None:
            self._queue(job)
        else:
            folds, start_time, end_time = result
            evaluation = Evaluation(job, [*folds], start_time, end_time)
            self._complete(evaluation, is_recorded=True)

    def _must_stop(self) -> bool:
        if self.stop_reason != StopReason.COMPLETED:
            return True
        if self._time_limit is None:
            return False
        # Something always runs, so that there is a result to return.
        if not (self.evaluations or self._running or self._waiting):
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
            start=job.previous_resource,
            amount=job.resource,
            is_last=job.is_final,
            splits=batch.splits,
            contexts=tuple(self._context(job, split) for split in batch.splits),
        )
        key = self._n_submitted
        self._n_submitted += 1
        self._running[key] = batch
        self._executor.submit(key, task)

    def _take(self, finished: Finished) -> None:
        batch = self._running.pop(finished.key)
        if finished.death is not None:
            self._take_death(batch, finished)
            return
        self._n_failed_starts = 0
        if finished.error is not None:
            raise finished.error
        evaluation, results = batch.evaluation, finished.results or []
        for split, result in zip(batch.splits, results, strict=True):
            evaluation.results[split] = result
            self._note_duration(evaluation.job.resource, result.duration)
        self._note_times(evaluation, sum(result.duration for result in results))
        if evaluation.is_complete:
            self._complete(evaluation)

    def _note_times(self, evaluation: Evaluation, seconds: float) -> None:
        """Note that a part of an evaluation has ended now, after so many seconds."""
        now = self._clock() - self._began
        evaluation.start_time = min(evaluation.start_time, max(now - seconds, 0.0))
        evaluation.end_time = now

    def _take_death(self, batch: Batch, finished: Finished) -> None:
        if not finished.had_begun:
            self._n_failed_starts += 1
            if self._n_failed_starts >= _MAX_FAILED_STARTS:
                raise RuntimeError(
                    f"{_MAX_FAILED_STARTS} workers in a row died before they had begun "
                    f"with a task: {finished.death}. See whether a worker can import "
                    "what the estimator needs, and whether there is enough memory."
                )
            self._waiting.appendleft(batch)
            return
        batch.n_deaths += 1
        if batch.n_deaths < _MAX_DEATHS:
            self._suspects.append(batch)
            return
        self._crashed.add(batch.evaluation.job.trial_id)
        self._give_up(batch.evaluation, *status_of_death(str(finished.death)))

    def _enforce_limits(self) -> None:
        # In the order of their submission, so that they are told in it.
        for evaluation in dict.fromkeys(b.evaluation for b in self._running.values()):
            keys = self._keys_of(evaluation)
            spent = [self._executor.seconds(key) or 0.0 for key in keys]
            memory = None
            if self._limits.memory is not None:
                memory = max(self._executor.memory(key) or 0 for key in keys)
            over = self._limits.exceeded(evaluation.seconds + sum(spent), memory)
            if over is not None:
                self._give_up(evaluation, *over, seconds=max(spent))

    def _keys_of(self, evaluation: Evaluation) -> list[int]:
        return [k for k, b in self._running.items() if b.evaluation is evaluation]

    def _give_up(
        self,
        evaluation: Evaluation,
        status: Status,
        error: str,
        *,
        seconds: float = 0.0,
    ) -> None:
        """End an evaluation, with what its other folds gave until now."""
        for key in self._keys_of(evaluation):
            self._executor.kill(key)
            del self._running[key]
        for batches in (self._waiting, self._suspects):
            for batch in [b for b in batches if b.evaluation is evaluation]:
                batches.remove(batch)
        self._note_times(evaluation, seconds)
        lost = lost_fold(error, status)
        evaluation.results = [lost if f is None else f for f in evaluation.results]
        self._complete(evaluation)

    def _note_duration(self, resource: int, seconds: float) -> None:
        mean = self._seconds.get(resource, seconds)
        self._seconds[resource] = 0.8 * mean + 0.2 * seconds

    def _complete(self, evaluation: Evaluation, is_recorded: bool = False) -> None:
        self._assess(evaluation)
        self.evaluations.append(evaluation)
        is_over = self.stop_reason == StopReason.CRASHES
        if not is_over and evaluation.job.trial_id not in self._crashed:
            self._crashed.clear()  # a worker can still run something
        if not is_recorded:
            result = evaluation.folds, evaluation.start_time, evaluation.end_time
            key = self._journal.key(evaluation.job)
            # If these become five in a row, it is the machine that has failed.
            self._journal.told(key, result, hold=bool(self._crashed))
        over = self._scheduler.tell(evaluation.job, evaluation.loss)
        self._executor.model_store.discard(over)
        answers = [listener.evaluated(evaluation) for listener in self._listeners]
        if any(answers):
            self.stop_reason = StopReason.CALLBACK
        if len(self._crashed) >= _MAX_CRASHES:
            self.stop_reason = StopReason.CRASHES
            self._waiting.clear()
            self._suspects.clear()
            self.error = RuntimeError(
                f"{_MAX_CRASHES} different configurations in a row killed their "
                f"workers, each of them {_MAX_DEATHS} times, so it is rather the "
                f"machine or the data. The last one: {evaluation.error} If it is the "
                "memory, fewer workers (n_jobs) need less."
            )


def _no_context(job: Job, split: int) -> None:  # noqa: ARG001
    return None
