import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.svm import SVC

from sklearn_automl.space import _domains
from sklearn_automl.space._distribution import Distribution
from sklearn_automl.space._domains import Choice
from sklearn_automl.space._parse import make_domain

FINITE = {
    "randint": stats.randint(-2, 6),
    "randint_one": stats.randint(4, 5),
    "binom": stats.binom(10, 0.3),
    "shifted": stats.randint(0, 4, loc=10),
    "table": stats.rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3])),
    "table_unsorted": stats.rv_discrete(values=([9, 1, 4], [0.2, 0.5, 0.3])),
    "table_of_floats": stats.rv_discrete(values=([0.1, 0.25, 2.5], [0.2, 0.5, 0.3])),
    "table_frozen": stats.rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3]))(),
    "table_shifted": stats.rv_discrete(values=([1, 4, 9], [0.2, 0.5, 0.3]))(loc=3),
}

CONTINUOUS = {
    "uniform": stats.uniform(-1, 3),
    "loguniform": stats.loguniform(1e-5, 1e3),
    "norm": stats.norm(2, 5),
    "truncnorm": stats.truncnorm(-1, 2, loc=0.5),
    "expon": stats.expon(scale=3),
    "beta": stats.beta(0.5, 0.5),
    "uniform_unfrozen": stats.uniform,
}

COUNTING = {"geom": stats.geom(0.3), "poisson": stats.poisson(4)}

DISCRETE = FINITE | COUNTING
ALL = DISCRETE | CONTINUOUS


class OnlyRvs:
    """What RandomizedSearchCV asks of an object, and no more."""

    def rvs(self, random_state):
        return random_state.choice(["x", "y"])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def draw(domain, rng, n=50):
    return [domain.sample(rng) for _ in range(n)]


# Lists


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        np.array([1, 2, 3]),
        [np.int64(1), np.int64(2), np.int64(3)],
    ],
)
def test_all_kinds_of_sequences_are_lists_of_native_values(values, rng):
    domain = make_domain("a", values)
    assert list(domain.values()) == [1, 2, 3]
    assert {type(v) for v in draw(domain, rng)} == {int}


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([0.5, 0.25]), float),
        (np.array(["x", "y"]), str),
        (np.array([True, False]), bool),
        (np.array([np.float32(0.5)]), float),
    ],
)
def test_numpy_values_become_native(array, expected):
    assert {type(v) for v in Choice(array).values()} == {expected}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 1, 3, 2], [1, 2, 3]),
        (["x", "x"], ["x"]),
        ([None, None, "x"], [None, "x"]),
        ([[1], [1, 2], [1]], [[1], [1, 2]]),
        ([[[1], [2, 3]], [[1], [2, 3]]], [[[1], [2, 3]]]),  # ragged
        ([{"a": 1}, {"a": 1}], [{"a": 1}]),
        ([1, np.int64(1)], [1]),
        ([0.5, np.float64(0.5)], [0.5]),
    ],
)
def test_repeated_values_count_once(values, expected):
    domain = Choice(values)
    assert list(domain.values()) == expected
    assert domain.size == len(expected)


def test_repeated_nan_counts_once():
    assert Choice([math.nan, float("nan"), 1.0]).size == 2


def test_repeated_values_that_have_no_hash_count_once():
    class Unhashable:
        __hash__ = None

        def __eq__(self, other):
            return isinstance(other, Unhashable)

    assert Choice([Unhashable(), 1, Unhashable(), Unhashable()]).size == 2


def test_repeated_arrays_count_once():
    assert Choice([np.ones(2), np.ones(2), np.ones(3)]).size == 2


def test_one_and_true_are_two_values():
    domain = Choice([1, True, 0, False])
    assert [type(v) for v in domain.values()] == [int, bool, int, bool]
    assert [domain.key(v) for v in (1, True, 0, False)] == [0, 1, 2, 3]


def test_integer_and_float_are_two_values_of_a_list_that_has_both():
    domain = Choice([1, 1.0])
    assert domain.key(1) != domain.key(1.0)


@pytest.mark.parametrize(
    ("values", "value", "index"),
    [
        ([1, 2, 4], 4.0, 2),
        ([1.0, 2.0], 2, 1),
        ([1, 2], np.int64(2), 1),
        ([0.5, 0.1], np.float64(0.1), 1),
        (["x", "y"], np.str_("y"), 1),
        ([True, False], np.False_, 1),
        ([[1], [1, 2]], [1, 2], 1),
        ([[[1], [2, 3]], [[4], [5, 6]]], [[4], [5, 6]], 1),
        ([(1,), (1, 2)], (1, 2), 1),
        ([np.ones(2), np.ones(3)], np.ones(3), 1),
        ([1.0, math.nan], float("nan"), 1),
        ([None, 1], None, 0),
    ],
)
def test_a_value_is_found_by_equality(values, value, index):
    assert value in Choice(values)
    assert Choice(values).key(value) == index


@pytest.mark.parametrize(
    ("values", "value"),
    [
        ([1, 0], True),
        ([1, 0], np.True_),
        ([True, False], 1),
        ([True, False], 0.0),
        ([1, 2], 3),
        (["x"], "y"),
        ([[1, 1]], [1]),
        ([np.ones(2)], np.ones(3)),
        ([np.ones(2)], 1.0),
        ([1.0], math.nan),
        (["x"], ["x"]),
        ([None], False),
    ],
)
def test_another_value_is_not_found(values, value):
    assert value not in Choice(values)
    with pytest.raises(ValueError, match="is not one of"):
        Choice(values).index(value)


def test_estimators_are_told_apart_by_identity(rng):
    linear, rbf = SVC(kernel="linear"), SVC()
    domain = Choice([linear, rbf, "passthrough"])
    assert [domain.key(v) for v in (linear, rbf, "passthrough")] == [0, 1, 2]
    assert clone(linear) not in domain
    assert all(v in (linear, rbf, "passthrough") for v in draw(domain, rng))


def test_keys_are_hashable_where_values_are_not(rng):
    domain = Choice([[1], {"a": 1}, np.ones(2), SVC()])
    assert {domain.key(v) for v in draw(domain, rng)} == {0, 1, 2, 3}


def test_a_list_survives_pickling():
    domain = Choice([[1], math.nan, "x", 2.5, np.ones(2)])
    restored = pickle.loads(pickle.dumps(domain))
    assert [restored.key(v) for v in domain.values()] == [0, 1, 2, 3, 4]
    assert restored == domain


@pytest.mark.parametrize(
    ("values", "is_categorical"),
    [
        ([1, 2, 4], False),
        ([0.5, 0.1, 0.01], False),
        (np.logspace(-3, 3, 7), False),
        ([1, 0.5, Fraction(1, 4)], False),
        ([1, 4, 2], True),
        ([1, 2], True),  # two have no order that matters
        (["x", "y", "z"], True),
        ([1, 2, None], True),
        ([False, True, 2], True),
        ([[1], [2], [3]], True),
    ],
)
def test_sorted_numbers_are_ordinal_and_the_rest_is_categorical(values, is_categorical):
    assert Choice(values).is_categorical == is_categorical


DAYS = np.array(["2024-01-01", "2024-01-02", "2024-03-01"], dtype="datetime64[D]")


@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
@pytest.mark.parametrize("kind", ["dates", "spans"])
def test_dates_and_time_spans_stay_what_they_are(kind, unit, rng):
    values = DAYS.astype(f"datetime64[{unit}]")
    values = values if kind == "dates" else values - values[0]
    domain = Choice(values)
    assert list(domain.values()) == list(values)
    assert domain.sample(rng).dtype == values.dtype
    assert domain.index(values[2]) == 2
    assert not domain.is_categorical


def test_no_date_has_no_place_in_an_order():
    assert Choice([*DAYS, np.datetime64("NaT")]).is_categorical


@pytest.mark.parametrize(
    "make_value",
    [
        lambda i: [i, i + 1],
        lambda i: {"a": i},
        lambda i: np.arange(i, i + 2),
        lambda i: {i, -1},
        lambda i: [[i], {"b": [i]}],
    ],
    ids=["lists", "dicts", "arrays", "sets", "nested"],
)
def test_many_values_that_are_not_hashable_are_not_compared_in_pairs(
    make_value, monkeypatch
):
    values = [make_value(i) for i in range(300)] * 2
    monkeypatch.setattr(_domains, "_equal", None)
    domain = Choice(values)
    assert domain.size == 300
    assert domain.index(make_value(299)) == 299


def test_values_of_a_list_share_the_unit_interval_equally():
    domain = Choice(["x", "y", "z", "w"])
    assert [domain.to_unit(v) for v in "xyzw"] == [0.125, 0.375, 0.625, 0.875]
    edges = [0, 0.2499, 0.25, 0.4999, 0.5, 0.7499, 0.75, 1]
    assert "".join(domain.from_unit(u) for u in edges) == "xxyyzzww"


def test_all_values_of_a_list_are_drawn_equally_often(rng):
    values = draw(Choice(["x", "y", "z"]), rng, 3000)
    assert [values.count(v) for v in "xyz"] == pytest.approx([1000] * 3, abs=100)


def test_equal_lists_are_equal_domains():
    assert Choice([1, 2]) == Choice((1, 2))
    assert hash(Choice([1, 2])) == hash(Choice((1, 2)))
    assert Choice([1, 2]) != Choice([2, 1])
    assert Choice([1, 2]) != Choice([1, 2, 3])
    assert Choice([0, 1]) != Choice([False, True])
    assert Choice([np.ones(2)]) == Choice([np.ones(2)])
    assert Choice([1]) != 1


# Distributions


@pytest.mark.parametrize("name", ALL)
def test_drawn_values_are_native_and_in_the_domain(name, rng):
    domain = Distribution(ALL[name])
    for value in draw(domain, rng):
        assert type(value) in (int, float)
        assert value in domain


@pytest.mark.parametrize("name", ALL)
def test_draws_are_those_of_scipy(name):
    values = draw(Distribution(ALL[name]), np.random.default_rng(3), 20)
    rng = np.random.default_rng(3)
    assert values == [ALL[name].rvs(random_state=rng) for _ in range(20)]


@pytest.mark.parametrize("name", ALL)
def test_the_unit_interval_is_left_as_it_was_reached(name, rng):
    domain = Distribution(ALL[name])
    for value in draw(domain, rng):
        u = domain.to_unit(value)
        assert 0 <= u <= 1
        assert domain.from_unit(u) == pytest.approx(value)


@pytest.mark.parametrize("name", ALL)
def test_the_ends_of_the_unit_interval_are_values(name):
    domain = Distribution(ALL[name])
    for u in (0.0, 1.0, -0.1, 1.1):
        value = domain.from_unit(u)
        assert math.isfinite(value)
        assert value in domain


@pytest.mark.parametrize("name", ALL)
def test_the_map_to_the_unit_interval_keeps_the_order(name, rng):
    domain = Distribution(ALL[name])
    values = sorted(draw(domain, rng))
    units = [domain.to_unit(v) for v in values]
    assert units == sorted(units)


def test_loguniform_is_linear_in_the_exponent():
    domain = Distribution(stats.loguniform(1e-2, 1e2))
    assert [domain.to_unit(10.0**e) for e in (-2, -1, 0, 1, 2)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert domain.from_unit(0.75) == pytest.approx(10)


def test_an_integer_lies_in_the_middle_of_its_mass():
    domain = Distribution(stats.randint(3, 7))
    assert [domain.to_unit(v) for v in (3, 4, 5, 6)] == pytest.approx(
        [0.125, 0.375, 0.625, 0.875]
    )
    assert [domain.from_unit(u) for u in (0.1, 0.26, 0.74, 0.76)] == [3, 4, 5, 6]
    assert all(type(domain.from_unit(u)) is int for u in (0.1, 0.9))


@pytest.mark.parametrize("name", ["table", "table_unsorted"])
def test_an_entry_of_a_table_lies_in_the_middle_of_its_mass(name):
    domain = Distribution(FINITE[name])
    probability = dict(zip(FINITE[name].xk, FINITE[name].pk, strict=True))
    below = 0.0
    for value in (1, 4, 9):
        assert domain.to_unit(value) == pytest.approx(below + probability[value] / 2)
        below += probability[value]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("randint", [-2, -1, 0, 1, 2, 3, 4, 5]),
        ("randint_one", [4]),
        ("binom", list(range(11))),
        ("shifted", [10, 11, 12, 13]),
        ("table", [1, 4, 9]),
        ("table_unsorted", [1, 4, 9]),
        ("table_of_floats", [0.1, 0.25, 2.5]),
        ("table_frozen", [1, 4, 9]),
        ("table_shifted", [4, 7, 12]),
    ],
)
def test_a_finite_distribution_lists_its_values(name, expected):
    domain = Distribution(FINITE[name])
    assert list(domain.values()) == expected
    assert domain.size == len(expected)
    assert all(v in domain for v in expected)


def test_values_without_probability_do_not_exist():
    domain = Distribution(stats.rv_discrete(values=([1, 4, 9], [0.5, 0, 0.5])))
    assert list(domain.values()) == [1, 9]
    assert domain.size == 2
    assert 4 not in domain


def test_values_whose_probability_is_rounded_to_zero_do_not_exist():
    domain = Distribution(stats.binom(2000, 0.01))
    assert domain.size == len(list(domain.values())) < 2001


@pytest.mark.parametrize("name", CONTINUOUS | COUNTING)
def test_a_distribution_without_end_has_infinite_size(name):
    assert Distribution(ALL[name]).size == math.inf


def test_a_wide_range_of_integers_is_counted_without_going_through_it():
    assert Distribution(stats.randint(0, 10**12)).size == 10**12


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (stats.uniform(0, 1), 1.5),
        (stats.uniform(0, 1), -0.1),
        (stats.uniform(0, 1), math.nan),
        (stats.uniform(0, 1), True),
        (stats.uniform(0, 1), "x"),
        (stats.uniform(0, 1), None),
        (stats.randint(0, 5), 5),
        (stats.randint(0, 5), 2.5),
        (stats.randint(0, 5), True),
        (stats.randint(0, 5000), 5000),  # too many for a table
        (stats.randint(0, 5000), 2.5),
    ],
)
def test_what_cannot_be_drawn_is_not_in_the_domain(distribution, value):
    assert value not in Distribution(distribution)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float64(0.5), np.float32(0.5)])
def test_any_number_inside_is_in_a_continuous_domain(value):
    assert value in Distribution(stats.uniform(0, 1))


def test_distributions_are_no_categories():
    domains = [Distribution(d) for d in ALL.values()]
    assert not any(d.is_categorical for d in domains)
    assert all(d.is_encodable for d in domains)
    assert [d.is_discrete for d in domains] == [name in DISCRETE for name in ALL]


def test_an_object_with_rvs_only_can_be_drawn_but_not_encoded(rng):
    domain = make_domain("a", OnlyRvs())
    values = draw(domain, rng)
    assert set(values) == {"x", "y"}
    assert {type(v) for v in values} == {str}
    assert not domain.is_encodable
    assert domain.size == math.inf
    assert "whatever" in domain


def test_an_object_with_rvs_gets_the_random_state_that_sklearn_gives(rng):
    class Remembers:
        def rvs(self, random_state):
            self.got = random_state
            return 1

    remembers = Remembers()
    Distribution(remembers).sample(rng)
    assert isinstance(remembers.got, np.random.RandomState)


def test_an_object_with_rvs_is_drawn_the_same_for_the_same_seed():
    one, two = (draw(Distribution(OnlyRvs()), np.random.default_rng(1)) for _ in "ab")
    assert one == two


def test_keys_of_unhashable_draws_are_hashable():
    class Lists:
        def rvs(self, random_state):
            return [int(random_state.randint(2))]

    domain = Distribution(Lists())
    assert domain.key([0]) == domain.key([0]) != domain.key([1])
    assert len({domain.key([0]), domain.key([1])}) == 2


def test_equal_distributions_are_equal_domains():
    def equal(a, b):
        a, b = Distribution(a), Distribution(b)
        assert a != b or hash(a) == hash(b)
        return a == b

    assert equal(stats.uniform(0, 1), stats.uniform(0, 1))
    assert not equal(stats.uniform(0, 1), stats.uniform(0, 2))
    assert not equal(stats.uniform(0, 1), stats.loguniform(0.1, 1))
    table = stats.rv_discrete(values=([1, 2], [0.5, 0.5]))
    assert equal(table, stats.rv_discrete(values=([1, 2], [0.5, 0.5])))
    assert not equal(table, stats.rv_discrete(values=([1, 3], [0.5, 0.5])))
    assert not equal(table, stats.rv_discrete(values=([1, 2], [0.4, 0.6])))
    own = OnlyRvs()
    assert equal(own, own)
    assert not equal(own, OnlyRvs())


@pytest.mark.parametrize("name", ALL)
def test_a_distribution_survives_pickling(name):
    domain = Distribution(ALL[name])
    restored = pickle.loads(pickle.dumps(domain))
    draws = [draw(d, np.random.default_rng(0)) for d in (domain, restored)]
    assert draws[0] == draws[1]
    assert restored == domain


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (stats.loguniform(0.1, 1), "loguniform(0.1, 1)"),
        (stats.uniform(loc=1, scale=2), "uniform(loc=1, scale=2)"),
        (stats.randint(1, 4), "randint(1, 4)"),
    ],
)
def test_the_text_of_a_distribution_is_how_it_is_written(distribution, expected):
    assert repr(Distribution(distribution)) in (
        expected,
        expected.replace("loguniform", "reciprocal"),
    )


# Errors


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (5, TypeError, ["got 5 (of type int)", "list or a numpy array", "wrapped in"]),
        (None, TypeError, ["got None (of type NoneType)", "wrapped in a list"]),
        ("rbf", TypeError, ["got 'rbf' (of type str)", "wrapped in a list"]),
        ({"x": 1}, TypeError, ["(of type dict)", "list or a numpy array"]),
        ({1, 2}, TypeError, ["got {1, 2} (of type set)", "list or a numpy array"]),
        (iter([1]), TypeError, ["list_iterator", "list or a numpy array"]),
        (SVC, TypeError, ["list or a numpy array", "rvs(random_state=...)"]),
        ([], ValueError, ["non-empty sequence", "got: []"]),
        (np.array([]), ValueError, ["non-empty sequence", "got: array([]"]),
        (np.ones((2, 2)), ValueError, ["one-dimensional", "with shape (2, 2)"]),
        (np.array(5), ValueError, ["one-dimensional", "array(5) with shape ()"]),
        (OnlyRvs, TypeError, ["the class OnlyRvs, not an instance", "call it"]),
        (stats.loguniform, ValueError, ["missing", "Pass all of its parameters"]),
        (stats.randint, ValueError, ["missing", "Pass all of its parameters"]),
        (stats.uniform(0, -1), ValueError, ["its parameters are outside"]),
        (stats.randint(5, 5), ValueError, ["its parameters are outside"]),
        (stats.loguniform(0, 1), ValueError, ["its parameters are outside"]),
    ],
)
def test_what_is_no_domain_is_refused_with_its_name(values, error, words):
    with pytest.raises(error) as raised:
        make_domain("clf__C", values)
    for word in ["'clf__C'", *words]:
        assert word in str(raised.value)


def test_an_error_of_a_users_own_distribution_is_reported_with_the_name():
    class Broken:
        def rvs(self, random_state):
            return 1 / 0

    with pytest.raises(
        ValueError, match=r"'alpha' failed: ZeroDivisionError: division by zero"
    ) as raised:
        make_domain("alpha", Broken())
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_rvs_must_take_a_random_state():
    class OldFashioned:
        def rvs(self):
            return 1

    with pytest.raises(
        ValueError, match=r"'alpha' failed: TypeError: .*random_state.*rvs\(random_st"
    ):
        make_domain("alpha", OldFashioned())


class Thirds(stats.rv_discrete):
    def _pmf(self, x, high):
        return (x % 3 == 0) / (high // 3 + 1)

    def _get_support(self, high):
        return 0, high


def test_values_are_the_integers_that_can_be_drawn_however_many():
    domain = make_domain("n", Thirds(name="thirds")(3000))
    assert list(domain.values()) == list(range(0, 3001, 3))
