"""What is printed of a search, with a clock that is set by hand."""

import math
import sys

import numpy as np
import pytest

from sklearn_automl.execution import (
    AllFolds,
    Evaluation,
    FoldResult,
    FoldsOnly,
    GrowingFolds,
    Reporter,
    Status,
    StopReason,
    _bar,
)
from sklearn_automl.execution._bar import Bar
from sklearn_automl.execution._progress import Progress, duration
from sklearn_automl.execution._reporter import _short, verbosity_of_fits
from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import ASHA, FullFidelity, Hyperband, SuccessiveHalving
from sklearn_automl.space import SearchSpace
from tests.fakes import FakeClock
from tests.schedulers.drive import random_sampler


def run(scheduler, folds, verbose=1, n=None, seconds=1.0, resource="n", **options):
    """Report a search whose evaluations take a second each; return the reporter."""
    clock = FakeClock()
    reporter = Reporter("Search", verbose, resource=resource, clock=clock)
    reporter.began(scheduler, folds, 0, began=0.0, **options)
    n_evaluations = 0
    while n_evaluations != n and (job := scheduler.ask()) is not None:
        start, clock.now = clock.now, clock.now + seconds
        n_evaluations += 1
        results = {
            split: FoldResult(test_scores=0.5, duration=0.01)
            for split in folds.splits(job.resource)
        }
        evaluation = Evaluation(job, results, start, clock.now, loss=job.config["x"])
        if job.trial_id == 5:
            evaluation.status, evaluation.error = Status.FAILED, "\nValueError: no"
        reporter.evaluated(evaluation)
        scheduler.tell(job, evaluation.loss)
    return reporter


def halving(n=9):
    return SuccessiveHalving(random_sampler(), n, 1, 9)


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_a_new_best_is_told_with_its_place_and_four_digits(capsys):
    run(halving(), GrowingFolds([2, 0, 1], 3), n=1)
    assert lines(capsys)[-1] == (
        "[Search]   4% after 1.0 s, 23 s left; best so far -0.6370 on rung 0 with n=1 "
        "on 1 fold: trial 0 (x=0.6370)"
    )


def test_the_last_line_tells_the_best(capsys):
    reporter = run(halving(), AllFolds(3, 9))
    reporter.ended(StopReason.COMPLETED, 130.0)
    best = reporter._best
    assert lines(capsys)[-1] == (
        f"[Search] 13 evaluations in 2 min; best {-best.loss:#.4g} on rung 2 with n=9: "
        f"trial {best.job.trial_id} (x={best.loss:#.4g})"
    )


def test_a_search_without_a_new_best_is_not_silent(capsys):
    run(FullFidelity(random_sampler(), 50), AllFolds(3, 9), seconds=4.0)
    told = [line for line in lines(capsys) if "after" in line]
    assert len(told) >= 50 * 4 / 12
    assert all("rung" not in line for line in told)


def test_after_a_line_there_is_none_for_ten_seconds(capsys):
    scheduler, clock = FullFidelity(random_sampler(), 50), FakeClock()
    reporter = Reporter("Search", 1, clock=clock)
    reporter.began(scheduler, AllFolds(3, 9), 0)
    reporter.evaluated(Evaluation(scheduler.ask(), {}, loss=0.0))
    capsys.readouterr()
    clock.now = 11.0
    for _ in range(3):
        reporter.evaluated(Evaluation(scheduler.ask(), {}, loss=1.0))
    assert len(lines(capsys)) == 1


def test_ten_seconds_after_a_line_there_is_another(capsys):
    scheduler, clock = FullFidelity(random_sampler(), 50), FakeClock()
    clock.now = 100.0
    reporter = Reporter("Search", 1, clock=clock)
    reporter.began(scheduler, AllFolds(3, 9), 0, began=95.0)
    reporter.evaluated(Evaluation(scheduler.ask(), {}, loss=0.0))
    capsys.readouterr()
    clock.now = 110.0
    reporter.evaluated(Evaluation(scheduler.ask(), {}, loss=1.0))
    (line,) = lines(capsys)
    assert "after 15 s" in line


def test_of_equal_scores_the_first_is_the_best():
    scheduler = FullFidelity(random_sampler(), 5)
    reporter = Reporter("Search", 0, clock=FakeClock())
    reporter.began(scheduler, AllFolds(3, 9), 0)
    first = Evaluation(scheduler.ask(), {}, loss=0.5)
    for evaluation in (first, Evaluation(scheduler.ask(), {}, loss=0.5)):
        reporter.evaluated(evaluation)
    assert reporter._best is first


def test_at_the_end_no_time_is_left(capsys):
    run(FullFidelity(random_sampler(), 3), AllFolds(3, 9), "bar", seconds=70.0)
    assert [" left" in line for line in lines(capsys)] == [True, True, False]


def test_folds_as_the_resource_are_said_once(capsys):
    run(halving(), FoldsOnly(range(5), 5), 2, n=1, resource="n_folds")
    plan, step, evaluation = lines(capsys)
    assert "evaluations, 13 fits:" not in plan
    assert step.endswith("9 x 1 -> 3 x 2 -> 1 x 5 n_folds")
    assert "trial 0 on rung 0 on fold 0 in" in evaluation


def test_folds_as_the_resource_are_not_named_twice(capsys):
    reporter = run(halving(), FoldsOnly(range(5), 5), n=1, resource="n_folds")
    reporter.ended(StopReason.COMPLETED, 9.0)
    assert " on rung 0 with n_folds=1: trial" in lines(capsys)[-1]


def test_an_amount_on_several_folds_says_how_many(capsys):
    reporter = run(halving(), GrowingFolds([2, 0, 1], 3, n_first=2), n=9)
    capsys.readouterr()
    reporter.ended(StopReason.COMPLETED, 9.0)
    assert " with n=1 on 2 folds: trial" in lines(capsys)[0]


@pytest.mark.parametrize(
    ("scheduler", "folds", "text"),
    [
        (halving(), AllFolds(1, 9), "9 configurations, 13 evaluations:"),
        (
            halving(),
            AllFolds(3, 9),
            "9 configurations, 13 evaluations on 3 folds, 39 fits:",
        ),
        (
            ASHA(random_sampler(), 9, 1, 9),
            AllFolds(1, 9),
            "9 configurations, about 13 evaluations:",
        ),
    ],
)
def test_the_plan_says_how_much_will_run(capsys, scheduler, folds, text):
    run(scheduler, folds, n=0)
    assert lines(capsys)[0] == f"[Search] {text}"


@pytest.mark.parametrize(("n", "text"), [(4, "4 of 5 conf"), (5, "5 conf")])
def test_the_size_of_a_space_is_said_where_a_part_of_it_is_tried(capsys, n, text):
    sampler = RandomSampler().bind(
        SearchSpace({"x": [1, 2, 3, 4, 5]}), np.random.default_rng(0)
    )
    run(FullFidelity(sampler, n), AllFolds(1, 9), n=0)
    assert lines(capsys)[0].startswith(f"[Search] {text}")


@pytest.mark.parametrize(
    ("number", "text"), [(1234.5, "1234"), (0.5, "0.5000"), (1e-7, "1.000e-07")]
)
def test_numbers_have_four_digits(number, text):
    assert _short(number) == text


def test_every_evaluation_is_told_with_its_folds(capsys):
    run(halving(), GrowingFolds([2, 0, 1], 3), 2)
    told = lines(capsys)[2:]
    assert len(told) == 13
    assert told[0].endswith(
        "trial 0 on rung 0 with n=1 on fold 2 in 0.0 s (x=0.6370): -0.6370, the best "
        "so far"
    )
    assert "failed, ValueError: no" in told[5]
    assert "on rung 1 with n=3 on fold 2 in" in told[9]
    assert "on rung 2 with n=3 on folds 0, 1, 2 in" in told[12]


@pytest.mark.parametrize(
    ("verbose", "expected"), [(0, 0), (1, 0), (True, 0), (2, 0), (3, 3), ("bar", 0)]
)
def test_scikit_learn_prints_fits_from_3_on(verbose, expected):
    assert verbosity_of_fits(verbose) == expected


# ---- how far it is ---------------------------------------------------------------


@pytest.mark.parametrize(
    "make_scheduler",
    [
        halving,
        lambda: Hyperband(random_sampler(), 1, 9),
        lambda: ASHA(random_sampler(), 9, 1, 9),
        lambda: FullFidelity(random_sampler(), 7, 9),
    ],
)
@pytest.mark.parametrize("folds", [AllFolds(3, 9), GrowingFolds([0, 1, 2], 3)])
def test_the_part_that_is_done_grows_to_the_whole(make_scheduler, folds):
    scheduler = make_scheduler()
    progress = Progress(scheduler, folds)
    parts = [progress.fraction]
    while (job := scheduler.ask()) is not None:
        progress.note(Evaluation(job, {}))
        scheduler.tell(job, job.config["x"])
        parts.append(progress.fraction)
    assert parts == sorted(parts)
    assert parts[0] == 0
    assert parts[-1] == pytest.approx(1.0, abs=0.4)
    if scheduler.plan_is_exact:
        assert parts[-1] == 1.0


def note_some(n=4, **options):
    scheduler = FullFidelity(random_sampler(), 10)
    progress = Progress(scheduler, AllFolds(3, 9), **options)
    for i in range(n):
        progress.note(Evaluation(scheduler.ask(), {}, 100.0 + i, 101.0 + i))
    return progress


def test_the_time_left_does_not_count_the_start_of_workers():
    assert note_some().seconds_left(104.0) == 6.0


def test_a_time_limit_may_end_it_before():
    assert note_some(time_limit=105.0).seconds_left(104.0) == 1.0
    assert note_some(time_limit=105.0).seconds_left(106.0) == 0.0
    assert note_some(0, time_limit=105.0).seconds_left(5.0) == 100.0


def test_nothing_is_said_before_anything_is_known():
    assert note_some(0).seconds_left(104.0) is None


def test_without_a_plan_the_time_limit_is_all_that_is_known():
    scheduler = FullFidelity(random_sampler(), math.inf)
    for limit, left in ((None, None), (100.0, 97.0)):
        progress = Progress(scheduler, AllFolds(3, 9), limit)
        assert progress.seconds_left(3.0) == left
        progress.note(Evaluation(scheduler.ask(), {}, 1.0, 2.0))
        assert progress.seconds_left(3.0) == left
        assert progress.fraction is None


def test_without_a_plan_no_percentage_is_printed(capsys):
    run(FullFidelity(random_sampler(), math.inf), AllFolds(3, 9), verbose=3, n=2)
    told = lines(capsys)[-2:]
    assert all("trial" in line and "%" not in line for line in told)


def test_more_than_was_planned_is_everything():
    scheduler = FullFidelity(random_sampler(), 10)
    progress = Progress(FullFidelity(random_sampler(), 3), AllFolds(3, 9))
    for _ in range(5):
        progress.note(Evaluation(scheduler.ask(), {}, 0.0, 1.0))
    assert progress.fraction == 1.0


def test_an_earlier_run_ended_with_its_last_evaluation():
    scheduler = FullFidelity(random_sampler(), 10)
    progress = Progress(scheduler, AllFolds(3, 9))
    for end in (500.0, 400.0):
        evaluation = Evaluation(scheduler.ask(), {}, end - 1, end)
        evaluation.is_recorded = True
        progress.note(evaluation)
    for start in (502.0, 503.0):
        progress.note(Evaluation(scheduler.ask(), {}, start, start + 1))
    assert progress.seconds_left(4.0) == 6.0


def test_what_an_earlier_run_has_done_took_no_time():
    scheduler = FullFidelity(random_sampler(), 10)
    progress = Progress(scheduler, AllFolds(3, 9))
    for _ in range(5):
        evaluation = Evaluation(scheduler.ask(), {}, 500.0, 501.0)
        evaluation.is_recorded = True
        progress.note(evaluation)
    progress.note(Evaluation(scheduler.ask(), {}, 502.0, 503.0))
    assert progress.fraction == 0.6
    assert progress.seconds_left(2.0) == 4.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (3700, "62 min"),
        (7300, "2.0 h"),
    ],
)
def test_seconds_are_told_as_one_reads_them(seconds, text):
    assert duration(seconds) == text


# ---- the bar ---------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch):
    """Let standard output be a terminal of 70 columns."""
    monkeypatch.setattr(_bar, "_columns", lambda: 70)


def test_the_length_of_lines_is_that_of_the_terminal(capsys, monkeypatch):
    assert _bar._columns() is None
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    assert _bar._columns() == 70


def screen(text):
    """Return what is on the screen, line by line."""
    result = []
    for line in text.split("\n"):
        cells = ""
        for part in line.split("\r"):
            cells = part + cells[len(part) :]
        result.append(cells.rstrip())
    return result


@pytest.mark.usefixtures("terminal")
def test_the_bar_is_one_line_of_a_terminal(capsys):
    reporter = run(halving(), GrowingFolds([2, 0, 1], 3), "bar", n=4)
    (line,) = screen(capsys.readouterr().out)
    assert (
        line == "[Search]  17% |###-----------------| 20 s left; best -0.01653, rung 0"
    )
    reporter.ended(StopReason.COMPLETED, 4.0)
    first, last = screen(line + capsys.readouterr().out)
    assert first.startswith("[Search] 4 evaluations in 4.0 s; best -0.01653 on rung 0")
    assert last == ""


@pytest.mark.usefixtures("terminal")
def test_a_line_that_is_drawn_over_fits_into_the_terminal(capsys):
    bar = Bar("[AVeryLongNameOfASearchCV]")
    bar.draw(0.5, "9.9 s left; best 0.1234, rung 3, and much more text", "")
    assert max(map(len, capsys.readouterr().out.split("\r"))) <= 69
    bar.draw(0.6, "short", "")
    (line,) = screen(capsys.readouterr().out)
    assert line == "[AVeryLongNameOfASearchCV]  60% |############--------| short"


@pytest.mark.usefixtures("terminal")
def test_the_bar_is_as_long_as_there_is_room(capsys):
    Bar("[Search]").draw(0.5, "x" * 40, "")
    (line,) = screen(capsys.readouterr().out)
    # With the last column in use, some terminals would begin another line.
    assert line == "[Search]  50% |######------| " + "x" * 40
    assert len(line) == 69


@pytest.mark.usefixtures("terminal")
def test_a_shorter_line_leaves_nothing_of_a_longer_one(capsys):
    bar = Bar("[Search]")
    bar.draw(None, "a long text", "")
    bar.draw(None, "short", "")
    bar.draw(None, "short", "")
    assert capsys.readouterr().out.split("\r")[2:] == [
        "[Search] short      ",
        "[Search] short",
    ]


@pytest.mark.usefixtures("terminal")
def test_the_last_line_is_drawn_over_the_bar_and_begins_another(capsys):
    bar = Bar("[Search]")
    bar.draw(None, "a long text", "")
    bar.end("ended")
    bar.end("ended")
    assert capsys.readouterr().out.split("\r")[2] == (
        "[Search] ended      \n[Search] ended\n"
    )


@pytest.mark.usefixtures("terminal")
def test_a_bar_is_full_at_the_end_only(capsys):
    Bar("[Search]").draw(0.99, "text", "")
    assert "|###################-| text" in capsys.readouterr().out


def test_a_notebook_has_one_line_too(capsys, monkeypatch):
    class OutStream(type(sys.stdout)):
        pass

    OutStream.__module__ = "ipykernel.iostream"
    monkeypatch.setattr(sys.stdout, "__class__", OutStream)
    bar = Bar("[Search]")
    for part in (0.1, 0.2):
        bar.draw(part, "text", "long text")
    assert screen(capsys.readouterr().out) == [
        "[Search]  20% |####----------------| text"
    ]


def test_a_log_file_gets_few_lines(capsys):
    run(FullFidelity(random_sampler(), 1000), AllFolds(3, 9), "bar", seconds=0.01)
    told = lines(capsys)
    assert len(told) == 10
    assert told[0].startswith("[Search]  10% after 1.0 s, 9.0 s left; best so far ")
    assert "\r" not in "".join(told)


def test_a_log_file_of_a_long_search_is_not_silent(capsys):
    clock = FakeClock()
    bar = Bar("[Search]", clock)
    for clock.now in range(0, 601, 10):
        bar.draw(None, "", f"after {clock.now}")
    assert len(lines(capsys)) == 10
