"""A search's journal in an SQLite file, so that it can go on where it ended.

One process writes, and holds the file's lock as long as the search runs; the kernel
frees it with the process. SQLite's rollback journal keeps the file whole when the
process is killed, and works where its write-ahead log does not. Values are JSON:
reading the file runs nothing.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Self
from urllib.parse import quote

from sklearn_automl.exceptions import CheckpointError, warn
from sklearn_automl.storage._differences import differences
from sklearn_automl.storage._digest import digest
from sklearn_automl.storage._files import harden, make_or_check_file

__all__ = ["SEED", "TAKEN", "Checkpoint", "Event"]

#: The name in an identity under which a search keeps its seed.
SEED = "seed from random_state"

#: The name under which it keeps what it has taken from its history.
TAKEN = "taken from history"

# In the header of the file: whose it is, and the version of what follows.
_APPLICATION_ID = 0x534B4155  # "SKAU"
_FORMAT = 1

_SCHEMA = (
    "CREATE TABLE search (name TEXT PRIMARY KEY, value TEXT, checksum TEXT)",
    "CREATE TABLE events "
    "(id INTEGER PRIMARY KEY, kind TEXT, key TEXT, data TEXT, checksum TEXT)",
)

# Of a database in bytes; SQLite takes a shorter file for a new one.
_MIN_SIZE = 512


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal: a job that was asked for, or what became of it.

    ``kind`` is "ask" or "tell", ``key`` names the job, and ``data`` is empty for "ask".
    """

    kind: str
    key: str
    data: str = ""


class Checkpoint:
    """The file of one search; opened, locked and read.

    Parameters
    ----------
    path : str or path-like
        Where the file is; made with the rights of its owner only if it is not there.

    Attributes
    ----------
    identity : dict of str to str
        What the search was that wrote the file, empty for a new one.

    events : list of Event
        What is recorded.

    Raises
    ------
    CheckpointError
        If the file cannot be opened, is in use, damaged, of another program or of a
        newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.identity: dict[str, str] = {}
        self.events: list[Event] = []
        self._unwritten: list[Event] = []
        self._error: Exception | None = None
        make_or_check_file(self.path, "checkpoint", CheckpointError)
        if 0 < os.lstat(self.path).st_size < _MIN_SIZE:
            raise self._foreign()
        try:
            self._connection = _connect(self.path)
        except sqlite3.Error as error:
            raise self._problem(error) from error
        try:
            self._read()
        except sqlite3.Error as error:
            self._connection.close()
            raise self._problem(error) from error
        except BaseException:
            self._connection.close()
            raise
        self._queue: SimpleQueue[list[Event] | None] = SimpleQueue()
        self._writer = threading.Thread(
            target=self._write, name="sklearn_automl-checkpoint", daemon=True
        )
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def seed(self) -> int | None:
        """The seed of the search that wrote the file, None for a new one."""
        return int(self.identity[SEED]) if self.identity else None

    def claim(self, identity: Mapping[str, str]) -> None:
        """Say which search this is; an old file must be of the same one.

        Parameters
        ----------
        identity : dict of str to str
            Names and texts of all that must be the same.

        Raises
        ------
        CheckpointError
            If the file is of another search; names what differs.
        """
        if self.identity:
            self._compare(identity)
            return
        rows = [(k, v, digest(k, v)) for k, v in identity.items()]
        try:
            with self._connection:  # all or nothing
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(
                    "INSERT INTO search VALUES (?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            raise self._problem(error) from error
        self.identity = dict(identity)

    def append(self, events: Iterable[Event]) -> None:
        """Record some events; they are on disk a moment later, and all or none."""
        self._queue.put(list(events))

    def close(self) -> None:
        """Write what is left and free the file.

        Warns
        -----
        SearchWarning
            If something could not be written.
        """
        self._queue.put(None)
        self._writer.join()
        self._connection.close()
        if self._unwritten:
            warn(
                f"The last {len(self._unwritten)} records could not be written to "
                f"checkpoint={self.path!r}: {self._error}. This search did not need "
                "them, but a search that continues from the checkpoint will evaluate "
                "them again."
            )

    # ---- reading -----------------------------------------------------------------

    def _read(self) -> None:
        execute = self._connection.execute
        application = execute("PRAGMA application_id").fetchone()[0]
        version = execute("PRAGMA user_version").fetchone()[0]
        tables = tuple(sql for (sql,) in execute("SELECT sql FROM sqlite_master"))
        if not tables and not application:
            self._make_tables()
            return
        if application != _APPLICATION_ID:
            raise CheckpointError(
                f"checkpoint={self.path!r} is a database of another program. Pass the "
                "path of a new file."
            )
        if version > _FORMAT:
            raise CheckpointError(
                f"checkpoint={self.path!r} has format {version}, and this version of "
                f"sklearn_automl reads up to {_FORMAT}. Install the newer version that "
                "wrote it, or pass another path."
            )
        # No index: automatic ones have no text. Triggers and views are never ours.
        if tuple(sql for sql in tables if sql is not None) != _SCHEMA:
            raise self._damage("its tables have been changed")
        problem = execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise self._damage(problem)
        self._read_tables()

    def _read_tables(self) -> None:
        rows = self._connection.execute("SELECT name, value, checksum FROM search")
        for name, value, checksum in rows:
            if checksum != digest(name, value):
                raise self._damage(f"the record of {name!r} has changed")
            self.identity[name] = value
        rows = self._connection.execute("SELECT * FROM events ORDER BY id")
        for i, (number, kind, key, data, checksum) in enumerate(rows, start=1):
            if number != i or checksum != digest(number, kind, key, data):
                raise self._damage(f"record {i} has changed or is missing")
            self.events.append(Event(kind, key, data))

    def _make_tables(self) -> None:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {_FORMAT}")

    def _compare(self, identity: Mapping[str, str]) -> None:
        names = sorted({*self.identity, *identity})
        found = [
            f"{part}: it was {before}, and is now {now}"
            for name in names
            if self.identity.get(name) != identity.get(name)
            for part, before, now in differences(
                name,
                self.identity.get(name, "not given"),
                identity.get(name, "not given"),
            )
        ]
        if found:
            raise CheckpointError(
                f"checkpoint={self.path!r} is of another search. What differs:\n- "
                + "\n- ".join(found)
                + "\nPass the path of a new file, or make them the same."
            )

    # ---- writing -----------------------------------------------------------------

    def _write(self) -> None:
        """Write what is in the queue, in a thread: the disk must not hold the search.

        What comes in while the disk is busy becomes one transaction.
        """
        n_written = len(self.events)
        ended = False
        while not ended:
            waiting = [self._queue.get()]
            while not self._queue.empty():
                waiting.append(self._queue.get())
            ended = None in waiting
            events = [event for batch in waiting if batch for event in batch]
            self._unwritten += events
            if self._unwritten and self._insert(n_written, self._unwritten):
                n_written += len(self._unwritten)
                self._unwritten = []

    def _insert(self, n_written: int, events: list[Event]) -> bool:
        """Write events in one transaction; tell whether that was possible.

        If not, a full disk for example, they wait for the next attempt.
        """
        rows = [
            (i, e.kind, e.key, e.data, digest(i, e.kind, e.key, e.data))
            for i, e in enumerate(events, start=n_written + 1)
        ]
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            self._error = error
            return False
        return True

    # ---- errors ------------------------------------------------------------------

    def _damage(self, what: str) -> CheckpointError:
        return CheckpointError(
            f"checkpoint={self.path!r} is damaged: {what}. Nothing in it was changed. "
            "Replace it with a copy, or pass the path of a new file."
        )

    def _problem(self, error: sqlite3.Error) -> CheckpointError:
        if isinstance(error, sqlite3.OperationalError):
            if "locked" in str(error):
                return CheckpointError(
                    f"checkpoint={self.path!r} is in use by another search. Wait until "
                    "that search ends, or pass another path."
                )
            return CheckpointError(
                f"checkpoint={self.path!r} cannot be written: {error}. Pass a path "
                "that you can write to, on a disk with free space."
            )
        if "not a database" in str(error):
            return self._foreign()
        return self._damage(str(error))

    def _foreign(self) -> CheckpointError:
        return CheckpointError(
            f"checkpoint={self.path!r} is not a checkpoint, or its beginning is "
            "damaged. Nothing in it was changed. Pass the path of a new file."
        )


def _connect(path: str) -> sqlite3.Connection:
    """Open the file, and lock it until the connection is closed."""
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(Path(path).absolute()))}?mode=rw",
        uri=True,
        timeout=0,  # seconds to wait for a lock: another search runs for hours
        isolation_level=None,
        check_same_thread=False,  # read in one thread, written in another
    )
    try:
        harden(connection)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection
