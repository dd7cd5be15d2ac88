"""What all searches do with a history: read past searches, and leave their own there.

The file itself is in ``storage``, and the choice among what it has in ``samplers``.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from sklearn_automl.exceptions import HistoryError, warn
from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.execution._status import Status
from sklearn_automl.samplers import PastTask, choose_incumbents
from sklearn_automl.space import Configuration, SearchSpace
from sklearn_automl.storage import (
    Checkpoint,
    DataFacts,
    PastEvaluation,
    PastSearch,
    SaltedDigest,
    SearchHistory,
    Translated,
    Translator,
    text_of_value,
)

__all__ = [
    "MAX_SUGGESTED",
    "MAX_TASKS",
    "TaskReader",
    "add_to_history",
    "open_checkpoint",
    "open_history",
    "read_history",
    "score_of",
    "sign_of_scorer",
    "text_of_scorer",
]

T = TypeVar("T")

#: With more tasks than these the choice would take longer, and hardly be better.
MAX_TASKS = 20

#: This many configurations are suggested at most, and no more than a third of those
#: that start first.
MAX_SUGGESTED = 5


# ---- the file ------------------------------------------------------------------------


def open_checkpoint(search: Any) -> Checkpoint | None:
    """Return the checkpoint of a search, None without one.

    One file for both the checkpoint and the history is refused, before it is made.
    """
    if search.checkpoint is None:
        return None
    history = getattr(search.history, "path", search.history)
    if history is not None:
        both = (search.checkpoint, history)
        paths = [os.path.realpath(os.fsdecode(path)) for path in both]
        if os.path.normcase(paths[0]) == os.path.normcase(paths[1]):
            raise ValueError(
                f"checkpoint and history are the same file, {paths[0]!r}. A checkpoint "
                "belongs to one search, and a history to many searches: pass two "
                "different paths."
            )
    return Checkpoint(search.checkpoint)


def open_history(search: Any) -> SearchHistory | None:
    """Return the history of a search, None without one; raise if it cannot be used.

    It is opened once: the search may change the folder that a path is relative to.
    """
    history = search.history
    if history is None or isinstance(history, SearchHistory):
        return history
    return SearchHistory(history)


def read_history(history: SearchHistory, read: Callable[[], T], nothing: T) -> T:
    """Return what is read of a history, or `nothing` and a warning if that fails.

    Raises
    ------
    HistoryError
        If the file cannot be used.
    """
    try:
        return read()
    except HistoryError:
        raise  # before any fit, when the user can still pass another file
    # A search does not need its history, and parameters can be any objects.
    except Exception as error:  # noqa: BLE001
        warn(f"Nothing was taken from {history!r}: {_said_by(error)}")
        return nothing


def add_to_history(
    history: SearchHistory | None,
    checkpoint: Checkpoint | None,
    past_of: Callable[[SaltedDigest], PastSearch],
) -> None:
    """Add a finished search to its history; warn if that is not possible.

    Parameters
    ----------
    history : SearchHistory or None
        The history, if there is one.

    checkpoint : Checkpoint or None
        By which a search that goes on is recognised.

    past_of : callable
        Returns what is remembered, with digests of the file.
    """
    if history is None:
        return
    try:
        digest = history.salted()
        # A search that went on has all that it had when it ended before.
        identity = {} if checkpoint is None else checkpoint.identity
        name = digest(str(sorted(identity.items()))) if identity else ""
        history.add(past_of(digest), name)
    # The search has its results, whatever becomes of the file.
    except Exception as error:  # noqa: BLE001
        warn(f"The search is not in its history: {_said_by(error)}")


def _said_by(error: Exception) -> str:
    is_ours = isinstance(error, HistoryError)
    return str(error) if is_ours else f"{type(error).__name__}: {error}"


# ---- what is remembered --------------------------------------------------------------


def score_of(evaluation: Evaluation) -> float | None:
    """Return the score of an evaluation, None if it failed."""
    is_usable = evaluation.status == Status.COMPLETED and np.isfinite(evaluation.loss)
    return -float(evaluation.loss) if is_usable else None


def text_of_scorer(scoring: Any, digest: SaltedDigest) -> str:
    """Return what identifies a metric: `scoring` of one."""
    if scoring is None or isinstance(scoring, str):
        return scoring or "score"
    # Every scorer of make_scorer has the same class.
    return text_of_value(scoring, digest)


def sign_of_scorer(scoring: Any, scorer: str) -> int:
    """Return -1 if a score is the negative of its metric."""
    # What make_scorer returns shows it.
    is_negative = callable(scoring) and "greater_is_better=False" in repr(scoring)
    return -1 if is_negative or scorer.startswith("neg_") else 1


# ---- what is suggested ---------------------------------------------------------------


class TaskReader:
    """Reads past searches in the terms of a new one, and chooses among them.

    Parameters
    ----------
    space : SearchSpace
        The new space.

    translator : Translator
        Finds past configurations in it.

    facts : DataFacts
        What is known of the new data.

    accepts : callable, default=None
        Tells of a configuration whether it may be used.

    takes_moved : bool, default=False
        Whether a score also counts for a configuration of which a number was moved to
        the nearest one of the new space. If not, only the best one can be suggested.

    Attributes
    ----------
    n_unreadable : int
        Evaluations that could not be read.
    """

    def __init__(
        self,
        space: SearchSpace,
        translator: Translator,
        facts: DataFacts,
        accepts: Callable[[Configuration], bool] | None = None,
        *,
        takes_moved: bool = False,
    ) -> None:
        self._space, self._translator, self._facts = space, translator, facts
        self._accepts, self._takes_moved = accepts, takes_moved
        self.n_unreadable = 0

    def choose(
        self, same: Sequence[PastSearch], others: Sequence[PastSearch], n: int
    ) -> list[Configuration]:
        """Return configurations that cover past searches, the most useful one first.

        Parameters
        ----------
        same, others : sequence of PastSearch
            Searches of the new data, and of other data.

        n : int
            How many to return at most. Each of `others` gives one.
        """
        tasks = [self._task(same, is_same_data=True)] if same else []
        tasks += [self._task([past]) for past in others]
        return choose_incumbents(self._space, tasks, n if same else min(n, len(tasks)))

    def translated(
        self, searches: Sequence[PastSearch]
    ) -> Iterator[tuple[PastSearch, PastEvaluation, Translated]]:
        """Go through evaluations that the new space has something like."""
        for past in searches:
            for e in past.evaluations:
                try:
                    translated = self._translator.translate(past, e.values)
                # The file can have anything in it.
                except Exception:  # noqa: BLE001
                    self.n_unreadable += 1
                    continue
                if translated is not None and self._is_accepted(translated.config):
                    yield past, e, translated

    def _is_accepted(self, config: Configuration) -> bool:
        return self._accepts is None or self._accepts(config)

    def _task(
        self, searches: Sequence[PastSearch], *, is_same_data: bool = False
    ) -> PastTask:
        """Return what searches of one data set say of configurations of the space."""
        best_of: dict[object, tuple[tuple[float, ...], Any]] = {}
        moved: list[tuple[tuple[float, ...], Any]] = []
        for _, e, translated in self.translated(searches):
            entry = (e.standing, translated.config)
            moved.append(entry)
            if translated.is_moved and not self._takes_moved:
                continue
            key = self._space.key(translated.config)
            known = best_of.get(key)
            if known is None or known[0] < e.standing:
                best_of[key] = entry
        entries = list(best_of.values())
        best = max(moved, key=lambda entry: entry[0])[1] if moved else None
        facts = searches[0].facts
        return PastTask(
            [config for _, config in entries],
            [standing for standing, _ in entries],
            best,
            facts.distance(self._facts),
            is_same_data,
        )

    def warn_of_unreadable(self, history: SearchHistory) -> None:
        """Warn if some evaluations could not be read."""
        if self.n_unreadable:
            warn(f"Some evaluations in {history!r} cannot be read and are left out.")
