"""Which executor serves a search: joblib's active configuration decides."""

import multiprocessing

import joblib

from sklearn_automl._sklearn_compat import (
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
    get_active_backend,
    worker_environment,
)
from sklearn_automl.execution.backends._base import Executor
from sklearn_automl.execution.backends._joblib import JoblibBackendExecutor
from sklearn_automl.execution.backends._kinds import is_dask_backend, is_ray_backend
from sklearn_automl.execution.backends._local import InProcessExecutor, ThreadExecutor
from sklearn_automl.execution.backends._loky_slots import LokySlotsExecutor

__all__ = ["make_executor"]

_ON_THIS_MACHINE = (
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
)


def make_executor(n_jobs: int | None, *, must_kill: bool = False) -> Executor:
    """Return the executor that ``n_jobs`` means here and now.

    Inside a worker of joblib this follows joblib's rule for nested calls.

    Parameters
    ----------
    n_jobs : int or None
        As in scikit-learn.

    must_kill : bool, default=False
        Whether tasks have limits: on this machine they then run in processes of their
        own, whatever the back-end and for one worker too.

    Raises
    ------
    ValueError
        If tasks have limits and the back-end cannot kill them.
    """
    backend, default_n_jobs = get_active_backend()
    asked = default_n_jobs if n_jobs is None else n_jobs
    of_cluster = backend.default_n_jobs if asked is None else asked
    # The modules of clusters are imported only now: Dask and Ray need not be installed.
    if is_dask_backend(backend):
        from sklearn_automl.execution.backends._dask import DaskExecutor

        return DaskExecutor(backend, of_cluster, must_kill=must_kill)
    if is_ray_backend(backend):
        from sklearn_automl.execution.backends._ray import RayExecutor

        return RayExecutor(backend, of_cluster)
    n_workers = joblib.effective_n_jobs(n_jobs)
    is_local = isinstance(backend, _ON_THIS_MACHINE)
    if must_kill and is_local and multiprocessing.current_process().daemon:
        raise ValueError(
            "trial_timeout and trial_memory_limit need separate processes, but a "
            "worker of the multiprocessing back-end cannot start processes. Leave "
            "both at None, or use another back-end around the search."
        )
    if must_kill and is_local and not isinstance(backend, LokyBackend):
        backend = LokyBackend(nesting_level=backend.nesting_level)
    if n_workers == 1 and is_local and not must_kill:
        return InProcessExecutor()
    nested = backend.get_nested_backend()
    if isinstance(backend, ThreadingBackend):
        return ThreadExecutor(n_workers, nested)
    if isinstance(backend, LokyBackend):
        environment = worker_environment(backend, n_workers)
        return LokySlotsExecutor(n_workers, nested, environment)
    if must_kill:
        raise ValueError(
            "trial_timeout and trial_memory_limit need workers that can be killed, "
            f"but joblib's back-end {type(backend).__name__} cannot kill workers. "
            "Leave both at None, or run on this machine."
        )
    return JoblibBackendExecutor(backend, asked)
