"""What is said of failures and raised at the end: of evaluations, without a search."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import AllFolds, Evaluation, FoldResult, Status
from sklearn_automl.model_selection._ending import (
    check_usable,
    final_fit,
    raise_if_ended,
    refit,
    warn_of_incomplete_best,
    warn_of_run,
)
from sklearn_automl.schedulers import Job

# Amounts are rows: 90 are all.
PLAN = SimpleNamespace(
    folds=AllFolds(2, 90, are_rows=True), n_resources=lambda r: r, n_trials=3
)


def evaluation(trial_id, rows, error="", score_error=None, status=None, n_kept=0):
    """Return one of two folds, those that are not kept fail with the error."""
    folds = {split: FoldResult(test_scores=0.5) for split in range(2)}
    for split in range(n_kept, 2):
        folds[split] = FoldResult(
            fit_error=error or None, score_error=score_error, duration=1.0
        )
    if status is None:
        status = Status.FAILED if error or score_error else Status.COMPLETED
    job = Job(trial_id, {"a": trial_id}, bracket=0, rung=0, resource=rows)
    return Evaluation(job, folds, status=status, error=error or score_error or "")


class Search(SimpleNamespace):
    def __init__(self, **options):
        options = {
            "stop_reason_": "time_limit",
            "error_score": np.nan,
            "resource": "n_samples",
            "refit": True,
            "eval_set": None,
            **options,
        }
        super().__init__(**options)


def said(*evaluations, search=None):
    """Return the warnings of a run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_run(search or Search(), evaluations, PLAN)
    return [str(warning.message) for warning in caught]


def test_a_trial_that_was_evaluated_with_more_later_is_not_said_to_have_failed():
    failed, later = evaluation(0, 30, "E: no"), evaluation(0, 90)
    other = evaluation(1, 30)
    assert said(failed, other, later) == []
    assert said(failed, later, evaluation(0, 60), other) == []
    at_60 = evaluation(0, 60, "E: no")
    assert said(at_60, later, evaluation(0, 30), other) == []
    # Another trial, or the same amount, does not count.
    assert said(failed, other, evaluation(1, 90)) != []
    assert said(evaluation(0, 90, "E: no"), evaluation(0, 90)) != []
    # A limit is none of the fit's faults.
    timeout = evaluation(0, 30, "E: no", status=Status.TIMEOUT)
    assert said(timeout, other, later) != []


def test_below_what_works_for_anyone_the_search_has_climbed():
    (text,) = said(evaluation(0, 10, "E: few."), evaluation(1, 30), evaluation(2, 90))
    assert "evaluated with n_samples=10, so that" in text
    assert "at least 30 of 90 rows. The first failure is E: few. If" in text
    assert "pass min_resources=30, or" in text


def test_advice_names_the_fewest_rows_with_which_something_failed():
    fits = [
        evaluation(0, 30, "E: few"),
        evaluation(1, 60, "E: few"),
        evaluation(2, 20),
    ]
    (text,) = said(*fits)
    assert "2 evaluations failed with n_samples=30 or more of 90 rows" in text


def test_what_fails_with_all_rows_too_needs_no_more_rows():
    failed = [evaluation(0, 30, "E: same"), evaluation(1, 90, "E: same")]
    (text,) = said(*failed, evaluation(2, 30))
    assert "larger min_resources" not in text
    (text,) = said(evaluation(0, 30, "E: one"), failed[1], evaluation(2, 30))
    assert "1 evaluations failed with n_samples=30 or more" in text


def test_folds_of_a_lower_rung_are_counted_there():
    both = said(evaluation(0, 90, "E: no"), evaluation(1, 90))[0]
    kept = said(evaluation(0, 90, "E: no", n_kept=1), evaluation(1, 90))[0]
    assert "2 fits failed out of a total of 4" in both
    assert "1 fits failed out of a total of 3" in kept


def test_scores_that_failed_are_counted_where_all_fits_succeeded():
    scored = evaluation(0, 90, score_error="Traceback\nE: score")
    (text,) = said(scored, evaluation(1, 90))
    assert text.startswith("Scoring failed on 2 of 4 folds, first with: E: score.")
    # With failed fits, their warning says it, and without any score an error.
    texts = said(scored, evaluation(1, 90, "E: no"), evaluation(2, 90))
    assert not any(text.startswith("Scoring failed") for text in texts)
    assert said(scored) == []


def test_if_every_fit_failed_it_is_an_error_with_a_summary():
    with pytest.raises(ValueError, match="All the 4 fits failed") as error:
        warn_of_run(
            Search(), [evaluation(0, 90, "E: no"), evaluation(1, 90, "E: no")], PLAN
        )
    assert "E: no" in str(error.value)


def test_the_warning_of_failed_fits_is_that_of_scikit_learn():
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        warn_of_run(Search(), [evaluation(0, 90, "E: no"), evaluation(1, 90)], PLAN)


@pytest.mark.parametrize(
    ("reason", "n", "is_told"),
    [("completed", 2, True), ("completed", 3, False), ("time_limit", 2, False)],
)
def test_fewer_configurations_than_planned_are_told_at_the_end(reason, n, is_told):
    checked = []
    search = Search(
        stop_reason_=reason, n_trials_=n, _check_run=lambda: checked.append(1)
    )
    texts = said(evaluation(0, 90), search=search)
    assert any(f"gave {n} different" in text for text in texts) is is_told
    assert len(checked) == (reason == "completed")


@pytest.mark.parametrize(
    ("failed_with", "is_told"), [([], False), ([60], True), ([90], True), ([30], False)]
)
def test_what_failed_with_as_much_is_why_the_best_is_incomplete(failed_with, is_told):
    best = evaluation(0, 60)
    others = [evaluation(i, rows, "E: no") for i, rows in enumerate(failed_with)]
    with pytest.warns(SearchWarning) as caught:
        warn_of_incomplete_best(Search(), [best, *others], best, PLAN)
    text = str(caught[0].message)
    assert (": 1 failed, the first with E: no" in text) is is_told
    assert ("Give the search more time" in text) is not is_told
    assert "with n_samples=60 on 2 of 2 folds" in text


def test_a_best_one_with_everything_is_not_told_of():
    best = evaluation(0, 90)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_incomplete_best(Search(), [best], best, PLAN)


# ---- nothing to select, and the final fit ----------------------------------------


class Fits(BaseEstimator):
    def __init__(self, a=0, part=None, max_iter=9, early_stopping=True):
        self.a, self.part, self.max_iter = a, part, max_iter
        self.early_stopping = early_stopping

    def fit(self, X, y, X_val=None, y_val=None):
        if self.a == "fails":
            raise ZeroDivisionError("of the fit on all rows")
        self.feature_names_in_ = ["name"]
        return self


ROUTED = SimpleNamespace(estimator=SimpleNamespace(fit={}))
DATA = SimpleNamespace(X=[[0.0]], y=[0], routed=ROUTED, metadata={})


@pytest.mark.parametrize(
    ("evaluations", "refits", "error", "words"),
    [
        ([evaluation(0, 90, "E: no")], True, ZeroDivisionError, "of the fit on all"),
        ([evaluation(0, 90, "E: no")], False, ValueError, "failed to fit on at least"),
        (
            [
                evaluation(0, 90, "E: no"),
                evaluation(1, 90, "E: died", status=Status.TIMEOUT),
            ],
            True,
            ValueError,
            "None of the 2 evaluations",
        ),
        ([evaluation(0, 90, score_error="E: no")], False, ValueError, "Scoring failed"),
        (
            [evaluation(0, 90, status=Status.FAILED)],
            True,
            ValueError,
            "Check the scoring parameter",
        ),
    ],
)
def test_without_anything_to_select_the_clearest_error_is_raised(
    evaluations, refits, error, words
):
    search = Search(refit=refits, estimator=Fits())
    search.cv_results_ = {"params": [{"a": "fails"}]}
    with pytest.raises(error, match=words):
        check_usable(search, evaluations, DATA, PLAN)
    check_usable(search, [*evaluations, evaluation(1, 90)], DATA, PLAN)


def test_the_final_fit_is_of_copies_of_the_parameters():
    part = Fits()
    search = Search(estimator=Fits(), best_params_={"a": 3, "part": part})
    refit(search, DATA, None)
    best = search.best_estimator_
    assert (best.a, search.estimator.a) == (3, 0)
    assert best.part is not part
    assert search.feature_names_in_ == ["name"]
    assert search.refit_time_ >= 0


@pytest.mark.parametrize(
    ("mean", "n"), [(0.2, 1), (2.4, 2), (2.6, 3), (np.nan, 9), (None, 9)]
)
def test_the_final_fit_has_the_mean_of_the_iterations(mean, n):
    search = Search(estimator=Fits(), eval_set=0.1)
    search.cv_results_ = {"mean_best_iteration": np.array([7.0, mean or 0.0])}
    row = None if mean is None else 1
    best, _ = final_fit(search, {"a": 1}, DATA, row)
    assert (best.max_iter, best.early_stopping) == (n, False)


def test_an_interrupt_says_what_is_left():
    raise_if_ended([], None)
    with pytest.raises(KeyboardInterrupt, match="1 finished evaluations are in"):
        raise_if_ended([evaluation(0, 90)], KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt, match="there is no cv_results_"):
        raise_if_ended([], KeyboardInterrupt())
    with pytest.raises(ZeroDivisionError):
        raise_if_ended([], ZeroDivisionError())
