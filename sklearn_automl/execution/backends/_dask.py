"""Workers of a Dask cluster.

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
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import cloudpickle

from sklearn_automl._processes import resident_memory, this_node
from sklearn_automl._sklearn_compat import (
    call_as_joblib_would,
    in_dask_worker,
    in_worker_settings,
)
from sklearn_automl.execution._evaluation import FoldResult
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask
from sklearn_automl.execution._model_store import FolderModels
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._shared_data import make_private_folder, remove_folder
from sklearn_automl.execution.backends._base import Executor, Finished, n_workers_of

__all__ = ["DaskExecutor"]

# How often it is looked which workers there are, and how they are.
_LOOK_SECONDS = 0.25
_HEALTH_SECONDS = 2

# How long a worker that died is expected back.
_RETURN_SECONDS = 30

# How long a search waits when there is no worker at all.
_NO_WORKER_SECONDS = 60

# A result that ended its task may be gone with its worker before it is here.
_RESULT_SECONDS = 10

# The scheduler is told by the nanny of a killed worker's end.
_GONE_SECONDS = 5

# A task that is lost so often, and not by a death, is lost for a reason.
_MAX_LOSSES = 10

# What a future says whose data is gone.
_LOST = ("cancelled", "lost", "error")

# Parallel calls in a task stay in its thread: those on the cluster would wait for
# threads that the search itself keeps busy.
_NESTED_BACKEND = ("threading", 1)


@dataclass(eq=False)
class _Worker:
    """A worker of the cluster, and what the search has there.

    ``identity`` is unlike the address not used again by the one that replaces it.
    """

    address: str
    identity: str
    n_threads: int
    has_nanny: bool
    is_open: bool = True  # not paused, not about to leave
    memory: int | None = None
    scorer: Any = None  # the future of its own copy
    runs: set["_Run"] = field(default_factory=set)


@dataclass(eq=False)
class _Run:
    """A task at a worker; without one it waits."""

    key: int
    task: FoldTask
    worker: _Worker | None = None
    future: Any = None
    name: str = ""
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
        self._wanted = self._options.pop("workers", None)
        self._must_kill = must_kill
        self._is_nested = in_dask_worker()
        self._workers: dict[str, _Worker] = {}
        self._running: dict[int, _Run] = {}
        self._waiting: deque[_Run] = deque()  # those of the running without a worker
        self._ready: deque[Finished] = deque()
        # Notices of other threads, taken in the thread of the search: what to call.
        self._notices: SimpleQueue[tuple[Callable[..., None], Any]] = SimpleQueue()
        self._returning: list[float] = []  # until when each lost thread is expected
        self._looked = self._last_seen = self._healthy = time.monotonic()
        self._addresses: set[str] = set()  # of all workers, wanted or not
        self._n_submitted = 0
        self._topic = f"sklearn_automl-{uuid.uuid4().hex}"
        self._killed: dict[str, str] = {}  # address and identity
        self._data: Any = None
        self._scorer: FoldScorer | None = None
        n_threads = backend.effective_n_jobs(n_jobs)  # waits for the first worker
        there = self._workers_there()
        if must_kill:
            self._require_nannies(there)
        n_threads = sum(about["n_threads"] for about in there.values()) or n_threads
        self.n_workers = n_workers_of(n_jobs, n_threads)
        self._resources = ExitStack()
        self._folder = make_private_folder()
        self._resources.callback(remove_folder, self._folder)
        self.model_store = FolderModels(self._folder)
        # In a worker: its thread is free for others as long as the search waits.
        self._resources.enter_context(backend.retrieval_context())

    def start(self, scorer: FoldScorer) -> None:
        self._scorer = scorer
        self._run = in_worker_settings(call_as_joblib_would)
        self._client.subscribe_topic(self._topic, self._hear)
        self._look()

    # ---- the interface ---------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        if not self._running:
            return True
        now = time.monotonic()
        self._returning = [until for until in self._returning if until > now]
        n_threads = sum(worker.n_threads for worker in self._workers.values())
        n_threads += len(self._returning)
        return len(self._running) < min(self.n_workers, n_threads)

    def submit(self, key: int, task: FoldTask) -> None:
        run = _Run(key, task)
        self._running[key] = run
        self._waiting.append(run)
        self._place()

    def next_finished(self, timeout: float | None = None) -> Finished | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            rest = _LOOK_SECONDS
            if deadline is not None:
                rest = min(rest, deadline - time.monotonic())
            with suppress(Empty):
                function, argument = self._notices.get(timeout=max(rest, 0.0))
                function(argument)
                continue
            if deadline is not None and time.monotonic() >= deadline:
                self._look_if_due()
                break
            self._look_if_due()
        return self._ready.popleft() if self._ready else None

    def seconds(self, key: int) -> float | None:
        self._take_notices()
        run = self._running.get(key)
        if run is None or run.began is None:
            return None
        return time.monotonic() - run.began

    def memory(self, key: int) -> int | None:
        run = self._running.get(key)
        if run is None or run.pid is None or run.worker is None:
            return None
        if run.node == this_node():
            return resident_memory(run.pid)
        return run.worker.memory

    def kill(self, key: int) -> None:
        self._take_notices()
        run = self._running.pop(key, None)
        if run is None:  # it has ended meanwhile
            self._ready = deque(ended for ended in self._ready if ended.key != key)
            return
        with suppress(ValueError):
            self._waiting.remove(run)
        self._end([run])
        self._place()

    def close(self) -> None:
        runs, self._running = list(self._running.values()), {}
        self._waiting.clear()
        self._ready.clear()
        # Also if the scheduler is not there any more.
        with self._resources, suppress(OSError, RuntimeError, ValueError):
            self._take_notices()
            self._end(runs)
            self._wait_until_gone()
            self._client.unsubscribe_topic(self._topic)
        self._workers.clear()
        self._data = self._scorer = None

    # ---- what happens to tasks -------------------------------------------------------

    def _place(self) -> None:
        """Send waiting tasks to workers that have a thread free."""
        while self._waiting:
            workers = self._workers.values()
            free = [w for w in workers if w.is_open and len(w.runs) < w.n_threads]
            if not free:
                return
            worker = min(free, key=lambda w: len(w.runs) / w.n_threads)
            if not self._give_data(worker):
                return
            self._send(self._waiting.popleft(), worker)

    def _send(self, run: _Run, worker: _Worker) -> None:
        self._n_submitted += 1
        run.name = f"{self._topic}-{self._n_submitted}"
        run.worker, run.began, run.pid = worker, None, None
        worker.runs.add(run)
        # As bytes, into which Dask does not look for futures and tasks.
        payload = cloudpickle.dumps((self._run, run.task))
        run.future = self._client.submit(
            _run_there,
            worker.scorer,
            payload,
            (self._topic, run.key, run.name),
            worker.identity,
            **{**self._options, **self._only_at(worker), "key": run.name},
        )
        sent = (run, run.name)
        run.future.add_done_callback(lambda _: self._notices.put((self._ended, sent)))

    def _ended(self, sent: tuple[_Run, str]) -> None:
        """Take how a task ended at the worker it was sent to."""
        run, name = sent
        if run.name != name or self._running.get(run.key) is not run:
            return  # it was killed, or is somewhere else now
        if run.worker is None:
            return
        ended = self._outcome(run)
        if ended is None:
            self._look()  # perhaps its worker is gone, which says it all
            if run.worker is not None and self._running.get(run.key) is run:
                self._repeat(run)
        else:
            self._leave(run)
            del self._running[run.key]
            self._ready.append(ended)
        self._place()

    def _outcome(self, run: _Run) -> Finished | None:
        """Return how a task ended; None if what came of it was lost."""
        from distributed import KilledWorker

        try:
            error = run.future.exception(timeout=_RESULT_SECONDS)
            if error is None:
                results = run.future.result(timeout=_RESULT_SECONDS)
                return Finished(run.key, results)
        except (CancelledError, KilledWorker, TimeoutError, OSError):
            return None
        if isinstance(error, CancelledError | KilledWorker | _MovedError):
            return None
        return Finished(run.key, error=error)

    def _repeat(self, run: _Run) -> None:
        """Let a task wait for another worker; nothing is to blame it for."""
        run.n_losses += 1
        if run.n_losses > _MAX_LOSSES:
            raise RuntimeError(
                f"The Dask cluster lost a task {run.n_losses} times that was not ended "
                "by the death of its worker. Look at the logs of its scheduler."
            )
        self._leave(run)
        self._waiting.append(run)

    def _leave(self, run: _Run) -> None:
        if run.worker is not None:
            run.worker.runs.discard(run)
        run.worker = run.future = None
        run.name = ""

    def _end(self, runs: list[_Run]) -> None:
        """End tasks, with the workers of those that have begun."""
        if not any(run.worker for run in runs):
            return
        self._client.cancel([run.future for run in runs if run.future is not None])
        begun = self._pids_of_begun()
        guilty = {r.worker: begun[r.name] for r in runs if r.worker and r.name in begun}
        for run in runs:
            self._leave(run)
        # A search within a worker may not kill others' work, nor itself.
        for worker, pid in guilty.items():
            if worker.has_nanny and not self._is_nested:
                self._restart(worker, pid)

    def _restart(self, worker: _Worker, pid: int) -> None:
        """Kill a worker, with what it started; its nanny starts another."""
        beside = list(worker.runs)
        self._forget(worker)
        self._killed[worker.address] = worker.identity
        self._client.cancel([run.future for run in beside])
        for run in beside:
            self._leave(run)
            self._waiting.append(run)
        self._client.run(
            _kill_worker, pid, workers=[worker.address], nanny=True, on_error="ignore"
        )

    def _wait_until_gone(self) -> None:
        """Leave no worker to the next search that is about to disappear."""
        until = time.monotonic() + _GONE_SECONDS
        while self._killed.keys() & self._client.nthreads().keys():
            if time.monotonic() > until:
                return
            time.sleep(0.02)

    # ---- workers ---------------------------------------------------------------------

    def _look_if_due(self) -> None:
        now = time.monotonic()
        if now >= self._healthy + _HEALTH_SECONDS:
            self._healthy = now
            self._take_health()
        if now >= self._looked + _LOOK_SECONDS:
            # The scheduler writes a line into its log for each description.
            addresses = set(self._client.nthreads())
            self._look(is_new=addresses != self._addresses)
            self._place()

    def _look(self, *, is_new: bool = True) -> None:
        """See which workers there are; what ran at those that are gone has ended."""
        self._looked = time.monotonic()
        if is_new:
            self._compare(self._workers_there())
        if self._workers:
            self._last_seen = self._looked
        elif self._looked > self._last_seen + _NO_WORKER_SECONDS:
            raise RuntimeError(
                f"There has been no Dask worker for {_NO_WORKER_SECONDS} seconds. "
                "Start new ones and fit again; workers that have a nanny come back by "
                "themselves when they die."
            )

    def _compare(self, there: dict[str, dict[str, Any]]) -> None:
        for worker in list(self._workers.values()):
            new = there.get(worker.address)
            if new is None or new["identity"] != worker.identity:
                self._take_death(worker)
        for address, about in there.items():
            # One that was killed is still there until the scheduler knows it.
            is_known = address in self._workers or about[
                "identity"
            ] == self._killed.get(address)
            if not is_known and (about["has_nanny"] or not self._must_kill):
                self._workers[address] = _Worker(address, **about)
                del self._returning[: about["n_threads"]]
                self._give_data(self._workers[address])

    def _take_health(self) -> None:
        """Note the memory of workers; leave those that accept no task now."""
        for address, about in self._client.scheduler_info()["workers"].items():
            worker = self._workers.get(address)
            if worker is None:
                continue
            worker.memory = about["metrics"].get("memory")
            worker.is_open = about["status"] == "running"
            stuck = [r for r in worker.runs if r.began is None and not worker.is_open]
            if stuck:
                self._client.cancel([run.future for run in stuck])
            for run in stuck:
                self._repeat(run)

    def _workers_there(self) -> dict[str, dict[str, Any]]:
        if self._client.status in ("closing", "closed"):
            raise RuntimeError(
                "The connection to Dask's scheduler is lost. Connect a new Client and "
                "fit again."
            )
        there = self._client.run_on_scheduler(_describe_workers)
        self._addresses = set(there)
        if self._wanted is not None:
            wanted = self._wanted
            wanted = {wanted} if isinstance(wanted, str) else set(wanted)
            there = {a: w for a, w in there.items() if wanted & {a, w["name"]}}
        for about in there.values():
            del about["name"]
        return there

    def _take_death(self, worker: _Worker) -> None:
        runs = list(worker.runs)
        self._forget(worker)
        if not runs:
            return
        self._client.cancel([run.future for run in runs])
        begun = self._pids_of_begun()
        for run in runs:
            had_begun = run.name in begun
            self._leave(run)
            del self._running[run.key]
            death = f"the Dask worker {worker.address} is gone"
            self._ready.append(Finished(run.key, death=death, had_begun=had_begun))

    def _forget(self, worker: _Worker) -> None:
        del self._workers[worker.address]
        until = time.monotonic() + _RETURN_SECONDS
        self._returning += [until] * worker.n_threads

    def _require_nannies(self, workers: dict[str, dict[str, Any]]) -> None:
        if self._is_nested:
            raise ValueError(
                "trial_timeout and trial_memory_limit cannot be used inside a Dask "
                "worker: killing a worker could end the search itself. Leave both at "
                "None, or run the search on this side of the cluster."
            )
        without = [a for a, about in workers.items() if not about["has_nanny"]]
        if without:
            raise ValueError(
                "trial_timeout and trial_memory_limit need Dask workers that have a "
                f"nanny, to be started again when they are killed; {without[0]} has "
                "none. Start workers without --no-nanny, a LocalCluster with "
                "processes=True, or leave both limits at None."
            )

    # ---- data ------------------------------------------------------------------------

    def _give_data(self, worker: _Worker) -> bool:
        """See to it that a worker has its copy; tell whether that can be tried now.

        The scheduler keeps as many replicas of scattered data as it likes. A copy that
        is the result of a task at the worker lives and dies with it.
        """
        if worker.scorer is not None and worker.scorer.status not in _LOST:
            return True
        if self._data is None or self._data.status in _LOST:
            if not self._client.nthreads():
                return False  # it would wait for workers
            try:
                self._data = self._client.scatter(
                    self._scorer, broadcast=True, hash=False, timeout=_RESULT_SECONDS
                )
            except (OSError, TimeoutError):  # a worker died meanwhile
                return False
        worker.scorer = self._client.submit(_same, self._data, **self._only_at(worker))
        return True

    def _only_at(self, worker: _Worker) -> dict[str, Any]:
        return {
            "workers": [worker.address],
            "allow_other_workers": False,
            "pure": False,
            "retries": 0,
        }

    # ---- notices ---------------------------------------------------------------------

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._notices.put((self._begun, event[1]))

    def _begun(self, message: dict[str, Any]) -> None:
        run = self._running.get(message["key"])
        if run is not None and run.name == message["name"]:
            run.began = time.monotonic()
            run.pid, run.node = message["pid"], message["node"]

    def _pids_of_begun(self) -> dict[str, int]:
        """Return what has begun, and where; the notices may still be on their way."""
        events = self._client.get_events(self._topic)
        return {message["name"]: message["pid"] for _, message in events}

    def _take_notices(self) -> None:
        with suppress(Empty):
            while True:
                function, argument = self._notices.get_nowait()
                function(argument)


# ---- at the scheduler, the nanny and the worker --------------------------------------


def _describe_workers(dask_scheduler: Any) -> dict[str, dict[str, Any]]:
    return {
        worker.address: {
            "name": worker.name,
            "identity": worker.server_id,
            "n_threads": worker.nthreads,
            "has_nanny": bool(worker.nanny),
        }
        for worker in dask_scheduler.workers.values()
    }


def _kill_worker(pid: int, dask_worker: Any) -> None:
    """Kill the worker of a nanny, which is asked to, with what the worker started."""
    import psutil  # Dask needs it too

    # It may have died by itself. A nanny whose new worker dies while it starts does
    # not start another.
    if dask_worker.pid != pid:
        return
    with suppress(psutil.NoSuchProcess):
        worker = psutil.Process(dask_worker.pid)
        for process in [*worker.children(recursive=True), worker]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


class _MovedError(Exception):
    """A task came to the worker that replaces its own."""


def _same(data: Any) -> Any:
    return data


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
    # Not ``worker.log_event``, which returns before the scheduler has it: the task may
    # end this process at once.
    sync(worker.loop, worker.scheduler.log_event, topic=topic, msg=message)
    run, task = pickle.loads(payload)
    return run(_NESTED_BACKEND, run_sent_task, scorer, task)
