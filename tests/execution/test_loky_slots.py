import os
import time
from concurrent.futures import Future

import cloudpickle
import numpy as np
import psutil
import pytest

from sklearn_automl.execution import _loky_slots, _shared_data, make_executor
from tests.execution.test_executor import (
    ScoreIs,
    ask,
    make_scorer,
    make_task,
    run,
    scores_of,
)
from tests.fakes import DiesAbove, ScoreIsParameter, ScoreIsProcess, SleepsAbove


@pytest.fixture
def start():
    executors = []

    def started(estimator, n_jobs=2, **options):
        executors.append(make_executor(n_jobs))
        executors[-1].start(make_scorer(executors[-1], estimator, **options))
        return executors[-1]

    yield started
    for executor in executors:
        executor.close()


def processes(executor):
    """Return the pids of the workers, from their scores."""
    return {
        pid for f in run(executor, [make_task()] * 6).values() for pid in scores_of(f)
    }


def test_each_slot_is_a_process_of_its_own(start):
    pids = processes(start(ScoreIsProcess()))
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_a_second_search_finds_the_workers_warm(start):
    first = start(ScoreIsProcess())
    pids = processes(first)
    first.close()
    assert processes(start(ScoreIsProcess())) == pids


def test_the_task_of_a_worker_that_dies_has_crashed(start):
    ended = run(start(DiesAbove()), [make_task(v) for v in (0.1, 0.9, 0.2, 0.3)])
    assert {key: f.crashed for key, f in ended.items()} == {
        0: False,
        1: True,
        2: False,
        3: False,
    }
    assert ended[1].results is None
    assert ended[1].error is not None


def test_a_worker_that_died_is_replaced(start):
    executor = start(DiesAbove())
    run(executor, [make_task(0.9)])
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(f) for f in ended.values()] == [[0.1, 0.1]] * 4


def wait_until(condition):
    """Let the threads that watch over workers see what happened to them."""
    while not condition():
        time.sleep(0.002)


def kill_one(slots):
    """Kill the worker of an idle slot; return its pid."""
    slot = slots[0]
    (pid,) = slot._executor._processes
    psutil.Process(pid).kill()
    wait_until(lambda: slot._executor._flags.broken)
    return pid


@pytest.mark.parametrize("between_searches", [False, True])
def test_a_worker_that_dies_while_idle_is_replaced(between_searches, start):
    executor = start(ScoreIsProcess())
    pids = processes(executor)
    slots = list(executor._free)
    if between_searches:
        executor.close()
        executor = None
    killed = kill_one(slots)
    after = processes(executor or start(ScoreIsProcess()))
    assert killed in pids
    assert killed not in after
    assert len(after) == 2


def test_a_task_that_runs_at_the_end_is_killed(start):
    executor = start(SleepsAbove())
    executor.submit(0, make_task(0.9))
    (slot,) = executor._busy.values()
    wait_until(lambda: slot._executor._processes)
    (worker,) = [psutil.Process(pid) for pid in slot._executor._processes]
    executor.close()
    worker.wait(timeout=10)


def test_the_slot_of_a_killed_task_is_not_given_to_the_next_search(start):
    executor = start(SleepsAbove())
    executor.submit(0, make_task(0.9))
    executor.close()
    ended = run(start(ScoreIsParameter()), [make_task(0.1)] * 4)
    assert [f.error for f in ended.values()] == [None] * 4


class FakeSlot:
    """Runs nothing; knows how large the pickles are that it was sent."""

    sizes = []

    def __init__(self, environment):
        self.environment = environment

    def submit(self, function, *args):
        self.sizes.append(len(cloudpickle.dumps((function, args))))
        return Future()

    def kill(self):
        pass


@pytest.fixture
def fake_slots(monkeypatch):
    monkeypatch.setattr(_loky_slots, "_warm_slots", _loky_slots._WarmSlots())
    monkeypatch.setattr(_loky_slots, "Slot", FakeSlot)
    monkeypatch.setattr(FakeSlot, "sizes", [])


def test_a_task_is_small_however_large_the_data(fake_slots, start):
    frame = pytest.importorskip("pandas").DataFrame(np.zeros((1_250_000, 10)))
    executor = start(ScoreIsParameter(), X=frame)  # 100 MB
    executor.submit(0, make_task())
    assert len(FakeSlot.sizes) == 3  # two to open the data
    assert max(FakeSlot.sizes) < 20_000


@pytest.mark.parametrize(("n_threads", "are_same"), [("1", True), ("2", False)])
def test_warm_workers_have_the_same_inner_threads(n_threads, are_same, fake_slots):
    warm = _loky_slots._warm_slots
    slots = warm.take(2, {"OMP_NUM_THREADS": "1"})
    warm.give_back(slots)
    taken = warm.take(1, {"OMP_NUM_THREADS": n_threads})
    assert (taken[0] in slots) == are_same


def test_a_warm_worker_is_given_away_once(fake_slots):
    warm = _loky_slots._warm_slots
    warm.give_back(warm.take(2, {}))
    assert len(set(warm.take(1, {}) + warm.take(2, {}))) == 3


def test_workers_let_go_of_the_data_of_a_search(start):
    counts = ScoreIs(lambda X: len(_shared_data._opened))
    for _ in range(2):
        executor = start(counts)
        assert ask(executor, 4) == [1] * 8
        executor.close()
