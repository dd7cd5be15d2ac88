"""The loop: submit on completion, no waves; polling only where trials have limits."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sklearn_automl.execution._batches import Batch, BatchQueue
from sklearn_automl.execution._deaths import Deaths
from sklearn_automl.execution._evaluation import (
    Evaluation,
    FoldResult,
    StopReason,
    lost_fold,
)
from sklearn_automl.execution._fold_ladder import AllFolds
from sklearn_automl.execution._fold_scorer import FoldTask
from sklearn_automl.execution._interrupts import delayed_interrupts
from sklearn_automl.execution._journal import Journal, NoJournal
from sklearn_automl.execution._predictions import PredictionLibrary
from sklearn_automl.execution._status import Status, status_of_death
from sklearn_automl.execution._trial_limits import TrialLimits
from sklearn_automl.execution.backends import Executor, Finished
from sklearn_automl.schedulers import Job, Scheduler

__all__ = ["Listener", "SearchLoop"]

# Limits are checked this often.
_POLL_SECONDS = 0.05


class Listener(Protocol):
    """Wants to know of every evaluation."""

    def evaluated(self, evaluation: Evaluation) -> bool | StopReason: ...


class SearchLoop:
    """Keeps all workers busy with what the scheduler asks for, until it is done.

    Parameters
    ----------
    scheduler : Scheduler
        Decides what runs.

    executor : Executor
        Runs it; started before ``run`` is called.

    folds : AllFolds
        Which folds an evaluation has: the tasks of one job.

    assess : callable
        Called with every complete evaluation, to set its status, error and loss.

    listeners : list of object, default=()
        Their ``evaluated`` is called with every assessed evaluation; if it returns
        true or a StopReason the search stops.

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

    library : PredictionLibrary, default=None
        Where out-of-fold predictions are kept, if there are any.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        executor: Executor,
        folds: AllFolds,
        *,
        assess: Callable[[Evaluation], None],
        listeners: Sequence[Listener] = (),
        context: Callable[[Job, int], Any] | None = None,
        time_limit: float | None = None,
        limits: TrialLimits | None = None,
        clock: Callable[[], float] = time.perf_counter,
        began: float | None = None,
        journal: Journal | None = None,
        library: PredictionLibrary | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._executor = executor
        self._folds = folds
        # What the last evaluation of each trial that goes on has given.
        self._last: dict[int, Evaluation] = {}
        self._assess = assess
        self._listeners = listeners
        self._context = context or _no_context
        self._time_limit = time_limit
        self._limits = limits or TrialLimits()
        self._poll_seconds = _POLL_SECONDS if self._limits else None
        self._clock = clock
        self._began = clock() if began is None else began
        self._journal = NoJournal() if journal is None else journal
        # Times of evaluations go on where those of earlier runs ended.
        self._seconds_before = self._journal.seconds
        self._library = library
        self._deaths = Deaths()
        self._waiting = BatchQueue()
        self._running: dict[int, Batch] = {}
        self._n_submitted = 0
        self.stop_reason = StopReason.COMPLETED
        self.error: BaseException | None = None
        self.evaluations: list[Evaluation] = []

    def run(self) -> list[Evaluation]:
        """Run the search; return its complete evaluations in order of completion.

        Whatever is raised ends it too, with what is complete: ``stop_reason`` tells,
        and ``error`` is what the caller must raise again.
        """
        try:
            for job, key in self._journal.replay(self._scheduler):
                self._recall_or_queue(job, key)
            self._drive()
        # A callback or a scorer has raised; what was computed must not be lost.
        except BaseException as error:  # noqa: BLE001
            self.end_by(error)
        if not self._deaths.machine_has_failed:
            self._journal.flush()
        return self.evaluations

    def end_by(self, error: BaseException) -> None:
        """Note what was raised, unless something else has ended the search before."""
        if self.error is None:
            is_interrupt = isinstance(error, KeyboardInterrupt)
            reason = StopReason.INTERRUPT if is_interrupt else StopReason.ERROR
            self.stop_reason, self.error = reason, error

    def _drive(self) -> None:
        while True:
            self._fill_workers()
            if not self._running:
                self._note_that_nothing_was_left()
                return
            finished = self._executor.next_finished(self._poll_seconds)
            if finished is not None:
                self._take(finished)
            if self._limits:
                self._take_what_has_finished()
                self._enforce_limits()

    def _note_that_nothing_was_left(self) -> None:
        """Call a search complete whose last jobs ran when the time was over."""
        if self.stop_reason == StopReason.TIME_LIMIT and self._scheduler.done:
            self.stop_reason = StopReason.COMPLETED

    # ---- starting --------------------------------------------------------------------

    def _fill_workers(self) -> None:
        if self._deaths.suspects:
            # A suspect runs alone: if its worker dies now, no other task has killed it.
            if not self._running:
                self._submit(self._deaths.suspects.popleft())
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

    def _must_stop(self) -> bool:
        if self.stop_reason != StopReason.COMPLETED:
            return True
        if self._time_limit is None:
            return False
        # At least one evaluation runs, so that there is a result to return.
        if not (self.evaluations or self._running):
            return False
        if self._clock() - self._began >= self._time_limit:
            self.stop_reason = StopReason.TIME_LIMIT
            return True
        return False

    def _recall_or_queue(self, job: Job, key: str) -> None:
        """Complete a job with what was recorded of it, or let it run."""
        result = self._journal.result(key)
        if result is None:
            self._queue(self._begun(job))
            return
        folds, start_time, end_time = result
        splits = self._folds.splits(job.resource)
        results = dict(zip(splits, folds, strict=True))
        evaluation = Evaluation(job, {**results}, start_time, end_time)
        evaluation.is_recorded = True
        self._complete(evaluation)

    def _begun(self, job: Job) -> Evaluation:
        """Return an evaluation with the results that still hold from the last one."""
        amount, last = job.resource, self._last.get(job.trial_id)
        results: dict[int, FoldResult | None] = {}
        for split in self._folds.splits(amount):
            had = self._folds.start(split, amount, job.previous_resource)
            old = None
            if last is not None and had == self._folds.per_fold(amount):
                old = last.results.get(split)
            results[split] = None if old is None else old.kept()
        return Evaluation(job, results)

    def _queue(self, evaluation: Evaluation) -> None:
        """Let the folds run that have no result yet."""
        if evaluation.is_complete:
            self._note_times(evaluation, 0.0)
            self._complete(evaluation)
        else:
            self._waiting.add(evaluation)

    def _submit(self, batch: Batch) -> None:
        job = batch.evaluation.job
        task = FoldTask(
            trial_id=job.trial_id,
            params=job.config,
            starts=tuple(
                self._folds.start(split, job.resource, job.previous_resource)
                for split in batch.splits
            ),
            amount=self._folds.per_fold(job.resource),
            is_last=job.is_final or self._folds.is_whole(job.resource),
            splits=batch.splits,
            contexts=tuple(self._context(job, split) for split in batch.splits),
        )
        key = self._n_submitted
        self._n_submitted += 1
        self._running[key] = batch
        self._executor.submit(key, task)

    # ---- finishing -------------------------------------------------------------------

    def _take(self, finished: Finished) -> None:
        batch = self._running.pop(finished.key)
        if finished.death is not None:
            self._take_death(batch, finished)
            return
        self._deaths.task_ended()
        if finished.error is not None:
            raise finished.error
        evaluation, results = batch.evaluation, finished.results or []
        for split, result in zip(batch.splits, results, strict=True):
            evaluation.results[split] = result
            self._waiting.note_duration(evaluation.job.resource, result.duration)
        self._note_times(evaluation, sum(result.duration for result in results))
        if evaluation.is_complete:
            self._complete(evaluation)

    def _take_death(self, batch: Batch, finished: Finished) -> None:
        if not finished.had_begun:
            self._deaths.start_failed(finished)
            self._waiting.appendleft(batch)
        elif self._deaths.is_to_blame(batch):
            self._give_up(batch.evaluation, *status_of_death(str(finished.death)))

    def _take_what_has_finished(self) -> None:
        """Take results that came while this process was busy: they are in time."""
        while self._running:
            finished = self._executor.next_finished(0.0)
            if finished is None:
                return
            self._take(finished)

    def _enforce_limits(self) -> None:
        # Evaluations are told in the order of their submission.
        for evaluation in dict.fromkeys(b.evaluation for b in self._running.values()):
            keys = self._keys_of(evaluation)
            spent = [self._executor.seconds(key) or 0.0 for key in keys]
            memory = None
            if self._limits.memory is not None:
                memory = max(self._executor.memory(key) or 0 for key in keys)
            why = self._limits.exceeded(evaluation.seconds + sum(spent), memory)
            if why is not None:
                self._give_up(evaluation, *why, seconds=max(spent))

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
        self._waiting.drop(evaluation)
        self._deaths.suspects.drop(evaluation)
        self._note_times(evaluation, seconds)
        lost = lost_fold(error, status)
        for split in evaluation.missing:
            evaluation.results[split] = lost
        self._complete(evaluation)

    def _keys_of(self, evaluation: Evaluation) -> list[int]:
        return [k for k, b in self._running.items() if b.evaluation is evaluation]

    def _note_times(self, evaluation: Evaluation, seconds: float) -> None:
        """Note that a part of an evaluation has ended now, after so many seconds."""
        before = self._seconds_before
        now = before + self._clock() - self._began
        evaluation.start_time = min(evaluation.start_time, max(now - seconds, before))
        evaluation.end_time = now

    def _complete(self, evaluation: Evaluation) -> None:
        self._assess(evaluation)
        # Whatever is in the table is in the checkpoint, and listeners know of it.
        with delayed_interrupts():
            self._note(evaluation)

    def _note(self, evaluation: Evaluation) -> None:
        """Keep an evaluation, and let all know of it."""
        self.evaluations.append(evaluation)
        self._deaths.evaluation_ended(evaluation)
        if not evaluation.is_recorded:
            result = evaluation.folds, evaluation.start_time, evaluation.end_time
            key = self._journal.key(evaluation.job)
            # Five crashes in a row mean that the machine has failed: none is recorded.
            self._journal.told(key, result, hold=self._deaths.has_crashed_last)
        if self._library is not None:
            self._library.take(evaluation)
        self._tell(evaluation)
        answers = [listener.evaluated(evaluation) for listener in self._listeners]
        self._stop_if(answers)
        if self._deaths.machine_has_failed:
            self.stop_reason = StopReason.CRASHES
            self.error = self.error or self._deaths.error(evaluation)
            self._waiting.clear()
            self._deaths.suspects.clear()

    def _stop_if(self, answers: Sequence[bool | StopReason]) -> None:
        """Note the first reason that listeners had to stop."""
        why = next((answer for answer in answers if answer), False)
        if why and self.stop_reason == StopReason.COMPLETED:
            self.stop_reason = (
                why if isinstance(why, StopReason) else StopReason.CALLBACK
            )

    def _tell(self, evaluation: Evaluation) -> None:
        """Tell the scheduler, and let go of what belongs to trials that have ended."""
        job = evaluation.job
        self._last[job.trial_id] = evaluation
        failure: str | None = ""
        if evaluation.status != Status.COMPLETED:
            failure = evaluation.failure or None
            if failure and not self._folds.may_mend(job.resource):
                failure = ""
        ended_trials = self._scheduler.tell(
            job, evaluation.loss, failure, evaluation.seconds
        )
        self._executor.model_store.discard(ended_trials)
        if self._library is not None:
            self._library.discard(ended_trials)
        for trial_id in ended_trials:
            self._last.pop(trial_id, None)


def _no_context(job: Job, split: int) -> None:  # noqa: ARG001
    return None
