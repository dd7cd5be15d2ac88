"""Which tests may run beside each other, where pytest-xdist runs several at a time.

Tests that start workers, kill or interrupt them, or wait for them have the marker
``workers``. They come first, as two long queues that mostly wait, each with a process:
the tests of the back-ends themselves, and those of whatever else uses workers. All
other tests go file by file to whichever process is free.
"""

import functools
import gc
import signal
from types import SimpleNamespace

import pytest
from sklearn.base import BaseEstimator

from tests import forked_workers

BACKENDS, USERS = QUEUES = "of back-ends", "with workers"
# Looking for examples in its docstrings would import what it hides for other processes.
collect_ignore = ["as_on_windows"]

# scikit-learn reads the signature of a class each time that it clones an estimator: a
# tenth of the time of all searches here. No test changes the signature of a class.
BaseEstimator._get_param_names = classmethod(
    functools.cache(BaseEstimator._get_param_names.__func__)
)


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # What starts pytest-xdist's processes lets them ignore Ctrl-C, and so does a
        # shell that runs tests in the background. Some tests send it to themselves.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Let the garbage collector pass by what collecting makes: all of it stays.

    Looking through it again and again takes a fifth of the time of collecting, and
    some of the time of every test.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # What tests make is little; looking through it as often as by default takes
        # three of a hundred seconds.
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_collection_modifyitems(config, items):
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if _is_example_with_workers(item):
            item.add_marker("workers")
    items.sort(key=_turn)


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session):
    """Let the scheduler know the queue of a test: all it is told of tests are names.

    pytest-xdist has a marker for groups, which has had no effect since
    pytest 9.2: it sets a name that is computed now.
    """
    if not hasattr(session.config, "workerinput"):
        return (yield)
    items = session.items
    session.items = [
        SimpleNamespace(nodeid=item.nodeid + _queue(item)) for item in items
    ]
    try:
        return (yield)
    finally:
        session.items = items


def _queue(item):
    """Return what is added to the name of a test that has a queue."""
    if item.get_closest_marker("workers") is None:
        return ""
    is_of_backends = item.nodeid.startswith("tests/execution/backends/")
    return f"@{BACKENDS if is_of_backends else USERS}"


def _turn(item):
    """Return 0 for workers that are forked, 1 for real ones, 2 for all other tests.

    From the ones to the others, workers are killed and start again.
    """
    if item.get_closest_marker("workers") is None:
        return 2
    return 1 if item.get_closest_marker("real_workers") else 0


def _is_example_with_workers(item):
    """Tell whether a page or a docstring fits with several workers."""
    test = getattr(item, "dtest", None)
    return test is not None and any("n_jobs=2" in e.source for e in test.examples)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadGroupScheduling

    class WorkersTogether(LoadGroupScheduling):
        """Gives each file and each queue of tests with workers to one process."""

        def _split_scope(self, nodeid):
            scope = super()._split_scope(nodeid)
            return scope if scope in QUEUES else nodeid.split("::", 1)[0]

    # Another --dist of the command line is obeyed.
    if config.getvalue("dist") == "loadgroup":
        return WorkersTogether(config, log)
    return None


@pytest.fixture(autouse=True)
def _workers(request):
    """Let local workers start fast, but where a test asks for those of the package."""
    forked_workers.use(forked=not request.node.get_closest_marker("real_workers"))
