"""The SQLite file of a history: its tables, and how it is opened and checked."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sklearn_automl.exceptions import HistoryError
from sklearn_automl.storage._files import harden, make_or_check_file

__all__ = ["HistoryFile", "transaction"]

# In the header of the file: whose it is, and the version of what follows.
_APPLICATION_ID = 0x534B4148  # "SKAH"
_FORMAT = 1

# What a proposal reads of all searches is in one table, and what it reads of a few of
# them in another one.
_SCHEMA = (
    "CREATE TABLE file (name TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE searches (id INTEGER PRIMARY KEY, digest TEXT UNIQUE, finished REAL, "
    "n_evaluations INTEGER, estimator TEXT, fingerprint TEXT, "
    "facts TEXT, parameters TEXT)",
    "CREATE TABLE evaluations (search INTEGER PRIMARY KEY, about TEXT, records TEXT, "
    "seconds TEXT)",
    "CREATE INDEX searches_of_estimator ON searches (estimator)",
)

# Another process writes for milliseconds; one that is stopped in a debugger does not.
_SECONDS_TO_WAIT = 30


class HistoryFile:
    """A file that is opened for a moment at a time.

    Parameters
    ----------
    path : str
        Where it is.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for a moment; make its tables if it is new."""
        make_or_check_file(self.path, "history", HistoryError)
        try:
            connection = sqlite3.connect(
                f"file:{quote(os.fsencode(Path(self.path).absolute()))}?mode=rw",
                uri=True,
                timeout=_SECONDS_TO_WAIT,
                isolation_level=None,
            )
            try:
                harden(connection)
                # What was forgotten is overwritten, too.
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA synchronous = FULL")
                self._check(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def _check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that this version cannot read."""
        execute = connection.execute
        with _moment(connection):
            application = execute("PRAGMA application_id").fetchone()[0]
            version = execute("PRAGMA user_version").fetchone()[0]
            tables = execute("SELECT sql FROM sqlite_master").fetchall()
        if not tables and not application:
            with transaction(connection):
                # Another process may have been first.
                if not execute("SELECT sql FROM sqlite_master").fetchall():
                    _make_tables(connection)
            return
        if application != _APPLICATION_ID:
            raise HistoryError(
                f"history={self.path!r} is a database of another program. Pass the "
                "path of a new file."
            )
        if version > _FORMAT:
            raise HistoryError(
                f"history={self.path!r} has format {version}, and this version of "
                f"sklearn_automl reads up to {_FORMAT}. Install the newer version that "
                "wrote it, or pass another path."
            )
        # No index: automatic ones have no text. Triggers and views are never ours.
        if tuple(sql for (sql,) in tables if sql is not None) != _SCHEMA:
            raise HistoryError(
                f"history={self.path!r} is damaged: its tables have been changed. "
                "Replace it with a copy, or pass the path of a new file."
            )

    def _problem(self, error: sqlite3.Error) -> HistoryError:
        if isinstance(error, sqlite3.OperationalError):
            return HistoryError(
                f"history={self.path!r} cannot be used now: {error}. If another "
                "process uses it, wait until that process ends. Otherwise, pass a "
                "path that you can write to, on a disk with free space."
            )
        return HistoryError(
            f"history={self.path!r} is not a history, or it is damaged: {error}. "
            "Replace it with a copy, or pass the path of a new file."
        )


@contextmanager
def _moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Read all of one moment, though another process may be making the tables."""
    with connection:
        connection.execute("BEGIN")
        yield


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing; wait for other processes that write."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)
    salt = ("salt", secrets.token_hex(16))
    connection.execute("INSERT INTO file VALUES (?, ?)", salt)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {_FORMAT}")
