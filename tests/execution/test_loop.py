"""The loop with workers that a clock drives: no process, no thread, no waiting."""

import math
import signal

import numpy as np
import pytest

from sklearn_automl.execution import (
    AllFolds,
    FoldResult,
    GrowingFolds,
    NoJournal,
    SearchLoop,
    Status,
    StopReason,
    TrialLimits,
)
from sklearn_automl.execution._batches import Batch, BatchQueue
from sklearn_automl.execution._deaths import Deaths
from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.schedulers import (
    ASHA,
    FullFidelity,
    Hyperband,
    Job,
    SuccessiveHalving,
)
from tests.fakes import (
    Calls,
    FailedStartError,
    FakeClock,
    FakeExecutor,
    WorkerDeathError,
)
from tests.schedulers.drive import random_sampler

N_SPLITS = 3


def full(n_trials=8):
    return FullFidelity(random_sampler(), n_trials)


def halving(n_trials=9):
    return SuccessiveHalving(random_sampler(), n_trials, 1, n_trials)


def score(task, split):
    """A score that depends on the configuration, the resource and the fold."""
    return -task.params["x"] * (1 + 0.1 * split) + 0.01 * task.amount


def assess(evaluation):
    if any(fold.fit_error for fold in evaluation.folds):
        evaluation.status = Status.FAILED
    else:
        evaluation.loss = -np.mean([fold.test_scores for fold in evaluation.folds])


class Simulation:
    """A search on a fake executor.

    ``seconds(task)`` is how long a task takes, and ``error(task)`` why its fits fail.
    """

    def __init__(
        self,
        scheduler,
        n_workers=1,
        seconds=lambda task: 1.0,
        n_splits=N_SPLITS,
        folds=None,
        error=lambda task: None,
        workers=(),
        **options,
    ):
        self.clock = FakeClock()
        self.seconds = seconds
        self.error = error
        self.scheduler = scheduler
        self.executor = FakeExecutor(
            n_workers, self.results, seconds, self.clock, **dict(workers)
        )
        self.loop = SearchLoop(
            scheduler,
            self.executor,
            AllFolds(n_splits, full=1000) if folds is None else folds,
            assess=assess,
            clock=self.clock,
            **options,
        )

    def results(self, task):
        error = self.error(task)
        return [
            FoldResult(
                fit_error=error,
                test_scores=score(task, split),
                duration=self.seconds(task) / len(task.splits),
            )
            for split in task.splits
        ]

    def go(self):
        self.evaluations = self.loop.run()
        return self

    @property
    def outcome(self):
        """What must not depend on the workers."""
        return sorted(
            (e.job.bracket, e.job.rung, e.job.trial_id, e.job.resource, e.loss)
            for e in self.evaluations
        )


def any_order(seed):
    """Durations that let tasks end in any order."""
    rng = np.random.default_rng(seed)
    return lambda task: 0.5 + rng.random()


def test_runs_every_fold_of_every_job_once():
    simulation = Simulation(full(5)).go()
    folds = [(t.trial_id, s) for t in simulation.executor.submitted for s in t.splits]
    assert sorted(folds) == [(i, s) for i in range(5) for s in range(N_SPLITS)]


def test_tells_a_task_what_its_job_says():
    simulation = Simulation(halving(3), n_splits=1).go()
    tasks = [
        (t.trial_id, t.starts, t.amount, t.is_last)
        for t in simulation.executor.submitted
    ]
    assert tasks[:3] == [(i, (0,), 1, False) for i in range(3)]
    assert tasks[3][1:] == ((1,), 3, True)


def test_hands_each_task_the_contexts_of_its_folds():
    simulation = Simulation(full(2), context=lambda job, split: (job.trial_id, split))
    for task in simulation.go().executor.submitted:
        assert task.contexts == tuple((task.trial_id, s) for s in task.splits)


@pytest.mark.parametrize("n_workers", [1, 2, 3, 7])
def test_keeps_every_worker_busy_and_no_more(n_workers):
    simulation = Simulation(full(20), n_workers, any_order(0)).go()
    assert simulation.executor.most_running == n_workers
    assert simulation.clock.now < 1.2 * (60 * 1.0 / n_workers) + 1.5


@pytest.mark.parametrize("seed", range(5))
def test_jobs_that_end_in_another_order_are_returned_in_that_order(seed):
    evaluations = Simulation(full(9), 4, any_order(seed), n_splits=1).go().evaluations
    ends = [e.end_time for e in evaluations]
    assert ends == sorted(ends)
    assert sorted(e.job.trial_id for e in evaluations) == list(range(9))
    assert [e.job.trial_id for e in evaluations] != list(range(9))


@pytest.mark.parametrize("n_workers", [1, 2, 5, 100])
@pytest.mark.parametrize("make", [halving, lambda: Hyperband(random_sampler(), 1, 9)])
def test_a_synchronous_search_has_one_result_for_any_number_of_workers(make, n_workers):
    expected = Simulation(make()).go().outcome
    assert Simulation(make(), n_workers, any_order(n_workers)).go().outcome == expected


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_folds_are_in_place_whatever_their_order(order):
    simulation = Simulation(full(1), 3, lambda task: 1.0 + order[task.splits[0]]).go()
    (evaluation,) = simulation.evaluations
    x = evaluation.job.config["x"]
    scores = [fold.test_scores for fold in evaluation.folds]
    assert scores == pytest.approx([-x + 0.01, -1.1 * x + 0.01, -1.2 * x + 0.01])


def test_a_job_is_told_when_all_its_folds_are_in():
    told = []

    class Listening(FullFidelity):
        def tell(self, job, loss, failure="", seconds=None):
            told.append((job, loss, seconds))
            return super().tell(job, loss, failure, seconds)

    simulation = Simulation(Listening(random_sampler(), 2), 3).go()
    assert told == [(e.job, e.loss, e.seconds) for e in simulation.evaluations]
    assert all(seconds > 0 for _, _, seconds in told)
    assert len(told) == 2


def test_a_free_worker_gets_the_next_fold_at_once():
    def seconds(task):
        return 2.0 if (task.trial_id, task.splits) == (0, (0,)) else 1.0

    # Seven seconds of work on two workers.
    assert Simulation(full(2), 2, seconds).go().clock.now == 4.0


# ---- waiting and ending ----------------------------------------------------------


def test_waits_while_a_scheduler_has_nothing_to_start():
    simulation = Simulation(halving(9), 100, any_order(0)).go()
    assert len(simulation.evaluations) == 13
    assert simulation.scheduler.done
    assert simulation.loop.stop_reason == StopReason.COMPLETED


def test_asks_again_after_every_job_that_ended():
    answers = []

    class Listening(ASHA):
        def ask(self):
            answers.append(super().ask())
            return answers[-1]

    Simulation(Listening(random_sampler(), 9, 1, 9), 4, any_order(0)).go()
    waited = [i for i, job in enumerate(answers) if job is None]
    assert any(job is not None for job in answers[waited[0] :])


def test_ends_at_once_where_there_is_nothing_to_run():
    assert Simulation(full(0)).go().evaluations == []


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_starts_no_job_after_the_time_limit(n_workers):
    simulation = Simulation(full(50), n_workers, time_limit=10.0).go()
    assert simulation.loop.stop_reason == StopReason.TIME_LIMIT
    assert all(e.start_time < 10.0 for e in simulation.evaluations)
    assert simulation.clock.now < 10.0 + N_SPLITS
    assert len(simulation.evaluations) == pytest.approx(
        10 * n_workers / N_SPLITS, abs=2
    )


def test_keeps_the_jobs_that_run_at_the_time_limit():
    simulation = Simulation(full(50), 2, any_order(0), time_limit=7.0).go()
    started = {task.trial_id for task in simulation.executor.submitted}
    assert {e.job.trial_id for e in simulation.evaluations} == started
    assert all(e.is_complete for e in simulation.evaluations)


@pytest.mark.parametrize(
    ("seconds_left", "reason"),
    [(0.5, StopReason.COMPLETED), (N_SPLITS + 0.5, StopReason.TIME_LIMIT)],
)
def test_only_jobs_that_did_not_start_make_a_search_incomplete(seconds_left, reason):
    limit = 4 * N_SPLITS - seconds_left
    assert Simulation(full(4), time_limit=limit).go().loop.stop_reason == reason


def test_a_search_that_ends_before_its_time_limit_is_complete():
    simulation = Simulation(full(2), time_limit=100.0).go()
    assert simulation.loop.stop_reason == StopReason.COMPLETED


def test_one_job_runs_however_short_the_time():
    simulation = Simulation(full(50), time_limit=1.0, began=-5.0).go()
    assert len(simulation.evaluations) == 1


def test_the_time_limit_counts_from_when_the_search_began():
    simulation = Simulation(full(50), time_limit=10.0, began=-8.0).go()
    assert simulation.clock.now == N_SPLITS


def test_stops_when_it_is_told_to():
    simulation = Simulation(
        full(50), listeners=[Calls(lambda e: e.job.trial_id == 3)]
    ).go()
    assert simulation.loop.stop_reason == StopReason.CALLBACK
    assert [e.job.trial_id for e in simulation.evaluations] == [0, 1, 2, 3]


@pytest.mark.parametrize("reason", [StopReason.STOP_AT, StopReason.PATIENCE])
def test_a_listener_may_say_why_it_stops(reason):
    simulation = Simulation(full(50), listeners=[Calls(lambda e: reason)]).go()
    assert simulation.loop.stop_reason == reason
    assert len(simulation.evaluations) == 1


@pytest.mark.parametrize(
    "reasons",
    [
        (StopReason.STOP_AT, StopReason.PATIENCE),
        (StopReason.PATIENCE, True),
        (False, StopReason.PATIENCE, False),
        (None, True, StopReason.STOP_AT),
    ],
    ids=str,
)
def test_of_reasons_that_come_at_once_the_first_is_kept(reasons):
    listeners = [Calls(lambda _, reason=reason: reason) for reason in reasons]
    simulation = Simulation(full(50), listeners=listeners).go()
    first = next(reason for reason in reasons if reason)
    expected = StopReason.CALLBACK if first is True else first
    assert simulation.loop.stop_reason == expected


def test_the_first_reason_to_stop_is_kept():
    def late(evaluation):
        return simulation.clock.now > 5 and StopReason.PATIENCE

    def seconds(task):
        return 9.0 if task.trial_id == 1 else 1.0

    listeners = [Calls(late)]
    simulation = Simulation(full(50), 2, seconds, time_limit=3.0, listeners=listeners)
    assert simulation.go().loop.stop_reason == StopReason.TIME_LIMIT
    assert simulation.clock.now > 5


def test_keeps_the_jobs_that_run_when_it_is_told_to_stop():
    simulation = Simulation(
        full(50), 6, any_order(0), listeners=[Calls(lambda e: e.job.trial_id == 3)]
    ).go()
    started = {task.trial_id for task in simulation.executor.submitted}
    assert {e.job.trial_id for e in simulation.evaluations} == started


def test_every_evaluation_is_assessed_before_it_is_reported():
    seen = []
    Simulation(full(4), listeners=[Calls(lambda e: seen.append(e.loss))]).go()
    assert len(seen) == 4
    assert all(math.isfinite(loss) for loss in seen)


# ---- failures --------------------------------------------------------------------


def fails_often(task):
    return "Traceback" if task.params["x"] > 0.5 else None


def test_a_failed_trial_does_not_end_the_search():
    simulation = Simulation(full(20), 3, any_order(0), error=fails_often).go()
    assert len(simulation.evaluations) == 20
    statuses = {(e.job.config["x"] > 0.5, e.status) for e in simulation.evaluations}
    assert statuses == {(True, "failed"), (False, "completed")}


@pytest.mark.parametrize(("full", "kind"), [(9, "ValueError: * rows"), (1, "")])
def test_the_scheduler_hears_what_kind_of_failure_more_rows_may_mend(full, kind):
    told = []

    class Recording(FullFidelity):
        def tell(self, job, loss, failure="", seconds=0.0):
            told.append(failure)
            return super().tell(job, loss, failure, seconds)

    def assess_by_trial(evaluation):
        statuses = (Status.COMPLETED, Status.FAILED, Status.TIMEOUT)
        evaluation.status = statuses[evaluation.job.trial_id]
        evaluation.error = "ValueError: 3 rows"

    folds = AllFolds(1, full, are_rows=True)
    simulation = Simulation(Recording(random_sampler(), 3), folds=folds)
    simulation.loop._assess = assess_by_trial
    simulation.go()
    assert told == ["", kind, None]


def test_promotion_passes_over_failed_trials():
    simulation = Simulation(halving(9), 3, error=fails_often).go()
    promoted = [e.job.config["x"] for e in simulation.evaluations if e.job.rung > 0]
    assert promoted
    assert max(promoted) <= 0.5


def dies_on_the_last_fold_of_trial_1(task):
    if task.trial_id == 1 and N_SPLITS - 1 in task.splits:
        raise WorkerDeathError("signal 9")


def test_a_dead_worker_is_a_failed_fold_of_its_own_job():
    simulation = Simulation(full(3), 2, error=dies_on_the_last_fold_of_trial_1).go()
    trials = {e.job.trial_id: e for e in simulation.evaluations}
    assert [trials[i].status for i in range(3)] == ["completed", "failed", "completed"]
    errors = [fold.fit_error for fold in trials[1].folds]
    assert errors == [None, None, "Its worker died, and so did a second one: signal 9."]
    assert trials[1].folds[2].lost == Status.CRASHED


def test_a_worker_that_dies_with_all_folds_of_a_job_fails_them_all():
    simulation = Simulation(
        full(3),
        seconds=lambda task: 0.001,
        error=dies_on_the_last_fold_of_trial_1,
    ).go()
    errors = [fold.fit_error for fold in simulation.evaluations[1].folds]
    assert errors == ["Its worker died, and so did a second one: signal 9."] * N_SPLITS


def test_an_error_of_a_worker_ends_the_search():
    def error(task):
        if task.trial_id == 2:
            raise LookupError("error_score='raise'")

    simulation = Simulation(full(5), 2, error=error).go()
    assert simulation.loop.stop_reason == StopReason.ERROR
    assert isinstance(simulation.loop.error, LookupError)
    assert [e.job.trial_id for e in simulation.evaluations] == [0, 1]


def test_tells_the_executor_whose_models_can_go():
    simulation = Simulation(halving(9), 3, any_order(0)).go()
    assert sorted(simulation.executor.model_store.discarded) == list(range(9))


# ---- short folds travel together -------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "together"), [(0.003, True), (0.019, True), (0.021, False)]
)
def test_short_folds_are_one_task_as_soon_as_that_is_known(seconds, together):
    def duration(task):
        return seconds * len(task.splits)

    tasks = Simulation(full(4), 1, duration).go().executor.submitted
    assert [task.splits for task in tasks[:3]] == [(0,), (1,), (2,)]
    assert all((len(task.splits) == N_SPLITS) == together for task in tasks[3:])


def test_one_fold_that_was_not_short_does_not_change_what_is_short():
    queue = BatchQueue()
    queue.note_duration(1, 0.01)
    queue.note_duration(1, 0.03)
    queue.add(Evaluation(Job(0, {}, 0, 0, resource=1), dict.fromkeys(range(3))))
    assert [batch.splits for batch in queue] == [(0, 1, 2)]


def test_what_is_short_is_known_for_each_resource():
    def duration(task):
        return len(task.splits) * (0.003 if task.amount == 1 else 1.0)

    tasks = Simulation(halving(9), 1, duration).go().executor.submitted
    at_top = [task.splits for task in tasks if task.amount == 9]
    assert at_top == [(0,), (1,), (2,)]


def test_results_are_the_same_whether_folds_travel_together():
    together = Simulation(halving(9), 2, lambda task: 0.003 * len(task.splits)).go()
    assert together.outcome == Simulation(halving(9), 2).go().outcome


def test_a_dead_worker_says_nothing_about_the_length_of_folds():
    def dies_first(task):
        if task.trial_id == 0:
            raise WorkerDeathError

    simulation = Simulation(full(4), error=dies_first).go()
    assert all(len(task.splits) == 1 for task in simulation.executor.submitted)


# ---- folds that are kept ---------------------------------------------------------


def test_a_fold_that_had_everything_is_kept_at_no_cost():
    simulation = Simulation(halving(9), folds=GrowingFolds([2, 0, 1], full=3)).go()
    top = simulation.evaluations[-1]
    assert [fold.is_kept for fold in top.results.values()] == [False, False, True]
    assert top.seconds == 2.0


def test_an_evaluation_of_kept_folds_alone_ends_at_once():
    # All rungs are the same fold in full.
    simulation = Simulation(halving(9), folds=GrowingFolds([0], full=1)).go()
    assert len(simulation.executor.submitted) == 9
    times = [(e.start_time, e.end_time) for e in simulation.evaluations[9:]]
    assert times == [(9.0, 9.0)] * 4


def test_a_fold_that_is_whole_is_not_continued():
    simulation = Simulation(halving(9), folds=GrowingFolds([2, 0, 1], full=3)).go()
    tasks = simulation.executor.submitted
    assert {(task.amount, task.is_last) for task in tasks} == {(1, False), (3, True)}


# ---- times -----------------------------------------------------------------------


def test_folds_that_travel_together_took_their_time_one_after_another():
    simulation = Simulation(full(4), 1, lambda task: 0.003 * len(task.splits)).go()
    last = simulation.evaluations[-1]
    assert last.end_time - last.start_time == pytest.approx(0.009)


def test_times_are_seconds_since_the_search_began():
    simulation = Simulation(full(2), 1, began=-5.0).go()
    times = [(e.start_time, e.end_time) for e in simulation.evaluations]
    assert times == [(5.0, 8.0), (8.0, 11.0)]


def test_no_evaluation_begins_before_the_search():
    simulation = Simulation(full(1), n_splits=1, began=0.5).go()
    (evaluation,) = simulation.evaluations
    assert (evaluation.start_time, evaluation.end_time) == (0.0, 0.5)


def test_an_evaluation_lasts_from_its_first_fold_to_its_last():
    simulation = Simulation(full(1), 2, lambda task: 1.0 + task.splits[0]).go()
    (evaluation,) = simulation.evaluations
    assert (evaluation.start_time, evaluation.end_time) == (0.0, 4.0)


@pytest.mark.parametrize("n_workers", [1, 3, 30])
def test_an_asynchronous_search_ends_with_any_number_of_workers(n_workers):
    scheduler = ASHA(random_sampler(), 30, 1, 27)
    simulation = Simulation(scheduler, n_workers, any_order(n_workers)).go()
    assert scheduler.done
    assert len({e.job.trial_id for e in simulation.evaluations}) == 30


# ---- deaths and interrupts -------------------------------------------------------


def dies(*trial_ids, times=math.inf):
    """Return an ``error`` of which these trials' workers die, so many times each."""
    deaths = dict.fromkeys(trial_ids, times)

    def error(task):
        if deaths.get(task.trial_id, 0) > 0:
            deaths[task.trial_id] -= 1
            raise WorkerDeathError("EXIT(3)")

    return error


def test_a_task_whose_worker_died_runs_once_more():
    simulation = Simulation(full(5), 2, n_splits=1, error=dies(2, times=1)).go()
    started = [task.trial_id for task in simulation.executor.submitted]
    assert sorted(started) == [0, 1, 2, 2, 3, 4]
    assert {e.status for e in simulation.evaluations} == {"completed"}


def test_a_task_whose_worker_died_runs_alone_the_second_time():
    beside = []

    class Watched(FakeExecutor):
        def submit(self, key, task):
            if task.trial_id == 2:
                beside.append(len(self._running))
            super().submit(key, task)

    simulation = Simulation(full(9), 3, n_splits=1, error=dies(2, times=1))
    simulation.executor.__class__ = Watched
    simulation.go()
    assert beside == [2, 0]


def test_a_task_that_kills_two_workers_has_crashed():
    simulation = Simulation(full(5), 2, n_splits=1, error=dies(2)).go()
    started = [task.trial_id for task in simulation.executor.submitted]
    assert started.count(2) == 2
    (crashed,) = [e for e in simulation.evaluations if e.folds[0].lost]
    assert crashed.job.trial_id == 2


@pytest.mark.parametrize("n_workers", [1, 3])
def test_five_configurations_in_a_row_that_kill_their_workers_end_it(n_workers):
    error = dies(*range(4, 50))
    simulation = Simulation(full(50), n_workers, n_splits=1, error=error).go()
    assert simulation.loop.stop_reason == StopReason.CRASHES
    done = [e.job.trial_id for e in simulation.evaluations if e.loss < math.inf]
    assert done == [0, 1, 2, 3]
    assert 9 <= len(simulation.evaluations) < 9 + n_workers


def test_deaths_with_others_between_do_not_end_it():
    error = dies(*range(0, 50, 2))
    simulation = Simulation(full(50), n_splits=1, error=error).go()
    assert simulation.loop.stop_reason == StopReason.COMPLETED
    assert len(simulation.evaluations) == 50


@pytest.mark.parametrize("scheduler", [full, halving])
def test_an_interrupt_ends_it_and_keeps_what_was_finished(scheduler):
    def error(task):
        if task.trial_id == 6:
            raise KeyboardInterrupt

    simulation = Simulation(scheduler(9), n_splits=1, error=error).go()
    assert simulation.loop.stop_reason == StopReason.INTERRUPT
    assert [e.job.trial_id for e in simulation.evaluations] == list(range(6))


class InterruptsItself(NoJournal):
    """Ctrl-C is pressed while an evaluation is written down."""

    n_written = 0

    def told(self, key, result, *, hold=False):
        self.n_written += 1
        if self.n_written == 3:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("n_workers", [1, 3])
def test_what_is_kept_at_an_interrupt_is_reported(n_workers):
    told = []
    simulation = Simulation(
        full(9),
        n_workers,
        journal=InterruptsItself(),
        listeners=[Calls(lambda e: told.append(e.job.trial_id))],
    ).go()
    assert simulation.loop.stop_reason == StopReason.INTERRUPT
    assert told == [e.job.trial_id for e in simulation.evaluations]
    assert len(told) == 3


def test_an_interrupt_in_a_listener_waits_for_the_others():
    told = []
    listeners = [
        Calls(lambda _: signal.raise_signal(signal.SIGINT)),
        Calls(lambda e: told.append(e.job.trial_id)),
    ]
    simulation = Simulation(full(9), listeners=listeners).go()
    assert simulation.loop.stop_reason == StopReason.INTERRUPT
    assert told == [0]


def test_a_worker_that_dies_before_it_has_begun_says_nothing_of_its_task():
    deaths = []

    def error(task):
        if task.trial_id == 2 and len(deaths) < 15:
            deaths.append(task)
            raise FailedStartError("signal 9")

    simulation = Simulation(full(5), 2, n_splits=1, error=error).go()
    assert len(deaths) == 15
    assert {e.status for e in simulation.evaluations} == {"completed"}
    assert len(simulation.evaluations) == 5


def test_a_search_ends_where_no_worker_can_start():
    def error(task):
        if task.trial_id >= 4:
            raise FailedStartError("no such library")

    simulation = Simulation(full(50), 2, n_splits=1, error=error).go()
    assert simulation.loop.stop_reason == StopReason.ERROR
    assert "no such library" in str(simulation.loop.error)
    assert len(simulation.evaluations) == 4


@pytest.mark.parametrize(("n_failed", "ends"), [(19, False), (20, True)])
def test_twenty_failed_starts_in_a_row_end_it(n_failed, ends):
    failed = []

    def error(task):
        if len(failed) < n_failed:
            failed.append(task)
            raise FailedStartError("signal 9")

    simulation = Simulation(full(3), n_splits=1, error=error).go()
    assert (simulation.loop.stop_reason == StopReason.ERROR) is ends


def test_failed_starts_with_tasks_that_end_between_do_not_end_it():
    has_failed = set()

    def error(task):
        if task.trial_id not in has_failed:
            has_failed.add(task.trial_id)
            raise FailedStartError("signal 9")

    simulation = Simulation(full(30), n_splits=1, error=error).go()
    assert simulation.loop.stop_reason == StopReason.COMPLETED
    assert len(has_failed) == len(simulation.evaluations) == 30


def test_suspects_do_not_run_once_more_where_the_machine_has_failed():
    simulation = Simulation(full(50), 8, n_splits=1, error=dies(*range(50))).go()
    assert simulation.loop.stop_reason == StopReason.CRASHES
    started = [task.trial_id for task in simulation.executor.submitted]
    assert started == [*range(8), *range(5)]
    assert len(simulation.evaluations) == 5


def test_waiting_folds_do_not_run_where_the_machine_has_failed():
    simulation = Simulation(full(50), 4, n_splits=3, error=dies(*range(50))).go()
    assert simulation.loop.stop_reason == StopReason.CRASHES
    splits = [t.splits for t in simulation.executor.submitted if t.trial_id == 5]
    assert splits == [(0,)]  # the other two were waiting
    assert len(simulation.evaluations) == 5


def test_a_task_that_had_not_begun_runs_before_the_waiting_ones():
    failed = []

    def error(task):
        if not failed:
            failed.append(task)
            raise FailedStartError("signal 9")

    simulation = Simulation(full(1), n_splits=3, error=error).go()
    splits = [task.splits for task in simulation.executor.submitted]
    assert splits == [(0,), (0,), (1,), (2,)]


def test_what_was_killed_by_something_else_lacked_memory():
    def error(task):
        if task.trial_id == 1:
            raise WorkerDeathError("SIGKILL(-9)")

    (lost,) = lost_folds(Simulation(full(3), n_splits=1, error=error).go())
    assert lost.lost == Status.MEMORY
    assert "SIGKILL" in lost.fit_error


# ---- limits of a trial -----------------------------------------------------------


def lost_folds(simulation):
    return [f for e in simulation.evaluations for f in e.folds if f.lost is not None]


def hangs(*trial_ids, splits=range(N_SPLITS)):
    """Durations: some tasks never end."""
    return lambda task: (
        math.inf
        if task.trial_id in trial_ids and set(task.splits) & set(splits)
        else 1.0
    )


@pytest.mark.parametrize("n_workers", [1, 2, 5])
@pytest.mark.parametrize("make", [full, halving])
def test_what_takes_too_long_is_killed_and_the_rest_goes_on(make, n_workers):
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(make(9), n_workers, hangs(1, 4), limits=limits).go()
    ends = {e.job.trial_id: e for e in simulation.evaluations if e.job.rung == 0}
    assert sorted(ends) == list(range(9))
    for trial_id, evaluation in ends.items():
        lost = [fold.lost for fold in evaluation.folds]
        is_bad = trial_id in (1, 4)
        assert lost == [Status.TIMEOUT if is_bad else None] * N_SPLITS
    assert {task.trial_id for task in simulation.executor.killed} == {1, 4}


def test_a_timeout_is_not_retried():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(3), seconds=hangs(1), limits=limits).go()
    assert [t.trial_id for t in simulation.executor.submitted].count(1) == 1


def test_a_fold_whose_worker_died_does_not_run_again_after_a_timeout():
    def error(task):
        if task.splits == (0,):
            raise WorkerDeathError("EXIT(3)")

    def seconds(task):
        return 1.0 if task.splits == (0,) else math.inf

    simulation = Simulation(
        full(1), 2, seconds, n_splits=2, error=error, limits=TrialLimits(timeout=10.0)
    ).go()
    assert [task.splits for task in simulation.executor.submitted] == [(0,), (1,)]
    assert len(simulation.evaluations) == 1


def test_a_timeout_costs_its_limit_and_no_more():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(3), seconds=hangs(1), limits=limits).go()
    assert simulation.clock.now == pytest.approx(2 * N_SPLITS + 10, abs=0.1)


def test_the_folds_of_an_evaluation_share_its_seconds():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(1), seconds=lambda task: 4.0, limits=limits).go()
    (evaluation,) = simulation.evaluations
    assert [fold.lost for fold in evaluation.folds] == [None, None, "timeout"]
    assert simulation.clock.now == pytest.approx(10, abs=0.1)


def test_folds_beside_each_other_count_as_those_after_each_other():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(1), 3, seconds=lambda task: 4.0, limits=limits).go()
    (evaluation,) = simulation.evaluations
    assert [fold.lost for fold in evaluation.folds] == ["timeout"] * 3


def test_what_ends_within_its_limit_is_complete():
    limits = TrialLimits(timeout=3.5)
    simulation = Simulation(full(4), 2, limits=limits).go()
    assert {e.status for e in simulation.evaluations} == {"completed"}
    assert simulation.executor.killed == []


def test_the_seconds_count_from_when_a_task_begins():
    limits, workers = TrialLimits(timeout=3.5), {"delay": 100.0}
    simulation = Simulation(full(2), limits=limits, workers=workers).go()
    assert {e.status for e in simulation.evaluations} == {"completed"}


def test_what_needs_too_much_memory_is_killed():
    workers = {"memory": lambda task: 900 if task.trial_id == 1 else 100}
    limits = TrialLimits(memory=500)
    simulation = Simulation(full(3), 2, limits=limits, workers=workers).go()
    lost = lost_folds(simulation)
    assert [fold.lost for fold in lost] == [Status.MEMORY] * N_SPLITS
    assert {task.trial_id for task in simulation.executor.killed} == {1}


def test_one_worker_of_an_evaluation_that_needs_too_much_memory_is_enough():
    workers = {"memory": lambda task: 900 if task.splits == (1,) else 100}
    limits = TrialLimits(memory=500)
    simulation = Simulation(full(1), 3, limits=limits, workers=workers).go()
    assert [fold.lost for fold in lost_folds(simulation)] == [Status.MEMORY] * N_SPLITS


def test_the_times_of_what_was_killed_are_its_own():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(2), seconds=hangs(1), limits=limits).go()
    killed = simulation.evaluations[1]
    assert killed.start_time == pytest.approx(N_SPLITS, abs=0.1)
    assert killed.end_time == pytest.approx(N_SPLITS + 10, abs=0.1)


def test_what_was_killed_began_when_the_first_of_its_folds_did():
    limits = TrialLimits(timeout=9.0)
    simulation = Simulation(full(2), 3, seconds=hangs(1), limits=limits).go()
    killed = simulation.evaluations[1]
    assert killed.start_time == pytest.approx(1, abs=0.1)
    assert killed.end_time == pytest.approx(1 + 9 / 3, abs=0.1)


def test_what_ended_in_time_is_not_killed_because_this_process_was_busy():
    class Busy(FullFidelity):
        def tell(self, job, loss, *args):
            simulation.clock.now += 20.0
            return super().tell(job, loss, *args)

    limits = TrialLimits(timeout=10.0)
    scheduler = Busy(random_sampler(), 6)
    simulation = Simulation(scheduler, 3, limits=limits, n_splits=1)
    assert {e.status for e in simulation.go().evaluations} == {"completed"}


def test_a_kill_does_not_count_as_a_death():
    limits = TrialLimits(timeout=10.0)
    simulation = Simulation(full(20), seconds=hangs(*range(20)), limits=limits).go()
    assert simulation.loop.stop_reason == StopReason.COMPLETED
    assert len(simulation.evaluations) == 20


def test_without_limits_nothing_is_looked_at():
    simulation = Simulation(full(3), 2)
    simulation.executor.seconds = simulation.executor.memory = None
    next_finished, timeouts = simulation.executor.next_finished, set()

    def noting_timeouts(timeout):
        timeouts.add(timeout)
        return next_finished(timeout)

    simulation.executor.next_finished = noting_timeouts
    assert len(simulation.go().evaluations) == 3
    assert timeouts == {None}


def test_of_two_things_that_are_raised_the_first_has_ended_the_search():
    loop = Simulation(full(1)).loop
    first = ValueError("in the scorer")
    loop.end_by(first)
    loop.end_by(KeyboardInterrupt())
    assert loop.error is first
    assert loop.stop_reason == StopReason.ERROR


def test_a_machine_that_has_failed_does_not_recover():
    deaths = Deaths()
    for trial_id in range(5):
        batch = Batch(Evaluation(Job(trial_id, {}, 0, 0, resource=1), {}), (0,))
        deaths.is_to_blame(batch)
        assert deaths.is_to_blame(batch)
    assert deaths.machine_has_failed
    deaths.evaluation_ended(Evaluation(Job(9, {}, 0, 0, resource=1), {}))
    assert deaths.machine_has_failed
