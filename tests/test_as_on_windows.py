"""The package works where what POSIX adds to Python is missing."""

import builtins
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WITHOUT_PSUTIL = "trial_memory_limit needs psutil on this system"


def python(*arguments):
    """Run Python as if on Windows; return what it prints."""
    folders = [str(HERE / "as_on_windows"), str(HERE.parent)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    file = tmp_path_factory.mktemp("checkpoint") / "search.db"
    return json.loads(python("-m", "tests.as_on_windows.searches", str(file)))


def test_what_the_other_tests_hide_is_hidden():
    code = (
        "exec('import os, signal', names := {'__name__': 'sklearn_automl.any'})\n"
        "print([hasattr(names['os'], n) for n in ('fork', 'killpg', 'getpid')])\n"
        "print(hasattr(names['signal'], 'SIGKILL'))\n"
        "try: exec('import fcntl', names)\n"
        "except ImportError: print('missing')\n"
    )
    assert python("-c", code).split("\n") == [
        "[False, False, True]",
        "False",
        "missing",
        "",
    ]


def test_nothing_is_hidden_from_the_other_tests():
    assert builtins.__import__.__module__ == "builtins"


def test_every_module_can_be_imported(outcome):
    assert "sklearn_automl._processes" in outcome["modules"]
    has_torch = all(importlib.util.find_spec(name) for name in ("torch", "skorch"))
    assert ("sklearn_automl.nas.estimators" in outcome["modules"]) == has_torch


def test_a_search_runs_in_this_process(outcome):
    assert outcome["one"] == {
        "best": 0.9,
        "statuses": ["completed"] * 4,
        "scores": [0.1, 0.2, 0.3, 0.9],
    }


def test_two_workers_with_a_limit_of_memory_have_the_same_results(outcome):
    assert outcome["executor"] == "LokySlotsExecutor"
    assert outcome["two"]["scores"] == outcome["one"]["scores"][:3]


def test_a_checkpoint_is_written_and_read(outcome):
    assert outcome["recorded"] == outcome["again"] == outcome["one"]


def test_the_limit_of_time_is_kept(outcome):
    assert outcome["two"]["statuses"] == ["completed"] * 3 + ["timeout"]
    assert outcome["two"]["best"] == 0.3


def test_the_limit_of_memory_is_refused_by_name_without_psutil(outcome):
    assert WITHOUT_PSUTIL in outcome["no psutil"]
