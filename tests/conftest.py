"""Which tests may run beside each other, where pytest-xdist runs several at a time.

Tests that start workers, kill or interrupt them, or wait for them have the marker
``workers``: two of those never run at once. They come first, as one long queue that
mostly waits, and all other tests go file by file to whichever process is free.
"""

import gc
import signal

import pytest

from tests import forked_workers

TOGETHER = "workers"
# Looking for examples in its docstrings would import what it hides for other processes.
collect_ignore = ["as_on_windows"]


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
        gc.enable()


# Before pytest-xdist adds the names of groups to those of the tests.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if _is_example_with_workers(item):
            item.add_marker("workers")
        if item.get_closest_marker("workers"):
            item.add_marker(pytest.mark.xdist_group(TOGETHER))
    items.sort(key=_turn)


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
        """Gives each file to one process, and all that start workers to one."""

        def _split_scope(self, nodeid):
            scope = super()._split_scope(nodeid)
            return scope if scope == TOGETHER else nodeid.split("::", 1)[0]

    # Another --dist of the command line is obeyed.
    if config.getvalue("dist") == "loadgroup":
        return WorkersTogether(config, log)
    return None


@pytest.fixture(autouse=True)
def _workers(request):
    """Let local workers start fast, but where a test asks for those of the package."""
    forked_workers.use(forked=not request.node.get_closest_marker("real_workers"))
