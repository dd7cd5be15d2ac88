"""Configurations of past searches in the terms of a new one."""

import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from sklearn_automl.model_selection._parameter_keys import KeyMaker, class_names
from sklearn_automl.space import SearchSpace, When
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


def test_a_number_out_of_range_is_moved_to_the_end():
    found = translate({"C": 1e9}, SPACE)
    assert found.config["C"] == pytest.approx(100)
    assert found.is_moved
    assert not found.is_same


@pytest.mark.parametrize("values", [{"kernel": "poly"}, {"C": "much"}, {"C": None}])
def test_another_value_of_another_kind_is_dropped(values):
    assert translate(values, {**SPACE, "kernel": ["rbf", "linear"]}) is None


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
