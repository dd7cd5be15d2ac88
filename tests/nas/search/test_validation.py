"""Folds of a search, and the halves of a supernet."""

import numpy as np
import pytest
from sklearn.model_selection import KFold

from sklearn_automl.nas.search.validation import Validation

GROUPS = np.repeat(np.arange(20), 5)
LABELS = GROUPS % 2


@pytest.mark.parametrize("labels", [LABELS, None])
@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_a_holdout_of_groups(labels, fraction, seed):
    validation = Validation(fraction, groups=GROUPS)
    ((train, valid),) = validation.splits(GROUPS[:, None], LABELS, labels, seed)
    assert not set(GROUPS[train]) & set(GROUPS[valid])
    assert len(train) + len(valid) == 100
    assert abs(len(valid) - 100 * fraction) <= 10
    if labels is not None:
        assert 0.3 <= LABELS[valid].mean() <= 0.7


@pytest.mark.parametrize("labels", [LABELS, None])
@pytest.mark.parametrize("groups", [GROUPS, None])
def test_the_halves_of_a_supernet(labels, groups):
    rows = np.arange(20, 100)
    halves = Validation(0.2, groups=groups).halves(rows, labels, 0)
    assert sorted(np.concatenate(halves)) == rows.tolist()
    assert {len(half) for half in halves} == {40}
    if groups is not None:
        assert not set(groups[halves[0]]) & set(groups[halves[1]])


def test_the_users_own_rows_are_the_last_ones():
    X = np.ones((100, 1))
    ((train, valid),) = Validation(0.2, n_own=10).splits(X, None, None, 0)
    assert (train.tolist(), valid.tolist()) == (list(range(90)), list(range(90, 100)))


def test_a_splitter_gets_the_labels_as_they_are():
    class Note(KFold):
        def split(self, X, y=None, groups=None):
            self.seen = y, groups
            return super().split(X, y, groups)

    cv, names = Note(2), np.array(["a", "b"])[LABELS]
    Validation(0.2, cv, GROUPS).splits(GROUPS[:, None], names, LABELS, 0)
    assert cv.seen[0] is names
    assert cv.seen[1] is GROUPS


@pytest.mark.parametrize("fraction", [0.05, 0.15, 0.3, 0.35, 0.4, 0.45, 0.6, 0.75, 0.8])
def test_a_holdout_of_many_groups_has_its_share_of_rows_and_classes(fraction):
    groups = np.repeat(np.arange(100), 4)
    labels = groups % 2
    validation = Validation(fraction, groups=groups)
    ((train, valid),) = validation.splits(groups[:, None], labels, labels, 0)
    assert not set(groups[train]) & set(groups[valid])
    assert sorted([*train, *valid]) == list(range(400))
    assert len(valid) == pytest.approx(400 * fraction, abs=12)
    assert labels[valid].mean() == pytest.approx(0.5, abs=0.11)


@pytest.mark.parametrize("n_groups", [2, 3, 4])
@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.6, 0.95])
def test_a_holdout_of_few_groups_has_rows_on_both_sides(fraction, n_groups):
    groups = np.repeat(np.arange(n_groups), 10)
    labels = np.tile([0, 1], 5 * n_groups)
    validation = Validation(fraction, groups=groups)
    ((train, valid),) = validation.splits(groups[:, None], labels, labels, 0)
    assert len(train) >= 10
    assert len(valid) >= 10


def test_a_class_of_a_few_rows_is_no_warning(recwarn):
    labels = np.r_[np.zeros(97, int), np.ones(3, int)]
    for fraction in (0.05, 0.2, 0.5):
        Validation(fraction, groups=GROUPS).splits(GROUPS[:, None], None, labels, 0)
    assert not recwarn


def test_the_halves_of_rows_of_one_group_are_halves():
    rows = np.arange(10)
    halves = Validation(0.2, groups=np.zeros(10)).halves(rows, None, 0)
    assert [len(half) for half in halves] == [5, 5]


@pytest.mark.parametrize("labels", [LABELS, None])
def test_the_seed_says_which_groups_are_held_out(labels):
    validation = Validation(0.2, groups=GROUPS)
    held = [
        tuple(validation.splits(GROUPS[:, None], None, labels, seed)[0][1])
        for seed in (0, 1, 2, 0)
    ]
    assert len(set(held)) > 1
    assert held[0] == held[-1]


# Folds that know nothing of classes have one of them each.
@pytest.mark.parametrize(
    ("labels", "groups"),
    [(np.arange(60) // 20, None), (np.arange(60) % 3, np.arange(60))],
)
def test_folds_of_a_number_have_all_classes(labels, groups):
    validation = Validation(0.2, cv=3, groups=groups)
    for _, valid in validation.splits(labels[:, None], labels, labels, 0):
        assert np.bincount(labels[valid]).tolist() == pytest.approx([7] * 3, abs=1)


@pytest.mark.parametrize(("train", "side"), [([0], "validation"), ([], "training")])
def test_a_fold_without_rows_says_on_which_side(train, side):
    valid = [] if train else [0]
    with pytest.raises(ValueError, match=f"Fold 0 of cv has no {side} rows"):
        Validation(0.2, cv=[(train, valid)]).splits(GROUPS[:, None], LABELS, None, 0)
