"""The contract of all executors. A new one is one line in ``BACKENDS``."""

import asyncio
import os
import threading
import warnings

import joblib
import numpy as np
import pytest
import sklearn
from joblib.parallel import get_active_backend
from sklearn.base import BaseEstimator

from sklearn_automl.execution import (
    FoldScorer,
    FoldTask,
    Resource,
    make_executor,
)
from tests.fakes import FailsAbove, ScoreIsParameter

pytestmark = pytest.mark.workers

# Name of joblib's back-end and n_jobs.
BACKENDS = {
    "in_process": ("loky", 1),
    "threads": ("threading", 2),
    "loky": ("loky", 2),
    "multiprocessing": ("multiprocessing", 2),
    "dask": ("dask", 2),
    "ray": ("ray", 2),
}
CLUSTERS = ["dask", "ray"]
SEVERAL = [name for name in BACKENDS if name != "in_process"]
LOCAL = [name for name in SEVERAL if name not in CLUSTERS]
PROCESSES = ["loky", "multiprocessing", *CLUSTERS]

X = np.arange(12.0).reshape(-1, 1)
y = np.arange(12) % 2


def make_scorer(executor, estimator, error_score="raise", X=X):
    return FoldScorer(
        estimator=estimator,
        X=X,
        y=y,
        splits=[(np.arange(4), np.arange(4, 12)), (np.arange(4, 12), np.arange(4))],
        resource=Resource(),
        scorer=score_of,
        error_score=error_score,
        model_store=executor.model_store,
    )


def score_of(estimator, X, y):
    return {"score": estimator.score(X, y)}


def make_task(value=0.0, splits=(0, 1)):
    params = {"value": value}
    n = len(splits)
    return FoldTask(0, params, 1, True, splits, (0,) * n, (None,) * n)


@pytest.fixture
def start(cluster_of):
    """Return a function that starts an executor by name; all are closed at the end."""
    executors = []

    def started(name, estimator, **options):
        backend, n_jobs = BACKENDS[name]
        cluster_of(backend)
        with joblib.parallel_config(backend=backend):
            executor = make_executor(n_jobs)
        executors.append(executor)
        executor.start(make_scorer(executor, estimator, **options))
        return executor

    yield started
    for executor in executors:
        executor.close()


def run(executor, tasks):
    """Keep the workers busy with the tasks; return what finished, by key."""
    waiting, n_running, ended = dict(enumerate(tasks)), 0, {}
    while waiting or n_running:
        while waiting and executor.is_free:
            key = min(waiting)
            executor.submit(key, waiting.pop(key))
            n_running += 1
        finished = executor.next_finished()
        n_running -= 1
        ended[finished.key] = finished
    return ended


every_backend = pytest.mark.parametrize("name", BACKENDS)


def scores_of(finished):
    return [result.test_scores["score"] for result in finished.results]


@every_backend
def test_every_task_gives_its_own_results(name, start):
    ended = run(start(name, ScoreIsParameter()), [make_task(i) for i in range(20)])
    assert {key: scores_of(f) for key, f in ended.items()} == {
        i: [i, i] for i in range(20)
    }


@every_backend
def test_is_free_until_every_worker_has_a_task(name, start):
    executor = start(name, ScoreIsParameter())
    for key in range(executor.n_workers):
        assert executor.is_free
        executor.submit(key, make_task())
    assert not executor.is_free
    for _ in range(executor.n_workers):
        executor.next_finished()
        assert executor.is_free


@every_backend
def test_has_the_workers_that_were_asked_for(name, start):
    assert start(name, ScoreIsParameter()).n_workers == BACKENDS[name][1]


@every_backend
def test_an_exception_travels(name, start):
    ended = run(start(name, FailsAbove()), [make_task(0.1), make_task(0.9)])
    assert ended[0].error is None
    assert isinstance(ended[1].error, RuntimeError)
    assert "0.9 is too much" in str(ended[1].error)
    assert ended[1].death is None


@every_backend
def test_goes_on_after_an_exception(name, start):
    executor = start(name, FailsAbove())
    run(executor, [make_task(0.9)] * 4)
    assert scores_of(run(executor, [make_task(0.1)])[0]) == [0.1, 0.1]


class StopsProcess(FailsAbove):
    def before_fit(self, X, y):
        if self.value > self.limit:
            raise SystemExit(1)


class Cancels(FailsAbove):
    def before_fit(self, X, y):
        if self.value > self.limit:
            raise asyncio.CancelledError("by somebody")


@every_backend
def test_what_is_no_exception_is_a_failure_too(name, start):
    executor = start(name, Cancels(), error_score=np.nan)
    ended = run(executor, [make_task(0.9), make_task(0.1)])
    assert "CancelledError" in ended[0].results[0].fit_error
    assert scores_of(ended[1]) == [0.1, 0.1]


@pytest.mark.parametrize("name", SEVERAL)
def test_an_exit_is_an_error_of_its_task(name, start):
    executor = start(name, StopsProcess())
    ended = run(executor, [make_task(0.9), make_task(0.1)])
    assert ended[0].error is not None
    assert scores_of(ended[1]) == [0.1, 0.1]


class ScoreIs(BaseEstimator):
    """Scores what ``function`` returns for the test rows, in the worker."""

    def __init__(self, function=None, value=0.0):
        self.function = function
        self.value = value

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return self.function(X)


def ask(executor, n_tasks=1):
    """Return the scores of some tasks."""
    ended = run(executor, [make_task()] * n_tasks)
    return [score for finished in ended.values() for score in scores_of(finished)]


@every_backend
def test_results_are_in_the_order_of_the_folds(name, start):
    executor = start(name, ScoreIs(lambda X: X[0, 0]))
    ended = run(executor, [make_task(splits=(0, 1)), make_task(splits=(1, 0))])
    assert [scores_of(ended[key]) for key in (0, 1)] == [[4, 0], [0, 4]]


@every_backend
def test_workers_share_memory_or_not_as_they_say(name, start):
    executor = start(name, ScoreIs(lambda X: os.getpid()))
    assert (ask(executor)[0] == os.getpid()) == executor.shares_memory


@pytest.mark.parametrize("name", SEVERAL)
def test_tasks_do_not_run_in_the_thread_of_the_search(name, start):
    here = os.getpid(), threading.get_ident()
    elsewhere = ScoreIs(lambda X: (os.getpid(), threading.get_ident()) != here)
    assert ask(start(name, elsewhere), 4) == [True] * 8


@every_backend
def test_workers_have_the_configuration_of_scikit_learn(name, start):
    with sklearn.config_context(assume_finite=True):
        executor = start(name, ScoreIs(lambda X: sklearn.get_config()["assume_finite"]))
        assert ask(executor) == [True, True]


def turns_warnings_into_errors(X):
    try:
        warnings.warn("only a test", UserWarning, stacklevel=1)
    except UserWarning:
        return True
    return False


@every_backend
@pytest.mark.filterwarnings("error:only a test")
def test_workers_have_the_warning_filters(name, start):
    assert ask(start(name, ScoreIs(turns_warnings_into_errors))) == [True, True]


def nested_backend():
    return type(get_active_backend()[0]).__name__, joblib.effective_n_jobs(2)


# On a cluster, joblib's Dask would send them to workers that the search keeps busy.
@pytest.mark.parametrize("name", LOCAL)
def test_parallel_calls_in_a_worker_follow_the_rule_of_joblib(name, start):
    backend, n_jobs = BACKENDS[name]
    # These workers of joblib's are new: they need not import the tests.
    asked = (
        joblib.delayed(get_active_backend)(),
        joblib.delayed(joblib.effective_n_jobs)(2),
    )
    with joblib.parallel_config(backend=backend, n_jobs=n_jobs):
        (theirs, _), n = joblib.Parallel()(asked)
    expected = type(theirs).__name__, n
    executor = start(name, ScoreIs(lambda X: nested_backend() == expected))
    assert ask(executor) == [True, True]


@pytest.mark.parametrize("name", CLUSTERS)
def test_parallel_calls_in_a_worker_of_a_cluster_stay_in_it(name, start):
    with_one = ScoreIs(lambda X: nested_backend() == ("ThreadingBackend", 2))
    assert ask(start(name, with_one)) == [True, True]
    by_default = ScoreIs(lambda X: joblib.effective_n_jobs(None))
    assert ask(start(name, by_default)) == [1, 1]


def inner_threads():
    return int(os.environ["OMP_NUM_THREADS"])


@pytest.mark.real_workers
def test_inner_threads_are_limited_as_joblib_does(start):
    asked = [joblib.delayed(os.getenv)("OMP_NUM_THREADS")] * 2
    expected = [int(n) for n in joblib.Parallel(2)(asked)]
    assert ask(start("loky", ScoreIs(lambda X: inner_threads()))) == expected


@pytest.mark.parametrize("name", PROCESSES)
def test_the_folder_goes_with_the_executor(name, start, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    executor = start(name, ScoreIsParameter())
    assert len(list(tmp_path.iterdir())) == 1
    executor.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", PROCESSES)
def test_closes_where_it_could_not_start(name, cluster_of, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    backend, n_jobs = BACKENDS[name]
    cluster_of(backend)
    with joblib.parallel_config(backend=backend):
        executor = make_executor(n_jobs)
    try:
        with pytest.raises(TypeError, match=r"pickle|serialize"):
            executor.start(threading.Lock())
    finally:
        executor.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["in_process", "threads"])
def test_models_stay_in_memory(name, start):
    executor = start(name, ScoreIsParameter())
    model = object()
    executor.model_store.save(0, 0, 1, model)
    assert executor.model_store.load(0, 0, 1) is model


def test_one_worker_runs_a_task_when_its_result_is_waited_for(start):
    seen = []
    executor = start("in_process", ScoreIs(lambda X: seen.append(X) or 0.0))
    executor.submit(0, make_task())
    assert seen == []
    executor.next_finished()
    assert len(seen) == 2


def test_an_interrupt_is_not_kept_as_a_result(start):
    def interrupt(X):
        raise KeyboardInterrupt

    executor = start("in_process", ScoreIs(interrupt))
    executor.submit(0, make_task())
    with pytest.raises(KeyboardInterrupt):
        executor.next_finished()


def test_closing_waits_for_threads_that_run(start):
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def slow(X):
        begun.set()
        may_end.wait()
        ended.append(1)
        return 0.0

    executor = start("threads", ScoreIs(slow))
    executor.submit(0, make_task(splits=(0,)))
    begun.wait()
    closing = threading.Thread(target=executor.close)
    closing.start()
    may_end.set()
    closing.join()
    assert ended == [1]
