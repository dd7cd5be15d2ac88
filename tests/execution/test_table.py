"""From evaluations to the columns of a table, and to ranks."""

import numpy as np
import pytest

from sklearn_automl.execution import (
    Evaluation,
    FoldResult,
    Status,
    blank_folds_not_run,
    complete_folds,
    evaluation_columns,
    frame_of,
    iteration_columns,
    rank_by_resource,
    summary_of,
)
from sklearn_automl.execution._evaluation import lost_fold
from sklearn_automl.schedulers import Job


def ranks(scores, amounts, usable=None):
    usable = np.ones(len(scores), bool) if usable is None else np.array(usable)
    scores, amounts = np.array(scores, float), np.array(amounts)
    return rank_by_resource(scores, amounts, usable).tolist()


def test_more_of_the_resource_ranks_first_whatever_the_score():
    assert ranks([0.9, 0.1, 0.5], [9, 81, 27]) == [3, 1, 2]


def test_evaluations_with_the_same_amount_rank_by_score():
    assert ranks([0.8, 0.9, 0.95], [81, 81, 80]) == [2, 1, 3]


def test_ties_share_the_lowest_rank():
    assert ranks([0.5, 0.7, 0.5, 0.1], [9, 9, 9, 9]) == [2, 1, 2, 4]


@pytest.mark.parametrize("bad", ["failed", "nan"])
def test_what_failed_is_last(bad):
    scores = [np.nan if bad == "nan" else 0.9, 0.1]
    assert ranks(scores, [81, 3], [bad == "nan", True]) == [2, 1]


def test_where_all_failed_all_are_first():
    assert ranks([0.1, 0.2], [9, 9], [False, False]) == [1, 1]


def test_ranks_have_the_type_of_scikit_learn_s():
    usable = np.ones(2, bool)
    assert rank_by_resource(np.zeros(2), np.ones(2), usable).dtype == np.int32
    assert rank_by_resource(np.zeros(2), np.ones(2), ~usable).dtype == np.int32


# ---- columns ---------------------------------------------------------------------


def evaluation(results, trial_id=0, **options):
    job = Job(trial_id=trial_id, config={}, bracket=0, rung=0, resource=1)
    return Evaluation(job, results, **options)


def test_what_is_read_first_is_at_the_beginning():
    names = """
        mean_fit_time std_fit_time param_a params split0_test_score mean_test_score
        std_test_score rank_test_score status error n_resources mean_train_score
        start_time
    """
    table = frame_of({name: [0] for name in names.split()})
    assert " ".join(table.columns) == (
        "param_a mean_test_score std_test_score rank_test_score status n_resources "
        "mean_fit_time std_fit_time params split0_test_score error "
        "mean_train_score start_time"
    )


def test_an_evaluation_s_error_is_in_its_row():
    failed = evaluation({}, status=Status.FAILED, error="ValueError: no")
    columns = evaluation_columns([failed, evaluation({}, 1)], lambda amount: 7)
    assert columns["error"] == ["ValueError: no", ""]
    assert columns["status"] == [Status.FAILED, Status.COMPLETED]
    assert columns["n_resources"] == [7, 7]


def some_folds():
    """Return an evaluation of two folds of three, and one whose fold was lost."""
    first = FoldResult(test_scores=0.2, n_test_samples=7, fit_time=1.0, score_time=2.0)
    last = FoldResult(test_scores=0.4, n_test_samples=8, fit_time=3.0, score_time=6.0)
    return [evaluation({0: first, 2: last}), evaluation({0: lost_fold("died")}, 1)]


def test_folds_that_were_lost_have_the_error_score():
    rows = complete_folds(some_folds(), 3, -1.0, None)
    assert [row["test_scores"] for row in rows] == [0.2, 0.2, 0.4, -1.0, -1.0, -1.0]
    assert [row["n_test_samples"] for row in rows] == [7, 0, 8] * 2
    assert "train_scores" not in rows[0]
    rows = complete_folds(some_folds(), 3, -1.0, ["a", "b"])
    assert rows[-1]["test_scores"] == {"a": -1.0, "b": -1.0}


def test_train_scores_of_some_are_a_column_of_all():
    evaluations = some_folds()
    evaluations[0].results[0].train_scores = 0.9
    evaluations[0].results[2].train_scores = 0.8
    rows = complete_folds(evaluations, 3, -1.0, None)
    assert [row["train_scores"] for row in rows] == [0.9, 0.9, 0.8, -1.0, -1.0, -1.0]


def test_folds_that_were_not_run_do_not_count():
    every = evaluation({i: FoldResult(test_scores=0.5) for i in range(3)}, 1)
    results = {
        f"split{i}_test_score": np.array([s, 0.5]) for i, s in ((0, 0.2), (1, 9))
    }
    results["split2_test_score"] = np.array([0.4, 0.5])
    for name in ("test_score", "fit_time", "score_time"):
        results |= {f"mean_{name}": np.full(2, 0.5), f"std_{name}": np.full(2, 0.25)}
    blank_folds_not_run(results, [some_folds()[0], every], 3)
    np.testing.assert_array_equal(results["split1_test_score"], [np.nan, 0.5])
    for name, mean, std in (
        ("test_score", 0.3, 0.1),
        ("fit_time", 2.0, 1.0),
        ("score_time", 4.0, 2.0),
    ):
        np.testing.assert_allclose(results[f"mean_{name}"], [mean, 0.5])
        np.testing.assert_allclose(results[f"std_{name}"], [std, 0.25])


@pytest.mark.filterwarnings("error")
def test_the_mean_of_iterations_is_that_of_folds_where_they_are_known():
    def with_best(*numbers):
        folds = [FoldResult(test_scores=0.5, best_iteration=n) for n in numbers]
        return evaluation(dict(enumerate(folds)))

    columns = iteration_columns([with_best(3, None), with_best(None, None)], 2)
    np.testing.assert_array_equal(columns["mean_best_iteration"], [3, np.nan])
    np.testing.assert_array_equal(columns["split0_best_iteration"], [3, np.nan])
    np.testing.assert_array_equal(columns["split1_best_iteration"], [np.nan, np.nan])


def test_what_was_not_completed_is_counted_by_status():
    statuses = [Status.TIMEOUT, Status.COMPLETED, Status.FAILED, Status.TIMEOUT]
    text = summary_of([evaluation({}, i, status=s) for i, s in enumerate(statuses)])
    assert text.startswith(
        "3 of 4 evaluations were not completed (1 failed, 2 timeout)."
    )
