"""Local worker processes: slots, each a loky executor with a single worker.

A shared pool breaks as a whole when one worker dies. A slot's death names its task and
touches no other. Slots stay warm between searches, as joblib's workers do.
"""

import multiprocessing.util
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cloudpickle
from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool

from sklearn_automl._processes import (
    end_with_parent,
    in_forked_child,
    kill_group,
    resident_memory,
    start_group,
)
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask
from sklearn_automl.execution._sending import run_pickled_task
from sklearn_automl.execution._shared_data import Reference
from sklearn_automl.execution.backends._base import (
    Finished,
    ProcessExecutor,
    finished_of,
)

__all__ = ["LokySlotsExecutor"]

# An idle worker ends after this time, as those of joblib's reusable pool.
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
            max_workers=1,
            timeout=_IDLE_SECONDS,
            env=self.environment,
            initializer=_prepare_worker,
            initargs=(os.getpid(), _is_in_main_thread()),
        )

    def kill(self) -> None:
        self._executor.shutdown(wait=False, kill_workers=True)


def _is_in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class _WarmSlots:
    """The idle slots of this process, for the next search."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Slot] = []
        self._is_killed_at_the_end = False

    def take(self, n: int, environment: dict[str, str]) -> list[Slot]:
        with self._lock:
            if not self._is_killed_at_the_end:
                # A process of multiprocessing, and so a worker of joblib's, waits at
                # its end for those that it has started. It forgets what was to be done
                # then by a parent from which it was forked.
                multiprocessing.util.Finalize(None, self.kill, exitpriority=10)
                self._is_killed_at_the_end = True
            fitting = [s for s in self._idle if s.environment == environment][:n]
            self._idle = [s for s in self._idle if s not in fitting]
        return fitting + [Slot(environment) for _ in range(n - len(fitting))]

    def give_back(self, slots: list[Slot]) -> None:
        with self._lock:
            self._idle.extend(slots)

    def kill(self) -> None:
        with self._lock:
            for slot in self._idle:
                slot.kill()
            self._idle = []

    def forget(self) -> None:
        self._lock, self._idle = threading.Lock(), []
        self._is_killed_at_the_end = False


_warm_slots = _WarmSlots()
# A forked child must not use the slots of its parent.
in_forked_child(_warm_slots.forget)


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

    def start(self, scorer: FoldScorer) -> None:
        super().start(scorer)
        self._scorer = scorer
        for slot in self._free:
            # Start all processes now, side by side, and not when each is needed.
            slot.submit(_open, self._reference)

    def submit(self, key: int, task: FoldTask) -> None:
        slot = self._free.pop()
        self._running[key] = slot
        try:
            pickled = cloudpickle.dumps(task)
        # A parameter of the user's may raise anything when it is pickled.
        except Exception as error:  # noqa: BLE001
            self._finished.put(self._not_sent(key, task, error))
            return
        future = slot.submit(
            _note_and_call,
            self._begun_file(key),
            self._call,
            self._nested_backend,
            run_pickled_task,
            self._reference,
            pickled,
            len(task.splits),
        )
        future.add_done_callback(lambda f: self._finished.put(finished_of(key, f)))

    @property
    def is_free(self) -> bool:
        return bool(self._free)

    def seconds(self, key: int) -> float | None:
        begun = self._begun(key)
        return None if begun is None else time.monotonic() - begun[1]

    def memory(self, key: int) -> int | None:
        begun = self._begun(key)
        return None if begun is None else resident_memory(begun[0])

    def kill(self, key: int) -> None:
        self._end(key, self._running.pop(key))
        self._free.append(self._new_slot())

    def close(self) -> None:
        for key, slot in self._running.items():
            self._end(key, slot)
        if self._reference is not None:
            for slot in self._free:
                slot.submit(_forget, self._reference)
        _warm_slots.give_back(self._free)
        self._free, self._running = [], {}
        super().close()

    def _taken(self, finished: Finished, running: Slot) -> Finished:
        if isinstance(finished.error, BrokenProcessPool):
            had_begun = self._begun_file(finished.key).exists()
            self._end(finished.key, running)
            running = self._new_slot()
            finished = Finished(
                finished.key, death=_death(finished.error), had_begun=had_begun
            )
        else:
            self._begun_file(finished.key).unlink(missing_ok=True)
        self._free.append(running)
        return finished

    def _not_sent(self, key: int, task: FoldTask, error: Exception) -> Finished:
        try:
            return Finished(key, [self._scorer.failed(error)] * len(task.splits))
        except RuntimeError as to_be_raised:
            return Finished(key, error=to_be_raised)

    def _end(self, key: int, slot: Slot) -> None:
        """Kill a worker, if it is alive, and all that its task has started."""
        if (begun := self._begun(key)) is not None:
            kill_group(begun[0])
        slot.kill()
        self._begun_file(key).unlink(missing_ok=True)

    def _begun(self, key: int) -> tuple[int, float] | None:
        """Return the process that has begun with a task, and when; None if none has."""
        with suppress(FileNotFoundError, ValueError):
            pid, moment = self._begun_file(key).read_text().split()
            return int(pid), float(moment)
        return None

    def _new_slot(self) -> Slot:
        slot = Slot(self._environment)
        slot.submit(_open, self._reference)  # this starts the process now
        return slot

    def _begun_file(self, key: int) -> Path:
        """Return where a worker notes that it has begun with a task."""
        return Path(self._folder, f"begun-{key}")


def _death(error: BrokenProcessPool) -> str:
    """Return how a worker died, "EXIT(3)" for example."""
    codes = re.search(r"\{(.+)\}", str(error))
    return codes[1] if codes else str(error)


# ---- in the worker ---------------------------------------------------------------


def _prepare_worker(parent: int, is_of_main_thread: bool) -> None:
    # A worker has a group of its own: it is killed with all that it started, and
    # Ctrl-C, which reaches the group of the terminal, is left to the parent.
    start_group()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(parent, is_of_main_thread=is_of_main_thread)


def _note_and_call(note: Path, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function, and let the parent see before that its task has begun."""
    with suppress(OSError), open(note, "x", encoding="ascii") as file:
        # The monotonic clock is the same in all processes.
        file.write(f"{os.getpid()} {time.monotonic()}")
    return function(*args)


def _open(reference: Reference) -> None:
    reference.open()


def _forget(reference: Reference) -> None:
    reference.forget()
