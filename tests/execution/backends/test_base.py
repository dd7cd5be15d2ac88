"""What all back-ends share."""

from concurrent.futures import Future

import pytest

from sklearn_automl.execution.backends._base import (
    Finished,
    QueueExecutor,
    finished_of,
    n_workers_of,
)


class Queue(QueueExecutor):
    """Has two workers, which the test plays."""

    n_workers = 2

    def submit(self, key, task):
        self._running[key] = task

    def kill(self, key):
        del self._running[key]

    def end(self, key):
        self._finished.put(Finished(key, f"results of {key}"))

    start = close = None


def test_a_task_that_ended_after_it_was_killed_is_no_finished_one():
    executor = Queue()
    executor.submit(1, "task")
    executor.submit(2, "task")
    executor.kill(1)
    executor.end(1)
    executor.end(2)
    assert executor.next_finished(timeout=1).key == 2
    assert executor.next_finished(timeout=0.01) is None


def test_a_worker_is_free_again_when_its_task_was_taken():
    executor = Queue()
    executor.submit(1, "task")
    executor.submit(2, "task")
    assert not executor.is_free
    executor.end(1)
    executor.next_finished(timeout=1)
    assert executor.is_free


def test_a_future_tells_its_result_its_error_or_that_it_was_cancelled():
    done, failed, cancelled = Future(), Future(), Future()
    done.set_result("results")
    failed.set_exception(KeyError("why"))
    cancelled.cancel()
    assert finished_of(1, done) == Finished(1, "results")
    assert isinstance(finished_of(2, failed).error, KeyError)
    assert "was cancelled" in str(finished_of(3, cancelled).error)


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(1, 1), (3, 3), (9, 4), (-1, 4), (-2, 3), (-9, 1)]
)
def test_n_jobs_counts_the_slots_of_a_cluster_as_scikit_learn_counts_cores(
    n_jobs, expected
):
    assert n_workers_of(n_jobs, 4) == expected
