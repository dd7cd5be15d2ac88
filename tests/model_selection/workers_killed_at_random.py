"""A search whose workers are killed at random, beside one that is left in peace.

    python -m tests.model_selection.workers_killed_at_random ASHASearchCV 0

Prints how many were killed; fails if a score is lost or another.
"""

import random
import sys
import threading
import time
import warnings
from contextlib import suppress

import numpy as np
import psutil
from sklearn.datasets import make_classification

import sklearn_automl
from sklearn_automl import ASHASearchCV
from tests.fakes import ScoreIsParameter
from tests.model_selection.searches import make, parameters_of

DATA = make_classification(n_samples=120, n_features=4, random_state=0)
SPACE = {"value": np.round(np.random.default_rng(0).random(9999), 6)}


class Works(ScoreIsParameter):
    """Takes some time, as a fit does."""

    def before_fit(self, X, y):
        time.sleep(0.005)


def fitted(Search, n_jobs):
    search = make(Search, Works(), SPACE, n_jobs=n_jobs, refit=False)
    is_hyperband = "n_iterations" in parameters_of(Search)
    search.set_params(**({"n_iterations": 400} if is_hyperband else {"n_iter": 1000}))
    return search.fit(*DATA)


def scores(search):
    rows = search.cv_results_
    columns = (rows["params"], rows["n_resources"], rows["mean_test_score"])
    return {(p["value"], int(n)): s for p, n, s in zip(*columns, strict=True)}


def workers():
    """Return the workers of this process, those that just start too."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline())
            if "popen_loky_posix" in line and "resource_tracker" not in line:
                found.append(process)
    return found


class Killer:
    """Kills one of the workers every now and then, until the end of a block."""

    def __init__(self, seed):
        self.n_kills = 0
        self._rng = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._kill)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._ended.set()
        self._thread.join()

    def _kill(self):
        # A worker needs a second to start: with more kills than that none would work.
        while not self._ended.wait(self._rng.uniform(1.0, 3.0)):
            if alive := workers():
                with suppress(psutil.NoSuchProcess):
                    self._rng.choice(alive).kill()
                    self.n_kills += 1


def main(name, seed):
    warnings.simplefilter("ignore")
    Search = getattr(sklearn_automl, name)
    calm = scores(fitted(Search, 1))
    with Killer(seed) as killer:
        shaken = fitted(Search, 2)
    lost = [e for e in shaken.cv_results_["error"] if e]
    assert not lost, f"{len(lost)} lost by {killer.n_kills} kills: {lost[0]}"
    mine = scores(shaken)
    if Search is ASHASearchCV:  # who is promoted depends on who was first
        assert len(mine) >= 0.9 * len(calm)
        assert all(mine[key] == calm[key] for key in mine.keys() & calm.keys())
    else:
        assert mine == calm
    return killer.n_kills


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))  # noqa: T201  (what the test reads)
