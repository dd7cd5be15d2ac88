"""From folds to what an evaluation is worth, and from evaluations to ranks."""

import numpy as np
import pytest

from sklearn_automl.execution import Assessor, Evaluation, Status, rank_by_resource
from sklearn_automl.execution._evaluation import lost_fold
from sklearn_automl.schedulers import Job


def ranks(scores, amounts, lowest_full, usable=None):
    usable = np.ones(len(scores), bool) if usable is None else np.array(usable)
    scores, amounts = np.array(scores, float), np.array(amounts)
    return rank_by_resource(scores, amounts, usable, lowest_full).tolist()


def test_more_of_the_resource_ranks_first_whatever_the_score():
    assert ranks([0.9, 0.1, 0.5], [9, 81, 27], 28) == [3, 1, 2]


def test_last_rungs_are_compared_by_score():
    assert ranks([0.8, 0.9], [81, 54], 28) == [2, 1]


def test_middle_rungs_are_not_last_ones_where_no_last_one_was_reached():
    assert ranks([0.9, 0.95], [24, 18], 28) == [1, 2]


def test_ties_share_the_lowest_rank():
    assert ranks([0.5, 0.7, 0.5, 0.1], [9, 9, 9, 9], 4) == [2, 1, 2, 4]


@pytest.mark.parametrize("bad", ["failed", "nan"])
def test_what_failed_is_last(bad):
    scores = [np.nan if bad == "nan" else 0.9, 0.1]
    assert ranks(scores, [81, 3], 28, [bad == "nan", True]) == [2, 1]


def test_where_all_failed_all_are_first():
    assert ranks([0.1, 0.2], [9, 9], 4, [False, False]) == [1, 1]


# ---- what an evaluation is worth -------------------------------------------------


def assessed(folds, error_score=np.nan):
    job = Job(trial_id=0, config={"x": 1}, bracket=0, rung=0, resource=1)
    evaluation = Evaluation(job, folds)
    Assessor(None, error_score, lambda names: None)(evaluation)
    return evaluation


LOST = lost_fold("Its worker died.", Status.CRASHED)
FAILED = lost_fold("Traceback\nValueError: too few rows")
MEMORY = lost_fold("Traceback\nMemoryError")


@pytest.mark.parametrize("folds", [[FAILED, LOST], [LOST, FAILED], [MEMORY, LOST]])
def test_what_was_lost_is_said_before_what_has_failed(folds):
    evaluation = assessed(folds)
    assert evaluation.status == Status.CRASHED
    assert evaluation.error == "Its worker died."
    with pytest.raises(RuntimeError, match=r"^Its worker died\. It ran"):
        assessed(folds, error_score="raise")


def test_the_first_of_several_failures_is_said():
    evaluation = assessed([FAILED, MEMORY])
    assert evaluation.status == Status.FAILED
    assert evaluation.error.endswith("too few rows")
