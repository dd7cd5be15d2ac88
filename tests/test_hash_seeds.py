"""Nothing depends on the hash seed; one other process computes everything again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hash_seeds import RESULTS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def elsewhere():
    """The results of a process with another hash seed; that of this one is random."""
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hash_seeds"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", RESULTS)
def test_another_process_with_another_hash_seed_gives_the_same(name, elsewhere):
    assert elsewhere[name] == repr(RESULTS[name]())
