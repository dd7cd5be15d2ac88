"""Which back-end of joblib it is, where the package behind it need not be installed."""

from collections.abc import Callable
from typing import Any

import joblib

__all__ = [
    "call_as_joblib_would",
    "in_dask_worker",
    "is_dask_backend",
    "is_ray_backend",
]


def is_dask_backend(backend: Any) -> bool:
    """Tell whether a back-end is joblib's for Dask, which need not be installed."""
    return _has_base(backend, "DaskDistributedBackend", "joblib.")


def is_ray_backend(backend: Any) -> bool:
    """Tell whether a back-end is that of ``ray.util.joblib.register_ray``."""
    return _has_base(backend, "RayBackend", "ray.")


def _has_base(obj: Any, name: str, package: str) -> bool:
    return any(
        base.__name__ == name and base.__module__.startswith(package)
        for base in type(obj).__mro__
    )


def in_dask_worker() -> bool:
    """Tell whether this is a task that a Dask worker runs."""
    # It is not among the names that distributed exports.
    from distributed.utils import thread_state  # type: ignore[attr-defined]

    return hasattr(thread_state, "execution_state")


def call_as_joblib_would(
    nested_backend: Any, function: Callable[..., Any], *args: Any
) -> Any:
    """Call a function under the back-end that joblib gives to nested parallel calls."""
    backend, n_jobs = nested_backend
    with joblib.parallel_config(backend=backend, n_jobs=n_jobs):
        return function(*args)
