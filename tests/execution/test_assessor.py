"""From folds to what an evaluation is worth."""

import numpy as np
import pytest

from sklearn_automl.execution import Assessor, Evaluation, Status
from sklearn_automl.execution._fold_scorer import lost_fold
from sklearn_automl.schedulers import Job


def assessed(folds, error_score=np.nan):
    job = Job(trial_id=0, config={"x": 1}, bracket=0, rung=0, resource=1)
    evaluation = Evaluation(job, dict(enumerate(folds)))
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
    with pytest.raises(RuntimeError, match=r"^Its worker died\. The configuration is"):
        assessed(folds, error_score="raise")


def test_the_first_of_several_failures_is_said():
    evaluation = assessed([FAILED, MEMORY])
    assert evaluation.status == Status.FAILED
    assert evaluation.error.endswith("too few rows")
