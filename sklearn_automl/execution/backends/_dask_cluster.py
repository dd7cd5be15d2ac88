"""The workers of a Dask cluster: which there are, how they are, and their data."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sklearn_automl.execution._fold_scorer import FoldScorer
from sklearn_automl.execution.backends._kinds import in_dask_worker

__all__ = ["LOST", "RESULT_SECONDS", "Cluster", "Worker"]

# The workers are looked up, and asked for their health, this often.
_LOOK_SECONDS = 0.25
_HEALTH_SECONDS = 2

# A worker that died is expected back for so long.
_RETURN_SECONDS = 30

# A search without any worker waits so long.
_NO_WORKER_SECONDS = 60

# A result that ended its task may be gone with its worker before it is here.
RESULT_SECONDS = 10

# A nanny tells the scheduler within this time that a worker was killed.
_GONE_SECONDS = 5

# A future whose data is gone has one of these states.
LOST = ("cancelled", "lost", "error")


@dataclass(eq=False)
class Worker:
    """A worker of the cluster, and what the search has there.

    ``identity`` is unlike the address not used again by the one that replaces it.
    """

    address: str
    identity: str
    n_threads: int
    has_nanny: bool
    is_open: bool = True  # not paused, not about to leave
    memory: int | None = None
    scorer: Any = None  # the future of the worker's own copy
    tasks: set[Any] = field(default_factory=set)  # tasks that were sent to it


class Cluster:
    """Those workers of a Dask cluster that a search may use.

    Parameters
    ----------
    client : distributed.Client
        Connected.

    wanted : str, collection of str or None
        Names or addresses of workers; None for all.

    must_kill : bool
        Whether every worker needs a nanny.

    Attributes
    ----------
    workers : dict of str to Worker
        By address.

    is_nested : bool
        Whether the search itself runs in a worker.
    """

    def __init__(self, client: Any, wanted: Any, *, must_kill: bool) -> None:
        self._client = client
        self._wanted = {wanted} if isinstance(wanted, str) else wanted
        self._must_kill = must_kill
        self.workers: dict[str, Worker] = {}
        self.is_nested = in_dask_worker()
        self._returning: list[float] = []  # until when each lost thread is expected
        self._looked = self._last_seen = self._healthy = time.monotonic()
        self._addresses: set[str] = set()  # of all workers, wanted or not
        self._killed: dict[str, str] = {}  # identities of killed workers, by address
        self._scorer: FoldScorer | None = None
        self._data: Any = None
        there = self._describe()
        if must_kill:
            self._require_nannies(there)
        #: Number of threads when the search began.
        self.n_threads_there = sum(about["n_threads"] for about in there.values())

    # ---- which there are -------------------------------------------------------------

    def n_threads(self) -> int:
        """Return how many threads there are, with those that are expected back."""
        now = time.monotonic()
        self._returning = [until for until in self._returning if until > now]
        there = sum(worker.n_threads for worker in self.workers.values())
        return there + len(self._returning)

    def free_worker(self) -> Worker | None:
        """Return the worker with the largest part of its threads free, if any has."""
        workers = self.workers.values()
        free = [w for w in workers if w.is_open and len(w.tasks) < w.n_threads]
        return min(free, key=lambda w: len(w.tasks) / w.n_threads, default=None)

    def look_if_due(self) -> list[Worker] | None:
        """Look from time to time; None if it is not the time."""
        if time.monotonic() < self._looked + _LOOK_SECONDS:
            return None
        # The scheduler writes a line into its log for each description.
        return self.look(is_new=set(self._client.nthreads()) != self._addresses)

    def look(self, *, is_new: bool = True) -> list[Worker]:
        """See which workers there are; return those that are gone.

        Raises
        ------
        RuntimeError
            If there has been no worker for a long time, or no scheduler is there.
        """
        self._looked = time.monotonic()
        gone = self._compare(self._describe()) if is_new else []
        if self.workers:
            self._last_seen = self._looked
        elif self._looked > self._last_seen + _NO_WORKER_SECONDS:
            raise RuntimeError(
                f"There has been no Dask worker for {_NO_WORKER_SECONDS} seconds. "
                "Start new workers and fit again. Workers that have a nanny are "
                "restarted when they die."
            )
        return gone

    def _compare(self, there: dict[str, dict[str, Any]]) -> list[Worker]:
        gone = []
        for worker in list(self.workers.values()):
            new = there.get(worker.address)
            if new is None or new["identity"] != worker.identity:
                self._forget(worker)
                gone.append(worker)
        for address, about in there.items():
            # A killed worker is in the list until the scheduler knows of its end.
            is_known = address in self.workers or about["identity"] == self._killed.get(
                address
            )
            if not is_known and (about["has_nanny"] or not self._must_kill):
                self.workers[address] = Worker(address, **about)
                del self._returning[: about["n_threads"]]
                self.give_data(self.workers[address])
        return gone

    def _forget(self, worker: Worker) -> None:
        del self.workers[worker.address]
        until = time.monotonic() + _RETURN_SECONDS
        self._returning += [until] * worker.n_threads

    def _describe(self) -> dict[str, dict[str, Any]]:
        if self._client.status in ("closing", "closed"):
            raise RuntimeError(
                "The connection to Dask's scheduler is lost. Connect a new Client and "
                "fit again."
            )
        there = self._client.run_on_scheduler(_describe_workers)
        self._addresses = set(there)
        if self._wanted is not None:
            wanted = set(self._wanted)
            there = {a: w for a, w in there.items() if wanted & {a, w["name"]}}
        for about in there.values():
            del about["name"]
        return there

    def _require_nannies(self, there: dict[str, dict[str, Any]]) -> None:
        if self.is_nested:
            raise ValueError(
                "trial_timeout and trial_memory_limit cannot be used inside a Dask "
                "worker: killing a worker could end the search itself. Leave both at "
                "None, or run the search outside the cluster."
            )
        without = [a for a, about in there.items() if not about["has_nanny"]]
        if without:
            raise ValueError(
                "trial_timeout and trial_memory_limit need Dask workers that have a "
                f"nanny, which restarts them when they are killed. {without[0]} has "
                "none. Start workers without --no-nanny, use a LocalCluster with "
                "processes=True, or leave both limits at None."
            )

    # ---- how they are ----------------------------------------------------------------

    def take_health_if_due(self) -> None:
        """Note from time to time how the workers are."""
        now = time.monotonic()
        if now >= self._healthy + _HEALTH_SECONDS:
            self._healthy = now
            self.take_health()

    def take_health(self) -> None:
        """Note the memory of workers, and which of them accept no task now."""
        for address, about in self._client.scheduler_info()["workers"].items():
            worker = self.workers.get(address)
            if worker is not None:
                worker.memory = about["metrics"].get("memory")
                worker.is_open = about["status"] == "running"

    def restart(self, worker: Worker, pid: int) -> None:
        """Kill a worker, with what it started; its nanny starts another."""
        self._forget(worker)
        self._killed[worker.address] = worker.identity
        self._client.run(
            _kill_worker, pid, workers=[worker.address], nanny=True, on_error="ignore"
        )

    def close(self) -> None:
        """Leave no worker to the next search that is about to disappear."""
        until = time.monotonic() + _GONE_SECONDS
        while self._killed.keys() & self._client.nthreads().keys():
            if time.monotonic() > until:
                return
            time.sleep(0.02)

    # ---- their data ------------------------------------------------------------------

    def share(self, scorer: FoldScorer) -> None:
        """Take what every worker is to have."""
        self._scorer = scorer

    def give_data(self, worker: Worker) -> bool:
        """See to it that a worker has its copy; tell whether that can be tried now.

        The scheduler keeps as many replicas of scattered data as it likes. A copy that
        is the result of a task at the worker lives and dies with it.
        """
        if worker.scorer is not None and worker.scorer.status not in LOST:
            return True
        if self._data is None or self._data.status in LOST:
            if not self._client.nthreads():
                return False  # scattering would wait for workers
            try:
                self._data = self._client.scatter(
                    self._scorer, broadcast=True, hash=False, timeout=RESULT_SECONDS
                )
            except (OSError, TimeoutError):  # a worker died meanwhile
                return False
        worker.scorer = self._client.submit(_same, self._data, **self.only_at(worker))
        return True

    def only_at(self, worker: Worker) -> dict[str, Any]:
        """Return the options of a task that runs at one worker only, and once."""
        return {
            "workers": [worker.address],
            "allow_other_workers": False,
            "pure": False,
            "retries": 0,
        }

    def forget(self) -> None:
        """Let go of the workers and of their data."""
        self.workers.clear()
        self._data = self._scorer = None


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

    # The worker may have died by itself. A nanny whose new worker dies while it
    # starts does not start another.
    if dask_worker.pid != pid:
        return
    with suppress(psutil.NoSuchProcess):
        worker = psutil.Process(dask_worker.pid)
        for process in [*worker.children(recursive=True), worker]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _same(data: Any) -> Any:
    return data
