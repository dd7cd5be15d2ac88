"""Local worker processes that start fast: forked from one that has imported everything.

A worker that begins as a new interpreter takes longer than most tests to import
scikit-learn, and much longer to import torch. Where a test does not ask how workers
start, they are forked from a server instead. They are killed, die and are replaced as
the others are. Tests with the marker ``real_workers`` have those of the package.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from multiprocessing import forkserver

import psutil
from loky.backend import context

from sklearn_automl.execution.backends import _loky_slots

_REAL = _loky_slots._prepare_worker, context.get_start_method()
CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()


def prepare(parent, is_of_main_thread):
    """Do what ``_prepare_worker`` does, for a process that the server has started."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent):
    while psutil.pid_exists(parent):
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


def use(forked):
    """Let workers be forked from now on, or start as those of the package."""
    wanted = (prepare, "forkserver") if forked and CAN_FORK else _REAL
    if wanted[0] is _loky_slots._prepare_worker:
        return
    _loky_slots._warm_slots.kill()
    _loky_slots._prepare_worker = wanted[0]
    context.set_start_method(wanted[1], force=True)
    if wanted is not _REAL:
        multiprocessing.set_forkserver_preload(_modules())


def processes():
    """Return a context of multiprocessing whose processes start fast.

    They belong to tests with the marker ``workers``, in whose process the server runs.
    """
    return multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")


def start_server():
    """Start the server now, before Dask has other wishes for what it imports."""
    if CAN_FORK:
        multiprocessing.set_forkserver_preload(_modules())
        forkserver.ensure_running()


def _modules():
    names = ["pytest", "tests.fakes", "tests.execution.backends.test_common"]
    # Collecting the tests has imported what they need.
    if "distributed" in sys.modules:
        names += ["distributed", "distributed.nanny", "distributed.worker"]
    if "torch" in sys.modules and find_spec("skorch"):
        names += ["sklearn_automl.nas.estimators", "torch._dynamo"]
    return names
