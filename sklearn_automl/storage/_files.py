"""What the SQLite files of this package have in common: how they are opened safely."""

import errno
import os
import sqlite3
import stat
from contextlib import suppress

__all__ = ["harden", "make_or_check_file"]

# No record of ours comes near; a file that was made to fill the memory might.
_MAX_RECORD = 50_000_000


def make_or_check_file(path: str, name: str, Error: type[Exception]) -> None:
    """Make an empty file for its owner only, or see that the one there is a file.

    One that is there is looked at, not opened: to close it would free the lock that
    another search of this process may hold.

    Parameters
    ----------
    path : str
        Where the file is.

    name : str
        The parameter that has the path, for the error.

    Error : type
        What is raised.
    """
    if "\0" in path:
        raise Error(f"{name}={path!r} is not a path: it has a NUL byte.")
    try:
        with suppress(FileExistsError):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            os.close(os.open(path, flags, 0o600))
        for file in (path, f"{path}-journal"):
            if os.path.lexists(file) and not stat.S_ISREG(os.lstat(file).st_mode):
                reason = f"{file!r} is a link or no regular file"
                raise OSError(errno.EINVAL, reason)
        if not os.access(path, os.W_OK):
            raise OSError(errno.EACCES, "it may not be written to")
    except OSError as error:
        raise Error(
            f"{name}={path!r} cannot be opened: {error.strerror}. Pass the path of "
            "a new file in a folder that exists and that you can write to."
        ) from error


def harden(connection: sqlite3.Connection) -> None:
    """Make reading a file safe that may have been made by somebody else."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_RECORD)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
