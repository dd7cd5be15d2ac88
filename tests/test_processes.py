"""How processes live and die where a system lacks something.

What they do elsewhere is tested with the workers: tests/execution/test_loky_slots.py.
"""

import os
import signal
import subprocess
import sys

import pytest

from sklearn_automl import _processes


@pytest.fixture
def sleeper():
    """A process with a group of its own."""
    code = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(code, process_group=0) as process:
        yield process
        process.kill()


def test_a_group_is_killed(sleeper):
    _processes.kill_group(sleeper.pid)
    assert sleeper.wait(30) == -signal.SIGKILL


def test_a_group_that_is_gone_is_no_error(sleeper):
    sleeper.kill()
    sleeper.wait(30)
    _processes.kill_group(sleeper.pid)


def test_where_there_are_no_groups_none_is_killed(sleeper, monkeypatch):
    monkeypatch.delattr(os, "killpg")
    _processes.kill_group(sleeper.pid)
    with pytest.raises(subprocess.TimeoutExpired):
        sleeper.wait(0.2)


def test_where_there_are_no_groups_a_process_ends_without_its_parent(monkeypatch):
    monkeypatch.delattr(os, "killpg")
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    _processes._end_after(parent=0)  # is not the parent
    assert codes == [1]


def test_where_nothing_forks_nothing_is_called_after_it(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork")
    _processes.in_forked_child(lambda: None)


def test_memory_is_known_without_the_files_of_linux(monkeypatch):
    pytest.importorskip("psutil")
    expected = _processes.resident_memory(os.getpid())
    monkeypatch.delattr(os, "sysconf")
    assert _processes.resident_memory(os.getpid()) == pytest.approx(expected, rel=0.2)
