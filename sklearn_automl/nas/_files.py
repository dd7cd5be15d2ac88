"""Files that are there whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["replacing"]


@contextmanager
def replacing(path: Any) -> Iterator[Any]:
    """Write a file that takes the place of another one when it is whole.

    Parameters
    ----------
    path : str or path-like
        The file.

    Yields
    ------
    file
        To write bytes to. If that fails, the file that was there stays as it is.
    """
    unfinished = f"{os.fspath(path)}.unfinished"
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
