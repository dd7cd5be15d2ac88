"""What a search has asked and was told, kept so that it can be done again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from numbers import Number
from typing import Any

import numpy as np

from sklearn_automl.exceptions import CheckpointError
from sklearn_automl.execution._evaluation import FoldResult
from sklearn_automl.execution._predictions import record_of, recorded
from sklearn_automl.execution._status import Status
from sklearn_automl.schedulers import Job, Scheduler
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import Checkpoint, Event, decode, encode, encode_key

__all__ = ["Journal", "NoJournal", "open_journal"]

#: The results of a job's folds, and when it began and ended.
Result = tuple[list[FoldResult], float, float]

# These fields of a fold are recorded. That its model had no place says nothing about a
# later run, and its predictions have a form of their own.
_NOT_RECORDED = {"unsaved", "predictions"}
_NAMES = tuple(f.name for f in fields(FoldResult) if f.name not in _NOT_RECORDED)


class Journal:
    """The checkpoint of a search, in terms of jobs and the results of their folds.

    A scheduler and its sampler depend on their seed and on the order of what they were
    asked and told, on nothing else. So what brings a search back to where it was is to
    ask and tell it the same again.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where it is kept.

    space : SearchSpace
        Identifies configurations: those of its lists by their place there, so that
        values of any kind can be recorded.
    """

    def __init__(self, checkpoint: Checkpoint, space: SearchSpace) -> None:
        self._checkpoint = checkpoint
        self._space = space
        self._held: list[Event] = []  # events that are not in the file yet
        self._results = {
            event.key: self._read(event)
            for event in checkpoint.events
            if event.kind == "tell"
        }
        self._unused = set(self._results)

    @property
    def seconds(self) -> float:
        """When the last of the recorded evaluations ended: how long the runs took."""
        return max((end for _, _, end in self._results.values()), default=0.0)

    @property
    def n_unused(self) -> int:
        """Number of recorded evaluations that were not asked for again."""
        return len(self._unused)

    def __len__(self) -> int:
        """Return the number of evaluations that are recorded."""
        return len(self._results)

    @property
    def events(self) -> Sequence[Event]:
        """What was asked and told, in order."""
        return self._checkpoint.events

    def result(self, key: str) -> Result | None:
        """Return what was recorded of a job; None if nothing was."""
        self._unused.discard(key)
        return self._results.get(key)

    def replay(self, scheduler: Scheduler) -> Iterator[tuple[Job, str]]:
        """Bring a scheduler to where it was: the same questions, the same answers.

        It ends where the scheduler asks for something else, as one that was given more
        configurations does; what is recorded beyond is found when it is asked for.

        Yields
        ------
        job, key : Job, str
            What is to be answered before the next one, in the order of the answers.
            Jobs without a result come last.
        """
        unanswered: dict[str, Job] = {}
        for event in self.events:
            if event.kind == "ask":
                job = scheduler.ask()
                if job is None:
                    break
                key = self.key(job)
                unanswered[key] = job
                if key != event.key:
                    self.asked(key)
                    break
            elif event.key in unanswered:
                yield unanswered.pop(event.key), event.key
            else:
                break
        for key, job in unanswered.items():
            yield job, key

    def key(self, job: Job) -> str:
        """Return what identifies a job."""
        place = (job.trial_id, job.bracket, job.rung)
        amounts = (float(job.resource), float(job.previous_resource))
        return encode_key((*place, *amounts, self._space.key(job.config)))

    def asked(self, key: str) -> None:
        """Record that a job was asked for; on disk with the next that is told."""
        self._held.append(Event("ask", key))

    def told(self, key: str, result: Result, *, hold: bool = False) -> None:
        """Record the result of a job; with ``hold``, not before the next one."""
        folds, start, end = result
        records = [_record_of(fold) for fold in folds]
        self._held.append(Event("tell", key, encode([records, start, end])))
        if not hold:
            self.flush()

    def flush(self) -> None:
        """Record what was held."""
        self._checkpoint.append(self._held)
        self._held = []

    def _read(self, event: Event) -> Result:
        try:
            records, start, end = decode(event.data)
            folds = [_fold_of(record) for record in records]
            return folds, float(start), float(end)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise CheckpointError(
                f"checkpoint={self._checkpoint.path!r} has a result that cannot be "
                f"read: {error}. Pass the path of a new file."
            ) from error


def open_journal(
    checkpoint: Checkpoint | None,
    identity: Callable[[], dict[str, str]],
    space: SearchSpace,
) -> Journal:
    """Return what an earlier fit has recorded, if it was of the same search.

    ``identity`` returns all that decides what is evaluated and what comes of it.
    """
    if checkpoint is None:
        return NoJournal()
    checkpoint.claim(identity())
    return Journal(checkpoint, space)


class NoJournal(Journal):
    """The journal of a search without a checkpoint: nothing is kept."""

    events = ()
    n_unused = 0
    seconds = 0.0

    def __init__(self) -> None:
        pass

    def __len__(self) -> int:
        return 0

    def result(self, key: str) -> None:  # noqa: ARG002
        return None

    def key(self, job: Job) -> str:  # noqa: ARG002
        return ""

    def asked(self, key: str) -> None:
        pass

    def told(self, key: str, result: Result, *, hold: bool = False) -> None:
        pass

    def flush(self) -> None:
        pass


def _record_of(fold: FoldResult) -> dict[str, Any]:
    """Return what a file keeps of a fold: whatever there is, and always its error."""
    values = {name: _as_number(getattr(fold, name)) for name in _NAMES}
    if fold.predictions is not None:
        values["predictions"] = record_of(fold.predictions)
    return {k: v for k, v in values.items() if v is not None or k == "fit_error"}


def _fold_of(record: dict[str, Any]) -> FoldResult:
    if not isinstance(record["fit_error"], str | None):
        raise ValueError("an error that is no text")
    fold = FoldResult(**{k: v for k, v in record.items() if k in _NAMES})
    fold.duration = record["duration"] + 0.0  # raises if it is no number
    if "predictions" in record:
        fold.predictions = recorded(record["predictions"])
    # A callback that stopped the search may let the resumed one go on.
    fold.stop = False
    if fold.lost is not None:
        fold.lost = Status(fold.lost)
    return fold


def _as_number(value: Any) -> Any:
    """Return the float of a number of any other kind: scorers may return a Fraction."""
    if isinstance(value, dict):
        return {k: _as_number(v) for k, v in value.items()}
    is_plain = isinstance(value, int | float | np.generic)
    return float(value) if isinstance(value, Number) and not is_plain else value  # type: ignore[arg-type]
