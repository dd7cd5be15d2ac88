"""What differs between operating systems: how processes live, die and use memory.

Windows has neither fork nor process groups nor SIGKILL, and only Linux can tie the life
of a process to that of its parent. Nothing else in the package uses a name that some
system lacks.
"""

import ctypes
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = [
    "end_with_parent",
    "in_forked_child",
    "kill_group",
    "physical_memory",
    "resident_memory",
    "start_group",
    "this_node",
]

# How often a process looks whether its parent is still there.
_PARENT_SECONDS = 0.5

# Numbers, because not every system has the names: POSIX fixes the first one, and the
# second one is in <linux/prctl.h>.
_SIGKILL = 9
_PR_SET_PDEATHSIG = 1


def in_forked_child(function: Callable[[], None]) -> None:
    """Call a function in every process that is forked from this one.

    Where the system has no fork, the function is never called.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)


def start_group() -> None:
    """Make this process the first one of a new process group.

    Every process that it starts joins the group, so that `kill_group` reaches all of
    them. Where the system has no groups, nothing happens.
    """
    if hasattr(os, "setpgrp"):
        os.setpgrp()


def kill_group(pid: int) -> None:
    """Kill the process group that a process has started, if it is still there.

    The whole group is killed at once, so that a process cannot escape while it is being
    started. ``pid`` 0 means the group of this process. Where the system has no groups,
    nothing happens: the caller has to kill the process itself.
    """
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, _SIGKILL)


def end_with_parent(parent: int, *, is_of_main_thread: bool) -> None:
    """See to it that this process ends when its parent is gone.

    Parameters
    ----------
    parent : int
        The process that started this one.

    is_of_main_thread : bool
        Whether the main thread of the parent started this process. Linux kills this
        process when that thread ends, so it must be a thread that stays.
    """
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    if sys.platform == "linux" and is_of_main_thread:
        # The thread above does not run while a fit holds the GIL.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def _end_after(parent: int) -> None:
    """Wait until the parent is gone; then kill this process and those it started."""
    if sys.platform == "win32":
        # There a process keeps the number of its parent when the parent is gone.
        if (process := multiprocessing.parent_process()) is None:
            return
        process.join()
    else:
        while os.getppid() == parent:
            time.sleep(_PARENT_SECONDS)
    kill_group(0)
    os._exit(1)  # where there are no groups


def physical_memory() -> int | None:
    """Return the bytes of memory that the machine has, None if that is unknown."""
    if hasattr(os, "sysconf"):
        with suppress(OSError, ValueError):
            return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    return None


def resident_memory(pid: int) -> int | None:
    """Return the bytes that a process has in memory.

    None if that cannot be known: systems other than Linux need psutil for it.
    """
    if hasattr(os, "sysconf"):
        with suppress(OSError, ValueError, IndexError):
            pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
            return int(pages) * int(os.sysconf("SC_PAGE_SIZE"))
    with suppress(ImportError):
        import psutil

        with suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
    return None


def this_node() -> str:
    """Return a name for where the process numbers are those of this process."""
    name = platform.node()
    with suppress(OSError):  # the containers of one machine count on their own
        name += os.readlink("/proc/self/ns/pid")
    return name
