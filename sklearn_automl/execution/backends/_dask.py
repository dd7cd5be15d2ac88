"""Tasks on a Dask cluster.

Each task is sent to a worker that is chosen here, and to no other. So it is known which
tasks a dead worker had, and Dask's scheduler, which would run a task that kills its
worker three times more and count every task beside it as suspicious, does neither.
"""

import os
import pickle
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import cloudpickle

from sklearn_automl._processes import resident_memory, this_node
from sklearn_automl.execution._evaluation import FoldResult
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask
from sklearn_automl.execution._model_store import FolderModels
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._shared_data import make_private_folder, remove_folder
from sklearn_automl.execution._worker_settings import in_worker_process
from sklearn_automl.execution.backends._base import Executor, Finished, n_workers_of
from sklearn_automl.execution.backends._dask_cluster import (
    RESULT_SECONDS,
    Cluster,
    Worker,
)
from sklearn_automl.execution.backends._kinds import call_as_joblib_would

__all__ = ["DaskExecutor"]

# A search waits so long for news of tasks before it looks after the workers.
_NEWS_SECONDS = 0.25

# A task that is lost so often, and not by a death, is lost for a reason.
_MAX_LOSSES = 10

# Parallel calls in a task stay in its thread: those on the cluster would wait for
# threads that the search itself keeps busy.
_NESTED_BACKEND = ("threading", 1)


@dataclass(eq=False)
class _Task:
    """A task that is sent to a worker; without a worker it waits."""

    key: int
    fold_task: FoldTask
    worker: Worker | None = None
    future: Any = None
    name: str = ""  # Dask's key: another one each time that it is sent
    began: float | None = None
    pid: int | None = None
    node: str = ""
    n_losses: int = 0


class DaskExecutor(Executor):
    """The threads of a Dask cluster's workers.

    Parameters
    ----------
    backend : joblib's Dask back-end
        Knows the client, and with what options tasks are submitted.

    n_jobs : int
        At most so many threads are used; negative as in joblib.

    must_kill : bool
        Whether every worker needs a nanny.
    """

    shares_memory = False

    def __init__(self, backend: Any, n_jobs: int, *, must_kill: bool = False) -> None:
        self._client = backend.client
        self._options = dict(backend.submit_kwargs)
        self._options.pop("allow_other_workers", None)
        wanted = self._options.pop("workers", None)
        self._running: dict[int, _Task] = {}
        self._waiting: deque[_Task] = deque()  # running tasks without a worker
        self._ready: deque[Finished] = deque()
        # Other threads put here what the thread of the search is to call.
        self._notices: SimpleQueue[tuple[Callable[..., None], Any]] = SimpleQueue()
        self._n_sent = 0
        self._topic = f"sklearn_automl-{uuid.uuid4().hex}"
        n_threads = backend.effective_n_jobs(n_jobs)  # this waits for the first worker
        self._cluster = Cluster(self._client, wanted, must_kill=must_kill)
        n_threads = self._cluster.n_threads_there or n_threads
        self.n_workers = n_workers_of(n_jobs, n_threads)
        self._resources = ExitStack()
        folder = make_private_folder()
        self._resources.callback(remove_folder, folder)
        self.model_store = FolderModels(folder)
        # A search in a worker leaves its thread to other tasks while it waits.
        self._resources.enter_context(backend.retrieval_context())

    def start(self, scorer: FoldScorer) -> None:
        self._cluster.share(scorer)
        self._call = in_worker_process(call_as_joblib_would)
        self._client.subscribe_topic(self._topic, self._hear)
        self._take_deaths(self._cluster.look())

    # ---- the interface ---------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        if not self._running:
            return True
        return len(self._running) < min(self.n_workers, self._cluster.n_threads())

    def submit(self, key: int, task: FoldTask) -> None:
        self._running[key] = _Task(key, task)
        self._waiting.append(self._running[key])
        self._place()

    def next_finished(self, timeout: float | None = None) -> Finished | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            rest = _NEWS_SECONDS
            if deadline is not None:
                rest = min(rest, deadline - time.monotonic())
            with suppress(Empty):
                function, argument = self._notices.get(timeout=max(rest, 0.0))
                function(argument)
                continue
            is_late = deadline is not None and time.monotonic() >= deadline
            self._look_after_workers()
            if is_late:
                break
        return self._ready.popleft() if self._ready else None

    def seconds(self, key: int) -> float | None:
        self._take_notices()
        task = self._running.get(key)
        if task is None or task.began is None:
            return None
        return time.monotonic() - task.began

    def memory(self, key: int) -> int | None:
        task = self._running.get(key)
        if task is None or task.pid is None or task.worker is None:
            return None
        if task.node == this_node():
            return resident_memory(task.pid)
        return task.worker.memory

    def kill(self, key: int) -> None:
        self._take_notices()
        task = self._running.pop(key, None)
        if task is None:  # the task has ended meanwhile
            self._ready = deque(f for f in self._ready if f.key != key)
            return
        with suppress(ValueError):
            self._waiting.remove(task)
        self._end([task])
        self._place()

    def close(self) -> None:
        tasks, self._running = list(self._running.values()), {}
        self._waiting.clear()
        self._ready.clear()
        # The scheduler may be gone.
        with self._resources, suppress(OSError, RuntimeError, ValueError):
            self._take_notices()
            self._end(tasks)
            self._cluster.close()
            self._client.unsubscribe_topic(self._topic)
        self._cluster.forget()

    # ---- sending ---------------------------------------------------------------------

    def _place(self) -> None:
        """Send waiting tasks to workers that have a thread free."""
        while self._waiting:
            worker = self._cluster.free_worker()
            if worker is None or not self._cluster.give_data(worker):
                return
            self._send(self._waiting.popleft(), worker)

    def _send(self, task: _Task, worker: Worker) -> None:
        self._n_sent += 1
        task.name = f"{self._topic}-{self._n_sent}"
        task.worker, task.began, task.pid = worker, None, None
        worker.tasks.add(task)
        # Dask looks for futures and tasks in arguments, but not in bytes.
        payload = cloudpickle.dumps((self._call, task.fold_task))
        task.future = self._client.submit(
            _run_there,
            worker.scorer,
            payload,
            (self._topic, task.key, task.name),
            worker.identity,
            **{**self._options, **self._cluster.only_at(worker), "key": task.name},
        )
        sent = (task, task.name)
        task.future.add_done_callback(
            lambda _: self._notices.put((self._take_end, sent))
        )

    def _take_back(self, task: _Task) -> None:
        """Note that a task is at no worker any more."""
        if task.worker is not None:
            task.worker.tasks.discard(task)
        task.worker = task.future = None
        task.name = ""

    def _repeat(self, task: _Task) -> None:
        """Let a task wait for another worker; nothing is to blame it for."""
        task.n_losses += 1
        if task.n_losses > _MAX_LOSSES:
            raise RuntimeError(
                f"The Dask cluster lost a task {task.n_losses} times, although its "
                "worker did not die of the task. Look at the logs of its scheduler."
            )
        self._take_back(task)
        self._waiting.append(task)

    # ---- what tasks tell -------------------------------------------------------------

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._notices.put((self._take_beginning, event[1]))

    def _take_notices(self) -> None:
        with suppress(Empty):
            while True:
                function, argument = self._notices.get_nowait()
                function(argument)

    def _take_beginning(self, message: dict[str, Any]) -> None:
        task = self._running.get(message["key"])
        if task is not None and task.name == message["name"]:
            task.began = time.monotonic()
            task.pid, task.node = message["pid"], message["node"]

    def _take_end(self, sent: tuple[_Task, str]) -> None:
        """Take how a task ended at the worker it was sent to."""
        task, name = sent
        if task.name != name or self._running.get(task.key) is not task:
            return  # the task was killed, or is at another worker now
        if task.worker is None:
            return
        finished = self._outcome(task)
        if finished is not None:
            self._take_back(task)
            del self._running[task.key]
            self._ready.append(finished)
        else:
            # If the worker is gone, that explains the loss.
            self._take_deaths(self._cluster.look())
            if task.worker is not None and self._running.get(task.key) is task:
                self._repeat(task)
        self._place()

    def _outcome(self, task: _Task) -> Finished | None:
        """Return how a task ended; None if what came of it was lost."""
        from distributed import KilledWorker

        try:
            error = task.future.exception(timeout=RESULT_SECONDS)
            if error is None:
                results = task.future.result(timeout=RESULT_SECONDS)
                return Finished(task.key, results)
        except (CancelledError, KilledWorker, TimeoutError, OSError):
            return None
        if isinstance(error, CancelledError | KilledWorker | _MovedError):
            return None
        return Finished(task.key, error=error)

    def _pids_of_begun(self) -> dict[str, int]:
        """Return what has begun, and where; the notices may still be on their way."""
        events = self._client.get_events(self._topic)
        return {message["name"]: message["pid"] for _, message in events}

    # ---- what happens to workers -----------------------------------------------------

    def _look_after_workers(self) -> None:
        self._cluster.take_health_if_due()
        for worker in self._cluster.workers.values():
            if not worker.is_open:
                self._leave(worker)
        gone = self._cluster.look_if_due()
        if gone is not None:
            self._take_deaths(gone)
            self._place()

    def _leave(self, worker: Worker) -> None:
        """Send what has not begun at a worker that accepts no task to another."""
        stuck = [task for task in worker.tasks if task.began is None]
        if stuck:
            self._client.cancel([task.future for task in stuck])
        for task in stuck:
            self._repeat(task)

    def _take_deaths(self, workers: list[Worker]) -> None:
        """End the tasks of workers that are gone."""
        tasks = [task for worker in workers for task in worker.tasks]
        if not tasks:
            return
        self._client.cancel([task.future for task in tasks])
        begun = self._pids_of_begun()
        for task in tasks:
            death = f"the Dask worker {task.worker.address} is gone"
            had_begun = task.name in begun
            self._take_back(task)
            del self._running[task.key]
            self._ready.append(Finished(task.key, death=death, had_begun=had_begun))

    def _end(self, tasks: list[_Task]) -> None:
        """End tasks, with the workers of those that have begun."""
        if not any(task.worker for task in tasks):
            return
        self._client.cancel([task.future for task in tasks if task.future is not None])
        begun = self._pids_of_begun()
        guilty = {
            t.worker: begun[t.name] for t in tasks if t.worker and t.name in begun
        }
        for task in tasks:
            self._take_back(task)
        # A search that runs in a worker could kill itself, and the tasks of others.
        for worker, pid in guilty.items():
            if worker.has_nanny and not self._cluster.is_nested:
                self._restart(worker, pid)

    def _restart(self, worker: Worker, pid: int) -> None:
        """Kill a worker; what ran beside the guilty task runs again."""
        beside = list(worker.tasks)
        self._client.cancel([task.future for task in beside])
        for task in beside:
            self._take_back(task)
            self._waiting.append(task)
        self._cluster.restart(worker, pid)


# ---- in the worker -------------------------------------------------------------------


class _MovedError(Exception):
    """A task came to the worker that replaces its own."""


def _run_there(
    scorer: FoldScorer, payload: bytes, sent: tuple[str, int, str], identity: str
) -> list[FoldResult]:
    from distributed import get_worker
    from distributed.utils import sync

    worker = get_worker()
    if worker.id != identity:
        raise _MovedError
    topic, key, name = sent
    message = {"key": key, "name": name, "pid": os.getpid(), "node": this_node()}
    # ``worker.log_event`` would return before the scheduler has the message, and the
    # task may end this process at once.
    sync(worker.loop, worker.scheduler.log_event, topic=topic, msg=message)
    call, task = pickle.loads(payload)
    return call(_NESTED_BACKEND, run_sent_task, scorer, task)
