"""What is known of an evaluation and of its folds."""

import pytest

from sklearn_automl.execution import Evaluation, FoldResult, Status
from sklearn_automl.execution._evaluation import lost_fold, shortened
from sklearn_automl.schedulers import Job


def test_a_result_that_is_kept_costs_nothing_and_asks_for_nothing_again():
    fold = FoldResult(
        test_scores=0.5, fit_time=2.0, units=9, duration=3.0, stop=True, unsaved="full"
    )
    kept = fold.kept()
    assert (kept.test_scores, kept.fit_time) == (0.5, 2.0)
    assert (kept.units, kept.duration, kept.stop, kept.unsaved) == (0, 0.0, False, None)
    assert kept.is_kept
    assert not fold.is_kept


def test_a_lost_fold_is_no_kept_one_though_it_took_no_time():
    assert not lost_fold("Its worker died.", Status.CRASHED).is_kept


def test_of_two_errors_that_of_the_fit_is_said():
    assert FoldResult(fit_error="fit", score_error="score").error == "fit"
    assert FoldResult(score_error="score").error == "score"


def failure_of(error, status=Status.FAILED):
    job = Job(trial_id=0, config={}, bracket=0, rung=0, resource=1)
    return Evaluation(job, {}, status=status, error=error).failure


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ('Traceback\n  File "a"\nValueError: 3 rows\n', "ValueError: * rows"),
        ("KeyError: 'a b' of [1, 2] at 0x7f", "KeyError: * of * at *"),
        ('Unknown "x": -1.5e-3', "Unknown *: *"),
        ("It doesn't fit and won't", "It doesn't fit and won't"),
        ("x" * 300, "x" * 200),
    ],
)
def test_failures_of_one_kind_differ_in_numbers_and_in_what_they_quote(error, kind):
    assert failure_of(error) == kind


def test_what_a_limit_has_ended_is_no_failure_of_the_fit():
    assert failure_of("It took too long.", Status.TIMEOUT) == ""


def test_the_end_of_a_long_traceback_is_kept():
    error = "\n".join(f"line {i}" for i in range(5000))
    end = shortened(error)
    assert 9_000 < len(end) < 10_010
    assert end.startswith("...\nline ")
    assert end.endswith("line 4999")
    assert shortened("short") == "short"
    assert shortened(None) is None
