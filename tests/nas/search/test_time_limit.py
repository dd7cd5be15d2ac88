"""Shares of a time limit, on a clock that does not tick."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.search.time_limit import (
    deadline_of_all,
    deadline_of_first,
    deadline_of_search,
    seconds_of_search,
    share_held_out,
    share_of_time,
    workers_within,
)
from sklearn_automl.nas.search.translation import Translation


@pytest.fixture
def clock(monkeypatch):
    """Both clocks show 100."""
    now = SimpleNamespace(now=100.0)
    monkeypatch.setattr(time, "time", lambda: now.now)
    monkeypatch.setattr(time, "perf_counter", lambda: now.now)
    return now


def test_a_search_leaves_two_fifths_to_the_final_training():
    assert seconds_of_search(10, refit=True) == pytest.approx(6)
    assert seconds_of_search(10, refit=False) == pytest.approx(9.7)
    assert seconds_of_search(None, refit=True) is None


def test_what_is_over_before_the_trainings_counts(clock):
    assert deadline_of_search(10, 98.0, refit=True) == pytest.approx(104)
    assert deadline_of_search(None, 98.0, refit=True) is None


def test_the_final_training_has_the_rest_and_a_tenth_at_least(clock):
    assert deadline_of_all(10, 96.0) == pytest.approx(100 + 9.7 - 4)
    assert deadline_of_all(10, 50.0) == pytest.approx(101)
    assert deadline_of_all(None, 50.0) is None


def test_the_first_trial_has_half(clock):
    assert deadline_of_first(108.0) == pytest.approx(104)


def test_folds_have_equal_shares(clock):
    ends = []
    for n_left in (3, 2, 1):
        ends.append(share_of_time(130.0, n_left))
        clock.now = ends[-1]
    assert ends == pytest.approx([110, 120, 130])


def test_a_translation_shares_the_time(clock):
    space = ChainSpace(n_layers=(2, 3)).bind((4,))
    rng = np.random.default_rng(0)
    first, other = space.decisions.sample(rng), space.decisions.sample(rng)
    translation = Translation(space, 0, deadline=130.0, first=(first, 110.0))
    assert translation(other, 3)["deadline"] == pytest.approx(110)
    assert translation(first, 2)["deadline"] == pytest.approx(105)
    assert "deadline" not in Translation(space, 0)(other, 3)


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, 0.2), (5, 0.02), (60, 0.2), (0.1, 0.002)]
)
def test_a_short_time_scores_fewer_rows(limit, expected):
    assert share_held_out(0.2, 50_000, limit) == pytest.approx(expected)
    assert share_held_out(0.2, 400, limit) == 0.2


def test_a_share_of_no_time_is_none(clock):
    assert share_of_time(90.0, 3) == pytest.approx(90)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(None, 4), (20.0, 4), (19.9, 1), (0.6, 1)]
)
def test_a_short_search_starts_no_workers(seconds, expected):
    assert workers_within(4, seconds) == expected
