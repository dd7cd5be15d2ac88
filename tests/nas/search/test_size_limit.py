"""Which architectures are small enough, and when there are hardly any others."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.exceptions import SearchSpaceExhausted  # noqa: E402
from sklearn_automl.nas import ChainSpace, ModuleSpace  # noqa: E402
from sklearn_automl.nas.search import size_limit  # noqa: E402
from sklearn_automl.nas.search.size_limit import SizeLimit  # noqa: E402

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


def test_as_many_weights_as_the_limit_are_few_enough():
    n = SizeLimit(SPACE, 2, None).n_parameters(SPACE.architecture(SMALL))
    assert SizeLimit(SPACE, 2, max_params=n).is_within(SMALL)
    assert not SizeLimit(SPACE, 2, max_params=n - 1).is_within(SMALL)


def test_a_module_of_the_users_is_made_once_with_random_numbers_of_its_own():
    made = []

    def make(n_inputs, n_outputs):
        made.append(1)
        return torch.nn.Linear(n_inputs, n_outputs)

    space = ModuleSpace(make).bind((4,))
    architecture = space.architecture(space.decisions.sample(np.random.default_rng(0)))
    limit = SizeLimit(space, 2, max_params=10)
    torch.manual_seed(5)
    assert [limit.n_parameters(architecture) for _ in range(3)] == [10, 10, 10]
    found = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(found, torch.rand(3))
    assert len(made) == 1
