"""Which executor serves a search: joblib's active configuration decides."""

import joblib

from sklearn_automl._sklearn_compat import (
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
    get_active_backend,
    worker_environment,
)
from sklearn_automl.execution._executor import (
    Executor,
    InProcessExecutor,
    ThreadExecutor,
)
from sklearn_automl.execution._joblib_backend import JoblibBackendExecutor
from sklearn_automl.execution._loky_slots import LokySlotsExecutor

__all__ = ["make_executor"]

_ON_THIS_MACHINE = (
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
)


def make_executor(n_jobs: int | None) -> Executor:
    """Return the executor that ``n_jobs`` means here and now.

    Inside a worker of joblib this follows joblib's rule for nested calls.
    """
    backend, default_n_jobs = get_active_backend()
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1 and isinstance(backend, _ON_THIS_MACHINE):
        return InProcessExecutor()
    if isinstance(backend, ThreadingBackend):
        return ThreadExecutor(n_workers, backend.get_nested_backend())
    if isinstance(backend, LokyBackend):
        return LokySlotsExecutor(
            n_workers,
            backend.get_nested_backend(),
            worker_environment(backend, n_workers),
        )
    return JoblibBackendExecutor(backend, default_n_jobs if n_jobs is None else n_jobs)
