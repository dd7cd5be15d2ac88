import itertools
import math
import pickle
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform, norm, randint, rv_discrete, uniform
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid
from sklearn.svm import SVC

from sklearn_automl.space import SearchSpace, When

ROOT = Path(__file__).resolve().parents[2]

GRIDS = {
    "dict": {"b": [3, 1, 2], "a": ["x", "y"], "C": [True]},
    "one": {"a": [1]},
    "arrays": {"a": np.arange(3), "b": np.array([0.5, 0.25])},
    "list": [{"b": [3, 1], "a": ["x", "y"]}, {"d": [1, 2]}, {"a": ["z"], "b": [0]}],
    "list_with_empty": [{"a": [1, 2]}, {}],
    "unhashable": {"layers": [[10], [10, 5]], "alpha": [0.1, 1]},
}

SPACES = {
    "lists": {"depth": [1, 2, 4], "criterion": ["gini", "entropy"], "flag": [True]},
    "distributions": {
        "c": loguniform(1e-3, 1e3),
        "n": randint(1, 10),
        "shift": norm(0, 3),
        "table": rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3])),
    },
    "conditional": {
        "kernel": ["linear", "rbf", "poly"],
        "gamma": When("kernel", ["rbf", "poly"], loguniform(1e-3, 1e1)),
        "degree": When("kernel", "poly", [2, 3, 4]),
    },
    "alternatives": [
        {"model": ["tree"], "depth": [1, 2, 3], "seed": randint(0, 5)},
        {"model": ["knn"], "k": randint(1, 6), "seed": randint(0, 5)},
        {
            "model": ["svm"],
            "kernel": ["rbf", "x"],
            "g": When("kernel", "rbf", uniform()),
        },
    ],
}

each_space = pytest.mark.parametrize("name", SPACES)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def draw(space, n=100, seed=0):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(n)]


# Drawing


@each_space
def test_drawn_configurations_are_in_the_space(name):
    space = SearchSpace(SPACES[name])
    assert all(config in space for config in draw(space))


@each_space
def test_drawn_values_are_native(name):
    for config in draw(SearchSpace(SPACES[name])):
        assert {type(v) for v in config.values()} <= {int, float, str, bool}


@each_space
def test_a_space_survives_pickling(name):
    space = SearchSpace(SPACES[name])
    restored = pickle.loads(pickle.dumps(space))
    assert draw(restored) == draw(space)
    assert [restored.key(c) for c in draw(space)] == [space.key(c) for c in draw(space)]


def test_alternatives_are_equally_probable():
    space = SearchSpace([{"a": [1]}, {"b": list(range(1000))}, {"c": uniform()}])
    counts = Counter(next(iter(config)) for config in draw(space, 3000))
    assert list(counts.values()) == pytest.approx([1000] * 3, abs=100)


def test_the_order_of_a_dict_changes_nothing():
    items = list(SPACES["conditional"].items())
    spaces = [SearchSpace(dict(order)) for order in itertools.permutations(items)]
    expected = draw(spaces[0])
    for space in spaces:
        assert draw(space) == expected
        assert repr(space) == repr(spaces[0])
        vectors = [space.encode(config) for config in expected[:5]]
        np.testing.assert_array_equal(
            vectors, [spaces[0].encode(config) for config in expected[:5]]
        )


# Enumeration


@pytest.mark.parametrize("name", GRIDS)
def test_enumeration_is_that_of_parameter_grid(name):
    assert list(SearchSpace(GRIDS[name])) == list(ParameterGrid(GRIDS[name]))


@pytest.mark.parametrize("name", GRIDS)
def test_size_is_that_of_parameter_grid(name):
    assert SearchSpace(GRIDS[name]).size == len(ParameterGrid(GRIDS[name]))


def test_enumeration_can_be_repeated():
    space = SearchSpace(GRIDS["list"])
    assert list(space) == list(space)


def test_repeated_values_are_enumerated_once():
    space = SearchSpace({"a": [1, 1, 2], "b": [True, True]})
    assert list(space) == [{"a": 1, "b": True}, {"a": 2, "b": True}]
    assert space.size == 2


def test_discrete_distributions_are_enumerated():
    table = rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3]))
    space = SearchSpace({"n": randint(3, 5), "table": table})
    assert [tuple(c.values()) for c in space] == list(
        itertools.product([3, 4], [1, 4, 9])
    )
    assert space.size == 6


def test_a_space_without_end_is_not_enumerated():
    space = SearchSpace({"a": [1], "v": uniform(), "u": norm()})
    assert space.size == math.inf
    with pytest.raises(
        ValueError, match=r"cannot be enumerated: 'u', 'v' can take.*Pass lists, or use"
    ):
        iter(space)


def test_names_are_those_of_all_alternatives():
    assert SearchSpace(SPACES["alternatives"]).names == [
        "depth",
        "g",
        "k",
        "kernel",
        "model",
        "seed",
    ]


# The unit cube


@each_space
def test_decoding_undoes_encoding(name):
    space = SearchSpace(SPACES[name])
    for config in draw(space):
        decoded = space.decode(space.encode(config))
        assert decoded.keys() == config.keys()
        for key, value in config.items():
            expected = pytest.approx(value) if isinstance(value, float) else value
            assert decoded[key] == expected
            assert type(decoded[key]) is type(value)


@each_space
def test_any_point_of_the_cube_is_a_configuration(name, rng):
    space = SearchSpace(SPACES[name])
    n = len(space.columns)
    for vector in [*rng.random((100, n)), np.zeros(n), np.ones(n)]:
        config = space.decode(vector)
        assert config in space
        assert {type(v) for v in config.values()} <= {int, float, str, bool}


@each_space
def test_codes_lie_in_the_unit_cube(name):
    space = SearchSpace(SPACES[name])
    for config in draw(space):
        vector = space.encode(config)
        assert vector.shape == (len(space.columns),)
        assert np.all(np.isnan(vector) | ((vector >= 0) & (vector <= 1)))


def test_inactive_parameters_are_nan():
    space = SearchSpace(SPACES["conditional"])
    assert [p.name for p in space.columns] == ["kernel", "degree", "gamma"]
    place = {p.name: i for i, p in enumerate(space.columns)}
    for config in draw(space):
        vector = space.encode(config)
        for name, i in place.items():
            assert np.isnan(vector[i]) == (name not in config)


def test_columns_of_other_alternatives_are_nan():
    space = SearchSpace([{"a": [1, 2]}, {"b": [1, 2]}])
    assert [p.name for p in space.columns] == ["", "a", "b"]
    np.testing.assert_array_equal(space.encode({"a": 1}), [0.25, 0.25, np.nan])
    np.testing.assert_array_equal(space.encode({"b": 2}), [0.75, np.nan, 0.75])


def test_inactive_coordinates_are_not_read():
    space = SearchSpace({"a": [0, 1], "b": When("a", 1, [5, 6])})
    assert space.decode(np.array([0.1, np.nan])) == {"a": 0}
    assert space.decode(np.array([0.1, 0.9])) == {"a": 0}


def test_a_list_and_a_distribution_of_one_name_are_two_coordinates():
    for values in ([uniform(), [0, 1]], [[0, 1], uniform()]):
        space = SearchSpace([{"a": v} for v in values])
        assert [p.name for p in space.columns] == ["", "a", "a"]


def test_what_several_alternatives_define_alike_is_one_coordinate():
    space = SearchSpace(
        [
            {"a": [1], "C": loguniform(0.1, 1), "n": randint(1, 5)},
            {"b": [1], "C": loguniform(0.1, 1), "n": randint(1, 6)},
        ]
    )
    assert Counter(p.name for p in space.columns) == {
        "": 1,
        "a": 1,
        "b": 1,
        "C": 1,
        "n": 2,
    }


def test_tables_with_different_values_are_different_coordinates():
    tables = [rv_discrete(values=([1, n], [0.5, 0.5])) for n in (2, 3)]
    space = SearchSpace([{"a": [1], "n": tables[0]}, {"b": [1], "n": tables[1]}])
    assert [p.name for p in space.columns].count("n") == 2


def test_conditions_on_other_values_are_different_coordinates():
    space = SearchSpace(
        [
            {"kind": ["x", "y"], "n": When("kind", "x", [1, 2])},
            {"kind": ["z", "w"], "n": When("kind", "z", [1, 2])},
        ]
    )
    assert [p.name for p in space.columns].count("n") == 2


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_choice_among_alternatives_is_categorical(n):
    space = SearchSpace([{f"p{i}": [1]} for i in range(n)])
    assert space.columns[0].domain.is_categorical
    assert space.columns[0].domain.size == n


def test_the_columns_can_be_sampled_and_the_points_decoded(rng):
    space = SearchSpace([{"a": [1, 2]}, {"b": [1, 2]}, {"c": [1, 2]}])
    counts = Counter(
        next(iter(space.decode(rng.random(len(space.columns))))) for _ in range(3000)
    )
    assert [counts[k] for k in "abc"] == pytest.approx([1000] * 3, abs=100)


# Identity


@each_space
def test_equal_configurations_have_equal_keys(name):
    space = SearchSpace(SPACES[name])
    for config in draw(space, 20):
        reversed_config = dict(reversed(config.items()))
        assert space.key(config) == space.key(reversed_config)
        hash(space.key(config))


@pytest.mark.parametrize("name", ["dict", "list", "unhashable"])
def test_different_configurations_have_different_keys(name):
    space = SearchSpace(GRIDS[name])
    keys = [space.key(config) for config in space]
    assert len(set(keys)) == len(keys) == space.size


def test_an_inactive_parameter_is_not_the_value_none():
    space = SearchSpace({"a": [0, 1], "b": When("a", 1, [None, 2])})
    assert len({space.key(config) for config in space}) == 3


def test_keys_of_estimators_and_unhashable_values():
    steps = [SVC(), LogisticRegression(), "passthrough"]
    space = SearchSpace({"step": steps, "layers": [[1], [1, 2]], "x": [np.ones(2)]})
    assert len({space.key(config) for config in space}) == 6


def test_one_and_true_have_different_keys():
    space = SearchSpace({"a": [1, True, 0, False]})
    assert len({space.key({"a": v}) for v in (1, True, 0, False)}) == 4


@pytest.mark.parametrize(
    ("value", "same"),
    [(2, np.int64(2)), (2, 2.0), (True, np.True_), ("x", np.str_("x"))],
)
def test_numpy_values_have_the_keys_of_native_ones(value, same):
    space = SearchSpace({"a": [2, 3, True, "x"]})
    assert space.key({"a": value}) == space.key({"a": same})


def test_numpy_values_of_a_distribution_have_the_keys_of_native_ones():
    space = SearchSpace({"u": uniform(), "n": randint(0, 9)})
    assert space.key({"u": 0.5, "n": 3}) == space.key(
        {"u": np.float64(0.5), "n": np.int64(3)}
    )


class Mute:
    """Its text takes so long that nobody may ask for it."""

    def __repr__(self):
        raise AssertionError("no text is needed")


def test_a_key_is_found_among_alternatives_without_a_text_of_their_values():
    values = [Mute() for _ in range(3)]
    space = SearchSpace([{"a": [v], "b": [1, 2]} for v in values] + [{"c": [Mute()]}])
    assert space.key({"a": values[2], "b": 1}) == (2, 0, 0)
    assert {"a": values[2], "b": 3} not in space


@pytest.mark.parametrize(
    ("domain", "value", "own"),
    [
        ([1, 5], 5.0, 5),
        ([1, 5], np.int64(5), 5),
        ([1, 5], np.float64(5), 5),
        ([0.5, 5.0], 5, 5.0),
        ([5, 5.0], 5.0, 5.0),
        ([0, 1, True], True, True),
        ([0, 1, True], np.True_, True),
        (["a", "b"], np.str_("b"), "b"),
        (randint(1, 9), 5.0, 5),
        (randint(1, 9), np.int64(5), 5),
        (randint(1, 9), np.float64(5), 5),
        (randint(1, 10**6), 5.0, 5),
        (rv_discrete(values=([1, 2.5], [0.5, 0.5])), 1.0, 1),
        (rv_discrete(values=([1, 2.5], [0.5, 0.5])), np.float64(2.5), 2.5),
        (uniform(0, 9), 5, 5.0),
        (uniform(0, 9), np.float64(5), 5.0),
    ],
)
def test_an_equal_value_of_another_type_becomes_the_one_of_the_space(
    domain, value, own
):
    space = SearchSpace({"x": domain})
    config = {"x": value}
    assert config in space
    conforming = space.conform(config)
    assert conforming == {"x": own}
    assert type(conforming["x"]) is type(own)
    assert config["x"] is value


@pytest.mark.parametrize(
    ("domain", "value"),
    [([1, 5], True), ([True, False], 1), (randint(0, 9), True), (uniform(0, 9), True)],
)
def test_a_bool_is_no_number(domain, value):
    assert {"x": value} not in SearchSpace({"x": domain})


def test_an_estimator_becomes_no_other_one():
    one, other = LogisticRegression(), LogisticRegression()
    space = SearchSpace({"a": [one, other], "z": [1]})
    conforming = space.conform({"z": 1.0, "a": other})
    assert conforming["a"] is other
    assert list(conforming) == ["z", "a"]


def test_values_become_those_of_their_alternative():
    space = SearchSpace([{"a": [1, 2]}, {"a": [2.5, 3.0], "b": [0]}])
    assert repr(space.conform({"a": 3, "b": 0.0})) == "{'a': 3.0, 'b': 0}"


def test_a_draw_of_an_object_with_rvs_only_stays_what_it_is():
    class Own:
        def rvs(self, random_state=None):
            return "x"

    space = SearchSpace({"a": Own()})
    assert space.conform({"a": [1]}) == {"a": [1]}


def test_a_configuration_of_two_alternatives_is_listed_and_counted_once():
    space = SearchSpace([{"a": [1, 2]}, {"a": [2, 3]}])
    assert [config["a"] for config in space] == [1, 2, 3]
    assert space.size == 3


def test_a_configuration_of_two_alternatives_has_one_key():
    space = SearchSpace([{"a": [1, 2]}, {"a": [2, 3]}])
    assert len({space.key(config) for config in space}) == 3


# Membership


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "'a' is missing."),
        ({"a": 1}, "'b' is missing."),
        ({"a": 1, "b": 2.0}, "'b'=2.0 is outside of uniform(0, 1)."),
        ({"a": 5, "b": 0.5}, "'a'=5 is outside of [1, 2]."),
        (
            {"a": 1, "b": 0.5, "c": 1},
            "'c' is not one of its parameters ['a', 'b'].",
        ),
    ],
)
def test_why_a_configuration_is_not_in_the_space(config, reason):
    space = SearchSpace({"a": [1, 2], "b": uniform(0, 1)})
    assert config not in space
    with pytest.raises(ValueError, match=re.escape(f"start={config!r} is not")) as e:
        space.check(config, "start")
    assert str(e.value).endswith(reason)


def test_the_reason_is_that_of_the_closest_alternative():
    space = SearchSpace([{"x": [1], "y": [1], "z": [1]}, {"a": [1], "b": [1]}])
    with pytest.raises(ValueError, match=r"'b' is missing\.$"):
        space.check({"a": 1})
    with pytest.raises(ValueError, match=r"'y'=2 is outside of \[1\]\.$"):
        space.check({"x": 1, "y": 2, "z": 1})


@pytest.mark.parametrize("config", [5, None, [("a", 1)]])
def test_a_configuration_must_be_a_dict(config):
    message = f"start must be a dict of parameters, got {config!r} (of type "
    with pytest.raises(TypeError, match=re.escape(message)):
        SearchSpace({"a": [1]}).check(config, "start")


def test_what_is_no_dict_is_not_in_the_space():
    space = SearchSpace({"a": [1]})
    assert "a" not in space
    assert None not in space


def test_a_configuration_of_no_alternative_has_no_code():
    space = SearchSpace([{"a": [1]}, {"b": [1]}])
    with pytest.raises(ValueError, match=r"\{'c': 1\} is not in the search space"):
        space.encode({"c": 1})


# Errors


@pytest.mark.parametrize(
    ("param_distributions", "error", "words"),
    [
        ([], ValueError, ["empty", "param_distributions=[]", "Pass a dict"]),
        (None, TypeError, ["a dict or a list of dicts", "None (of type NoneType)"]),
        ("a", TypeError, ["a dict or a list of dicts", "'a' (of type str)"]),
        (5, TypeError, ["a dict or a list of dicts", "5 (of type int)"]),
        ([5], TypeError, ["a dict or a list of dicts", "holds 5 (of type int)"]),
        ([{"a": [1]}, "b"], TypeError, ["holds 'b' (of type str)"]),
        ({1: [1]}, TypeError, ["parameter names (str)", "got 1 (of type int)"]),
        ({"a": [1], None: [2]}, TypeError, ["parameter names", "None"]),
        ({"a": 5}, TypeError, ["'a'", "got 5 (of type int)", "wrapped in a list"]),
        ({"a": "x"}, TypeError, ["'a'", "got 'x' (of type str)", "wrapped in a list"]),
        ({"a": []}, ValueError, ["'a'", "non-empty", "got: []"]),
        ({"a": np.ones((2, 2))}, ValueError, ["'a'", "one-dim", "shape (2, 2)"]),
        ([{"a": [1]}, {"b": 5}], TypeError, ["'b'", "got 5 (of type int)"]),
    ],
)
def test_a_malformed_space_is_refused(param_distributions, error, words):
    with pytest.raises(error) as raised:
        SearchSpace(param_distributions)
    for word in words:
        assert word in str(raised.value)


def test_text_is_how_it_is_written():
    assert repr(SearchSpace({"b": [1, 2], "a": uniform(0, 1)})) == (
        "SearchSpace({'a': uniform(0, 1), 'b': [1, 2]})"
    )
    assert repr(SearchSpace([{"a": [1]}, {"b": [2]}])) == (
        "SearchSpace([{'a': [1]}, {'b': [2]}])"
    )


class FailsLater:
    """Gives one number, which is that of the check, and then none."""

    n_drawn = 0

    def rvs(self, random_state=None):
        self.n_drawn += 1
        if self.n_drawn > 1:
            raise ZeroDivisionError("no more")
        return 1.0


def test_a_distribution_that_fails_later_is_named_too():
    space = SearchSpace({"a": FailsLater()})
    with pytest.raises(ValueError, match=r"parameter 'a' failed: ZeroDiv.*no more"):
        space.sample(np.random.default_rng(0))
