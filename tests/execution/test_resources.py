from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import TimeSeriesSplit

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl.execution import (
    ParameterResource,
    Resource,
    SampleResource,
)
from sklearn_automl.execution._resources import (
    _covering,
    groups_in_time,
    nested_groups,
    nested_order,
    recent_first,
)

LABELS = np.repeat([0, 1, 2], [60, 30, 10])
TRAIN = np.arange(100, 200)  # not the positions 0, 1, ...


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def by_rows(order, ends=None, max_amount=100, is_fraction=False):
    return SampleResource([order], ends or [None], max_amount, is_fraction)


@pytest.mark.parametrize("labels", [None, LABELS])
def test_the_rows_of_a_rung_are_among_those_of_the_next(labels, rng):
    resource = by_rows(nested_order(TRAIN, labels, rng))
    rungs = [set(resource.train_rows(0, TRAIN, n)) for n in range(1, 101)]
    assert [len(rows) for rows in rungs] == list(range(1, 101))
    assert all(few < more for few, more in pairwise(rungs))


def test_every_subset_has_the_proportions_of_the_classes(rng):
    order = nested_order(TRAIN, LABELS, rng)
    for n in range(6, 101):
        counts = np.bincount(LABELS[order[:n] - 100], minlength=3)
        np.testing.assert_allclose(counts, n * np.array([0.6, 0.3, 0.1]), atol=2.5)


@pytest.mark.parametrize("seed", range(10))
def test_two_rows_of_every_class_come_first(seed):
    labels = np.repeat([0, 1, 2, 3], [960, 30, 8, 2])
    order = nested_order(np.arange(1000), labels, np.random.default_rng(seed))
    assert np.bincount(labels[order[:8]]).tolist() == [2, 2, 2, 2]


def test_a_class_of_one_row_comes_first_too(rng):
    labels = np.repeat([0, 1], [99, 1])
    order = nested_order(TRAIN, labels, rng)
    assert 199 in order[:3]


def test_which_rows_come_first_is_random_and_seeded():
    orders = [
        nested_order(TRAIN, LABELS, np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    assert (orders[0] == orders[1]).all()
    assert set(orders[0][:9]) != set(orders[2][:9])


def test_classes_do_not_follow_each_other_in_the_order_of_the_data(rng):
    labels = np.repeat([0, 1], 500)
    order = nested_order(np.arange(1000), labels, rng)
    pairs = labels[order].reshape(-1, 2)
    assert 0.4 < (pairs[:, 0] < pairs[:, 1]).mean() < 0.6


def test_rows_stay_in_the_order_of_the_data(rng):
    rows = by_rows(nested_order(TRAIN, LABELS, rng)).train_rows(0, TRAIN, 30)
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize("amount", [100, 120])
def test_the_whole_fold_is_what_the_splitter_gave(amount, rng):
    train = TRAIN[::-1]
    resource = by_rows(nested_order(train, None, rng))
    assert resource.train_rows(0, train, amount) is train


@pytest.mark.parametrize(("amount", "expected"), [(10, (10, 11)), (40, (40, 44))])
def test_a_larger_fold_gives_proportionally_more(amount, expected, rng):
    folds = [np.arange(40), np.arange(44)]
    resource = SampleResource([rng.permutation(f) for f in folds], [None] * 2, 40, True)
    rows = [len(resource.train_rows(i, fold, amount)) for i, fold in enumerate(folds)]
    assert tuple(rows) == expected


GROUPS = np.repeat(np.arange(20), 5)


@pytest.mark.parametrize(
    ("amount", "expected"), [(1, 5), (5, 5), (6, 10), (33, 35), (99, 100), (100, 100)]
)
def test_groups_are_whole(amount, expected, rng):
    order, ends = nested_groups(TRAIN, None, GROUPS, rng)
    rows = by_rows(order, [ends]).train_rows(0, TRAIN, amount)
    assert set(np.bincount(GROUPS[rows - 100])) <= {0, 5}
    assert len(rows) == expected


def test_groups_of_a_rung_are_among_those_of_the_next(rng):
    order, ends = nested_groups(TRAIN, LABELS, GROUPS, rng)
    resource = by_rows(order, [ends])
    rungs = [set(resource.train_rows(0, TRAIN, n)) for n in range(1, 101)]
    assert all(few <= more for few, more in pairwise(rungs))
    assert rungs[-1] == set(TRAIN)


def test_groups_that_bring_a_missing_class_come_first(rng):
    labels = np.repeat([0, 1], [95, 5])  # the last group has all of class 1
    for _ in range(10):
        order, _ = nested_groups(TRAIN, labels, GROUPS, rng)
        assert labels[order[:10] - 100].any()


def test_the_latest_rows_reach_back_to_two_of_every_class():
    labels = np.repeat([0, 1], [60, 40])
    order, ends = recent_first(TRAIN, labels)
    resource = by_rows(order, [ends])
    assert resource.train_rows(0, TRAIN, 10).tolist() == list(range(158, 200))
    assert resource.reported(10) == 42
    assert resource.reported(50) == 50


def test_the_latest_numbers_may_be_any():
    order, ends = recent_first(TRAIN, None)
    rows = by_rows(order, [ends]).train_rows(0, TRAIN, 10)
    assert rows.tolist() == list(range(190, 200))


def test_the_reported_amount_is_that_of_the_smallest_fold():
    folds = [np.arange(90), np.arange(30)]
    resource = SampleResource(folds, [None, None], 30, is_fraction=True)
    assert resource.reported(10) == 10
    assert len(resource.train_rows(0, folds[0], 10)) == 30


def test_a_part_of_a_larger_fold_is_rounded_down():
    folds = [np.arange(50), np.arange(30)]
    resource = SampleResource(folds, [None, None], 30, is_fraction=True)
    assert len(resource.train_rows(0, folds[0], 10)) == 16  # of 50 / 3


def test_the_reported_amount_of_groups_is_the_number_of_rows(rng):
    order, ends = nested_groups(TRAIN, None, GROUPS, rng)
    assert by_rows(order, [ends]).reported(33) == 35


def test_the_smallest_subset_of_groups_has_two_rows_of_every_class(rng):
    labels = np.repeat([0, 1], 50)
    order, ends = nested_groups(TRAIN, labels, GROUPS, rng)
    rows = by_rows(order, [ends]).train_rows(0, TRAIN, 4)
    assert np.bincount(labels[rows - 100], minlength=2).min() >= 2


def test_a_class_with_one_row_in_a_group_needs_a_second_group(rng):
    labels, groups = np.tile([0, 1], 10), np.arange(20)  # a row in each group
    order, ends = nested_groups(np.arange(20), labels, groups, rng)
    assert np.bincount(labels[order[: ends[0]]]).min() == 2


class KnowsItsRows(RegressorMixin, BaseEstimator):
    """Column 0 of X numbers the rows; keeps those that it was fitted on or scored."""

    fitted = []
    scored = []

    def __init__(self, a=0):
        self.a = a

    def fit(self, X, y):
        self.fitted.append(X[:, 0].astype(int).tolist())
        return self

    def score(self, X, y):
        self.scored.append(X[:, 0].astype(int).tolist())
        return self.a


@pytest.fixture
def seen():
    KnowsItsRows.fitted, KnowsItsRows.scored = [], []
    return KnowsItsRows


def search_rows(n=90, **params):
    X = np.arange(n, dtype=float).reshape(-1, 1)
    params = {"n_iter": 9, "random_state": 0, "refit": False, **params}
    search = SuccessiveHalvingSearchCV(
        KnowsItsRows(), {"a": list(range(9))}, min_resources=5, **params
    )
    search.fit(X, X[:, 0])
    return search


def test_a_time_series_keeps_its_latest_rows(seen):
    search_rows(cv=TimeSeriesSplit(2, test_size=20))
    trains = [list(range(50)), list(range(70))]
    assert min(len(rows) for rows in seen.fitted) < 50
    for rows in seen.fitted:
        assert any(rows == train[-len(rows) :] for train in trains)


def test_validation_rows_are_never_reduced(seen):
    search = search_rows(cv=3)
    assert len(search.brackets_[0]) == 3
    assert {tuple(rows) for rows in seen.scored} == {
        tuple(range(start, start + 30)) for start in (0, 30, 60)
    }


def test_subsets_of_a_regression_are_drawn_from_the_whole_fold(seen):
    search_rows(cv=[(np.arange(60), np.arange(60, 90))])
    smallest = min(seen.fitted, key=len)
    assert max(smallest) - min(smallest) > len(smallest)


def test_configurations_of_a_rung_get_the_same_rows(seen):
    search_rows(cv=3, folds="all")
    assert len({tuple(rows) for rows in seen.fitted if len(rows) < 10}) == 3


def test_configurations_of_a_rung_get_the_same_fold(seen):
    search_rows(cv=3)
    assert len({tuple(rows) for rows in seen.fitted if len(rows) < 60}) == 1


@pytest.mark.parametrize("name", ["n_estimators", "clf__max_iter"])
def test_a_parameter_is_set_to_the_amount(name):
    resource = ParameterResource(name)
    assert resource.parameters(9) == {name: 9}
    assert type(resource.parameters(9)[name]) is int


def test_a_parameter_leaves_the_rows_alone():
    assert ParameterResource("max_iter").train_rows(0, TRAIN, 3) is TRAIN


def test_no_resource_leaves_everything_alone():
    resource = Resource()
    assert resource.train_rows(0, TRAIN, 3) is TRAIN
    assert resource.parameters(3) == {}


def test_rows_without_a_group_are_a_group_of_their_own():
    groups = np.repeat([0.0, 1.0, np.nan], 10)
    rows = np.arange(30)
    order, ends = nested_groups(
        rows, None, np.unique(groups, return_inverse=True)[1], np.random.default_rng(0)
    )
    assert sorted(order) == rows.tolist()
    assert ends.tolist() == [10, 20, 30]


def several_outputs(rng, n=400, n_outputs=6, share=0.05):
    """Return labels of rows with several yes-or-no outputs, mostly no."""
    is_yes = rng.random((n, n_outputs)) < share
    return is_yes + 2 * np.arange(n_outputs)


@pytest.mark.parametrize("seed", range(5))
def test_two_rows_of_every_class_of_every_output_come_first(seed):
    rng = np.random.default_rng(seed)
    labels = several_outputs(rng)
    order = nested_order(np.arange(400), labels, rng)
    first = labels[order[: 2 * 2 * 6]]  # at most
    classes, counts = np.unique(first, return_counts=True)
    assert classes.tolist() == list(range(12))
    assert counts.min() >= 2


def test_combinations_of_outputs_keep_their_proportions(rng):
    labels = several_outputs(rng, n=4000, n_outputs=2, share=0.4)
    half = nested_order(np.arange(4000), labels, rng)[:2000]
    for label in range(4):
        share = (labels == label).any(axis=1).mean()
        assert abs((labels[half] == label).any(axis=1).mean() - share) < 0.01


def test_the_latest_rows_have_two_of_every_class_of_every_output():
    labels = np.column_stack([np.repeat([0, 1], [60, 40]), np.repeat([2, 3], [30, 70])])
    _, ends = recent_first(np.arange(100), labels)
    assert ends[0] == 72


def test_a_row_of_a_small_class_is_in_the_middle_of_its_share(rng):
    labels = np.repeat([0, 1], [97, 3])
    order = nested_order(TRAIN, labels, rng)
    places = np.flatnonzero(labels[order - 100] == 1)
    assert 80 <= places[-1] <= 86  # the third third ends at 100


def test_rows_of_rare_classes_bring_common_ones():
    rows = np.repeat([[0, 2], [1, 2], [0, 3]], [90, 2, 2], axis=0)
    chosen = _covering(rows, np.arange(94))
    assert sorted(chosen) == [90, 91, 92, 93]


def test_no_row_is_added_for_a_class_that_has_more_than_it_needs():
    rows = np.repeat([[0, 2], [0, 3], [0, 4], [1, 2]], [90, 2, 1, 2], axis=0)
    assert len(_covering(rows, np.arange(95))) == 5


def test_more_than_all_groups_are_all_groups():
    resource = by_rows(TRAIN[:6], [np.array([2, 6])])
    assert resource.reported(3) == 6
    assert resource.reported(50) == 6


def test_the_latest_rows_may_be_all_rows():
    order, ends = recent_first(TRAIN, LABELS)
    assert order.tolist() == TRAIN[::-1].tolist()
    assert ends[-1] == len(TRAIN)


def test_groups_in_time_follow_each_other_by_their_last_rows():
    train, groups = np.arange(10, 16), np.array([5, 3, 5, 3, 3, 8])
    order, ends = groups_in_time(train, None, groups)
    assert order.tolist() == [10, 12, 11, 13, 14, 15]
    assert ends.tolist() == [2, 5, 6]


def test_groups_in_time_begin_with_as_many_as_have_every_class():
    train, groups = np.arange(10, 16), np.array([5, 3, 5, 3, 3, 8])
    labels = np.array([0, 1, 0, 0, 0, 0])  # class 1 comes with the second group
    _, ends = groups_in_time(train, labels, groups)
    assert ends.tolist() == [5, 6]
