"""The settings of the search's thread, taken to where its tasks run.

scikit-learn's configuration is local to a thread, warning filters to a process; neither
reaches a worker by itself.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sklearn

__all__ = ["KeptFilters", "in_worker_process", "in_worker_thread"]


class _InThread:
    """A function that is called with the configuration of where this was made."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._configuration = sklearn.get_config()

    def __call__(self, *args: Any) -> Any:
        with sklearn.config_context(**self._configuration):
            return self._function(*args)


class _InProcess(_InThread):
    """The same for another process, with the warning filters too."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._filters = _filters_here()

    def __call__(self, *args: Any) -> Any:
        # A worker imports this module, so all tasks of a process share the lock.
        with _task_filters.set_to(self._filters):
            return super().__call__(*args)


class _TaskFilters:
    """The warning filters of a process while tasks run in it.

    ``warnings.catch_warnings`` must not overlap in several threads: the one that is
    left last would bring back what another one has set, for good. Here the first task
    that begins sets the filters, and the last one that ends brings back the old ones.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_tasks = 0
        self._before: list[Any] = []

    @contextmanager
    def set_to(self, filters: list[Any]) -> Iterator[None]:
        """Have these filters, or those of another task that is still there."""
        with self._lock:
            if self._n_tasks == 0:
                self._before = list(warnings.filters)
                _replace_filters(filters)
            self._n_tasks += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_tasks -= 1
                if self._n_tasks == 0:
                    _replace_filters(self._before)


_task_filters = _TaskFilters()


class KeptFilters:
    """The warning filters of this process, to be brought back after threads.

    scikit-learn sets filters wherever its own ``Parallel`` is nested, such as in a
    ColumnTransformer, and brings back what was there before. If two threads do so at
    once, what stays is half of them, or what one of them has set.
    """

    def __init__(self) -> None:
        self._list = warnings.filters
        self._before = list(warnings.filters)

    def bring_back(self) -> None:
        """Set the filters from before, unless they are all there in their order."""
        kept = [each for each in self._list if each in self._before]
        # Filters that were added stay: many packages add some when they are imported.
        if warnings.filters is not self._list or kept != self._before:
            warnings.filters = self._list
            _replace_filters(self._before)


def in_worker_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` for threads of this process, which has its filters."""
    return _InThread(function)


def in_worker_process(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` for another process."""
    return _InProcess(function)


def _filters_here() -> list[Any]:
    # Python 3.14 can keep filters in a context; this function knows them.
    get = getattr(warnings, "_get_filters", lambda: warnings.filters)
    return list(get())


def _replace_filters(filters: list[Any]) -> None:
    warnings.resetwarnings()  # this makes modules forget what they have shown
    warnings.filters.extend(filters)  # type: ignore[attr-defined]
