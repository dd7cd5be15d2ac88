"""A disk without space, for the files of this process."""

from contextlib import contextmanager

import pytest


def limit_file_size(size):
    """Let no file of this process grow beyond so many bytes."""
    resource = pytest.importorskip("resource")  # Windows has none
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def no_file_grows(size=None):
    """Have a limit on the size of files, now or from when it is set, until the end."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        if size is not None:
            limit_file_size(size)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
