"""Workers of a Ray cluster.

A task of Ray is alone in its process, so that Ray itself knows whose worker died. A
task is a generator here, which first tells that it has begun, and where.
"""

import os
import pickle
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cloudpickle

from sklearn_automl._processes import resident_memory, this_node
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask
from sklearn_automl.execution._model_store import FolderModels
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._shared_data import make_private_folder, remove_folder
from sklearn_automl.execution._worker_settings import in_worker_process
from sklearn_automl.execution.backends._base import Executor, Finished, n_workers_of
from sklearn_automl.execution.backends._kinds import call_as_joblib_would

__all__ = ["RayExecutor"]

# While nothing ends, the nodes are looked up this often.
_LOOK_SECONDS = 1.0

# A search without any worker waits so long.
_NO_WORKER_SECONDS = 60

# A task whose data is lost so often is not the victim of a node.
_MAX_LOSSES = 10

# A worker keeps the data of a search that sends it no task for so long.
_KEEP_SECONDS = 30

# Parallel calls in a task stay in its process: those on the cluster would wait for
# workers that the search itself keeps busy.
_NESTED_BACKEND = ("threading", 1)


@dataclass(eq=False)
class _Task:
    """A task, and what it has told of itself."""

    fold_task: FoldTask
    stream: Any
    began: float | None = None
    pid: int | None = None
    node: str = ""
    n_losses: int = 0


class RayExecutor(Executor):
    """Processes of a Ray cluster.

    Parameters
    ----------
    backend : Ray's back-end of joblib
        Knows with what options tasks run.

    n_jobs : int
        At most so many tasks at a time; negative as in joblib.
    """

    shares_memory = False

    def __init__(self, backend: Any, n_jobs: int) -> None:
        import ray

        if not ray.is_initialized():
            ray.init()
        # A task has one CPU, if nothing else was asked for in ``ray_remote_args``.
        self._options = {"num_cpus": 1, **(backend.ray_remote_args or {})}
        self._options |= {"max_retries": 0, "num_returns": "streaming"}
        self.n_workers = n_workers_of(n_jobs, max(self._n_slots(), 1))
        self._running: dict[int, _Task] = {}
        self._ready: deque[Finished] = (
            deque()
        )  # ends that came while another was looked for
        self._scorer: FoldScorer | None = None
        self._data: Any = None
        self._last_seen = time.monotonic()
        self._folder = make_private_folder()
        self.model_store = FolderModels(self._folder)

    def start(self, scorer: FoldScorer) -> None:
        import ray

        self._scorer = scorer
        self._call = in_worker_process(call_as_joblib_would)
        self._remote = ray.remote(_run_there).options(**self._options)
        self._name, self._data = uuid.uuid4().hex, ray.put(scorer)

    # ---- the interface ---------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        return len(self._running) + len(self._ready) < self.n_workers

    def submit(self, key: int, task: FoldTask) -> None:
        self._running[key] = _Task(task, self._send(task))

    def next_finished(self, timeout: float | None = None) -> Finished | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            rest = _LOOK_SECONDS
            if deadline is not None:
                rest = min(rest, max(deadline - time.monotonic(), 0.0))
            ended = self._take_news(list(self._running), rest)
            if ended is not None:
                return ended
            if deadline is not None and time.monotonic() >= deadline:
                return None
            self._require_workers()
        return self._ready.popleft()

    def seconds(self, key: int) -> float | None:
        task = self._running.get(key)
        if task is not None and task.began is None:
            ended = self._take_news([key], 0.0)
            if ended is not None:
                self._ready.append(ended)
        if task is None or task.began is None:
            return None
        return time.monotonic() - task.began

    def memory(self, key: int) -> int | None:
        task = self._running.get(key)
        if task is None or task.pid is None or task.node != this_node():
            return None
        return resident_memory(task.pid)

    def kill(self, key: int) -> None:
        import ray

        task = self._running.pop(key, None)
        if task is None:  # the task has ended meanwhile
            self._ready = deque(e for e in self._ready if e.key != key)
        else:
            ray.cancel(task.stream, force=True)

    def close(self) -> None:
        import ray

        if ray.is_initialized():
            for key in list(self._running):
                self.kill(key)
        self._running.clear()
        self._ready.clear()
        self._data = self._scorer = None
        remove_folder(self._folder)

    # ---- what happens to tasks -------------------------------------------------------

    def _send(self, task: FoldTask) -> Any:
        import ray

        if self._data is None:
            # New data has a new name: a worker may have kept the data that was lost.
            self._name, self._data = uuid.uuid4().hex, ray.put(self._scorer)
        payload = cloudpickle.dumps((self._call, task))
        # Ray fetches an argument before each task, but not what is in a list: each
        # worker does that once.
        return self._remote.remote(self._name, [self._data], payload)

    def _take_news(self, keys: list[int], seconds: float) -> Finished | None:
        """Wait for what some tasks have to tell; return the first that has ended."""
        import ray

        of = {self._running[key].stream: key for key in keys}
        ready, _ = ray.wait(list(of), timeout=seconds, fetch_local=False)
        for stream in ready:
            ended = self._take(of[stream])
            if ended is not None:
                del self._running[ended.key]
                return ended
        return None

    def _take(self, key: int) -> Finished | None:
        """Take what a task tells next; return its end, if it is that."""
        from ray import exceptions, get

        task = self._running[key]
        try:
            told = get(next(task.stream))
        except (exceptions.WorkerCrashedError, exceptions.OutOfMemoryError) as error:
            # The task was alone in its process, so it has begun, told or not.
            return Finished(key, death=_death(error))
        except (exceptions.NodeDiedError, exceptions.LocalRayletDiedError) as error:
            return Finished(key, death=_death(error), had_begun=task.began is not None)
        except exceptions.RayError as error:
            lost = exceptions.ObjectLostError
            if isinstance(error, lost) or isinstance(_cause(error), lost):
                self._repeat(task)
                return None
            return Finished(key, error=error)
        if task.began is None:
            task.began = time.monotonic()
            task.pid, task.node = told
            return None
        return Finished(key, told)

    def _repeat(self, task: _Task) -> None:
        """Send the data and a task again: they were lost with a node."""
        task.n_losses += 1
        if task.n_losses > _MAX_LOSSES:
            raise RuntimeError(
                f"The Ray cluster lost the data of a task {task.n_losses} times. Look "
                "at the logs of its nodes, and at the memory of its object store."
            )
        self._data = None
        task.began = task.pid = None
        task.stream = self._send(task.fold_task)

    def _n_slots(self) -> int:
        import ray

        n_cpus = ray.cluster_resources().get("CPU", 0.0)
        return int(n_cpus / (self._options["num_cpus"] or 1))

    def _require_workers(self) -> None:
        import ray

        now = time.monotonic()
        if any(node["Alive"] for node in ray.nodes()):
            self._last_seen = now
        elif now > self._last_seen + _NO_WORKER_SECONDS:
            raise RuntimeError(
                f"There has been no Ray node for {_NO_WORKER_SECONDS} seconds. Start "
                "new nodes and fit again."
            )


def _cause(error: Exception) -> Any:
    """Return what a task raised."""
    return getattr(error, "cause", None)


def _death(error: Exception) -> str:
    """Return how a worker died."""
    from ray.exceptions import OutOfMemoryError

    # Ray kills the worker that uses most when a node has no memory left.
    if isinstance(error, OutOfMemoryError):
        return "SIGKILL, because its node had too little memory"
    return type(error).__name__


# ---- in the worker ---------------------------------------------------------------


class _Kept:
    """The data of the last search that this process worked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name = ""
        self._scorer: Any = None
        self._timer: threading.Timer | None = None

    def get(self, name: str, data: list[Any]) -> Any:
        import ray

        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._name != name:
                self._scorer = None  # old and new data are never both in memory
                self._scorer, self._name = ray.get(data[0]), name
            return self._scorer

    def forget_later(self) -> None:
        with self._lock:
            self._timer = threading.Timer(_KEEP_SECONDS, self._forget)
            self._timer.daemon = True
            self._timer.start()

    def _forget(self) -> None:
        # A task that came at the last moment keeps its own reference.
        with self._lock:
            self._name, self._scorer = "", None


_kept = _Kept()


def _run_there(name: str, data: list[Any], payload: bytes) -> Iterator[Any]:
    # This function is sent by value, but a process has one ``_kept``.
    from sklearn_automl.execution.backends._ray import _kept

    scorer = _kept.get(name, data)
    try:
        call, task = pickle.loads(payload)
        # The clock of a time limit starts here: a new worker imports scikit-learn and
        # fetches the data first, which can take longer than a short limit.
        yield os.getpid(), this_node()
        yield call(_NESTED_BACKEND, run_sent_task, scorer, task)
    finally:
        _kept.forget_later()
