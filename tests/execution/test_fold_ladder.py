"""Amounts become folds: a part of one, all of one, then more and more of them."""

from itertools import pairwise

import pytest

from sklearn_automl.execution import (
    AllFolds,
    Evaluation,
    FoldResult,
    FoldsOnly,
    GrowingFolds,
)
from sklearn_automl.schedulers import Job
from sklearn_automl.schedulers._rungs import rung_resources
from tests.cases import in_turn

ORDER = (3, 1, 4, 0, 2)


def steps(folds, s, eta=3):
    """Return what each fold has, and how many there are, on each rung."""
    amounts = rung_resources(folds.maximum, eta, s)
    return [(folds.shown(a), folds.n_folds(a)) for a in amounts]


def test_rows_of_one_fold_grow_before_the_folds_do():
    folds = GrowingFolds(ORDER, full=81)
    assert steps(folds, 4) == [(5, 1), (15, 1), (45, 1), (81, 2), (81, 5)]


def test_the_top_has_all_folds_in_full():
    for n_splits in range(1, 12):
        for full in (1, 7, 100):
            folds = GrowingFolds(range(n_splits), full)
            assert folds.splits(folds.maximum) == tuple(range(n_splits))
            assert folds.per_fold(folds.maximum) == full


@in_turn("eta", [2, 3, 4, 10])
@in_turn("n_splits", [1, 2, 3, 5, 10, 37])
@in_turn("n_first", [1, 2])
def test_no_two_rungs_are_the_same(eta, n_splits, n_first):
    folds = GrowingFolds(range(n_splits), 1000, min(n_first, n_splits))
    rungs = [
        (folds.n_folds(a), folds.per_fold(a))
        for a in rung_resources(folds.maximum, eta, 3)
    ]
    assert all(low < high for low, high in pairwise(rungs))


def test_folds_are_added_in_the_given_order():
    folds = GrowingFolds(ORDER, full=10)
    assert folds.splits(10) == (3,)
    assert folds.splits(20) == (1, 3)
    assert folds.splits(30) == (1, 3, 4)


def test_the_folds_of_a_rung_are_among_those_of_a_higher_one():
    folds = GrowingFolds(ORDER, full=10, n_first=2)
    splits = [set(folds.splits(a)) for a in range(1, 51)]
    assert all(few <= more for few, more in pairwise(splits))


def test_the_lowest_rungs_have_as_many_folds_as_are_asked_for():
    folds = GrowingFolds(ORDER, full=90, n_first=3)
    assert folds.n_folds(6) == 3
    assert folds.per_fold(6) == 2  # together 6
    assert folds.smallest(40) == 120


def test_a_fold_that_had_all_is_not_run_again():
    folds = GrowingFolds(ORDER, full=9)
    assert folds.n_new(45, previous=18) == 3
    assert folds.n_new(18, previous=9) == 1
    assert folds.n_new(9, previous=3) == 1


@pytest.mark.parametrize(
    ("folds", "rungs", "expected"),
    [
        (GrowingFolds(ORDER, 9), [(9, 9), (3, 18), (1, 45)], 9 + 3 + 3),
        (GrowingFolds(ORDER, 9), [(4, 3), (2, 9)], 4 + 2),
        (AllFolds(3, 9), [(9, 1), (3, 3), (1, 9)], 3 * (9 + 3 + 1)),
    ],
)
def test_the_fits_of_a_bracket_are_the_folds_that_its_rungs_add(folds, rungs, expected):
    assert folds.n_fits(rungs) == expected


def test_a_fold_goes_on_where_it_was_and_a_new_one_starts():
    folds = GrowingFolds(ORDER, full=9)
    assert folds.start(3, amount=18, previous=3) == 3
    assert folds.start(1, amount=18, previous=3) == 0
    assert folds.start(3, amount=18, previous=0) == 0


def test_with_all_folds_an_amount_is_that_of_each():
    folds = AllFolds(3, full=9)
    assert folds.splits(1) == (0, 1, 2)
    assert folds.start(2, amount=9, previous=3) == 3
    assert folds.n_new(9, previous=3) == 3


@pytest.mark.parametrize(
    ("n_splits", "expected"),
    [
        (569, [7, 21, 63, 190, 569]),  # leave-one-out of the breast cancer data
        (50, [1, 2, 6, 17, 50]),
        (10, [1, 3, 10]),
        (5, [1, 2, 5]),
        (3, [1, 3]),
        (2, [1, 2]),
    ],
)
def test_folds_alone(n_splits, expected):
    folds = FoldsOnly(range(n_splits), n_splits)
    assert [n for _, n in steps(folds, len(expected) - 1)] == expected


def test_folds_alone_are_whole_and_never_run_twice():
    folds = FoldsOnly(ORDER, 5)
    assert folds.is_whole(1)
    assert folds.n_new(folds.maximum, previous=folds.maximum // 3) == 3


@pytest.mark.parametrize(
    ("folds", "amount", "expected"),
    [
        (GrowingFolds(ORDER, 9, are_rows=True), 3, True),
        (GrowingFolds(ORDER, 9, are_rows=True), 18, False),
        (GrowingFolds(ORDER, 9), 3, False),
        (AllFolds(5, 9, are_rows=True), 3, True),
        (FoldsOnly(ORDER, 5), 1, False),
    ],
)
def test_more_rows_may_mend_a_failure_and_nothing_else_does(folds, amount, expected):
    assert folds.may_mend(amount) is expected


@pytest.mark.parametrize(
    ("folds", "least", "n_folds", "per_fold"),
    [
        (AllFolds(5, 9), 3, 5, 3),
        (GrowingFolds(ORDER, 9, n_first=2), 3, 2, 3),
        (FoldsOnly(ORDER, 5), 2, 2, 2),
    ],
)
def test_the_smallest_amount_gives_each_fold_the_least(folds, least, n_folds, per_fold):
    amount = folds.smallest(least)
    assert folds.n_folds(amount) == n_folds
    assert folds.per_fold(amount) == per_fold
    fewer = folds.n_folds(amount - 1), folds.per_fold(amount - 1)
    assert fewer < (n_folds, per_fold)


def test_more_than_everything_is_everything():
    folds = GrowingFolds(ORDER, full=9)
    assert folds.splits(1000) == (0, 1, 2, 3, 4)
    assert folds.per_fold(1000) == 9


def test_no_fold_has_nothing():
    assert GrowingFolds(ORDER, full=9, n_first=3).per_fold(2) == 1


@pytest.mark.parametrize(
    ("folds", "units", "expected"),
    [
        (AllFolds(5, 9), 45, 9),  # nine of each fold
        (GrowingFolds(ORDER, 9), 45, 9),
        (FoldsOnly(ORDER, 5), 10, 5),  # five folds
    ],
)
def test_what_is_spent_is_in_the_units_of_the_user(folds, units, expected):
    assert folds.spent(units) == expected


def job(resource, **options):
    return Job(trial_id=0, config={}, bracket=0, rung=0, resource=resource, **options)


def test_a_final_job_has_everything_whatever_its_amount():
    folds = AllFolds(5, 9)
    assert not folds.is_everything(job(3))
    assert folds.is_everything(job(3, is_final=True))
    assert folds.is_everything(job(9))


def test_an_evaluation_with_all_of_the_resource_on_some_folds_is_not_complete():
    folds = FoldsOnly(ORDER, n_most=3)
    top = job(folds.maximum)
    assert folds.is_everything(top)
    some = dict.fromkeys(folds.splits(top.resource), FoldResult(test_scores=0.5))
    assert not folds.is_complete(Evaluation(top, some))
    every = dict.fromkeys(range(5), FoldResult(test_scores=0.5))
    assert folds.is_complete(Evaluation(top, every))
