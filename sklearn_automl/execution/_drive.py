"""One search from its first job to its last, with the workers closed behind it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from sklearn_automl.exceptions import warn
from sklearn_automl.execution._executor import Executor
from sklearn_automl.execution._journal import Journal
from sklearn_automl.execution._loop import Evaluation, SearchLoop, StopReason

__all__ = ["drive", "in_order", "warn_of_unused"]


def drive(
    executor: Executor,
    make_loop: Callable[[], SearchLoop],
    around: AbstractContextManager[object] | None = None,
) -> SearchLoop:
    """Make a loop, run it, and close its executor whatever happens.

    ``make_loop`` starts the executor; ``around`` is entered while the loop runs.
    """
    loop = None
    try:
        loop = make_loop()
        with nullcontext() if around is None else around:
            loop.run()
    finally:
        try:
            executor.close()
        except KeyboardInterrupt:
            # A second one, while the first ends the search: keep its table.
            if loop is None or loop.error is None:
                raise
    return loop


def in_order(loop: SearchLoop) -> list[Evaluation]:
    """Return the evaluations by bracket, rung and trial.

    The order in which they finished depends on the workers; this does not.
    """
    return sorted(
        loop.evaluations, key=lambda e: (e.job.bracket, e.job.rung, e.job.trial_id)
    )


def warn_of_unused(loop: SearchLoop, journal: Journal, table: str) -> None:
    """Say if a search ended without a need for all that is in its checkpoint.

    ``table`` is the attribute that has its evaluations.
    """
    if loop.stop_reason == StopReason.COMPLETED and journal.n_unused:
        warn(
            f"{journal.n_unused} of {len(journal)} evaluations in the checkpoint "
            f"were not asked for again and are not in {table}: the search was "
            "made shorter, or went another way. That can happen on another kind of "
            "machine or with another version of numpy or scipy, whose results "
            "differ in the last digits."
        )
