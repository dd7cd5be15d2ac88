"""What fits change in place, in another process."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sklearn_automl.execution import FoldScorer, FoldTask, Resource
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._shared_data import (
    SharedData,
    make_private_folder,
    remove_folder,
)

N = 12


@pytest.fixture
def share(monkeypatch, tmp_path):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    folder = make_private_folder()
    references = []

    def shared(obj):
        references.append(SharedData(obj, folder).reference)
        return references[-1]

    yield shared
    for reference in references:
        reference.forget()
    remove_folder(folder)


class AddsOne(BaseEstimator):
    """Changes in place what its ``fit`` is given, and scores by what it was."""

    def fit(self, X, y=None, given=None):
        arrays = list(X) if given is None else arrays_in(given)
        self.seen_ = float(sum(np.asarray(a).sum() for a in arrays))
        for array in arrays:
            array += 1
        return self


def arrays_in(given):
    if isinstance(given, np.ndarray) and given.dtype != object:
        return [given]
    if isinstance(given, dict):
        return list(given.values())
    if isinstance(given, pd.DataFrame):
        return [given]
    return [a for part in given for a in arrays_in(part)]


def see(estimator, X, y=None):
    return estimator.seen_


def scores(share, X, **fit_params):
    """Return what two tasks of two folds see on one worker."""
    rows = np.arange(N)
    scorer = FoldScorer(
        estimator=AddsOne(),
        X=X,
        y=None,
        splits=[(rows, rows)] * 2,
        resource=Resource(),
        scorer=see,
        error_score="raise",
        fit_params=fit_params or None,
    )
    reference = share(scorer)
    task = FoldTask(0, {}, 1, True, (0, 1), (0, 0), (None, None))
    results = [result for _ in range(2) for result in run_sent_task(reference, task)]
    return [result.test_scores for result in results]


def many(n):
    return [np.zeros(3) for _ in range(n)]


def in_an_array(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


X = np.zeros((N, 2))

GIVEN = {
    "an array": np.zeros((1, 3)),
    "more than a megabyte": np.zeros(200_000),
    "an evaluation set": [(np.zeros((4, 2)), np.zeros(4))],
    "a dict": {"start": np.zeros(3)},
    "a frame": pd.DataFrame(np.zeros((3, 2))),
    "objects by row": in_an_array(many(N)),
    "a list by row": many(N),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_fit_parameter_is_new_for_every_fold(name, share):
    assert scores(share, X, given=GIVEN[name]) == [0.0] * 4


ROWS = {
    "list": many(N),
    "tuple": tuple(many(N)),
    "array": in_an_array(many(N)),
    "series": pd.Series(many(N)),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_that_are_objects_are_new_for_every_fold(kind, share):
    assert scores(share, ROWS[kind]) == [0.0] * 4


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((N, 2)),
        ["text"] * N,
        np.array(["text", None] * (N // 2), dtype=object),
        pd.DataFrame({"a": np.zeros(N), "b": ["text"] * N}),
        pd.Series(["text"] * N),
    ],
    ids=["numbers", "texts", "objects", "frame", "series"],
)
def test_rows_that_nobody_can_change_are_not_copied(X):
    scorer = FoldScorer(AddsOne(), X, None, [], Resource(), see, "raise")
    assert scorer.for_a_fold().X is X
