"""Which rows of a table a choice is made of."""

import pytest

from sklearn_automl.execution import AllFolds, Evaluation, FoldResult, FoldsOnly, Status
from sklearn_automl.model_selection._selection import with_most
from sklearn_automl.schedulers import Job

FOLDS = AllFolds(n_splits=1, full=9)


def evaluation(resource, status=Status.COMPLETED, is_final=False):
    job = Job(0, {}, 0, 0, resource, is_final=is_final)
    return Evaluation(job, {0: FoldResult()}, status=status)


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([evaluation(9), evaluation(3), evaluation(9)], [0, 2]),
        # The end of a search with less, and one that goes on to all of it.
        ([evaluation(6, is_final=True), evaluation(9), evaluation(3)], [0, 1]),
        ([evaluation(6, is_final=True), evaluation(8)], [0]),
        # Nobody had all of it.
        ([evaluation(3), evaluation(1), evaluation(3)], [0, 2]),
        ([evaluation(9, Status.FAILED), evaluation(3), evaluation(1)], [1]),
    ],
)
def test_a_choice_is_made_of_rows_with_all_of_the_resource(rows, places):
    assert with_most(rows, FOLDS) == places


def test_all_of_the_resource_can_be_a_part_of_the_folds():
    folds = FoldsOnly(order=[0, 1, 2, 3, 4], n_most=3)
    rows = [evaluation(2), evaluation(6), evaluation(4)]
    assert with_most(rows, folds) == [1]
