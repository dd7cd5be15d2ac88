"""Which tests may run beside each other, where pytest-xdist runs several at a time."""

import signal

import pytest

# They start workers, kill and interrupt them, and wait for them: never two at once.
WITH_WORKERS = (
    "tests/execution/",
    "tests/model_selection/test_checkpoint.py",
    "tests/model_selection/test_errors.py",
    "tests/model_selection/test_faults.py",
    "tests/model_selection/test_search_behaviour.py",
)


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        # What starts pytest-xdist's processes lets them ignore Ctrl-C, which some tests
        # send to themselves.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class WorkersTogether(LoadFileScheduling):
        """Gives each file to one process, and all that start workers to one."""

        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "with workers" if file.startswith(WITH_WORKERS) else file

    # Another --dist of the command line is obeyed.
    if config.getvalue("dist") == "loadfile":
        return WorkersTogether(config, log)
    return None
