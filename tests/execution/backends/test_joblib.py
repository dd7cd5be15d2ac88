import multiprocessing
import threading

import joblib
import pytest
from joblib.parallel import ParallelBackendBase, register_parallel_backend

from sklearn_automl.execution import make_executor
from tests.execution.backends.test_common import make_scorer, make_task, run, scores_of
from tests.fakes import FailsAbove, ScoreIsParameter, SleepsAbove

pytestmark = pytest.mark.workers


class Threads(ParallelBackendBase):
    """A user's back-end: a new thread for every batch. Notes what is asked of it."""

    supports_retrieve_callback = True
    calls = []

    def effective_n_jobs(self, n_jobs):
        return n_jobs

    def submit(self, func, callback=None):
        def work():
            try:
                out = func(), None
            except BaseException as error:  # noqa: BLE001
                out = None, error
            callback(out)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def retrieve_result_callback(self, out):
        results, error = out
        if error is not None:
            raise error
        return results

    def start_call(self):
        self.calls.append("start_call")

    def stop_call(self):
        self.calls.append("stop_call")

    def terminate(self):
        self.calls.append("terminate")

    def abort_everything(self, ensure_ready=True):
        self.calls.append("abort_everything")


register_parallel_backend("test_threads", Threads)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.setattr(Threads, "calls", [])
    return Threads.calls


def start(estimator, backend="test_threads"):
    with joblib.parallel_config(backend=backend):
        executor = make_executor(2)
    executor.start(make_scorer(executor, estimator))
    return executor


def test_a_back_end_of_the_user_runs_the_tasks(calls):
    executor = start(ScoreIsParameter())
    ended = run(executor, [make_task(i) for i in range(5)])
    assert [scores_of(ended[i]) for i in range(5)] == [[i, i] for i in range(5)]
    executor.close()


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt])
def test_what_a_worker_raises_is_the_error_of_its_task(error, calls):
    class Raises(ScoreIsParameter):
        def before_fit(self, X, y):
            raise error("in a worker")

    executor = start(Raises())
    ended = run(executor, [make_task()])
    assert type(ended[0].error) is RuntimeError
    assert "in a worker" in str(ended[0].error)
    executor.close()


def test_the_back_end_is_called_as_parallel_calls_it(calls):
    executor = start(ScoreIsParameter())
    run(executor, [make_task()])
    executor.close()
    assert calls == ["start_call", "stop_call", "terminate"]


def test_what_still_runs_at_the_end_is_aborted(calls):
    executor = start(ScoreIsParameter())
    executor.submit(0, make_task())
    executor.close()
    assert calls[1] == "abort_everything"
    assert calls[-2:] == ["stop_call", "terminate"]


def test_processes_that_still_run_at_the_end_are_not_waited_for():
    executor = start(SleepsAbove(), "multiprocessing")
    executor.submit(0, make_task(0.9))
    executor.close()  # the task would take a minute


def test_no_process_is_left_behind():
    before = set(multiprocessing.active_children())
    executor = start(FailsAbove(), "multiprocessing")
    run(executor, [make_task(0.1)] * 4)
    executor.close()
    assert set(multiprocessing.active_children()) == before
