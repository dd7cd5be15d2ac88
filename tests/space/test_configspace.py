"""A ConfigurationSpace is taken as what it says, and refused where that cannot be."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint, truncnorm, uniform
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from sklearn_automl import ASHASearchCV
from sklearn_automl.space import SearchSpace, When
from sklearn_automl.space._configspace import log_uniform_integers

CS = pytest.importorskip("ConfigSpace")


def space_of(*hyperparameters, conditions=()):
    space = CS.ConfigurationSpace()
    space.add(*hyperparameters, *conditions)
    return space


def same(ours, theirs):
    ours, theirs = SearchSpace(ours), SearchSpace(theirs)
    return ours.branches == theirs.branches


KERNEL = CS.Categorical("kernel", ["linear", "rbf", "poly"])
DEPTH = CS.Integer("depth", (1, 4))
LEVEL = CS.OrdinalHyperparameter("level", ["low", "middle", "high"])
C = CS.Float("C", (0.5, 2.5))


@pytest.mark.parametrize(
    ("hyperparameter", "domain"),
    [
        (C, uniform(0.5, 2.0)),
        (CS.Float("C", (1e-3, 1e3), log=True), loguniform(1e-3, 1e3)),
        (CS.Integer("C", (2, 5)), randint(2, 6)),
        (CS.Constant("C", 3), [3]),
        (CS.Categorical("C", ["a", "b"]), ["a", "b"]),
        (CS.OrdinalHyperparameter("C", [1, 2, 4]), [1, 2, 4]),
        (
            CS.NormalFloatHyperparameter("C", 1.0, 2.0, lower=0.0, upper=4.0),
            truncnorm(-0.5, 1.5, loc=1.0, scale=2.0),
        ),
    ],
)
def test_hyperparameters_become_domains(hyperparameter, domain):
    assert same(space_of(hyperparameter), {"C": domain})


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: CS.EqualsCondition(C, KERNEL, "poly"), ("kernel", "poly")),
        (
            lambda: CS.NotEqualsCondition(C, KERNEL, "poly"),
            ("kernel", ["linear", "rbf"]),
        ),
        (
            lambda: CS.InCondition(C, KERNEL, ["poly", "rbf"]),
            ("kernel", ["rbf", "poly"]),
        ),
        (
            lambda: CS.GreaterThanCondition(C, LEVEL, "low"),
            ("level", ["middle", "high"]),
        ),
        (lambda: CS.LessThanCondition(C, LEVEL, "middle"), ("level", "low")),
        (lambda: CS.GreaterThanCondition(C, DEPTH, 2), ("depth", [3, 4])),
        (
            lambda: CS.OrConjunction(
                CS.EqualsCondition(C, KERNEL, "poly"),
                CS.EqualsCondition(C, KERNEL, "linear"),
            ),
            ("kernel", ["linear", "poly"]),
        ),
    ],
)
def test_conditions_become_when(make, expected):
    parent, values = expected
    all_of = {
        "kernel": ["linear", "rbf", "poly"],
        "level": ["low", "middle", "high"],
        "depth": [1, 2, 3, 4] if parent == "depth" else randint(1, 5),
        "C": When(parent, values, uniform(0.5, 2.0)),
    }
    assert same(space_of(KERNEL, LEVEL, DEPTH, C, conditions=[make()]), all_of)


def test_a_conjunction_means_both():
    both = CS.AndConjunction(
        CS.EqualsCondition(C, KERNEL, "poly"), CS.EqualsCondition(C, LEVEL, "high")
    )
    space = SearchSpace(space_of(KERNEL, LEVEL, C, conditions=[both]))
    for config in (space.sample(np.random.default_rng(i)) for i in range(100)):
        active = config["kernel"] == "poly" and config["level"] == "high"
        assert ("C" in config) == active


def test_logarithmic_integers_are_distributed_as_theirs():
    theirs = CS.Integer("n", (1, 200), log=True)
    drawn = np.array([theirs.sample_value(seed=i) for i in range(4000)])
    ours = log_uniform_integers(1, 200)
    for n in (1, 3, 10, 50, 150):
        assert abs(ours.cdf(n) - np.mean(drawn <= n)) < 0.05
    assert ours.pmf(np.arange(1, 201)).sum() == pytest.approx(1)


def test_logarithmic_integers_come_back_from_the_unit_interval():
    space = SearchSpace(space_of(CS.Integer("n", (16, 4096), log=True)))
    for n in (16, 17, 100, 999, 4095, 4096):
        assert space.decode(space.encode({"n": n})) == {"n": n}


def refuse(space):
    with pytest.raises(ValueError, match="ConfigurationSpace") as caught:
        SearchSpace(space)
    return str(caught.value)


def test_forbidden_clauses_are_refused():
    space = space_of(KERNEL, C)
    space.add(CS.ForbiddenEqualsClause(KERNEL, "poly"))
    assert "forbidden clauses" in refuse(space)


def test_weights_are_refused():
    weighted = CS.Categorical("kind", ["a", "b"], weights=[1, 3])
    assert "'kind'" in refuse(space_of(weighted))


def test_what_is_not_known_is_refused_by_name():
    beta = CS.BetaFloatHyperparameter("share", 2, 3, lower=0, upper=1)
    message = refuse(space_of(beta))
    assert "'share'" in message
    assert "BetaFloatHyperparameter" in message


def test_a_continuous_parent_is_refused():
    other = CS.Float("other", (0.0, 1.0))
    condition = CS.GreaterThanCondition(C, other, 0.5)
    assert "'other'" in refuse(space_of(other, C, conditions=[condition]))


def test_one_of_two_parents_is_refused():
    either = CS.OrConjunction(
        CS.EqualsCondition(C, KERNEL, "poly"), CS.EqualsCondition(C, LEVEL, "high")
    )
    assert "'C'" in refuse(space_of(KERNEL, LEVEL, C, conditions=[either]))


@pytest.mark.filterwarnings("ignore::sklearn_automl.exceptions.SearchWarning")
def test_a_search_takes_it_and_goes_on_from_its_checkpoint(tmp_path):
    kernel = CS.Categorical("kernel", ["linear", "rbf"])
    gamma = CS.Float("gamma", (1e-4, 1.0), log=True)
    condition = CS.EqualsCondition(gamma, kernel, "rbf")
    space = space_of(kernel, gamma, conditions=[condition])
    search = ASHASearchCV(
        SVC(), space, n_iter=9, random_state=0, checkpoint=tmp_path / "search.db"
    )
    X, y = load_iris(return_X_y=True)
    first = search.fit(X, y).cv_results_["params"]
    assert {p["kernel"] for p in first} == {"linear", "rbf"}
    assert all(("gamma" in p) == (p["kernel"] == "rbf") for p in first)
    assert search.fit(X, y).cv_results_["params"] == first


def test_it_can_be_one_of_several_alternatives():
    condition = CS.EqualsCondition(C, KERNEL, "poly")
    theirs = space_of(KERNEL, C, conditions=[condition])
    space = SearchSpace([theirs, {"C": [1]}])
    for config in (space.sample(np.random.default_rng(i)) for i in range(50)):
        if "kernel" in config:
            assert ("C" in config) == (config["kernel"] == "poly")


def test_a_part_of_it_in_a_dict_is_refused():
    with pytest.raises(TypeError, match="'C' is a hyperparameter of ConfigSpace"):
        SearchSpace({"C": C})
