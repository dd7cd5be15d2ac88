import time

import cloudpickle
import joblib
import numpy as np
import psutil
import pytest

from sklearn_automl.execution import make_executor
from tests.execution.backends.on_clusters import (
    HoldsTheInterpreter,
)
from tests.execution.backends.test_common import make_scorer, make_task, run, scores_of
from tests.execution.backends.waiting import (
    submit_and_wait_until_it_has_begun,
    wait_until,
)
from tests.fakes import DiesAbove, ScoreIsParameter, SleepsAbove, StartsAnother

ray = pytest.importorskip("ray")
_ray = pytest.importorskip("sklearn_automl.execution.backends._ray")

pytestmark = pytest.mark.workers


@pytest.fixture
def start(ray_cluster):
    executors = []

    def started(estimator, n_jobs=-1, **backend):
        with joblib.parallel_config(backend="ray", **backend):
            executors.append(make_executor(n_jobs, must_kill=True))
        executors[-1].start(make_scorer(executors[-1], estimator))
        return executors[-1]

    yield started
    for executor in executors:
        executor.close()


@pytest.mark.parametrize(("n_jobs", "n_workers"), [(-1, 2), (1, 1), (2, 2), (9, 2)])
def test_has_what_n_jobs_asks_for_and_the_cluster_has(n_jobs, n_workers, start):
    assert start(ScoreIsParameter(), n_jobs).n_workers == n_workers


@pytest.mark.slow
def test_tasks_may_need_more_than_one_cpu(start):
    executor = start(ScoreIsParameter(), ray_remote_args={"num_cpus": 2})
    assert executor.n_workers == 1
    assert scores_of(run(executor, [make_task(0.1)])[0]) == [0.1, 0.1]


def test_the_task_that_ends_its_worker_is_dead_and_no_other(start):
    ended = run(start(DiesAbove()), [make_task(v) for v in (0.1, 0.9, 0.2, 0.3)])
    assert [key for key, finished in ended.items() if finished.death] == [1]
    assert ended[1].had_begun
    assert scores_of(ended[3]) == [0.3, 0.3]


@pytest.mark.slow
def test_ray_does_not_repeat_what_ends_its_worker(start, tmp_path):
    class DiesWithATrace(ScoreIsParameter):
        def before_fit(self, X, y):
            (tmp_path / str(time.monotonic_ns())).touch()
            psutil.Process().kill()

    executor = start(DiesWithATrace())
    assert run(executor, [make_task()])[0].death
    time.sleep(1.0)
    assert len(list(tmp_path.iterdir())) == 1


class Owner:
    """Puts data into its own store, which is lost with it."""

    def put(self, data):
        return [ray.put(data)]


def is_lost(reference):
    try:
        ray.get(reference)
    except ray.exceptions.ObjectLostError:
        return True
    return False


def test_data_that_is_lost_is_sent_again(start):
    executor = start(ScoreIsParameter())
    executor._scorer.X = np.zeros((100_000, 1))  # small objects travel with their name
    owner = ray.remote(Owner).options(num_cpus=0).remote()
    (executor._data,) = ray.get(owner.put.remote(executor._scorer))
    ray.kill(owner)
    wait_until(lambda: is_lost(executor._data))
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(finished) for finished in ended.values()] == [[0.1, 0.1]] * 4


def test_workers_let_go_of_the_data(start, monkeypatch):
    kept = _ray._Kept()
    monkeypatch.setattr(_ray, "_KEEP_SECONDS", 0.05)
    assert kept.get("a", [ray.put("data")]) == "data"
    kept.forget_later()
    wait_until(lambda: kept._scorer is None)
    assert kept.get("a", [ray.put("data")]) == "data"


# ---- watching and killing --------------------------------------------------------


# Ray kills both in the same way.
@pytest.mark.parametrize(
    "estimator",
    [StartsAnother(), pytest.param(HoldsTheInterpreter(), marks=pytest.mark.slow)],
)
def test_a_killed_task_has_ended_with_what_it_did_and_touches_no_other(
    estimator, start
):
    executor = start(estimator)
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    executor.submit(1, make_task(0.1))
    worker = psutil.Process(executor._running[0].pid)
    if isinstance(estimator, StartsAnother):
        wait_until(worker.children)
    processes = [worker, *worker.children()]
    executor.kill(0)
    assert scores_of(executor.next_finished()) == [0.1, 0.1]
    assert executor.is_free
    assert not psutil.wait_procs(processes, timeout=60)[1]
    ended = run(executor, [make_task(0.1)] * 3)
    assert [scores_of(finished) for finished in ended.values()] == [[0.1, 0.1]] * 3


def test_a_task_that_ended_while_it_was_looked_at_can_be_killed(start):
    executor = start(DiesAbove())
    executor.submit(0, make_task(0.9))
    wait_until(lambda: executor.seconds(0) is not None or executor._ready)
    executor.kill(0)
    assert executor.is_free
    assert not executor._ready


class _ToldWhenLoaded:
    """Notes in a list that it was unpickled."""

    loaded: list[str] = []

    def __reduce__(self):
        return _ToldWhenLoaded.note, ("task",)

    @staticmethod
    def note(what):
        _ToldWhenLoaded.loaded.append(what)
        return what


def test_the_clock_of_a_task_starts_when_its_worker_has_the_data(monkeypatch):
    monkeypatch.setattr(_ToldWhenLoaded, "loaded", [])
    loaded = _ToldWhenLoaded.loaded
    monkeypatch.setattr(_ray._kept, "get", lambda *_: loaded.append("data"))
    payload = cloudpickle.dumps((lambda *_: None, _ToldWhenLoaded()))
    next(_ray._run_there("name", [], payload))
    assert loaded == ["data", "task"]


# ---- a task that runs, and is only looked at -------------------------------------


@pytest.fixture(scope="module")
def running(ray_cluster):
    """An executor that is only looked at, with a task that has begun.

    Ray needs long to replace a killed worker. This one has a CPU until the module ends,
    so the tests that look at it are the last.
    """
    with joblib.parallel_config(backend="ray"):
        executor = make_executor(-1, must_kill=True)
    executor.start(make_scorer(executor, SleepsAbove()))
    assert executor.seconds(0) is None
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    assert executor.seconds(0) < 10  # a new worker has needed longer to start
    yield executor
    executor.close()


def test_says_what_to_do_when_there_is_no_node(running, monkeypatch):
    monkeypatch.setattr(_ray, "_NO_WORKER_SECONDS", 0.1)
    monkeypatch.setattr(_ray, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": False}])
    with pytest.raises(RuntimeError, match="no Ray node for"):
        running.next_finished()


def test_the_memory_of_a_task_is_that_of_its_worker(running, monkeypatch):
    resident = psutil.Process(running._running[0].pid).memory_info().rss
    assert running.memory(0) == pytest.approx(resident, rel=0.1)
    monkeypatch.setattr(_ray, "this_node", lambda: "another")
    assert running.memory(0) is None


def test_nothing_is_known_of_a_task_that_is_not_there(running):
    assert running.seconds(7) is None
    assert running.memory(7) is None


def test_seconds_go_on(running):
    first = running.seconds(0)
    wait_until(lambda: running.seconds(0) > first + 0.1)


def test_a_task_that_runs_at_the_end_is_killed(running):
    worker = psutil.Process(running._running[0].pid)
    running.close()
    worker.wait(timeout=60)
    assert ray.get(ray.remote(lambda: 3).remote(), timeout=120) == 3
