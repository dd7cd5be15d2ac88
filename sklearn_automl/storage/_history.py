"""An SQLite file that remembers finished searches, for those that come after them.

Several processes may write: each opens the file for a moment, waits for the others, and
adds a search in one transaction. SQLite's rollback journal keeps the file whole when a
process is killed. Values are JSON: reading the file runs nothing.
"""

import json
import math
import os
import sqlite3
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sklearn_automl._options import check_integer
from sklearn_automl.exceptions import HistoryError, warn
from sklearn_automl.storage._facts import DataFacts
from sklearn_automl.storage._forgetting import check_conditions, is_made_of
from sklearn_automl.storage._history_file import HistoryFile, transaction
from sklearn_automl.storage._past import PastSearch, facts_of, text_of_estimator
from sklearn_automl.storage._salted import SaltedDigest

__all__ = ["SearchHistory"]

# None is the y of a search without one.
_NOT_GIVEN = "not given"


class SearchHistory:
    """A file that remembers finished searches, so that later ones start from them.

    Pass it, or its path, as `history` of a search. The search then remembers what it
    has evaluated, and begins with configurations that were good in similar searches.

    Read more in the :ref:`User Guide <history>`.

    Parameters
    ----------
    path : str or path-like
        Where the file is. If the file does not exist, it is made so that only its owner
        can read and write it.

    max_searches : int, default=10_000
        How many searches the file keeps. The oldest searches are removed first.

    Raises
    ------
    HistoryError
        If the file cannot be opened, is damaged, or comes from another program or from
        a newer version.

    Notes
    -----
    Several processes may use one file at the same time. Nothing in the file is ever run
    as code.

    If you estimate a score, as in nested cross-validation, use a separate copy of the
    file for each outer fold, or no history. Otherwise a search starts from the winners
    of earlier folds, which were trained on its test rows. If you run a search with a
    fixed `random_state` twice with one history, the results differ, because the second
    run has learned from the first.

    About the data, the file stores the task, the numbers of rows, columns and classes,
    the shares of categorical columns and of missing values, the entropy of the classes,
    and a fingerprint. A salt, which is different in every file, makes fingerprints of
    two files differ. The file also stores the variance of X or the standard deviation
    of y, if a parameter such as gamma depends on it.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import HyperbandSearchCV
    >>> from sklearn_automl.storage import SearchHistory
    >>> folder = tempfile.TemporaryDirectory()
    >>> history = SearchHistory(os.path.join(folder.name, "history.db"))
    >>> X, y = load_iris(return_X_y=True)
    >>> search = HyperbandSearchCV(
    ...     SVC(), {"C": [0.1, 1, 10, 100]}, history=history, random_state=0
    ... ).fit(X, y)
    >>> len(history)
    1
    >>> history.forget(estimator=SVC)
    1
    """

    def __init__(
        self, path: str | os.PathLike[str], *, max_searches: int = 10_000
    ) -> None:
        check_integer("max_searches", max_searches, 1)
        # The folder that is the current one may be another one later.
        self.path = os.path.abspath(os.fsdecode(path))
        self._file = HistoryFile(self.path)
        self.max_searches = max_searches
        with self._file.open():
            pass

    def __repr__(self) -> str:
        return f"SearchHistory({self.path!r})"

    def __len__(self) -> int:
        """Return the number of searches."""
        with self._file.open() as connection:
            (n,) = connection.execute("SELECT COUNT(*) FROM searches").fetchone()
        return int(n)

    # ---- what users call -------------------------------------------------------------

    def to_frame(self) -> Any:
        """Return the remembered searches as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            A row for each evaluation.
        """
        import pandas as pd

        rows = []
        with self._file.open() as connection:
            found = connection.execute(f"{_SELECT} ORDER BY id").fetchall()
        for number, *texts in found:
            past = _read(texts)
            if past is not None:
                rows += _rows_of(number, past)
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        frame["finished"] = pd.to_datetime(frame["finished"], unit="s", utc=True)
        return frame

    def forget(
        self,
        *,
        estimator: Any = None,
        X: Any = None,
        y: Any = _NOT_GIVEN,
        older_than: timedelta | None = None,
    ) -> int:
        """Remove the searches that meet all conditions from the file.

        Parameters
        ----------
        estimator : class or str, default=None
            A class that the estimator of the search was made of, or the name of this
            class. You can also pass the names of all its classes, as `to_frame` shows
            them.

        X, y : array-like, default=None and "not given"
            The data of the search; pass both. For a search that had no y, pass
            ``y=None``.

        older_than : datetime.timedelta, default=None
            How long ago the search must have ended. ``timedelta(0)`` is for all.

        Returns
        -------
        n : int
            How many were removed.

        Raises
        ------
        ValueError
            If there is no condition, or a condition that no search can meet.
        """
        has_y = not isinstance(y, str)
        check_conditions(estimator, X is not None, has_y, older_than)
        fingerprint = None if X is None else self.fingerprint(X, y)
        latest = time.time() - (older_than or timedelta(0)).total_seconds()
        with self._file.open() as connection, transaction(connection):
            found = connection.execute(
                "SELECT id, estimator, fingerprint, finished FROM searches"
            ).fetchall()
            numbers = [
                number
                for number, classes, data, finished in found
                if (estimator is None or is_made_of(_keys(classes), estimator))
                and (fingerprint is None or data == fingerprint)
                and (older_than is None or finished <= latest)
            ]
            _delete(connection, numbers)
        return len(numbers)

    # ---- what searches call ----------------------------------------------------------

    def salted(self) -> SaltedDigest:
        """Return what makes digests that only this file has.

        Its salt is read now: a file that was deleted and made anew has another one.
        """
        with self._file.open() as connection:
            found = connection.execute("SELECT value FROM file WHERE name = 'salt'")
            row = found.fetchone()
        if row is None:
            raise HistoryError(
                f"history={self.path!r} is damaged: its salt is missing. Replace it "
                "with a copy, or pass the path of a new file."
            )
        return SaltedDigest(str(row[0]))

    def fingerprint(self, X: Any, y: Any) -> str:
        """Return a text that recognises the same data again.

        Parameters
        ----------
        X, y : array-like
            The data.

        Returns
        -------
        fingerprint : str
            A digest of all values and of the salt of the file.
        """
        return self.salted().of_data(X, y)

    def add(self, past: PastSearch, name: str = "") -> None:
        """Remember a search, unless it is remembered already.

        Parameters
        ----------
        past : PastSearch
            The search.

        name : str, default=""
            Name by which a search is recognised when it goes on. The search replaces
            the one that was added with this name.
        """
        its_digest, *content = past.texts()
        estimator, fingerprint, facts, parameters, about, records, seconds = content
        searched = (estimator, fingerprint, facts, parameters)
        row = (name or its_digest, past.finished, len(past.evaluations), *searched)
        with self._file.open() as connection, transaction(connection):
            if name:
                same = "SELECT id FROM searches WHERE digest = ?"
                earlier = connection.execute(same, (name,)).fetchall()
                _delete(connection, [number for (number,) in earlier])
            insert = connection.execute(
                "INSERT OR IGNORE INTO searches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            if insert.rowcount:
                connection.execute(
                    "INSERT INTO evaluations VALUES (?, ?, ?, ?)",
                    (insert.lastrowid, about, records, seconds),
                )
            excess = connection.execute(
                "SELECT id FROM searches ORDER BY finished DESC, id DESC "
                "LIMIT -1 OFFSET ?",
                (self.max_searches,),
            ).fetchall()
            _delete(connection, [number for (number,) in excess])

    def find(
        self,
        estimator: Sequence[str],
        parameters: Sequence[str],
        facts: DataFacts,
        fingerprint: str,
        n: int,
    ) -> list[PastSearch]:
        """Return searches that a new one can learn from, the most similar ones first.

        Parameters
        ----------
        estimator : sequence of str
            Names of the classes of the new search's estimator.

        parameters : sequence of str
            Keys of the parameters that it searches. A past search has at least half.

        facts : DataFacts
            What is known of its data.

        fingerprint : str
            Recognises its data.

        n : int
            How many to return at most. If other data were searched more than once, only
            the search with the most evaluations is taken.

        Returns
        -------
        past : list of PastSearch
            Searches on the same data come first, and the longest of them is the first.
        """
        with self._file.open() as connection:
            found = connection.execute(
                "SELECT id, fingerprint, facts, parameters FROM searches "
                "WHERE estimator = ? ORDER BY n_evaluations DESC, id DESC",
                (text_of_estimator(estimator),),
            ).fetchall()
            nearest = _nearest(found, frozenset(parameters), facts, fingerprint)[:n]
            rows = _select(connection, nearest)
        past = [_read(rows[number]) for number in nearest if number in rows]
        readable = [search for search in past if search is not None]
        if len(readable) < len(past):
            warn(
                f"{len(past) - len(readable)} searches in history={self.path!r} cannot "
                "be read and are left out: somebody has changed the file."
            )
        return readable


_COLUMNS = [
    *("search", "finished", "algorithm", "estimator", "task", "n_samples"),
    *("n_features", "n_classes", "categorical", "missing", "entropy", "scorer"),
    *("sign", "cv", "resource", "amount", "n_folds", "score", "seconds", "params"),
]

_SELECT = (
    "SELECT id, finished, estimator, fingerprint, facts, parameters, about, records, "
    "seconds FROM searches JOIN evaluations ON search = id"
)


def _select(
    connection: sqlite3.Connection, numbers: Sequence[int]
) -> dict[int, list[Any]]:
    """Return all columns of some searches."""
    marks = ", ".join("?" * len(numbers))
    found = connection.execute(f"{_SELECT} WHERE id IN ({marks})", numbers)
    return {number: texts for number, *texts in found}


def _nearest(
    found: Sequence[tuple[int, str, str, str]],
    parameters: frozenset[str],
    facts: DataFacts,
    fingerprint: str,
) -> list[int]:
    """Return the numbers of searches that have enough parameters, by distance.

    Of equal distances the first one found comes first.
    """
    places: dict[object, tuple[float, int, int]] = {}
    for i, (number, data, its_facts, its_parameters) in enumerate(found):
        if 2 * len(parameters & _keys(its_parameters)) < len(parameters):
            continue
        is_same = data == fingerprint
        distance = -1.0 if is_same else facts.distance(_facts(its_facts))
        if distance < math.inf:
            # Of other data that were searched more than once, one search is enough.
            places.setdefault(number if is_same else data, (distance, i, number))
    return [number for _, _, number in sorted(places.values())]


def _delete(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    connection.executemany("DELETE FROM searches WHERE id = ?", rows)
    connection.executemany("DELETE FROM evaluations WHERE search = ?", rows)


def _read(texts: Sequence[Any]) -> PastSearch | None:
    """Return a search; None for one that is not readable: others still are."""
    try:
        return PastSearch.of_texts(*texts)
    # The file can have anything in it.
    except Exception:  # noqa: BLE001
        return None


# Thousands of searches have the same parameters, and not many data sets.
@lru_cache(maxsize=1024)
def _keys(text: str) -> frozenset[str]:
    try:
        return frozenset(key for key in json.loads(text) if isinstance(key, str))
    except Exception:  # noqa: BLE001
        return frozenset()


@lru_cache(maxsize=16_384)
def _facts(text: str) -> DataFacts:
    try:
        return facts_of(text)
    except Exception:  # noqa: BLE001
        return DataFacts("unknown")


def _rows_of(number: int, past: PastSearch) -> list[tuple[Any, ...]]:
    facts = past.facts
    shape = (facts.task, facts.n_samples, facts.n_features, facts.n_classes)
    shares = (facts.categorical, facts.missing, facts.entropy)
    ended = (number, past.finished, past.algorithm, " ".join(past.estimator))
    how = (past.scorer, past.sign, past.cv, past.resource)
    head = (*ended, *shape, *shares, *how)
    return [
        (*head, e.amount, e.n_folds, e.score, e.seconds, dict(e.values))
        for e in past.evaluations
    ]
