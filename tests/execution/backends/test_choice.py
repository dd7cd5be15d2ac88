import joblib
import pytest
from joblib.parallel import ParallelBackendBase, register_parallel_backend

from sklearn_automl.execution import make_executor
from sklearn_automl.execution.backends._joblib import JoblibBackendExecutor
from sklearn_automl.execution.backends._local import InProcessExecutor, ThreadExecutor
from sklearn_automl.execution.backends._loky_slots import LokySlotsExecutor

pytestmark = pytest.mark.workers


class Elsewhere(ParallelBackendBase):
    """A back-end that a user registered; workers on other machines, for example."""

    supports_retrieve_callback = True

    def effective_n_jobs(self, n_jobs):
        return 3 if n_jobs in (None, -1) else n_jobs

    def submit(self, func, callback=None):
        raise NotImplementedError


register_parallel_backend("elsewhere", Elsewhere)


class NoData:
    """A stand-in for what all tasks share; there are none."""


def choose(n_jobs):
    executor = make_executor(n_jobs)
    executor.start(NoData())
    executor.close()
    return type(executor), executor.n_workers


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("loky", LokySlotsExecutor),
        ("threading", ThreadExecutor),
        ("multiprocessing", JoblibBackendExecutor),
        ("elsewhere", JoblibBackendExecutor),
    ],
)
def test_the_active_back_end_decides(backend, expected):
    with joblib.parallel_config(backend=backend):
        assert choose(2) == (expected, 2)


def test_processes_are_the_default():
    assert choose(2) == (LokySlotsExecutor, 2)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.parametrize("n_jobs", [None, 1])
def test_one_worker_is_this_process(n_jobs, backend):
    with joblib.parallel_config(backend=backend):
        assert choose(n_jobs) == (InProcessExecutor, 1)


def test_the_sequential_back_end_has_one_worker():
    with joblib.parallel_config(backend="sequential"):
        assert choose(2) == (InProcessExecutor, 1)


def test_one_worker_elsewhere_is_not_this_process():
    with joblib.parallel_config(backend="elsewhere"):
        assert choose(1) == (JoblibBackendExecutor, 1)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_n_jobs_can_come_from_the_active_configuration(backend):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert choose(None)[1] == 2


def test_n_jobs_of_the_search_comes_before_that_of_the_configuration():
    with joblib.parallel_config(backend="threading", n_jobs=4):
        assert choose(2)[1] == 2


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_minus_one_is_every_core(backend):
    with joblib.parallel_config(backend=backend):
        assert choose(-1)[1] == joblib.effective_n_jobs(-1)


def test_a_back_end_elsewhere_may_have_its_own_number_of_workers():
    with joblib.parallel_config(backend="elsewhere"):
        assert choose(None) == (JoblibBackendExecutor, 3)


def test_threads_within_threads_and_nothing_within_these():
    """As joblib has it for nested calls of Parallel."""

    def nested():
        chosen = choose(2)
        deeper = joblib.Parallel(2)(joblib.delayed(choose)(2) for _ in "ab")
        return chosen, deeper[0]

    with joblib.parallel_config(backend="threading"):
        calls = joblib.Parallel(2)(joblib.delayed(nested)() for _ in "ab")
    assert calls[0] == ((ThreadExecutor, 2), (InProcessExecutor, 1))
