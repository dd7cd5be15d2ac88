"""From the user's limits to the amounts of the lowest and of the highest rung."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from sklearn_automl.model_selection._amounts import (
    _fold_order,
    _least_rows,
    _n_first,
    find_amounts,
)
from sklearn_automl.model_selection._folds import Folds

N_TEST = 20


def folds_of(n_train, labels=None, n_splits=1):
    """Return equal folds, each with so many rows to train on."""
    rows = np.arange(n_train + N_TEST)
    return Folds(len(rows), [(rows[:n_train], rows[n_train:])] * n_splits, labels, None)


def amounts_of(data, n_trials=np.inf, **options):
    search = SimpleNamespace(
        **{
            "estimator": RandomForestClassifier(),
            "resource": "n_samples",
            "min_resources": "auto",
            "max_resources": "auto",
            "factor": 3,
            "folds": "all",
            "_needs_test_rows": False,
            **options,
        }
    )
    amounts = find_amounts(search, data, n_trials, np.random.default_rng(0))
    return amounts.minimum, amounts.maximum


def classes(n, n_rows):
    return np.arange(n_rows) % n


@pytest.mark.parametrize(
    ("n_train", "n_classes", "factor", "least"),
    [
        (1080, 1, 3, 120),  # 120 rows are enough
        (1079, 1, 3, 359),
        (900, 30, 3, 300),  # or ten of each class
        (899, 30, 3, 899),
        (60, 1, 2, 30),  # or a half
        (120 * 3**5, 1, 3, 360),  # five rungs are enough
    ],
)
def test_auto_leaves_enough_rows_to_compare(n_train, n_classes, factor, least):
    labels = None if n_classes == 1 else classes(n_classes, n_train + N_TEST)
    folds = folds_of(n_train, labels)
    assert amounts_of(folds, factor=factor) == (least, n_train)


def with_fewer_classes_in_one_fold(n_classes, n_train):
    """Return folds of which the first one trains on the first five classes only."""
    labels = np.append(np.arange(n_train) % 5, np.arange(2 * n_train) % n_classes)
    rows = np.arange(3 * n_train)
    few, many = rows[:n_train], rows[n_train : 2 * n_train]
    return Folds(len(rows), [(few, many), (many, few)], labels, None)


def test_auto_leaves_two_rows_of_each_class_of_every_fold():
    folds = with_fewer_classes_in_one_fold(15, 40)
    assert amounts_of(folds, factor=2) == (40, 40)  # 20 rows cannot hold 30


@pytest.mark.parametrize(("least", "is_refused"), [(30, False), (29, True)])
def test_fewer_rows_than_two_of_each_class_of_every_fold_are_refused(least, is_refused):
    folds = with_fewer_classes_in_one_fold(15, 90)
    if not is_refused:
        assert amounts_of(folds, min_resources=least) == (30, 90)
        return
    with pytest.raises(ValueError, match=r"29 is too few rows .* at least 30"):
        amounts_of(folds, min_resources=least)


@pytest.mark.parametrize(("n_trials", "least"), [(9, 1), (8, 8), (3, 8), (2, 26)])
def test_the_lowest_rung_is_given_if_there_are_enough_to_fill_the_rungs(
    n_trials, least
):
    options = {"resource": "max_depth", "min_resources": 1, "max_resources": 26}
    assert amounts_of(folds_of(90), n_trials, **options) == (least, 26)


@pytest.mark.parametrize(("factor", "least"), [(9, 1), (10, 9)])
@pytest.mark.filterwarnings("ignore:factor=10 is more")
def test_a_factor_may_be_the_largest_resource_and_not_more(factor, least):
    options = {"resource": "max_depth", "max_resources": 9, "factor": factor}
    assert amounts_of(folds_of(90), **options) == (least, 9)


@pytest.mark.filterwarnings("error")
def test_the_same_least_and_largest_resource_is_what_was_asked_for():
    options = {"resource": "max_depth", "min_resources": 9, "max_resources": 9}
    assert amounts_of(folds_of(90), **options) == (9, 9)


@pytest.mark.parametrize(
    ("least", "factor", "remedy"),
    [
        (5, 3, "Lower min_resources to 3 or less or factor to 2."),
        (6, 3, "Lower min_resources to 3 or less."),
    ],
)
def test_where_no_rung_fits_the_warning_says_what_would(least, factor, remedy):
    options = {"min_resources": least, "max_resources": 10, "factor": factor}
    with pytest.warns(UserWarning, match="leaves no rung") as caught:
        amounts_of(folds_of(90), resource="max_depth", **options)
    assert str(caught[0].message).endswith(remedy)


@pytest.mark.parametrize(
    ("options", "largest", "error"),
    [
        ({"resource": "n_folds"}, 3, "4 is more than the 3 folds"),
        ({"resource": "n_samples"}, 90, "91 is more than the 90 rows of the smallest"),
    ],
)
def test_the_largest_resource_may_be_all_there_is(options, largest, error):
    folds = folds_of(90, n_splits=3)
    most = amounts_of(folds, **options, folds="grow", max_resources=largest)
    assert most == amounts_of(folds, **options, folds="grow")
    with pytest.raises(ValueError, match=error):
        amounts_of(folds, **options, folds="grow", max_resources=largest + 1)


def test_more_rows_than_there_are_have_an_error_of_their_own():
    with pytest.raises(ValueError, match="111 is more than the 110 samples in X"):
        amounts_of(folds_of(90), max_resources=111)


@pytest.mark.parametrize("value", [0, True, None, 2.5])
def test_the_estimator_s_own_amount_must_be_a_positive_integer(value):
    estimator = RandomForestClassifier(max_depth=value)
    with pytest.raises(ValueError, match="not a positive integer"):
        amounts_of(folds_of(90), estimator=estimator, resource="max_depth")


def in_time():
    rows = np.arange(40)
    splits = [(rows[:n], rows[n : n + 10]) for n in (10, 20, 30)]
    return Folds(40, splits, None, None)


def test_of_folds_in_time_the_latest_comes_first():
    assert _fold_order(in_time(), np.random.default_rng(0)) == [2, 1, 0]


@pytest.mark.parametrize(("least", "n_first"), [(10, 1), (11, 2), (20, 2), (99, 3)])
def test_the_first_folds_have_enough_test_rows_together(least, n_first):
    assert _n_first(in_time(), [2, 1, 0], least) == n_first


@pytest.mark.parametrize(("n_train", "expected"), [(12, 6), (190, 95), (300, 120)])
def test_the_lowest_rung_has_120_rows_or_half_a_fold(n_train, expected):
    rows = np.arange(n_train)
    folds = Folds(n_train, [(rows, rows[:1])], rows[:, np.newaxis] % 2, None)
    assert _least_rows(folds) == expected
