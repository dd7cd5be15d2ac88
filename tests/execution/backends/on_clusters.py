"""What the tests of all clusters share: a search with one bad configuration."""

import signal
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from sklearn_automl import ASHASearchCV, HyperbandSearchCV
from tests.execution.backends.test_common import X, y
from tests.fakes import FailsAbove

EVERY_SEARCH = [
    ASHASearchCV,
    pytest.param(HyperbandSearchCV, marks=pytest.mark.slow),
]
X, y = np.vstack([X] * 4), np.hstack([y] * 4)
VALUES = [0.1, 0.2, 0.3, 0.4, 0.45, 0.9]


def search(cls, estimator, values=VALUES, **options):
    return cls(
        estimator,
        {"value": values},
        sampler="grid",
        resource=None if cls is ASHASearchCV else "n_samples",
        cv=2,
        random_state=0,
        **options,
    )


def bad_and_good(search):
    """Return the statuses of the bad configuration, and those of all others."""
    results = search.cv_results_
    is_bad = results["param_value"] == 0.9
    statuses = np.array([str(status) for status in results["status"]])
    return set(statuses[is_bad]), set(statuses[~is_bad])


class HoldsTheInterpreter(FailsAbove):
    """Stays in C code that lets no other thread of its process run."""

    def before_fit(self, X, y):
        if self.value > self.limit:
            10 ** (10**9)


@contextmanager
def interrupt(after):
    """Press Ctrl-C after so many seconds; what is inside must soon end.

    It would take a minute by itself.
    """
    main = threading.main_thread().ident
    threading.Timer(after, signal.pthread_kill, [main, signal.SIGINT]).start()
    began = time.monotonic()
    yield
    assert time.monotonic() - began < after + 40
