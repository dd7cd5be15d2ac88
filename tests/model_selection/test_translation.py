"""Configurations of past searches in the terms of a new one."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from sklearn_automl.model_selection._parameter_keys import KeyMaker, class_names
from sklearn_automl.space import SearchSpace, When
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.storage import DataFacts, PastSearch, Translator, text_of_value

FACTS = DataFacts("classification")
SPACE = {"C": loguniform(0.01, 100)}


def pipeline(name="svc", **params):
    return Pipeline([("scale", StandardScaler()), (name, SVC(**params))])


# ---- keys --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "name", "key"),
    [
        (SVC(), "C", "sklearn.SVC:C"),
        (pipeline(), "svc__C", "sklearn.SVC:C"),
        (pipeline("other"), "other__C", "sklearn.SVC:C"),
        (pipeline(), "svc", "sklearn.Pipeline:[1]"),
        (pipeline(), "memory", "sklearn.Pipeline:memory"),
        (
            Pipeline([("p", pipeline())]),
            "p__scale__with_std",
            "sklearn.StandardScaler:with_std",
        ),
        (VotingClassifier([("a", SVC()), ("b", SVC())]), "b__C", "sklearn.SVC#2:C"),
    ],
)
def test_keys(estimator, name, key):
    assert KeyMaker(estimator).key(name, {}) == key


def test_a_parameter_belongs_to_the_step_that_is_chosen():
    keys = KeyMaker(pipeline())
    config = {"svc": LogisticRegression(), "svc__C": 1}
    assert keys.key("svc__C", config) == "sklearn.LogisticRegression:C"
    assert keys.key("svc__C", {"svc__C": 1}) == "sklearn.SVC:C"


def test_a_step_that_is_searched_is_no_class_of_the_estimator():
    names = ["sklearn.Pipeline", "sklearn.SVC", "sklearn.StandardScaler"]
    assert class_names(pipeline(), set()) == names
    assert class_names(pipeline(), {"scale", "svc__C"}) == names[:2]


def test_fixed_parameters_are_those_that_matter():
    fixed = KeyMaker(pipeline(C=3)).fixed({"svc__gamma"})
    assert fixed["sklearn.SVC:C"] == 3
    names = {key.rpartition(":")[2] for key in fixed}
    assert not names & {"gamma", "steps", "verbose", "random_state", "memory", "[0]"}


# ---- translation -------------------------------------------------------------------


def reverse(text):
    """Stand in for a digest."""
    return text[::-1]


def past(values, estimator=None, searched=None):
    """Return a past search of one configuration, by names of parameters."""
    keys = KeyMaker(estimator or SVC())
    texts = {keys.key(k, values): text_of_value(v, reverse) for k, v in values.items()}
    fixed = keys.fixed({*values} if searched is None else searched)
    digests = {k: reverse(text_of_value(v, reverse)) for k, v in fixed.items()}
    search = PastSearch((), FACTS, "", tuple(texts), fixed=digests)
    return search, texts


def translate(values, space, new=None, old=None):
    space, new = SearchSpace(space), new or SVC()
    translator = Translator(space, KeyMaker(new), reverse, {*space.names})
    return translator.translate(*past(values, old))


def test_the_same_space():
    found = translate({"C": 2.0}, SPACE)
    assert found.config == {"C": 2.0}
    assert found.is_same
    assert not found.is_moved


GAMMA = "sklearn.SVC:gamma"


def converted(value, space, units, old_units):
    """Translate a gamma between data whose units are these."""
    space = SearchSpace({"gamma": space})
    search, texts = past({"gamma": value})
    search = replace(
        search, units=dict.fromkeys([GAMMA], *old_units) if old_units else {}
    )
    units = dict.fromkeys([GAMMA], *units) if units else {}
    translator = Translator(space, KeyMaker(SVC()), reverse, {"gamma"}, units=units)
    return translator.translate(search, texts)


def test_a_number_with_a_unit_is_converted():
    found = converted(0.5, loguniform(1e-3, 10), [0.2], [0.1])
    assert found.config["gamma"] == pytest.approx(1.0)
    assert (found.is_same, found.is_moved) == (False, False)


def test_a_converted_number_out_of_range_is_moved_to_the_end():
    found = converted(0.5, loguniform(1e-3, 10), [10], [0.1])
    assert found.config["gamma"] == pytest.approx(10)
    assert found.is_moved


@pytest.mark.parametrize(("new", "old"), [([0.1], [0.1]), ([], [0.1]), ([0.1], [])])
def test_a_number_stays_with_equal_units_or_one_that_is_not_known(new, old):
    found = converted(0.5, loguniform(1e-3, 10), new, old)
    assert (found.config["gamma"], found.is_same) == (0.5, True)


def test_values_of_a_list_are_not_converted():
    found = converted(0.5, [0.1, 0.5, 1.0], [0.2], [0.1])
    assert (found.config["gamma"], found.is_same) == (0.5, True)


def test_values_without_a_number_have_no_unit():
    found = converted("scale", ["scale", "auto"], [0.2], [0.1])
    assert found.config["gamma"] == "scale"


def test_units_are_those_of_the_data_behind_the_steps_before():
    X = 10 * np.random.default_rng(0).normal(size=(300, 60))
    shape = DataShape.of(X)
    alone, scaled = (KeyMaker(e).units(shape)[GAMMA] for e in (SVC(), pipeline()))
    assert alone == pytest.approx(0.5 / 100, rel=0.1)  # twice the usual 30 columns
    assert scaled == pytest.approx(0.5)
    assert KeyMaker(pipeline()).units(shape).keys() == {GAMMA}
    assert KeyMaker(LogisticRegression()).units(shape) == {}


def test_a_number_out_of_range_is_moved_to_the_end():
    found = translate({"C": 1e9}, SPACE)
    assert found.config["C"] == pytest.approx(100)
    assert found.is_moved
    assert not found.is_same


@pytest.mark.parametrize("values", [{"kernel": "poly"}, {"C": "much"}, {"C": None}])
def test_another_value_of_another_kind_is_dropped(values):
    assert translate(values, {**SPACE, "kernel": ["rbf", "linear"]}) is None


def test_what_the_new_space_has_no_place_for_can_be_left_out():
    space = SearchSpace({"C": [1.0, 10.0]})
    translator = Translator(space, KeyMaker(SVC()), reverse, {"C"}, is_lenient=True)
    found = translator.translate(*past({"C": 3.0, "kernel": "poly"}))
    assert found.config == {"C": 1.0}
    assert found.is_moved
    assert translate({"C": 3.0, "kernel": "poly"}, SPACE) is None


def test_a_new_parameter_has_the_value_that_it_had():
    space = {**SPACE, "kernel": ["rbf", "poly"], "coef0": uniform(0, 9)}
    old = SVC(kernel="poly", coef0=2.0)
    found = translate({"C": 2.0}, space, new=SVC(coef0=2.0), old=old)
    assert found.config == {"C": 2.0, "kernel": "poly", "coef0": 2.0}
    assert found.is_same


def test_or_that_of_the_estimator():
    space = {**SPACE, "coef0": uniform(0, 9)}
    found = translate({"C": 2.0}, space, new=SVC(coef0=2.0), old=SVC(coef0=1.0))
    assert found.config == {"C": 2.0, "coef0": 2.0}
    assert not found.is_same


def test_or_the_median_of_its_distribution():
    found = translate({"C": 2.0}, {**SPACE, "coef0": uniform(1, 8)})
    assert found.config == {"C": 2.0, "coef0": 5.0}
    assert not found.is_same


def test_a_parameter_that_is_not_searched_any_more_has_to_be_alike():
    values = {"C": 2.0, "kernel": "poly"}
    assert translate(values, SPACE) is None
    assert translate(values, SPACE, new=SVC(kernel="poly")).is_same
    # A number is not far from another one, but it is no observation.
    assert not translate({"C": 2.0, "coef0": 0.5}, SPACE).is_same


def test_a_fixed_parameter_that_differs_makes_another_configuration():
    assert not translate({"C": 2.0}, SPACE, old=SVC(kernel="poly")).is_same
    assert translate({"C": 2.0}, SPACE, old=SVC(verbose=True)).is_same


def test_alternatives_and_conditions():
    space = [
        {"kernel": ["linear"], **SPACE},
        {"kernel": ["poly"], "degree": When("kernel", "poly", randint(2, 5)), **SPACE},
    ]
    values = {"C": 2.0, "kernel": "poly", "degree": 3}
    assert translate(values, space).config == values
    values = {"C": 2.0, "kernel": "linear"}
    assert translate(values, space).config == values


def test_estimators_are_recognised():
    scalers = {"scale": [StandardScaler(), MinMaxScaler()], "svc__C": SPACE["C"]}
    values = {"scale": MinMaxScaler(), "svc__C": 2.0}
    found = translate(values, scalers, new=pipeline(), old=pipeline())
    assert found.config["scale"] is scalers["scale"][1]
    assert found.is_same
    values["scale"] = MinMaxScaler(clip=True)
    assert translate(values, scalers, new=pipeline(), old=pipeline()) is None
