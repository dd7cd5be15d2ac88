"""Everything that a fit can do to the process that it runs in."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np

from tests.fakes import ScoreIsParameter


def hang_in_c():
    ctypes.PyDLL(None).sleep(600)  # holds the GIL: no Python code runs meanwhile


def hang_on_a_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def hang_with_a_child():
    subprocess.run(["sleep", "600"], check=True)


def allocate_without_end():
    blocks = []
    while True:
        blocks.append(np.ones(10**6))
        time.sleep(0.002)


def interrupt():
    raise KeyboardInterrupt


def lack_memory():
    np.empty(2**50)


def fail():
    raise ValueError("cannot be fitted")


class Unpicklable(float):
    """A number, as scikit-learn wants, that cannot leave its process."""

    def __reduce__(self):
        raise TypeError("stays here")


def fail_to_score():
    raise LookupError("cannot be scored")


# What fit does, and the status that the search should give to it.
IN_FIT = {
    "os._exit": (lambda: os._exit(3), "crashed"),
    "segfault": (lambda: ctypes.string_at(0), "crashed"),
    "SIGKILL": (lambda: os.kill(os.getpid(), signal.SIGKILL), "memory"),
    "sys.exit": (lambda: sys.exit(4), "failed"),
    "KeyboardInterrupt": (interrupt, "failed"),
    "hangs in C": (hang_in_c, "timeout"),
    "hangs on a lock": (hang_on_a_lock, "timeout"),
    "hangs with a child": (hang_with_a_child, "timeout"),
    "allocates without end": (allocate_without_end, "memory"),
    "MemoryError": (lack_memory, "memory"),
    "raises": (fail, "failed"),
}
IN_SCORE = {
    "NaN": (lambda: float("nan"), "failed"),
    "inf": (lambda: float("inf"), "failed"),
    "scorer raises": (fail_to_score, "failed"),
    "unpicklable": (lambda: Unpicklable(0.5), "failed"),
}
FAULTS = {name: status for name, (_, status) in {**IN_FIT, **IN_SCORE}.items()}


class Faulty(ScoreIsParameter):
    """Does what ``fault`` names; writes a line for each fit to the file ``log``."""

    def __init__(self, fault=None, value=0.0, log=os.devnull):
        super().__init__(value)
        self.fault = fault
        self.log = log

    def before_fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{self.fault} {self.value} {len(X)} {X[0, 0]}\n")
        if self.fault in IN_FIT:
            IN_FIT[self.fault][0]()

    def score(self, X, y):
        if self.fault in IN_SCORE:
            return IN_SCORE[self.fault][0]()
        return self.value
