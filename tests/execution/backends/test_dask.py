import importlib
import os
import time

import joblib
import psutil
import pytest

from sklearn_automl import ASHASearchCV
from sklearn_automl.execution import make_executor
from tests.execution.backends.on_clusters import (
    HoldsTheInterpreter,
    X,
    search,
    y,
)
from tests.execution.backends.test_common import (
    ScoreIs,
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

distributed = pytest.importorskip("distributed")
_dask = pytest.importorskip("sklearn_automl.execution.backends._dask")
_dask_cluster = importlib.import_module(
    "sklearn_automl.execution.backends._dask_cluster"
)

pytestmark = pytest.mark.workers


@pytest.fixture
def start(dask_client):
    executors = []

    def started(estimator, n_jobs=-1, client=dask_client, **options):
        dask_client.wait_for_workers(2, timeout=120)
        with joblib.parallel_config(backend="dask", client=client):
            executors.append(make_executor(n_jobs, **options))
        executors[-1].start(make_scorer(executors[-1], estimator))
        return executors[-1]

    yield started
    for executor in executors:
        executor.close()


def take(executor, n):
    """Return what the next ``n`` tasks ended with, by their keys."""
    ended = [executor.next_finished() for _ in range(n)]
    return {finished.key: finished for finished in ended}


# ---- workers ---------------------------------------------------------------------


@pytest.mark.parametrize(("n_jobs", "n_workers"), [(-1, 2), (1, 1), (2, 2), (9, 2)])
def test_has_what_n_jobs_asks_for_and_the_cluster_has(n_jobs, n_workers, start):
    assert start(ScoreIsParameter(), n_jobs).n_workers == n_workers


def test_all_threads_are_the_default(dask_client):
    with joblib.parallel_config(backend="dask"):
        executor = make_executor(None)
    executor.close()
    assert executor.n_workers == 2


def test_tasks_go_to_every_worker(start, dask_client):
    ended = run(start(ScoreIsProcess()), [make_task()] * 8)
    pids = {pid for finished in ended.values() for pid in scores_of(finished)}
    assert pids == set(dask_client.run(os.getpid).values())


def test_only_the_workers_that_the_user_names_are_used(dask_client):
    (address, pid), *_ = dask_client.run(os.getpid).items()
    with joblib.parallel_config(backend="dask", workers=[address]):
        executor = make_executor(-1)
    executor.start(make_scorer(executor, ScoreIsProcess()))
    ended = run(executor, [make_task()] * 4)
    executor.close()
    assert executor.n_workers == 1
    assert {p for finished in ended.values() for p in scores_of(finished)} == {pid}


# ---- deaths ----------------------------------------------------------------------


def test_the_task_that_ends_its_worker_is_dead_and_no_other(start):
    ended = run(start(DiesAbove()), [make_task(v) for v in (0.1, 0.9, 0.2, 0.3)])
    assert [key for key, finished in ended.items() if finished.death] == [1]
    assert ended[1].had_begun
    assert "worker" in ended[1].death
    assert scores_of(ended[3]) == [0.3, 0.3]


@pytest.mark.slow
def test_dask_does_not_repeat_what_ends_its_worker(start, tmp_path):
    def die(X):
        (tmp_path / str(time.monotonic_ns())).touch()
        os._exit(3)

    executor = start(ScoreIs(die))
    run(executor, [make_task()])
    wait_until(lambda: len(executor._client.nthreads()) == 2)
    executor.next_finished(timeout=0.5)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_task_that_waits_for_its_worker_is_not_blamed_for_its_death(start):
    executor = start(ScoreIsProcess())
    pids = [scores_of(f)[0] for f in run(executor, [make_task()] * 8).values()]
    for pid in set(pids):
        psutil.Process(pid).suspend()
    for key in (10, 11):
        executor.submit(key, make_task())
    for pid in set(pids):
        psutil.Process(pid).kill()
    ended = take(executor, 2)
    assert all(finished.death for finished in ended.values())
    assert not any(finished.had_begun for finished in ended.values())


def test_goes_on_when_all_workers_have_died_and_come_back(start):
    executor = start(DiesAbove())
    run(executor, [make_task(0.9)] * 2)
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(finished) for finished in ended.values()] == [[0.1, 0.1]] * 4


def test_data_that_died_with_the_workers_is_sent_again(start):
    executor = start(ScoreIsProcess())
    first = run(executor, [make_task()] * 8)
    pids = {scores_of(finished)[0] for finished in first.values()}
    for pid in pids:
        psutil.Process(pid).kill()
    again = run(executor, [make_task()] * 8)
    done = [finished for finished in again.values() if finished.results]
    assert done
    assert not [f for f in again.values() if f.error or (f.death and f.had_begun)]
    assert not pids & {scores_of(finished)[0] for finished in done}


def test_data_that_the_scheduler_has_lost_is_sent_again(start, dask_client):
    executor = start(ScoreIsParameter())
    copies = [worker.scorer for worker in executor._cluster.workers.values()]
    dask_client.cancel([executor._cluster._data, *copies], force=True)
    wait_until(lambda: all(copy.status == "cancelled" for copy in copies))
    ended = run(executor, [make_task(0.1)] * 4)
    assert [scores_of(finished) for finished in ended.values()] == [[0.1, 0.1]] * 4


def test_a_task_whose_future_is_lost_runs_again(start, dask_client):
    executor = start(SleepsAbove(limit=2.0))
    executor.submit(0, make_task(0.5))
    (lost,) = executor._running.values()
    dask_client.cancel([lost.future], force=True)
    assert scores_of(take(executor, 1)[0]) == [0.5, 0.5]


def test_says_what_to_do_when_there_is_no_worker(monkeypatch):
    monkeypatch.setattr(_dask_cluster, "_NO_WORKER_SECONDS", 0.5)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client),
    ):
        executor = make_executor(1)
        executor.start(make_scorer(executor, ScoreIsParameter()))
        cluster.scale(0)
        wait_until(lambda: not client.nthreads())
        executor.submit(0, make_task())
        with pytest.raises(RuntimeError, match="no Dask worker for"):
            run_until_end(executor)
        executor.close()


def run_until_end(executor):
    """Give a task again whenever it died without being begun, as the loop does."""
    for key in range(1, 100):
        executor.next_finished()
        executor.submit(key, make_task())


# ---- watching and killing --------------------------------------------------------


def test_a_killed_task_touches_no_other(start):
    executor = start(SleepsAbove(), must_kill=True)
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    executor.submit(1, make_task(0.1))
    executor.kill(0)
    assert scores_of(executor.next_finished()) == [0.1, 0.1]
    assert executor.next_finished(timeout=0.3) is None


@pytest.mark.parametrize("estimator", [HoldsTheInterpreter(), StartsAnother()])
def test_what_a_killed_task_did_has_ended(estimator, start):
    executor = start(estimator, must_kill=True)
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    worker = psutil.Process(executor._running[0].pid)
    if isinstance(estimator, StartsAnother):
        wait_until(worker.children)
    processes = [worker, *worker.children()]
    executor.kill(0)
    assert not psutil.wait_procs(processes, timeout=60)[1]
    ended = run(executor, [make_task(0.1)] * 3)
    assert [scores_of(finished) for finished in ended.values()] == [[0.1, 0.1]] * 3


@pytest.mark.slow
def test_what_runs_beside_a_killed_task_runs_again(dask_client):
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client),
    ):
        executor = make_executor(-1, must_kill=True)
        slow = ScoreIs(lambda X: time.sleep(1.0) or 1.0)
        executor.start(make_scorer(executor, slow))
        for key in (0, 1):
            submit_and_wait_until_it_has_begun(executor, key, make_task())
        executor.kill(0)
        ended = executor.next_finished()
        executor.close()
    assert ended.key == 1
    assert scores_of(ended) == [1.0, 1.0]


def test_seconds_begin_with_the_task(start):
    executor = start(SleepsAbove(), must_kill=True)
    assert executor.seconds(0) is None
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    first = executor.seconds(0)
    assert first < 10  # a new worker has needed longer to start
    wait_until(lambda: executor.seconds(0) > first + 0.1)


def test_the_memory_of_a_task_is_that_of_its_worker(start, monkeypatch):
    executor = start(SleepsAbove(), must_kill=True)
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    resident = psutil.Process(executor._running[0].pid).memory_info().rss
    assert executor.memory(0) == pytest.approx(resident, rel=0.1)
    # As on another machine: what the worker has told its scheduler.
    monkeypatch.setattr(_dask, "this_node", lambda: "another")
    executor._cluster.take_health()
    assert executor.memory(0) == pytest.approx(resident, rel=0.3)


def test_limits_need_nannies():
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client),
        pytest.raises(ValueError, match="need Dask workers that have a nanny"),
    ):
        make_executor(1, must_kill=True)


# ---- the end ---------------------------------------------------------------------


def test_a_task_that_runs_at_the_end_is_killed(start, dask_client):
    executor = start(SleepsAbove())
    submit_and_wait_until_it_has_begun(executor, 0, make_task(0.9))
    worker = psutil.Process(executor._running[0].pid)
    executor.close()
    worker.wait(timeout=60)
    dask_client.wait_for_workers(2, timeout=120)
    assert dask_client.submit(sum, [1, 2]).result(timeout=120) == 3


def test_nothing_is_left_with_the_workers(start, dask_client):
    executor = start(ScoreIsParameter())
    run(executor, [make_task()] * 4)
    executor.close()
    wait_until(lambda: not any(dask_client.has_what().values()))


def test_workers_stay_where_nothing_runs_at_the_end(start, dask_client):
    before = dask_client.run(os.getpid)
    executor = start(ScoreIsParameter())
    run(executor, [make_task()] * 4)
    executor.close()
    assert dask_client.run(os.getpid) == before


def test_a_search_within_a_worker_does_not_wait_for_itself(dask_client):
    def nested():
        with joblib.parallel_config(backend="dask"):
            return search(ASHASearchCV, ScoreIsParameter()).fit(X, y).best_score_

    dask_client.wait_for_workers(2, timeout=120)
    futures = [dask_client.submit(nested, pure=False) for _ in range(2)]
    assert dask_client.gather(futures) == [0.9, 0.9]
