import re

import numpy as np
import pytest
from scipy.stats import randint, uniform
from sklearn.svm import SVC

from sklearn_automl.space import SearchSpace, When

KERNELS = ["linear", "rbf", "poly"]


def active(space, name, n=200):
    """The configurations, of many, in which ``name`` has a value."""
    rng = np.random.default_rng(0)
    return [c for c in (space.sample(rng) for _ in range(n)) if name in c]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("poly", {"poly"}),
        (["rbf", "poly"], {"rbf", "poly"}),
        (("rbf", "poly"), {"rbf", "poly"}),
        ({"rbf", "poly"}, {"rbf", "poly"}),
        (frozenset(["rbf"]), {"rbf"}),
    ],
)
def test_a_parameter_is_active_under_the_given_values(values, expected):
    space = SearchSpace({"kernel": KERNELS, "gamma": When("kernel", values, [1, 2])})
    assert {c["kernel"] for c in active(space, "gamma")} == expected


def test_an_inactive_parameter_is_left_out():
    space = SearchSpace({"kernel": KERNELS, "degree": When("kernel", "poly", [2, 3])})
    assert list(space) == [
        {"kernel": "linear"},
        {"kernel": "rbf"},
        {"kernel": "poly", "degree": 2},
        {"kernel": "poly", "degree": 3},
    ]


def test_nested_conditions_must_all_hold():
    space = SearchSpace(
        {"a": [0, 1], "b": [0, 1], "c": When("a", 1, When("b", 1, uniform()))}
    )
    assert {(c["a"], c["b"]) for c in active(space, "c")} == {(1, 1)}


def test_a_child_of_an_inactive_parent_is_inactive():
    space = SearchSpace(
        {"a": [0, 1], "b": When("a", 1, [0, 1]), "c": When("b", 1, [5])}
    )
    assert list(space) == [
        {"a": 0},
        {"a": 1, "b": 0},
        {"a": 1, "b": 1, "c": 5},
    ]


def test_a_parent_may_come_after_its_child_in_the_alphabet():
    space = SearchSpace({"z": [0, 1], "a": When("z", 1, [5, 6])})
    assert list(space) == [{"z": 0}, {"z": 1, "a": 5}, {"z": 1, "a": 6}]


def test_a_tuple_can_be_one_value_of_the_parent():
    space = SearchSpace({"shape": [(1, 2), (3,)], "a": When("shape", (1, 2), [5])})
    assert list(space) == [{"shape": (1, 2), "a": 5}, {"shape": (3,)}]


def test_the_parent_may_have_unhashable_values():
    space = SearchSpace(
        {"layers": [[10], [10, 5]], "a": When("layers", [[10, 5]], [7])}
    )
    assert list(space) == [{"layers": [10]}, {"layers": [10, 5], "a": 7}]


def test_a_bool_does_not_stand_for_a_number():
    with pytest.raises(ValueError, match=r"the values of 'n' are \[0, 1\]"):
        SearchSpace({"n": [0, 1], "a": When("n", True, [5])})


def test_an_estimator_that_only_looks_like_a_value_of_the_parent_is_named():
    with pytest.raises(ValueError, match=r" SVC\(\) is not the same object as that in"):
        SearchSpace({"model": [SVC(), "passthrough"], "C": When("model", SVC(), [5])})


def test_the_same_estimator_stands_for_itself():
    svc = SVC()
    space = SearchSpace({"model": [svc, None], "C": When("model", svc, [5])})
    assert space.size == 2


@pytest.mark.parametrize("value", ["poli", SVC(C=2), 7, "SVC()"])
def test_a_value_that_looks_like_none_of_the_parents_is_no_other_object(value):
    with pytest.raises(ValueError, match="but the values of 'a' are") as error:
        SearchSpace({"a": [SVC(), "poly"], "b": When("a", value, [5])})
    assert "same object" not in str(error.value)


def test_a_numpy_value_stands_for_its_native_one():
    space = SearchSpace({"n": np.arange(2), "a": When("n", np.int64(1), [5])})
    assert list(space) == [{"n": 0}, {"n": 1, "a": 5}]


@pytest.mark.parametrize(
    ("space", "size"),
    [
        ({"kernel": KERNELS, "degree": When("kernel", "poly", [2, 3])}, 4),
        ({"kernel": KERNELS, "gamma": When("kernel", ["rbf", "poly"], [1, 2])}, 5),
        ({"a": [0, 1], "b": [0, 1], "c": When("a", 1, When("b", 1, [1, 2]))}, 5),
        ({"a": [0, 1], "b": When("a", 1, [0, 1]), "c": When("b", 1, [5, 6])}, 4),
        ({"a": [0, 1], "b": When("a", 1, randint(0, 9)), "d": [1, 2, 3]}, 30),
        ({"a": [0, 1, 2], "b": When("a", 0, [1, 2]), "c": When("a", 1, [1, 2, 3])}, 6),
    ],
)
def test_size_counts_what_enumeration_lists(space, size):
    space = SearchSpace(space)
    assert space.size == size
    configs = list(space)
    assert len({space.key(c) for c in configs}) == len(configs) == size


def test_size_of_many_conditions_is_exact_and_found_at_once():
    n = 60
    space = {"n_layers": list(range(1, n + 1))}
    for i in range(n):
        deep_enough = [k for k in range(1, n + 1) if k > i]
        space[f"op_{i}"] = When("n_layers", deep_enough, ["conv", "pool", "skip"])
        space[f"kernel_{i}"] = When(f"op_{i}", "conv", [3, 5, 7])
    # An active layer has 3 + 1 + 1 choices.
    assert SearchSpace(space).size == sum(5**k for k in range(1, n + 1))


def test_size_may_be_larger_than_any_float():
    space = SearchSpace({f"p{i}": list(range(10)) for i in range(400)})
    assert space.size == 10**400
    assert len(space.sample(np.random.default_rng(0))) == 400


def test_size_is_infinite_if_an_active_parameter_has_no_end():
    space = SearchSpace({"a": [0, 1], "b": When("a", 1, uniform())})
    assert space.size == float("inf")


def test_configurations_are_found_inactive_parameters_included():
    space = SearchSpace({"kernel": KERNELS, "degree": When("kernel", "poly", [2, 3])})
    assert {"kernel": "rbf"} in space
    assert {"kernel": "poly", "degree": 2} in space
    assert {"kernel": "poly"} not in space
    assert {"kernel": "rbf", "degree": 2} not in space


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"kernel": "poly"}, "'degree' is missing."),
        (
            {"kernel": "rbf", "degree": 2},
            "'degree' is not active: When('kernel', 'poly', [2, 3]).",
        ),
        ({"kernel": "poly", "degree": 4}, "'degree'=4 is outside of [2, 3]."),
    ],
)
def test_why_a_configuration_is_not_in_the_space(config, reason):
    space = SearchSpace({"kernel": KERNELS, "degree": When("kernel", "poly", [2, 3])})
    with pytest.raises(ValueError, match=re.escape(reason)):
        space.check(config)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (
            {"kernel": ["rbf"], "a": When("kerne", "rbf", [1])},
            ["'a' depends on 'kerne'", "not a key", "['a', 'kernel']"],
        ),
        (
            {"kernel": ["rbf", "poly"], "a": When("kernel", "sigmoid", [1])},
            ["'a' is active when 'kernel' is 'sigmoid'", "are ['rbf', 'poly']"],
        ),
        (
            {"kernel": ["rbf", "poly"], "a": When("kernel", ["rbf", "x"], [1])},
            ["'a' is active when 'kernel' is ['rbf', 'x']", "are ['rbf', 'poly']"],
        ),
        (
            {"kernel": ["rbf"], "a": When("kernel", [], [1])},
            ["'a' is active when 'kernel' is []", "are ['rbf']"],
        ),
        (
            {"C": uniform(), "a": When("C", 0.5, [1])},
            ["'a' depends on 'C'", "distribution", "with a list of values"],
        ),
        (
            {"a": When("b", 1, [1]), "b": When("c", 1, [1]), "c": When("a", 1, [1])},
            ["form a circle", "a -> b -> c -> a"],
        ),
        ({"a": When("a", 1, [1])}, ["form a circle", "a -> a"]),
    ],
)
def test_a_condition_that_cannot_hold_is_refused(space, words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as raised:
        SearchSpace(space)
    for word in words[1:]:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("domain", "error", "word"),
    [(5, TypeError, "got 5"), ([], ValueError, "non-empty"), ("x", TypeError, "'x'")],
)
def test_a_wrong_domain_inside_is_refused_with_the_name(domain, error, word):
    with pytest.raises(error, match=f"'degree'.*{word}"):
        SearchSpace({"kernel": KERNELS, "degree": When("kernel", "poly", domain)})


def test_values_of_a_condition_are_in_the_order_of_the_parent():
    gamma = When("kernel", ["poly", "linear"], [1, 2])
    (_, parameter) = SearchSpace({"kernel": KERNELS, "gamma": gamma}).branches[0]
    assert parameter.conditions[0].values == ("linear", "poly")


def test_text_is_how_it_is_written():
    assert repr(When("a", [1, 2], [3])) == "When('a', [1, 2], [3])"
    space = {"a": [1, 2], "b": [1, 2], "c": When("a", 1, When("b", {2, 1}, [3]))}
    assert repr(SearchSpace(space)) == (
        "SearchSpace({'a': [1, 2], 'b': [1, 2], "
        "'c': When('a', 1, When('b', [1, 2], [3]))})"
    )


def test_a_parameter_that_is_not_active_is_no_reason():
    space = SearchSpace({"a": ["u", "v"], "b": When("a", "u", [1]), "c": [1, 2]})
    with pytest.raises(ValueError, match=r"'c'=5 is outside of \[1, 2\]"):
        space.check({"a": "v", "c": 5})
