"""A search that is killed at random and gone on with, until it is complete.

    python -m tests.model_selection.search_killed_at_random ASHASearchCV FOLDER 100 0

Prints how often it was killed and how often it came to its end. Fails if a recorded
evaluation is lost or runs again, or if a final table differs from the calm search's.
"""

import json
import os
import random
import signal
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification

import sklearn_automl
from sklearn_automl.storage import Checkpoint
from tests.model_selection.searches import make, parameters_of, set_n_trials
from tests.model_selection.test_checkpoint import CountsFits, table

VALUES = [round(v, 4) for v in np.random.default_rng(0).random(40)]
DATA = make_classification(n_samples=120, n_features=4, random_state=0)


class Works(CountsFits):
    """Takes some milliseconds, as a fit does."""

    def before_fit(self, X, y):
        super().before_fit(X, y)
        sum(range(200_000))


def fitted(Search, log, path=None):
    space = {"value": VALUES}
    search = make(Search, Works(log=str(log)), space, checkpoint=path, refit=False)
    if "n_iterations" not in parameters_of(Search):
        set_n_trials(search, 20)
    return search.fit(*DATA)


def recorded(path):
    """Return the value and the number of rows of each recorded evaluation."""
    if not path.exists():
        return set()
    with Checkpoint(path) as checkpoint:
        keys = [e.key for e in checkpoint.events if e.kind == "tell"]
    assert max(Counter(keys).values(), default=1) == 1
    jobs = [json.loads(key) for key in keys]
    return {(str(VALUES[job[-1][1]]), str(int(job[3]))) for job in jobs}


def lines(log):
    return log.read_text().splitlines() if log.exists() else []


def run_and_kill(Search, log, path, expected, seconds):
    """Fit in a fork, which costs no import; return None if it was killed in time."""
    child = os.fork()
    if not child:
        equal = table(fitted(Search, log, path)) == expected
        os._exit(0 if equal else 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def main(name, folder, n_kills, seed):
    warnings.simplefilter("ignore")
    Search = getattr(sklearn_automl, name)
    path, log = Path(folder, "search.db"), Path(folder, "log")
    rng = random.Random(seed)
    expected = table(fitted(Search, os.devnull))
    n_killed = n_ended = 0
    while n_killed < n_kills:
        before, n_lines = recorded(path), len(lines(log))
        status = run_and_kill(Search, log, path, expected, rng.expovariate(1 / 0.15))
        ran = {tuple(line.split()) for line in lines(log)[n_lines:]}
        assert not ran & before, f"recorded, and run again: {ran & before}"
        assert recorded(path) >= before, "something that was recorded is lost"
        if status is None:
            n_killed += 1
        else:
            assert status == 0, "the final table is another"
            n_ended += 1
            path.unlink()
            log.unlink()
    return n_killed, n_ended


if __name__ == "__main__":
    Search, folder, n_kills, seed = sys.argv[1:]
    print(*main(Search, folder, int(n_kills), int(seed)))  # noqa: T201
