"""Waiting for what happens in other processes."""

import time


def wait_until(condition, seconds=120):
    # A worker on a busy machine has needed more than 30 seconds to start.
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def submit_and_wait_until_it_has_begun(executor, key, task):
    executor.submit(key, task)
    wait_until(lambda: executor.seconds(key) is not None)
