"""A search that goes on where its journal ends, on workers that a clock drives."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import randint

from sklearn_automl.exceptions import CheckpointError
from sklearn_automl.execution import (
    FoldResult,
    Journal,
    Status,
    StopReason,
    TrialLimits,
)
from sklearn_automl.execution._journal import open_journal
from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import (
    ASHA,
    FullFidelity,
    Hyperband,
    Job,
    SuccessiveHalving,
)
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import Event, encode
from tests.execution.test_loop import Simulation, any_order, hangs
from tests.fakes import WorkerDeathError

SPACE = SearchSpace({"x": randint(0, 10**9)})


class FakeCheckpoint:
    path = "memory"

    def __init__(self, events=()):
        self.events = list(events)
        self.written = list(events)

    def append(self, events):
        self.written.extend(events)


def sampler():
    return RandomSampler().bind(SPACE, np.random.default_rng(0))


def full(n_trials=8):
    return FullFidelity(sampler(), n_trials)


def halving(n_trials=9):
    return SuccessiveHalving(sampler(), n_trials, 1, 9)


def hyperband(n_iterations=1):
    return Hyperband(sampler(), 1, 9, n_iterations=n_iterations)


def asha(n_trials=15):
    return ASHA(sampler(), n_trials, 1, 9)


SYNCHRONOUS = [full, halving, hyperband]


def run(scheduler, events=(), n_workers=3, seed=0, **options):
    checkpoint = FakeCheckpoint(events)
    journal = Journal(checkpoint, SPACE)
    simulation = Simulation(
        scheduler, n_workers, any_order(seed), journal=journal, **options
    ).go()
    simulation.written = checkpoint.written
    return simulation


def jobs_of(simulation):
    return [(e.job.trial_id, e.job.rung, e.loss) for e in simulation.evaluations]


def ran(simulation):
    """Return which jobs ran in workers."""
    return {(t.trial_id, t.amount) for t in simulation.executor.submitted}


def told(events):
    return {event.key for event in events if event.kind == "tell"}


def commits(events):
    """Return the lengths that a journal had on disk: it grows by what was told."""
    return [0, *(i + 1 for i, event in enumerate(events) if event.kind == "tell")]


@pytest.mark.parametrize("make", SYNCHRONOUS)
@pytest.mark.parametrize("n_workers", [1, 3])
def test_a_search_that_goes_on_from_any_point_ends_as_the_whole_one(make, n_workers):
    whole = run(make())
    for n in commits(whole.written):
        rest = run(make(), whole.written[:n], n_workers, seed=1)
        assert rest.outcome == whole.outcome
        assert len(rest.executor.submitted) == 3 * (
            len(whole.evaluations) - len(told(whole.written[:n]))
        )


def test_times_of_a_search_that_goes_on_begin_where_those_of_the_last_run_ended():
    whole = run(full())
    first = run(full(), whole.written[: commits(whole.written)[3]])
    again = run(full(), first.written[: commits(first.written)[6]])
    ends = [e.end_time for e in again.evaluations]
    assert all(e.start_time >= max(ends[:3]) for e in again.evaluations[3:6])
    assert all(e.start_time >= max(ends[:6]) for e in again.evaluations[6:])
    assert min(ends[:3]) > 0
    assert min(ends[3:6]) > max(ends[:3])
    assert min(ends[6:]) > max(ends[3:6])


@pytest.mark.parametrize("n_workers", [1, 2, 7])
def test_an_asynchronous_search_keeps_all_that_was_evaluated(n_workers):
    whole = run(asha(), n_workers=n_workers)
    for n in commits(whole.written):
        rest = run(asha(), whole.written[:n], 3, seed=1)
        recorded = jobs_of(whole)[: len(told(whole.written[:n]))]
        assert jobs_of(rest)[: len(recorded)] == recorded
        assert len(rest.executor.submitted) == 3 * (
            len(rest.evaluations) - len(recorded)
        )


def test_an_asynchronous_search_with_one_worker_ends_as_the_whole_one():
    whole = run(asha(), n_workers=1)
    for n in commits(whole.written):
        assert run(asha(), whole.written[:n], 1).outcome == whole.outcome


def test_a_search_that_was_complete_runs_nothing():
    whole = run(hyperband())
    again = run(hyperband(), whole.written)
    assert again.executor.submitted == []
    assert again.outcome == whole.outcome
    assert again.written == whole.written


def test_what_goes_on_twice_is_recorded_once():
    whole = run(halving())
    half = run(halving(), whole.written[:7], time_limit=3.0)
    rest = run(halving(), half.written)
    keys = [event.key for event in rest.written if event.kind == "tell"]
    assert len(keys) == len(set(keys)) == len(whole.evaluations)


@pytest.mark.parametrize("make", [full, halving, hyperband, asha])
def test_more_configurations_use_what_is_there(make):
    few = run(make(), n_workers=1)
    more = run(make(2 if make is hyperband else 24), few.written, n_workers=1)
    fresh = run(make(2 if make is hyperband else 24), n_workers=1)
    assert more.outcome == fresh.outcome
    repeated = told(few.written) & {
        event.key for event in more.written[len(few.written) :] if event.kind == "tell"
    }
    assert not repeated
    assert len(ran(more)) < len(ran(fresh))
    asked = set()
    for event in more.written:
        assert event.kind == "ask" or event.key in asked
        asked.add(event.key)
    again = run(make(2 if make is hyperband else 24), more.written, n_workers=1)
    assert again.executor.submitted == []


def test_fewer_configurations_use_what_is_there():
    more = run(full(20))
    few = run(full(8), more.written)
    assert few.executor.submitted == []
    assert few.outcome == run(full(8)).outcome


def test_an_interrupted_search_has_recorded_what_was_finished():
    def error(task):
        if task.trial_id == 5:
            raise KeyboardInterrupt

    simulation = run(full(), n_workers=1, error=error)
    assert simulation.loop.stop_reason == StopReason.INTERRUPT
    assert len(told(simulation.written)) == 5


def test_lost_folds_are_recorded_as_such():
    limits = TrialLimits(timeout=10.0)
    whole = Simulation(
        full(),
        seconds=hangs(2),
        limits=limits,
        journal=Journal(checkpoint := FakeCheckpoint(), SPACE),
    ).go()
    again = run(full(), checkpoint.written)
    assert again.executor.submitted == []
    for a, b in zip(again.evaluations, whole.evaluations, strict=True):
        assert [f.lost for f in a.folds] == [f.lost for f in b.folds]
    assert isinstance(again.evaluations[2].folds[0].lost, Status)


def dies_from(trial_id):
    def error(task):
        if task.trial_id >= trial_id:
            raise WorkerDeathError("signal 9")

    return error


def test_what_died_on_a_machine_where_all_die_is_tried_again():
    simulation = run(full(30), n_workers=1, error=dies_from(4))
    assert simulation.loop.stop_reason == StopReason.CRASHES
    assert len(told(simulation.written)) == 4
    rest = run(full(30), simulation.written)
    assert {e.status for e in rest.evaluations} == {"completed"}


def test_what_died_last_is_recorded_at_the_end():
    simulation = run(full(8), n_workers=1, error=dies_from(6))
    assert simulation.loop.stop_reason == StopReason.COMPLETED
    assert len(told(simulation.written)) == 8


def interrupts(trial_id, error=lambda task: None):
    def raises(task):
        if task.trial_id == trial_id:
            raise KeyboardInterrupt
        return error(task)

    return raises


def dies(trial_id):
    def error(task):
        if task.trial_id == trial_id:
            raise WorkerDeathError("signal 9")

    return error


def test_what_died_before_an_interrupt_is_recorded():
    error = interrupts(4, dies(3))
    simulation = run(full(8), n_workers=1, error=error)
    assert len(told(simulation.written)) == len(simulation.evaluations) == 4


def test_what_needed_too_much_memory_is_recorded_at_once():
    checkpoint = FakeCheckpoint()
    limits = TrialLimits(memory=500)
    workers = {"memory": lambda task: 900 if task.trial_id == 3 else 100}
    Simulation(
        full(),
        limits=limits,
        workers=workers,
        error=interrupts(4),
        journal=Journal(checkpoint, SPACE),
    ).go()
    assert len(told(checkpoint.written)) == 4


def test_a_timeout_shows_that_workers_can_run_and_what_was_held_is_recorded():
    checkpoint = FakeCheckpoint()
    simulation = Simulation(
        full(30),
        seconds=hangs(5),
        limits=TrialLimits(timeout=10.0),
        error=dies_from(4),
        journal=Journal(checkpoint, SPACE),
    ).go()
    assert simulation.loop.stop_reason == StopReason.CRASHES
    # The fourth dies and the fifth hangs; then five die in a row.
    assert len(told(checkpoint.written)) == 6


def test_recorded_results_that_are_not_asked_for_again_are_counted():
    checkpoint = FakeCheckpoint()
    journal = Journal(checkpoint, SPACE)
    Simulation(full(8), journal=journal).go()
    again = Journal(FakeCheckpoint(checkpoint.written), SPACE)
    assert again.n_unused == 8
    Simulation(full(5), journal=again).go()
    assert again.n_unused == 3


@pytest.mark.parametrize("number", [Fraction(1, 3), Decimal("0.5"), np.float32(0.1)])
def test_scores_of_any_number_type_are_recorded(number):
    checkpoint = FakeCheckpoint()
    journal = Journal(checkpoint, SPACE)
    fold = FoldResult(duration=1.0, test_scores={"a": number})
    journal.told("key", ([fold], 0.0, 1.0))
    ((kept,), _, _) = Journal(FakeCheckpoint(checkpoint.written), SPACE).result("key")
    assert kept.test_scores["a"] == float(number)


def test_a_time_limit_that_is_over_runs_nothing_more_where_something_is_recorded():
    whole = run(full(8), n_workers=1)
    rest = run(full(8), whole.written[:4], n_workers=1, time_limit=0.0)
    assert rest.executor.submitted == []
    assert len(rest.evaluations) == 2


def test_a_callback_that_stopped_a_search_does_not_stop_the_next():
    journal = Journal(FakeCheckpoint(), SPACE)
    job = full().ask()
    data = encode([[{"fit_error": None, "duration": 1.0, "stop": True}], 0.0, 1.0])
    key = journal.key(job)
    journal = Journal(FakeCheckpoint([Event("tell", key, data)]), SPACE)
    ((fold,), _, _) = journal.result(key)
    assert fold.stop is False


@pytest.mark.parametrize("data", ["", "[]", "[1, 2]", '["a", 0, 0]', "[[[]], 0, 1]"])
def test_a_result_that_cannot_be_read_is_refused(data):
    with pytest.raises(CheckpointError, match="cannot be read"):
        Journal(FakeCheckpoint([Event("tell", "key", data)]), SPACE)


def test_a_journal_without_questions_is_no_reason_to_stop():
    whole = run(full())
    answers = [event for event in whole.written if event.kind == "tell"]
    assert run(full(), answers).outcome == whole.outcome


def test_jobs_are_told_apart():
    journal = Journal(FakeCheckpoint(), SPACE)
    jobs = [e.job for e in run(hyperband()).evaluations]
    assert len({journal.key(job) for job in jobs}) == len(jobs)


def test_jobs_that_go_on_from_different_amounts_are_told_apart():
    journal = Journal(FakeCheckpoint(), SPACE)
    jobs = [Job(0, {"x": 1}, 0, 1, resource=9, previous_resource=n) for n in (0, 1, 3)]
    assert len({journal.key(job) for job in jobs}) == 3


def test_jobs_of_different_brackets_are_told_apart():
    journal = Journal(FakeCheckpoint(), SPACE)
    keys = {journal.key(Job(0, {"x": 1}, bracket, 0, resource=9)) for bracket in (0, 1)}
    assert len(keys) == 2


def test_all_of_a_fold_is_recorded_but_for_where_its_model_is():
    checkpoint = FakeCheckpoint()
    fold = FoldResult(duration=1.0, unsaved="no place", n_in_time=3, units=2)
    Journal(checkpoint, SPACE).told("key", ([fold], 0.0, 1.0))
    ((kept,), _, _) = Journal(FakeCheckpoint(checkpoint.written), SPACE).result("key")
    assert (kept.n_in_time, kept.units, kept.unsaved) == (3, 2, None)


@pytest.mark.parametrize(
    "result",
    [
        [[{"fit_error": None}], 0, 1],  # no duration
        [[{"fit_error": None, "duration": "1"}], 0, 1],
        [[], 0, 10**400],
        [[], 0, [1]],
    ],
)
def test_a_time_that_is_no_number_is_refused(result):
    with pytest.raises(CheckpointError, match="cannot be read"):
        Journal(FakeCheckpoint([Event("tell", "key", encode(result))]), SPACE)


def test_recorded_times_are_floats():
    journal = Journal(FakeCheckpoint([Event("tell", "key", "[[], 1, 2]")]), SPACE)
    assert [type(seconds) for seconds in journal.result("key")[1:]] == [float, float]


def test_a_question_that_is_not_the_recorded_one_ends_the_replay():
    class Asks:
        def __init__(self, *places):
            self.jobs = [Job(place, {"x": place}, 0, 0, resource=1) for place in places]

        def ask(self):
            return self.jobs.pop(0) if self.jobs else None

    first = Journal(FakeCheckpoint(), SPACE)
    keys = [first.key(job) for job in Asks(0, 1, 2).jobs]
    checkpoint = FakeCheckpoint([Event("ask", key) for key in keys])
    journal, scheduler = Journal(checkpoint, SPACE), Asks(0, 5, 2)
    replayed = list(journal.replay(scheduler))
    assert [job.trial_id for job, _ in replayed] == [0, 5]
    assert [job.trial_id for job in scheduler.jobs] == [2]
    journal.flush()
    # What was asked instead is recorded.
    assert [event.key for event in checkpoint.written[3:]] == [replayed[1][1]]


def test_a_checkpoint_is_claimed_for_the_search_before_it_is_read():
    class Claimed(FakeCheckpoint):
        claims = ()

        def claim(self, identity):
            self.claims = [identity]
            self.events = [Event("tell", "key", "[[], 0, 7]")]

    checkpoint = Claimed()
    journal = open_journal(checkpoint, lambda: {"search": "this"}, SPACE)
    assert checkpoint.claims == [{"search": "this"}]
    assert journal.seconds == 7.0
