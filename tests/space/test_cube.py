"""The unit cube of a space says what its one-at-a-time encoding says."""

import numpy as np
import pytest
from scipy.stats import randint, uniform

from sklearn_automl.space import SearchSpace, UnitCube, When
from tests.samplers.contract import SPACES


@pytest.mark.parametrize("name", SPACES)
def test_points_are_configurations_of_the_space(name):
    cube = UnitCube(SPACES[name], "A test")
    for point in cube.sample(np.random.default_rng(0), 100):
        SPACES[name].check(cube.decode(point))


# A configuration of two alternatives has the coordinates of the first.
@pytest.mark.parametrize("name", [name for name in SPACES if name != "overlapping"])
def test_masked_points_are_what_encode_gives(name):
    cube = UnitCube(SPACES[name], "A test")
    points = cube.sample(np.random.default_rng(0), 100)
    encoded = cube.encode([cube.decode(point) for point in points])
    np.testing.assert_allclose(cube.mask(points), encoded, atol=1e-9)


@pytest.mark.parametrize("name", SPACES)
def test_levels_are_the_numbers_of_the_values(name):
    space = SPACES[name]
    cube = UnitCube(space, "A test")
    points = cube.mask(cube.sample(np.random.default_rng(0), 50))
    configs = [cube.decode(point) for point in points]
    for j, parameter in enumerate(space.columns):
        if not cube.n_levels[j] or not parameter.name:
            continue
        values = list(parameter.domain.values())
        for config, level in zip(configs, cube.levels(points, j), strict=True):
            if level < cube.n_levels[j]:
                value = config[parameter.name]
                assert parameter.domain.key(value) == parameter.domain.key(
                    values[level]
                )


def test_columns_are_grouped_by_what_makes_them_active():
    space = SearchSpace(
        {
            "C": uniform(),
            "kernel": ["rbf", "poly", "linear"],
            "gamma": When("kernel", ["rbf", "poly"], uniform()),
            "coef0": When("kernel", "poly", uniform()),
            "degree": When("kernel", "poly", randint(2, 6)),
        }
    )
    names = [
        {space.columns[j].name for j in group}
        for group in UnitCube(space, "A test").groups()
    ]
    assert names == [{"C", "kernel"}, {"coef0", "degree"}, {"gamma"}]


def test_what_all_alternatives_have_is_in_the_group_of_their_choice():
    space = SearchSpace(
        [{"model": [1], "a": uniform(), "s": [0, 1]}, {"model": [1], "s": [0, 1]}]
    )
    names = [
        sorted(space.columns[j].name for j in group)
        for group in UnitCube(space, "A test").groups()
    ]
    assert names == [["", "model", "s"], ["a"]]


def test_a_distribution_without_ppf_is_refused_by_name():
    class Odd:
        def rvs(self, random_state=None):
            return random_state.choice([1, 3])

    with pytest.raises(ValueError, match=r"KDESampler cannot model.*'odd'"):
        UnitCube(SearchSpace({"odd": Odd(), "x": uniform()}), "KDESampler")


def test_a_complete_point_keeps_what_was_there():
    point = np.array([[0.25, np.nan, 0.75]])
    space = SearchSpace({"a": uniform(), "b": uniform(), "c": uniform()})
    complete = UnitCube(space, "A test").complete(point, np.random.default_rng(0))
    assert complete[0, [0, 2]].tolist() == [0.25, 0.75]
    assert 0 <= complete[0, 1] <= 1


@pytest.mark.parametrize("values", [["a", "b", "c", "d"], randint(0, 4)])
def test_a_coordinate_where_two_levels_meet_is_of_the_upper_one(values):
    space = SearchSpace({"n": values})
    cube = UnitCube(space, "A test")
    points = np.array([[0.0], [0.25], [0.5], [0.75], [1.0]])
    assert cube.levels(points, 0).tolist() == [0, 1, 2, 3, 3]
    a, b, c, d = (config["n"] for config in space)
    assert [cube.decode(point)["n"] for point in points] == [a, b, c, d, d]


def test_a_list_has_levels_however_long_it_is():
    names = [f"name {i}" for i in range(10_001)]
    space = SearchSpace({"name": names, "number": randint(0, 10_001)})
    assert UnitCube(space, "A test").n_levels.tolist() == [10_001, 0]


@pytest.mark.parametrize(
    ("alternatives", "n"),
    [
        ([{"a": uniform(), "b": uniform()}], 2),
        ([{"a": uniform(), "b": uniform()}, {"c": uniform()}], 3),
        ([{"a": uniform()}, {"b": uniform()}, {"c": uniform()}], 2),
    ],
)
def test_the_choice_among_alternatives_counts_as_an_active_column(alternatives, n):
    assert UnitCube(SearchSpace(alternatives), "A test").n_active_most == n


def test_points_outside_of_the_cube_are_moved_to_its_border():
    cube = UnitCube(SearchSpace({"x": uniform()}), "A test")
    points = np.array([[-0.5], [0.5], [1.5]])
    assert cube.snap(points).tolist() == [[0.0], [0.5], [1.0]]


def test_a_space_without_parameters_has_no_groups():
    assert UnitCube(SearchSpace({}), "A test").groups() == []
