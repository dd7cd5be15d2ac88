"""Runs a test file of scikit-learn with our classes under the names of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

ROOT = Path(__file__).parents[2]

needs_1_9 = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="the list of expected failures is that of scikit-learn 1.9",
)


def run_adapted(test_file, marker, line, folder, *options):
    """Run a copy of scikit-learn's ``test_file`` that has ``line`` before ``marker``.

    ``options`` are those of pytest.

    Returns
    -------
    failed : set of str
        Tests that failed, with their parameters.

    n_passed : int
        How many passed.

    output : str
        What pytest printed.
    """
    source = Path(sklearn.__file__).parent / test_file
    text = source.read_text(encoding="utf-8")
    assert marker in text
    # Workers have tests of their own, and take seconds to start.
    text = text.replace("n_jobs=2,", "n_jobs=1,")
    adapted = folder / "test_adapted.py"
    adapted.write_text(text.replace(marker, f"\n{line}\n{marker}", 1), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rfE",
        "-W",
        "ignore",
        "--tb=line",
    ]
    command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder)]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [*command, *options, str(adapted)],
        # Wide, so that the names of the tests are not cut.
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "1000"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.findall(
        r"^(?:FAILED|ERROR) \S*?::(.+?)(?: - .*)?$", run.stdout, re.MULTILINE
    )
    passed = re.search(r"(\d+) passed", run.stdout)
    return set(failed), int(passed[1]) if passed else 0, run.stdout


def names(failed):
    """Return the names of tests without their parameters."""
    return {test.partition("[")[0] for test in failed}
