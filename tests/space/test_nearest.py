"""The nearest value of a domain."""

import pytest
from scipy.stats import loguniform, randint, uniform

from sklearn_automl.space import SearchSpace, nearest

DATES = ["2020-01-01", "2021-01-01"]


def domain(values):
    (parameter,) = SearchSpace({"x": values}).branches[0]
    return parameter.domain


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        (uniform(1, 2), 1.5, 1.5),
        (uniform(1, 2), 9.0, 3.0),
        (uniform(1, 2), -9, 1.0),
        (loguniform(0.1, 10), 1e9, 10.0),
        (randint(1, 10), 99, 9),
        (randint(1, 10), 4.4, 4),
        (randint(1, 10**6), 0, 1),
        (randint(1, 10**6), 77.7, 78),
        (randint(0, 5000), 4999.7, 4999),
        (randint(1, 10**6), 10**9, 10**6 - 1),
        ([1, 10, 100], 12, 10),
        ([0.5, 0.25, 0.1], 7.0, 0.5),
        (["a", "b"], "b", "b"),
        ([True, False], True, True),
    ],
)
def test_nearest(values, value, expected):
    found = nearest(domain(values), value)
    assert (
        found == pytest.approx(expected)
        if isinstance(expected, float)
        else found == expected
    )
    assert found in domain(values)


@pytest.mark.parametrize(
    ("values", "value"),
    [
        (["a", "b"], "c"),
        ([True, False], 1),
        (uniform(), True),
        (uniform(), "0.5"),
        (uniform(), None),
        ([1, 2, 3], "2"),
    ],
)
def test_nothing_is_near(values, value):
    with pytest.raises(ValueError, match="not near to any value"):
        nearest(domain(values), value)


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [([100, 1, 10], 12, 10), ([1, 100], 40, 1), (["a", 3, 7, True], 6, 7)],
)
def test_numbers_of_any_list_can_count_as_ordered(values, value, expected):
    with pytest.raises(ValueError, match="not near to any value"):
        nearest(domain(values), value)
    assert nearest(domain(values), value, in_any_list=True) == expected


def test_a_list_without_numbers_has_nothing_near():
    with pytest.raises(ValueError, match="not near to any value"):
        nearest(domain(["a", "b"]), 3, in_any_list=True)
