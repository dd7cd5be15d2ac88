"""The executor interface: where and how tasks run, one member for each back-end."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from sklearn_automl.execution._evaluation import FoldResult
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask
from sklearn_automl.execution._model_store import FolderModels, ModelStore
from sklearn_automl.execution._shared_data import (
    Reference,
    SharedData,
    make_private_folder,
    remove_folder,
)
from sklearn_automl.execution._worker_settings import in_worker_process
from sklearn_automl.execution.backends._kinds import call_as_joblib_would

__all__ = [
    "Executor",
    "Finished",
    "ProcessExecutor",
    "QueueExecutor",
    "n_workers_of",
]


@dataclass(frozen=True, slots=True)
class Finished:
    """A task's end: what it returned, what it raised, or how its worker died.

    A worker's death says nothing about the other tasks, and nothing about this one
    either if it had not begun.
    """

    key: int
    results: list[FoldResult] | None = None
    error: BaseException | None = None
    death: str | None = None
    had_begun: bool = True


class Executor(ABC):
    """Runs tasks on ``n_workers`` workers.

    ``start`` it with what all tasks share, then ``submit`` whenever ``is_free``, and
    take the ``next_finished``; ``close`` it in any case.
    """

    n_workers: int
    #: Whether workers see the objects of this process themselves.
    shares_memory: bool
    #: Where models are kept that wait for their continuation.
    model_store: ModelStore

    @abstractmethod
    def start(self, scorer: FoldScorer) -> None:
        """Take what all tasks share."""

    @abstractmethod
    def submit(self, key: int, task: FoldTask) -> None:
        """Run a task as soon as possible; ``key`` names it, and no other one ever."""

    @property
    @abstractmethod
    def is_free(self) -> bool:
        """Whether a worker would take another task now."""

    @abstractmethod
    def next_finished(self, timeout: float | None = None) -> Finished | None:
        """Wait for a task to end; any of those that run.

        None if none has ended after ``timeout`` seconds.
        """

    def seconds(self, key: int) -> float | None:  # noqa: ARG002
        """Return how long a task has been running; None if it has not begun."""
        return None

    def memory(self, key: int) -> int | None:  # noqa: ARG002
        """Return the resident bytes of a task's worker; None if they are not known."""
        return None

    def kill(self, key: int) -> None:
        """End a task, with whatever it started. It will not be a finished one."""
        raise NotImplementedError(f"{type(self).__name__} cannot kill task {key}.")

    @abstractmethod
    def close(self) -> None:
        """Let go of all workers; tasks that still run are abandoned."""


class QueueExecutor(Executor):
    """Tasks end in other threads, which put into a queue what came of them."""

    def __init__(self) -> None:
        self._finished: SimpleQueue[Finished] = SimpleQueue()
        self._running: dict[int, Any] = {}  # what a subclass knows of each task

    @property
    def is_free(self) -> bool:
        return len(self._running) < self.n_workers

    def next_finished(self, timeout: float | None = None) -> Finished | None:
        while True:
            try:
                finished = self._finished.get(timeout=timeout)
            except Empty:
                return None
            if finished.key in self._running:  # other tasks were killed
                return self._taken(finished, self._running.pop(finished.key))

    def _taken(self, finished: Finished, running: Any) -> Finished:  # noqa: ARG002
        """Go on after the end of a task; return what there is to say of it."""
        return finished


class ProcessExecutor(QueueExecutor):
    """What all executors with other processes share: data and models in a folder."""

    shares_memory = False

    def __init__(self) -> None:
        super().__init__()
        self._folder = make_private_folder()
        self.model_store = FolderModels(self._folder)
        self._reference: Reference | None = None

    def start(self, scorer: FoldScorer) -> None:
        self._reference = SharedData(scorer, self._folder).reference
        self._call = in_worker_process(call_as_joblib_would)

    def close(self) -> None:
        remove_folder(self._folder)


def finished_of(key: int, future: Any) -> Finished:
    """Return how the task of a future ended."""
    if future.cancelled():
        return Finished(key, error=RuntimeError("The task was cancelled."))
    error = future.exception()
    if error is not None:
        return Finished(key, error=error)
    return Finished(key, future.result())


def n_workers_of(n_jobs: int, n_slots: int) -> int:
    """Return how many of a cluster's slots ``n_jobs`` means."""
    if n_jobs < 0:
        return max(n_slots + 1 + n_jobs, 1)
    return min(n_jobs, n_slots)
