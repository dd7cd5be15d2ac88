"""From evaluations to ranks."""

import numpy as np
import pytest

from sklearn_automl.execution import rank_by_resource


def ranks(scores, amounts, usable=None):
    usable = np.ones(len(scores), bool) if usable is None else np.array(usable)
    scores, amounts = np.array(scores, float), np.array(amounts)
    return rank_by_resource(scores, amounts, usable).tolist()


def test_more_of_the_resource_ranks_first_whatever_the_score():
    assert ranks([0.9, 0.1, 0.5], [9, 81, 27]) == [3, 1, 2]


def test_evaluations_with_the_same_amount_rank_by_score():
    assert ranks([0.8, 0.9, 0.95], [81, 81, 80]) == [2, 1, 3]


def test_ties_share_the_lowest_rank():
    assert ranks([0.5, 0.7, 0.5, 0.1], [9, 9, 9, 9]) == [2, 1, 2, 4]


@pytest.mark.parametrize("bad", ["failed", "nan"])
def test_what_failed_is_last(bad):
    scores = [np.nan if bad == "nan" else 0.9, 0.1]
    assert ranks(scores, [81, 3], [bad == "nan", True]) == [2, 1]


def test_where_all_failed_all_are_first():
    assert ranks([0.1, 0.2], [9, 9], [False, False]) == [1, 1]
