"""Which architectures are small enough, and when there are hardly any others."""

import pytest

pytest.importorskip("torch")
from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.search import size_limit
from sklearn_automl.nas.search.size_limit import SizeLimit

SPACE = ChainSpace(n_layers=(1, 1), widths=[8, 512]).bind((4,))
SMALL = {**SPACE.reference(), "layer_1_width": 8}
LARGE = {**SMALL, "layer_1_width": 512}


@pytest.fixture
def limit(monkeypatch):
    """It gives up after three."""
    monkeypatch.setattr(size_limit, "_MAX_REFUSED", 3)
    return SizeLimit(SPACE, 2, max_params=200)


def test_it_gives_up_after_many_in_a_row(limit):
    assert [limit.accepts(LARGE) for _ in range(2)] == [False, False]
    assert not limit.gave_up
    with pytest.raises(SearchSpaceExhausted):
        limit.accepts(LARGE)
    assert limit.gave_up


def test_one_that_is_small_enough_lets_the_count_begin_anew(limit):
    for _ in range(5):
        assert not limit.accepts(LARGE)
        assert limit.accepts(SMALL)
    assert not limit.gave_up


def test_a_look_takes_no_note(limit):
    assert limit.is_within(SMALL)
    for _ in range(5):
        assert not limit.is_within(LARGE)
    assert not limit.accepts(LARGE)
