from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import lognorm, loguniform, norm, randint, reciprocal, uniform
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl.inspection._parameters import (
    parameter_axes,
    short_names,
    text_of,
)
from sklearn_automl.inspection._results import Results
from sklearn_automl.space import SearchSpace, When
from sklearn_automl.space._configspace import log_uniform_integers
from tests.inspection.tables import columns_of, grown, plain, search_of


def axis_of(values, domain=None):
    """Return the axis of a parameter with some values; None where it is not there."""
    configs = [{} if v is ... else {"p": v} for v in values]
    table = {**columns_of(configs), "mean_test_score": np.arange(len(values)) / 10}
    space = {} if domain is None else {"p": domain}
    results = Results(search_of(table, param_distributions=space), "Test")
    (axis,) = parameter_axes(results, ["p"])
    return axis


@pytest.mark.parametrize(
    ("values", "domain", "is_log"),
    [
        ([1.0, 2.0], loguniform(1e-3, 1e3), True),
        ([1.0, 2.0], uniform(0, 10), False),
        ([0.1, 900.0], uniform(0, 1000), False),  # far apart by chance
        ([3, 900], randint(1, 1000), False),
        ([0.01, 1.0, 100.0], [0.01, 1.0, 100.0], True),
        ([10, 20, 40], [10, 20, 40], False),
        ([0.01, 100.0], None, True),
        ([0.0, 100.0], [0.0, 100.0], False),
        ([1.0, 2.0], When("a", "b", loguniform(1e-3, 1e3)), True),
        ([1.0, 2.0], When("a", "b", When("c", "d", loguniform(1, 10))), True),
        ([1.0, 2.0], reciprocal(1, 10), True),
        ([1.0, 2.0], lognorm(1), True),
        ([0.0, 2.0], loguniform(1, 10), False),  # zero has no logarithm
    ],
)
def test_axes_are_logarithmic_by_the_distribution_or_by_decades(values, domain, is_log):
    axis = axis_of(values, domain)
    assert axis.is_log == is_log
    assert axis.categories is None


def test_bounds_are_those_of_the_distribution():
    axis = axis_of([1.0, 2.0], loguniform(1e-3, 1e3))
    assert (axis.low, axis.high) == pytest.approx((1e-3, 1e3))
    np.testing.assert_allclose(axis.unit[0], 0.5)
    np.testing.assert_allclose(axis.at(axis.unit), axis.places)


@pytest.mark.parametrize("domain", [loguniform(1, 10), log_uniform_integers(1, 10)])
def test_a_space_that_the_package_chose_is_that_of_the_sampler(domain):
    search = search_of(
        {**columns_of([{"p": 1}, {"p": 9}]), "mean_test_score": np.zeros(2)},
        param_distributions="auto",
        sampler_=SimpleNamespace(space=SearchSpace({"p": domain})),
    )
    (axis,) = parameter_axes(Results(search, "Test"))
    assert axis.is_log
    assert (axis.low, axis.high) == (1, 10)


def test_alternatives_of_a_list_of_dicts_are_all_read():
    search = search_of(
        {**columns_of([{"p": 1.0}, {"p": 50.0}]), "mean_test_score": np.zeros(2)},
        param_distributions=[{"p": loguniform(1, 10)}, {"p": loguniform(10, 99)}],
    )
    (axis,) = parameter_axes(Results(search, "Test"))
    assert axis.is_log
    assert (axis.low, axis.high) == pytest.approx((1, 99))


@pytest.mark.parametrize(
    ("values", "categories"),
    [
        (["rbf", "linear", "rbf"], ("linear", "rbf")),
        ([10, None, 2], ("2", "10", "None")),
        ([True, False, True], ("True", "False")),
        ([StandardScaler(), SVC(C=2)], ("StandardScaler()", "SVC(C=2)")),
        ([np.median, np.mean], ("median", "mean")),
        (["a", 1, 1.0, True], ("1", "1 (2)", "True", "a")),
    ],
)
def test_what_is_no_number_is_a_category(values, categories):
    axis = axis_of(values)
    assert set(axis.categories) == set(categories)
    assert axis.places.max() == len(categories) - 1


def test_long_values_are_cut_and_stay_different():
    axis = axis_of(["x" * 50, "x" * 51])
    assert all(len(text) <= 26 for text in axis.categories)
    assert len(set(axis.categories)) == 2


def test_a_parameter_that_does_not_exist_has_no_place():
    axis = axis_of([1.0, ..., 3.0])
    assert np.isnan(axis.places).tolist() == [False, True, False]


def test_parameters_that_do_not_vary_are_left_out():
    configs = [{"a": 1, "b": i, "c": "x"} for i in range(3)]
    search = search_of({**columns_of(configs), "mean_test_score": np.zeros(3)})
    assert [a.name for a in parameter_axes(Results(search, "Test"))] == ["b"]


def test_the_resource_has_an_axis_only_on_request():
    results = Results(grown(), "Test")
    assert "trees" not in [a.name for a in parameter_axes(results)]
    assert [a.name for a in parameter_axes(results, ["trees"])] == ["trees"]


def test_an_unknown_parameter_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"parameters=\['C'\] must be .*'svc__C'"):
        parameter_axes(Results(plain(), "Test"), "C")


def test_where_nothing_varies_the_error_says_so():
    search = search_of({**columns_of([{"a": 1}] * 2), "mean_test_score": np.zeros(2)})
    with pytest.raises(ValueError, match="more than one value"):
        parameter_axes(Results(search, "Test"))


def test_names_are_as_short_as_they_stay_different():
    names = ["svc__C", "svc__gamma", "a__tfidf__min_df", "b__tfidf__min_df"]
    assert list(short_names(names).values()) == [
        "C",
        "gamma",
        "a__tfidf__min_df",
        "b__tfidf__min_df",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.000123456, "0.0001235"),
        (np.float64(0.5), "0.5"),
        (20_000, "20,000"),
        (None, "None"),
        ("sqrt", "sqrt"),
        (SVC, "SVC"),
        ((1, 2), "(1, 2)"),
    ],
)
def test_values_as_texts(value, text):
    assert text_of(value) == text


def test_categories_are_in_the_middles_of_equal_parts():
    axis = axis_of(["a", "b", "a", "c"])
    np.testing.assert_allclose(axis.unit, np.array([1, 3, 1, 5]) / 6)


def test_a_single_value_is_where_it_begins():
    assert axis_of([3.0, 3.0]).unit.tolist() == [0, 0]


def test_numbers_among_categories_come_first_by_size():
    axis = axis_of([10, "b", 2, None, "a", 1.0, 1])
    assert axis.categories == ("1", "1 (2)", "2", "10", "None", "a", "b")
    assert axis_of([(2,), (1,)]).categories == ("(2,)", "(1,)")  # as they came


def test_what_exists_nowhere_is_a_category_without_a_place():
    table = {"params": [{}, {}], "param_p": np.ma.masked_all(2)}
    search = search_of({**table, "mean_test_score": np.zeros(2)})
    (axis,) = parameter_axes(Results(search, "Test"), ["p"])
    assert axis.categories == ()
    assert np.isnan(axis.places).all()


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_value_that_is_not_finite_is_a_category(value):
    assert axis_of([1.0, value]).categories is not None


def test_the_bounds_of_an_endless_distribution_are_those_of_its_values():
    axis = axis_of([1.0, 2.0], norm())
    assert (axis.low, axis.high) == (1, 2)
    axis = axis_of([1.0, 2.0], lognorm(1))  # from zero on
    assert (axis.low, axis.high) == (1, 2)


def test_bounds_are_those_of_the_values_where_only_an_alternative_has_a_distribution():
    search = search_of(
        {**columns_of([{"p": 1.0}, {"p": 5.0}]), "mean_test_score": np.zeros(2)},
        param_distributions=[{"p": uniform(0, 10)}, {"p": [1.0, 5.0]}],
    )
    (axis,) = parameter_axes(Results(search, "Test"))
    assert (axis.low, axis.high) == (1, 5)
    assert not axis.has_steps


@pytest.mark.parametrize(
    ("n", "domain", "has_steps"),
    [
        (10, None, True),
        (11, None, False),
        (11, list(range(11)), True),
        (3, randint(0, 9), False),
    ],
)
def test_what_was_drawn_from_a_list_or_has_few_values_has_steps(n, domain, has_steps):
    assert axis_of(list(range(n)), domain).has_steps == has_steps


def test_no_parameters_are_no_choice_of_parameters():
    with pytest.raises(ValueError, match=r"parameters=\[\] must be"):
        parameter_axes(Results(plain(), "Test"), [])


def test_a_text_of_the_longest_length_is_not_cut():
    assert text_of("x" * 22, 22) == "x" * 22
    assert text_of("x" * 23, 22) == "x" * 21 + "…"


def test_without_params_the_masked_column_tells_what_exists():
    search = search_of(
        {
            "param_p": np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False]),
            "mean_test_score": np.zeros(3),
        },
        param_distributions={},
    )
    (axis,) = parameter_axes(Results(search, "Test"))
    np.testing.assert_array_equal(axis.places, [1, np.nan, 3])


def test_params_have_the_values_as_they_were_given():
    search = search_of(
        {
            "params": [{"p": True}, {"p": False}],
            "param_p": np.array([1, 0]),  # the array has cast them
            "mean_test_score": np.zeros(2),
        },
        param_distributions={},
    )
    (axis,) = parameter_axes(Results(search, "Test"))
    assert set(axis.categories) == {"True", "False"}


class FakeAxes:
    """Notes the ticks and the rotation of labels."""

    def __init__(self):
        self.xaxis = self.yaxis = self
        self.params = {}

    def set_ticks(self, places, labels):
        self.places, self.labels = places.tolist(), labels

    def tick_params(self, axis, **params):
        self.params[axis] = params

    def get_xticklabels(self):
        return []

    def __getattr__(self, name):
        return lambda *args: None


def test_of_many_categories_sixteen_have_a_label():
    ax = FakeAxes()
    axis_of([f"c{i:02}" for i in range(31)]).set_up(ax)
    assert ax.places == list(range(0, 31, 2))
    assert ax.labels[-1] == "c30"


@pytest.mark.parametrize(
    ("side", "values", "is_turned"),
    [
        ("x", ["a" * 20, "b" * 20], True),
        ("y", ["a" * 20, "b" * 20], False),
        ("x", ["a", "b"], False),
    ],
)
def test_long_labels_below_the_axis_are_turned(side, values, is_turned):
    ax = FakeAxes()
    axis_of(values).set_up(ax, side)
    assert ("x" in ax.params) == is_turned
