"""Local worker processes: slots, each a loky executor with a single worker.

A shared pool breaks as a whole when one worker dies. A slot's death names its task and
touches no other. Slots stay warm between searches, as joblib's workers do.
"""

import threading
from typing import Any

from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool

from sklearn_automl.execution._evaluation import FoldScorer, FoldTask, run_task
from sklearn_automl.execution._executor import Finished, ProcessExecutor, finished
from sklearn_automl.execution._shared_data import Reference

__all__ = ["LokySlotsExecutor"]

# As joblib's reusable pool.
_IDLE_SECONDS = 300


class Slot:
    """One worker process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self._executor = self._start()

    def submit(self, function: Any, *args: Any) -> Any:
        try:
            return self._executor.submit(function, *args)
        except BrokenProcessPool:
            # The worker died while it had nothing to do, so no task is to blame.
            self.kill()
            self._executor = self._start()
            return self._executor.submit(function, *args)

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=1, timeout=_IDLE_SECONDS, env=self.environment
        )

    def kill(self) -> None:
        self._executor.shutdown(wait=False, kill_workers=True)


class _WarmSlots:
    """The idle slots of this process, for the next search."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Slot] = []

    def take(self, n: int, environment: dict[str, str]) -> list[Slot]:
        with self._lock:
            fitting = [s for s in self._idle if s.environment == environment][:n]
            self._idle = [s for s in self._idle if s not in fitting]
        return fitting + [Slot(environment) for _ in range(n - len(fitting))]

    def give_back(self, slots: list[Slot]) -> None:
        with self._lock:
            self._idle.extend(slots)


_warm_slots = _WarmSlots()


class LokySlotsExecutor(ProcessExecutor):
    """Worker processes on this machine, a slot each."""

    def __init__(
        self, n_workers: int, nested_backend: Any, environment: dict[str, str]
    ) -> None:
        super().__init__()
        self.n_workers = n_workers
        self._nested_backend = nested_backend
        self._environment = environment
        self._free = _warm_slots.take(n_workers, environment)
        self._busy: dict[int, Slot] = {}

    def start(self, scorer: FoldScorer) -> None:
        super().start(scorer)
        for slot in self._free:
            # Start all processes now, side by side, and not when each is needed.
            slot.submit(_open, self._reference)

    def submit(self, key: int, task: FoldTask) -> None:
        slot = self._free.pop()
        self._busy[key] = slot
        future = slot.submit(
            self._run, self._nested_backend, run_task, self._reference, task
        )
        future.add_done_callback(lambda f: self._done.put(finished(key, f)))

    @property
    def is_free(self) -> bool:
        return bool(self._free)

    def next_finished(self) -> Finished:
        ended = self._done.get()
        slot = self._busy.pop(ended.key)
        if isinstance(ended.error, BrokenProcessPool):
            slot.kill()
            slot = Slot(self._environment)
            ended = Finished(ended.key, error=ended.error, crashed=True)
        self._free.append(slot)
        return ended

    def close(self) -> None:
        for slot in self._busy.values():
            slot.kill()
        if self._reference is not None:
            for slot in self._free:
                slot.submit(_forget, self._reference)
        _warm_slots.give_back(self._free)
        self._free, self._busy = [], {}
        super().close()


def _open(reference: Reference) -> None:
    reference.open()


def _forget(reference: Reference) -> None:
    reference.forget()
