"""The split: which rows train, and which score."""

import numpy as np
import pytest

from sklearn_automl.nas.search.holdout import holdout


@pytest.mark.parametrize("labels", [None, np.arange(100) % 3])
def test_holdout_takes_its_share(labels):
    train, valid = holdout(100, labels, 0.2, seed=0)
    assert len(valid) == 20
    assert sorted([*train, *valid]) == list(range(100))
    if labels is not None:
        assert np.bincount(labels[valid]).min() >= 6


def test_holdout_scores_a_small_class_too():
    labels = np.r_[np.zeros(58, int), 1, 1]
    for seed in range(20):
        train, valid = holdout(60, labels, 0.2, seed=seed)
        assert set(labels[train]) == set(labels[valid]) == {0, 1}
        assert not set(train) & set(valid)


def test_holdout_trains_a_small_class_too():
    labels = np.array([2, 2, 3, 0, 2, 1, 0, 2, 3, 2, 3, 2, 2, 3, 1, 3, 0, 1, 2])
    for seed in range(20):
        train, valid = holdout(19, labels, 0.8, seed=seed)
        assert set(labels[train]) == set(labels[valid]) == {0, 1, 2, 3}
        assert sorted([*train, *valid]) == list(range(19))


def test_holdout_keeps_the_only_one_of_a_class_for_training():
    labels = np.r_[np.arange(40) % 2, 2]
    train, valid = holdout(41, labels, 0.2, seed=0)
    assert 40 in train
    assert len(valid) == 8


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("labels", [None, "alone"])
def test_few_rows_are_on_both_sides(n, labels):
    labels = None if labels is None else np.arange(n)
    train, valid = holdout(n, labels, 0.2, seed=0)
    assert list(train) == list(valid) == list(range(n))


def test_the_share_is_one_of_the_rows_that_can_be_split():
    labels = np.r_[np.arange(40) % 2, 2 + np.arange(10)]
    train, valid = holdout(50, labels, 0.2, seed=0)
    assert len(valid) == 8
    assert set(train) >= set(range(40, 50))


@pytest.mark.parametrize("labels", [None, np.array([0, 1, 0, 1])])
def test_four_rows_are_enough_for_two_sides(labels):
    train, valid = holdout(4, labels, 0.2, seed=0)
    assert (len(train), len(valid)) == (2, 2)
    assert not set(train) & set(valid)
