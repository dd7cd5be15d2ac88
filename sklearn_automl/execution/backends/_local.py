"""Workers that share this process: itself, or some of its threads."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask, run_task
from sklearn_automl.execution._interrupts import not_swallowed
from sklearn_automl.execution._model_store import MemoryModels
from sklearn_automl.execution._worker_settings import KeptFilters, in_worker_thread
from sklearn_automl.execution.backends._base import (
    Executor,
    Finished,
    QueueExecutor,
    finished_of,
)
from sklearn_automl.execution.backends._kinds import call_as_joblib_would

__all__ = ["InProcessExecutor", "ThreadExecutor"]


class InProcessExecutor(Executor):
    """One worker, this process: a task runs when its result is waited for."""

    n_workers = 1
    shares_memory = True

    def __init__(self) -> None:
        self.model_store = MemoryModels()
        self._waiting: deque[tuple[int, FoldTask]] = deque()

    def start(self, scorer: FoldScorer) -> None:
        self._scorer = scorer

    def submit(self, key: int, task: FoldTask) -> None:
        self._waiting.append((key, task))

    @property
    def is_free(self) -> bool:
        return not self._waiting

    def next_finished(self, timeout: float | None = None) -> Finished:  # noqa: ARG002
        key, task = self._waiting.popleft()
        try:
            with not_swallowed():
                return Finished(key, self._scorer.run(task))
        # A fit may raise anything with error_score="raise"; the loop raises it again.
        except Exception as error:  # noqa: BLE001
            return Finished(key, error=error)

    def close(self) -> None:
        self._waiting.clear()


class ThreadExecutor(QueueExecutor):
    """Threads of this process; the data is shared as it is."""

    shares_memory = True

    def __init__(self, n_workers: int, nested_backend: Any) -> None:
        super().__init__()
        self.n_workers = n_workers
        self.model_store = MemoryModels()
        self._nested_backend = nested_backend
        self._filters = KeptFilters()
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="sklearn_automl")

    def start(self, scorer: FoldScorer) -> None:
        self._scorer = scorer
        self._call = in_worker_thread(call_as_joblib_would)

    def submit(self, key: int, task: FoldTask) -> None:
        future = self._pool.submit(
            self._call, self._nested_backend, run_task, self._scorer, task
        )
        self._running[key] = future
        future.add_done_callback(lambda f: self._finished.put(finished_of(key, f)))

    def close(self) -> None:
        # A thread cannot be killed: what runs is waited for, what waits is dropped.
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._filters.bring_back()
