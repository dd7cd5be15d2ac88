import ctypes
import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import Future

import cloudpickle
import numpy as np
import psutil
import pytest
from loky.backend import context

from sklearn_automl import ASHASearchCV
from sklearn_automl.execution import _shared_data, make_executor
from sklearn_automl.execution.backends import _loky_slots
from tests import forked_workers
from tests.execution.backends.test_common import (
    ScoreIs,
    ask,
    make_scorer,
    make_task,
    run,
    scores_of,
)
from tests.execution.backends.waiting import (
    submit_and_wait_until_it_has_begun,
    wait_until,
)
from tests.fakes import (
    DiesAbove,
    ScoreIsParameter,
    ScoreIsProcess,
    SleepsAbove,
    StartsAnother,
)

pytestmark = pytest.mark.workers


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


def worker_of(executor, key):
    pids = executor._running[key]._executor._processes
    wait_until(lambda: pids)
    return psutil.Process(*pids)


# ---- as users have them ---------------------------------------------------------


@pytest.mark.real_workers
def test_each_slot_is_a_process_of_its_own(start):
    pids = processes(start(ScoreIsProcess()))
    assert len(pids) == 2
    assert os.getpid() not in pids


@pytest.mark.real_workers
def test_a_second_search_finds_the_workers_warm(start):
    first = start(ScoreIsProcess())
    pids = processes(first)
    first.close()
    assert processes(start(ScoreIsProcess())) == pids


@pytest.mark.real_workers
def test_the_task_of_a_worker_that_dies_has_crashed(start):
    ended = run(start(DiesAbove()), [make_task(v) for v in (0.1, 0.9, 0.2, 0.3)])
    assert {key: f.death for key, f in ended.items()} == {
        0: None,
        1: "EXIT(3)",
        2: None,
        3: None,
    }
    assert ended[1].results is None
    assert ended[1].had_begun


@pytest.mark.real_workers
def test_what_a_task_has_started_dies_with_it(start):
    executor = start(StartsAnother())
    executor.submit(0, make_task(0.9))
    wait_until(lambda: worker_of(executor, 0).children())
    (child,) = worker_of(executor, 0).children()
    executor.kill(0)
    child.wait(timeout=60)


@pytest.mark.real_workers
def test_workers_leave_ctrl_c_to_the_search(start):
    executor = start(SleepsAbove())
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    worker = worker_of(executor, 0)
    worker.send_signal(signal.SIGINT)
    assert executor.next_finished(timeout=0.3) is None
    assert worker.is_running()


# ---- forked, to start fast -------------------------------------------------------


def test_a_worker_that_died_is_replaced(start):
    executor = start(DiesAbove())
    run(executor, [make_task(0.9)])
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(f) for f in ended.values()] == [[0.1, 0.1]] * 4


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
    (slot,) = executor._running.values()
    wait_until(lambda: slot._executor._processes)
    (worker,) = [psutil.Process(pid) for pid in slot._executor._processes]
    executor.close()
    worker.wait(timeout=60)


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


# ---- killing and watching --------------------------------------------------------


def test_a_killed_task_touches_no_other(start):
    executor = start(SleepsAbove())
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    executor.submit(1, make_task(0.1))
    executor.kill(0)
    assert scores_of(executor.next_finished()) == [0.1, 0.1]
    assert executor.next_finished(timeout=0.2) is None


def test_the_worker_of_a_killed_task_is_replaced(start):
    executor = start(SleepsAbove())
    submit_and_wait_until_it_has_begun(executor, 7, make_task(0.9))
    worker = worker_of(executor, 7)
    executor.kill(7)
    worker.wait(timeout=60)
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(f) for f in ended.values()] == [[0.1, 0.1]] * 4


class CrashesWithAnother(SleepsAbove):
    """Starts a process, and dies."""

    def __init__(self, value=0.0, limit=0.5, log=None):
        super().__init__(value, limit)
        self.log = log

    def before_fit(self, X, y):
        if self.value > self.limit:
            with open(self.log, "w") as file:
                file.write(str(subprocess.Popen(["sleep", "60"]).pid))
            os._exit(3)


def test_what_a_task_has_started_dies_with_its_worker(start, tmp_path):
    log = tmp_path / "pid"
    executor = start(CrashesWithAnother(log=str(log)))
    ended = run(executor, [make_task(0.9)])
    assert ended[0].death == "EXIT(3)"
    child = int(log.read_text())
    wait_until(
        lambda: (
            not psutil.pid_exists(child)
            or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
        )
    )


class CannotArrive:
    """Can be pickled, and not unpickled."""

    def __reduce__(self):
        return int, ("not a number",)


@pytest.mark.parametrize("value", [CannotArrive(), threading.Lock()])
def test_a_parameter_that_does_not_travel_fails_its_own_task(start, value):
    executor = start(ScoreIsParameter(), error_score=np.nan)
    ended = run(executor, [make_task(0.1), make_task(value), make_task(0.2)])
    assert [scores_of(ended[key]) for key in (0, 2)] == [[0.1, 0.1], [0.2, 0.2]]
    errors = [fold.fit_error for fold in ended[1].results]
    assert all("not a number" in e or "cannot pickle" in e for e in errors)
    assert len(errors) == 2


def test_a_parameter_that_does_not_travel_is_raised_where_that_is_asked_for(start):
    executor = start(ScoreIsParameter(), error_score="raise")
    ended = run(executor, [make_task(threading.Lock())])
    assert isinstance(ended[0].error, RuntimeError)


def fork_workers():
    """Let the workers of this process be forked from it.

    That is faster, and each has the parent and the preparation that it has for users.
    """
    if forked_workers.CAN_FORK:
        context.set_start_method("fork", force=True)


def search_in_a_worker(file):
    """Run a search with a worker of its own, and write its best score."""
    fork_workers()
    X, y = np.zeros((40, 1)), np.repeat([0, 1], 20)
    space = {"value": [0.1, 0.3]}
    search = ASHASearchCV(ScoreIsParameter(), space, cv=2, trial_timeout=50)
    file.write_text(str(search.fit(X, y).best_score_))


def test_the_workers_of_a_search_in_a_worker_do_not_keep_it(tmp_path):
    # A process of multiprocessing ends as those of joblib do: first it waits for all
    # that it has started.
    file = tmp_path / "score"
    worker = forked_workers.processes().Process(
        target=search_in_a_worker, args=(file,), daemon=False
    )
    worker.start()
    worker.join(timeout=100)
    is_kept = worker.is_alive()
    worker.kill()
    assert not is_kept
    assert file.read_text() == "0.3"


def test_a_fork_has_no_workers_of_its_own(start):
    executor = start(ScoreIsProcess())
    processes(executor)
    executor.close()
    child = os.fork()
    if not child:
        os._exit(len(_loky_slots._warm_slots._idle))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(_loky_slots._warm_slots._idle) >= 2


def test_a_task_has_begun_when_its_worker_is_there(start):
    executor = start(SleepsAbove())
    run(executor, [make_task(0.1)] * 4)
    executor.submit(7, make_task(0.9))
    executor.submit(8, make_task(0.1))
    executor.next_finished()
    worker = worker_of(executor, 7)
    executor.kill(7)  # the slots are free again, and warm but for one
    slot = executor._free[0]
    (pid,) = slot._executor._processes
    worker = psutil.Process(pid)
    worker.suspend()
    try:
        executor._free.append(executor._free.pop(0))  # the next that is taken
        executor.submit(9, make_task(0.9))
        time.sleep(0.3)
        assert executor.seconds(9) is None
    finally:
        worker.resume()
    wait_until(lambda: executor.seconds(9) is not None)
    assert executor.seconds(9) < 10


def test_the_memory_of_a_task_is_that_of_its_worker(start):
    executor = start(SleepsAbove())
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    wait_until(lambda: executor.memory(0) is not None)
    resident = worker_of(executor, 0).memory_info().rss
    assert executor.memory(0) == pytest.approx(resident, rel=0.2)


def test_nothing_is_known_of_a_task_that_has_not_begun(start):
    executor = start(ScoreIsParameter())
    assert executor.seconds(7) is None
    assert executor.memory(7) is None


def test_a_worker_that_dies_before_its_task_is_not_blamed_on_it(start):
    executor = start(ScoreIsProcess())
    (pid, *_) = processes(executor)
    psutil.Process(pid).suspend()
    keys = [key for key in (0, 1) if executor.submit(key, make_task()) is None]
    psutil.Process(pid).kill()
    ended = [executor.next_finished() for _ in keys]
    (dead,) = [f for f in ended if f.death is not None]
    assert dead.death == "SIGKILL(-9)"
    assert not dead.had_begun


# ---- workers whose parent is gone ------------------------------------------------


class MayHoldTheGil(SleepsAbove):
    """Takes forever, and with a value above 0.8 lets no other thread run."""

    def before_fit(self, X, y):
        if self.value > 0.8:
            ctypes.PyDLL(None).sleep(60)
        super().before_fit(X, y)


def run_for_long(file):
    """Start workers, write what they do, and wait to be killed."""
    fork_workers()
    executor = make_executor(3)
    executor.start(make_scorer(executor, MayHoldTheGil()))
    executor.submit("sleeps", make_task(0.6))
    executor.submit("holds the GIL", make_task(0.9))
    wait_until(lambda: None not in map(executor.seconds, executor._running))
    slots = {**executor._running, "is idle": executor._free[0]}
    pids = {kind: list(slot._executor._processes) for kind, slot in slots.items()}
    file.with_suffix(".new").write_text(json.dumps(pids))
    file.with_suffix(".new").replace(file)
    time.sleep(60)


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory):
    """Kill a process that has workers; return them by what they did."""
    file = tmp_path_factory.mktemp("left_behind") / "pids"
    parent = forked_workers.processes().Process(target=run_for_long, args=(file,))
    parent.start()
    try:
        wait_until(file.exists)
        pids = json.loads(file.read_text())
        workers = {kind: psutil.Process(pid) for kind, (pid,) in pids.items()}
        time.sleep(0.5)
    finally:
        parent.kill()
    return workers


def has_ended(process):
    """Tell whether it runs no more; nobody may have asked for its exit code yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("kind", ["sleeps", "holds the GIL", "is idle"])
def test_a_worker_does_not_outlive_a_killed_parent(kind, left_behind):
    # Those that sleep would do so for a minute.
    wait_until(lambda: has_ended(left_behind[kind]), seconds=40)
