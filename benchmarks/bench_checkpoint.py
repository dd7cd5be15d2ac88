"""What a checkpoint costs: the same search with and without one, in turns.

    python benchmarks/bench_checkpoint.py

Evaluations of 20 milliseconds; the figures are the median of pairs that ran one after
the other, so that both saw the same machine.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification

from sklearn_automl import ASHASearchCV

N_EVALUATIONS = 1_000
N_PAIRS = 5


class Sleeps(ClassifierMixin, BaseEstimator):
    """Fits for 20 milliseconds."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y):  # noqa: ARG002
        """Sleep."""
        time.sleep(0.02)
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):  # noqa: ARG002
        """Return ``value``."""
        return self.value


def seconds(n_jobs, path, data):
    """Return how long the search takes."""
    search = ASHASearchCV(
        Sleeps(),
        {"value": np.linspace(0, 1, N_EVALUATIONS)},
        n_iter=N_EVALUATIONS,
        resource=None,
        cv=[(np.arange(50), np.arange(50, 100))],  # one fold
        n_jobs=n_jobs,
        random_state=0,
        refit=False,
        checkpoint=path,
    )
    began = time.perf_counter()
    search.fit(*data)
    assert len(search.cv_results_["params"]) == N_EVALUATIONS
    return time.perf_counter() - began


def main():
    """Measure and print."""
    data = make_classification(n_samples=100, random_state=0)
    folder = tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else None)
    for n_jobs in (1, 2):
        seconds(n_jobs, None, data)  # starts the workers
        ratios, sizes, again = [], [], []
        for i in range(N_PAIRS):
            path = Path(folder, f"{n_jobs}-{i}.db")
            without = seconds(n_jobs, None, data)
            ratios.append(seconds(n_jobs, path, data) / without)
            sizes.append(os.path.getsize(path))
            again.append(seconds(n_jobs, path, data) / without)
        print(
            f"n_jobs={n_jobs}: {without:.1f} s without; with a checkpoint "
            f"{np.median(ratios):.3f} of that (from {min(ratios):.3f} to "
            f"{max(ratios):.3f}); read again {np.median(again):.3f}; "
            f"{np.median(sizes) / N_EVALUATIONS:.0f} bytes an evaluation"
        )


if __name__ == "__main__":
    main()
