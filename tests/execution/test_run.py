"""A search from its first job to its last, on workers without processes."""

import time
from contextlib import contextmanager

import numpy as np
import pytest

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import (
    FoldResult,
    FoldScorer,
    NoJournal,
    Reporter,
    Resource,
    StopReason,
    _run,
    run_search,
)
from sklearn_automl.execution._trial_limits import TrialLimits
from sklearn_automl.schedulers import FullFidelity, Hyperband
from tests.fakes import FakeExecutor
from tests.schedulers.drive import random_sampler

SCORER = FoldScorer(
    estimator=None,
    X=None,
    y=None,
    splits=[(None, None)] * 2,
    resource=Resource(),
    scorer=None,
    error_score=np.nan,
)


def succeed(task):
    return [FoldResult(test_scores=1.0) for _ in task.splits]


class Workers(FakeExecutor):
    """Closes, or is interrupted while it does."""

    def __init__(self, run=succeed, *, is_interrupted=False, starts=True, n_workers=1):
        rng = np.random.default_rng(0)
        super().__init__(n_workers, run, lambda task: 1 + rng.random())
        self.is_interrupted, self.starts, self.n_closed = is_interrupted, starts, 0

    def start(self, scorer):
        if not self.starts:
            raise RuntimeError("no worker starts")
        self.scorer = scorer

    def close(self):
        self.n_closed += 1
        if self.is_interrupted:
            raise KeyboardInterrupt


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs a search on given workers."""

    def run_on(workers, scheduler=None, verbose=False, **options):
        monkeypatch.setattr(_run, "make_executor", lambda *_, **__: workers)
        return run_search(
            scheduler or FullFidelity(random_sampler(), 3),
            SCORER,
            **{
                "assess": lambda evaluation: setattr(evaluation, "loss", 0.0),
                "reporter": Reporter("Search", verbose),
                "journal": NoJournal(),
                "table": "results_",
                "began": time.perf_counter(),
                **options,
            },
        )

    return run_on


def interrupt(task):
    raise KeyboardInterrupt


def test_returns_what_was_evaluated_and_closes_the_workers(run):
    workers = Workers()
    search_run = run(workers)
    assert [e.job.trial_id for e in search_run.evaluations] == [0, 1, 2]
    assert (search_run.stop_reason, search_run.error) == (StopReason.COMPLETED, None)
    assert workers.n_closed == 1


def test_models_are_kept_where_the_workers_find_them(run):
    workers = Workers()
    run(workers)
    assert workers.scorer.model_store is workers.model_store


def test_workers_are_closed_where_none_starts(run):
    workers = Workers(starts=False)
    with pytest.raises(RuntimeError, match="no worker starts"):
        run(workers)
    assert workers.n_closed == 1


def test_a_second_interrupt_does_not_lose_what_the_first_has_left(run):
    search_run = run(Workers(interrupt, is_interrupted=True))
    assert search_run.stop_reason == StopReason.INTERRUPT
    assert isinstance(search_run.error, KeyboardInterrupt)


def test_an_interrupt_of_the_end_is_raised(run):
    with pytest.raises(KeyboardInterrupt):
        run(Workers(is_interrupted=True))


def test_what_is_around_is_there_while_evaluations_run(run):
    events = []

    @contextmanager
    def around():
        events.append("enter")
        yield
        events.append("leave")

    def note(task):
        events.append("run")
        return succeed(task)

    run(Workers(note), FullFidelity(random_sampler(), 1), around=around())
    assert events == ["enter", "run", "run", "leave"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("the last callback"), StopReason.ERROR),
        (SystemExit(3), StopReason.ERROR),
        (KeyboardInterrupt(), StopReason.INTERRUPT),
    ],
)
def test_what_is_raised_around_it_at_the_end_loses_no_evaluation(run, error, reason):
    @contextmanager
    def around():
        yield
        raise error

    search_run = run(Workers(), around=around())
    assert len(search_run.evaluations) == 3
    assert (search_run.error, search_run.stop_reason) == (error, reason)


def test_what_is_raised_first_has_ended_the_search(run):
    @contextmanager
    def around():
        yield
        raise RuntimeError("the last callback")

    def raise_error(task):
        raise ValueError("the first callback")

    error = run(Workers(raise_error), around=around()).error
    assert str(error) == "the first callback"


def test_evaluations_are_in_an_order_that_does_not_depend_on_workers(run):
    evaluations = run(
        Workers(n_workers=4), Hyperband(random_sampler(), 1, 9)
    ).evaluations
    places = [(e.job.bracket, e.job.rung, e.job.trial_id) for e in evaluations]
    assert places == sorted(places)
    ends = [e.end_time for e in evaluations]
    assert ends != sorted(ends)


class Chain:
    """A callback's context, with what it must not take to another process."""

    def __init__(self):
        self.parent, self._children_map = None, {0: "another fit"}


@pytest.mark.parametrize("is_local", [True, False])
def test_only_a_context_that_stays_here_knows_the_other_fits(run, is_local):
    workers, context = Workers(), Chain()
    workers.shares_memory = is_local
    run(workers, context=lambda job, split: context)
    (there,) = workers.submitted[0].contexts
    assert (there is context) == is_local
    assert bool(there._children_map) == is_local


def test_a_search_whose_beginning_was_cut_short_has_ended_by_the_time_limit(
    run, capsys
):
    search_run = run(Workers(), is_cut_short=True, verbose=True)
    assert search_run.stop_reason == StopReason.TIME_LIMIT
    assert "ended by time_limit" in capsys.readouterr().out


def test_the_plan_is_printed_first_and_the_end_last(run, capsys):
    run(Workers(), verbose=True)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "[Search] 3 configurations, 3 evaluations on 2 folds, 6 fits:"
    assert last.startswith("[Search] 3 evaluations in ")


def test_nothing_is_printed_unless_asked_for(run, capsys):
    run(Workers())
    assert capsys.readouterr().out == ""


def test_models_that_had_no_place_are_told_once(run):
    def full_disk(task):
        return [FoldResult(test_scores=1.0, unsaved="OSError(28)") for _ in task.splits]

    with pytest.warns(SearchWarning, match=r"6 fitted models .* OSError\(28\)") as told:
        run(Workers(full_disk))
    assert len(told) == 1


class UnusedJournal(NoJournal):
    n_unused = 2

    def __len__(self):
        return 5


def test_recorded_evaluations_that_nobody_asked_for_are_told(run):
    with pytest.warns(SearchWarning, match=r"2 of 5 evaluations .* not in results_"):
        run(Workers(), journal=UnusedJournal())


def test_what_an_interrupt_left_unused_is_not_told(run, recwarn):
    run(Workers(interrupt), journal=UnusedJournal())
    assert len(recwarn) == 0


@pytest.mark.parametrize(
    ("limits", "is_shared"),
    [
        (None, True),
        (TrialLimits(timeout=9.0), True),
        (TrialLimits(memory=10**9), False),
    ],
)
def test_workers_with_a_memory_limit_keep_no_prefixes(run, limits, is_shared):
    workers = Workers()
    run(workers, limits=limits)
    assert workers.scorer.share_prefix is is_shared
