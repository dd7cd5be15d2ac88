import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.model_selection import ParameterGrid

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import GridSampler
from sklearn_automl.space import SearchSpace

GRID = {"b": [3, 1, 2], "a": ["x", "y"], "c": [True]}
GRIDS = [GRID, {"d": [1, 2]}, {"a": ["z"]}]


def bind(space, initial=(), **options):
    rng = np.random.default_rng(0)
    return GridSampler(**options).bind(SearchSpace(space), rng, initial)


def ask_all(sampler):
    configs = []
    while True:
        try:
            configs.append(sampler.ask())
        except SearchSpaceExhausted:
            return configs


@pytest.mark.parametrize("grid", [GRID, GRIDS], ids=["dict", "list"])
def test_order_is_that_of_parameter_grid(grid):
    assert ask_all(bind(grid)) == list(ParameterGrid(grid))


def test_shuffled_is_the_same_set_in_another_order():
    shuffled, ordered = ask_all(bind(GRID, shuffle=True)), ask_all(bind(GRID))
    assert shuffled != ordered
    assert sorted(map(repr, shuffled)) == sorted(map(repr, ordered))


def test_initial_configurations_are_left_out_at_their_place():
    initial = [{"a": "y", "b": 1, "c": True}]
    rest = [config for config in ParameterGrid(GRID) if config != initial[0]]
    assert ask_all(bind(GRID, initial)) == initial + rest


def test_a_space_without_end_is_refused_by_name():
    with pytest.raises(
        ValueError,
        match=r"cannot be enumerated: 'u', 'v' can take.*Pass lists, or .*'grid'",
    ):
        bind({"u": uniform(), "a": [1], "v": uniform()})
