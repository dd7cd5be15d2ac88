"""Trainings that a time limit has ended, without a training."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import Status
from sklearn_automl.nas.search.cut_short import (
    epochs_in_time,
    note_cut_short,
    warn_if_hardly_trained,
)


def evaluation(*n_in_time, n_planned=20, status=Status.COMPLETED, error=None):
    """Return one whose folds had so many epochs, None for all of them."""
    return SimpleNamespace(
        folds=[SimpleNamespace(n_in_time=n) for n in n_in_time],
        job=SimpleNamespace(resource=n_planned),
        status=status,
        error=error,
    )


@pytest.mark.parametrize(
    ("n_in_time", "expected"),
    [((3, 5), 3), ((5, 3), 3), ((None, 4), 4), ((0, 2), 0), ((None, None), None)],
)
def test_the_fold_with_the_fewest_epochs_counts(n_in_time, expected):
    assert epochs_in_time(evaluation(*n_in_time)) == expected


@pytest.mark.parametrize(("n_epochs", "of"), [(None, 20), (40, 40)])
def test_the_table_says_what_the_fold_with_the_fewest_epochs_had(n_epochs, of):
    cut, whole = evaluation(3, 5), evaluation(None, None)
    assert note_cut_short([whole, cut], n_epochs)
    assert cut.error == f"time_limit ended its training after 3 of {of} epochs."
    assert whole.error is None
    assert not note_cut_short([whole])


def test_a_failure_keeps_its_own_reason():
    failed = evaluation(3, status=Status.FAILED, error="ValueError: own")
    assert note_cut_short([failed])
    assert failed.error == "ValueError: own"


def test_trainings_that_hardly_began_are_a_warning():
    with pytest.warns(SearchWarning, match=r"time_limit=2 ended each .* by chance"):
        warn_if_hardly_trained([evaluation(1), evaluation(0)], 2.0)
    with pytest.warns(SearchWarning, match="by chance"):
        warn_if_hardly_trained([evaluation(3, n_planned=1)], 2.0, n_epochs=40)


@pytest.mark.parametrize("n", [2, None])
def test_one_training_that_had_a_tenth_is_enough(n, recwarn):
    warn_if_hardly_trained([evaluation(0), evaluation(n)], 2.0)
    assert not recwarn
