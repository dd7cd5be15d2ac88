"""One search from its first job to its last, with the workers closed behind it."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from sklearn_automl._sklearn_compat import without_siblings
from sklearn_automl.exceptions import warn
from sklearn_automl.execution._evaluation import Evaluation, StopReason
from sklearn_automl.execution._fold_ladder import AllFolds
from sklearn_automl.execution._fold_scorer import FoldScorer
from sklearn_automl.execution._journal import Journal
from sklearn_automl.execution._loop import Listener, SearchLoop
from sklearn_automl.execution._predictions import PredictionLibrary
from sklearn_automl.execution._reporter import Reporter
from sklearn_automl.execution._trial_limits import TrialLimits
from sklearn_automl.execution.backends import Executor, make_executor
from sklearn_automl.schedulers import Job, Scheduler

__all__ = ["SearchRun", "run_search"]


@dataclass(frozen=True)
class SearchRun:
    """What a search has left.

    ``evaluations`` are by bracket, rung and trial: the order in which they finished
    depends on the workers, this one does not. ``error`` is what ended the search, for
    the caller to raise again; None if the search ended by itself. ``library`` has the
    out-of-fold predictions, if the scorer makes some.
    """

    evaluations: list[Evaluation]
    stop_reason: StopReason
    error: BaseException | None
    library: PredictionLibrary | None = None


def run_search(
    scheduler: Scheduler,
    scorer: FoldScorer,
    *,
    assess: Callable[[Evaluation], None],
    reporter: Reporter,
    journal: Journal,
    table: str,
    began: float,
    folds: AllFolds | None = None,
    n_jobs: int | None = None,
    listeners: Sequence[Listener] = (),
    context: Callable[[Job, int], Any] | None = None,
    around: AbstractContextManager[object] | None = None,
    time_limit: float | None = None,
    limits: TrialLimits | None = None,
    is_cut_short: bool = False,
) -> SearchRun:
    """Run what a scheduler asks for, on the workers that ``n_jobs`` means.

    Parameters
    ----------
    scheduler : Scheduler
        Decides what runs.

    scorer : FoldScorer
        Evaluates it. Its models are kept where the workers find them.

    assess : callable
        Called with every complete evaluation, to set its status, error and loss.

    reporter : Reporter
        Prints how the search goes.

    journal : Journal
        What an earlier run of the search has recorded, and where this one records.

    table : str
        The attribute that will have the evaluations, for warnings.

    began : float
        When the search began, by ``time.perf_counter``.

    folds : AllFolds, default=None
        Which folds an evaluation has; None for all of them.

    n_jobs : int, default=None
        As in scikit-learn.

    listeners : list of object, default=()
        Their ``evaluated`` is called with every assessed evaluation; if it returns
        true or a StopReason the search stops.

    context : callable, default=None
        ``context(job, split)`` makes what a fold's callbacks need.

    around : context manager, default=None
        Entered while evaluations run.

    time_limit : float, default=None
        Seconds after which no job starts; those that run are waited for.

    limits : TrialLimits, default=None
        What one evaluation may take.

    is_cut_short : bool, default=False
        Whether the time limit has already ended what came before the evaluations.

    Returns
    -------
    run : SearchRun
        What has finished, and how it ended.

    Raises
    ------
    ValueError
        If trials have limits and the workers cannot be killed.
    """
    executor = make_executor(n_jobs, must_kill=bool(limits))
    folds = folds or AllFolds(scorer.n_splits, full=sys.maxsize)
    library = PredictionLibrary(folds.is_complete) if scorer.predictor else None
    loop = SearchLoop(
        scheduler,
        executor,
        folds,
        assess=assess,
        listeners=[reporter, *listeners],
        context=_travelling(context, executor),
        time_limit=time_limit,
        limits=limits,
        began=began,
        journal=journal,
        library=library,
    )
    with _closing(executor, loop):
        n_recorded = len(journal)
        reporter.began(scheduler, folds, n_recorded, began=began, time_limit=time_limit)
        executor.start(_for_workers(scorer, executor, limits))
        _run_within(around or nullcontext(), loop)
    _warn_of_unused(loop, journal, table)
    _warn_of_unsaved(loop.evaluations)
    run = replace(_result_of(loop, is_cut_short=is_cut_short), library=library)
    reporter.ended(run.stop_reason, time.perf_counter() - began)
    return run


def _for_workers(
    scorer: FoldScorer, executor: Executor, limits: TrialLimits | None
) -> FoldScorer:
    """Return a scorer that keeps models where its workers find them."""
    # A limit counts what is kept between evaluations, and is not meant for that.
    has_room = limits is None or limits.memory is None
    return replace(
        scorer,
        model_store=executor.model_store,
        share_prefix=scorer.share_prefix and has_room,
    )


def _run_within(around: AbstractContextManager[object], loop: SearchLoop) -> None:
    """Run the loop; what ``around`` raises at its end must not lose the results."""
    try:
        with around:
            loop.run()
    # The last callbacks of a search are called there.
    except BaseException as error:  # noqa: BLE001
        loop.end_by(error)


@contextmanager
def _closing(executor: Executor, loop: SearchLoop) -> Iterator[None]:
    """Close the workers at the end, whatever happens."""
    try:
        yield
    finally:
        try:
            executor.close()
        except KeyboardInterrupt:
            # A second Ctrl-C must not lose the table that the first one has left.
            if loop.error is None:
                raise


def _travelling(
    context: Callable[[Job, int], Any] | None, executor: Executor
) -> Callable[[Job, int], Any] | None:
    """Return what makes the contexts of folds, fit for where the folds run."""
    if context is None or executor.shares_memory:
        return context
    return lambda job, split: without_siblings(context(job, split))


def _result_of(loop: SearchLoop, *, is_cut_short: bool) -> SearchRun:
    stop_reason = loop.stop_reason
    if is_cut_short and stop_reason == StopReason.COMPLETED:
        stop_reason = StopReason.TIME_LIMIT
    in_order = sorted(
        loop.evaluations, key=lambda e: (e.job.bracket, e.job.rung, e.job.trial_id)
    )
    return SearchRun(in_order, stop_reason, loop.error)


def _warn_of_unused(loop: SearchLoop, journal: Journal, table: str) -> None:
    """Say if a search ended without a need for all that is in its checkpoint."""
    if loop.stop_reason == StopReason.COMPLETED and journal.n_unused:
        warn(
            f"{journal.n_unused} of {len(journal)} evaluations in the checkpoint were "
            f"not asked for again and are not in {table}. The search is shorter than "
            "before, or it chose other configurations. It can choose others on "
            "another kind of machine, or with another version of numpy or scipy, "
            "because results differ in the last digits there."
        )


def _warn_of_unsaved(evaluations: list[Evaluation]) -> None:
    """Say if trials were fitted from scratch because their models had no place."""
    errors = [fold.unsaved for e in evaluations for fold in e.folds if fold.unsaved]
    if errors:
        warn(
            f"{len(errors)} fitted models could not be kept, so their trials started "
            "from scratch when they got more of the resource. The first error is "
            f"{errors[0]}. Free some disk space, or set the environment variable "
            "JOBLIB_TEMP_FOLDER to a folder with more space."
        )
