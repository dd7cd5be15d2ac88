"""A search can begin with the portfolio of its estimator."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import GammaRegressor, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.model_selection._portfolio import (
    _choices,
    _portfolios,
    initial_of,
    n_of_portfolio,
)
from sklearn_automl.space import SearchSpace, When
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.storage import SearchHistory, _portfolio, default_portfolio
from tests.model_selection.searches import every_search, make

X, Y = make_classification(130, 5, random_state=0)
WIDE = {"C": loguniform(1e-6, 1e6), "gamma": loguniform(1e-9, 1e9)}


def begin(estimator, space, **params):
    """Return the configurations of the portfolio that a search begins with."""
    search = ASHASearchCV(estimator, space, initial_params="portfolio", **params)
    return initial_of(search, SearchSpace(space), DataShape)


def origins(search):
    return search.cv_results_["origin"].tolist()


# ---- every search -------------------------------------------------------------------


@every_search
def test_the_portfolio_comes_first_in_order(Search):
    search = make(Search, SVC(), WIDE, initial_params="portfolio").fit(X, Y)
    counts, params = search.sampler_.n_proposals, search.cv_results_["params"]
    n = counts["portfolio"]
    assert params[:n] == default_portfolio(SVC(), X=X, y=Y)[:n]
    assert n >= 1
    for origin, its in zip(origins(search), params, strict=True):
        assert origin == ("portfolio" if its in params[:n] else "sampler")
    assert counts["initial"] == 0


@every_search
def test_a_search_with_a_portfolio_is_still_a_search(Search):
    search = make(Search, SVC(), WIDE, initial_params="portfolio").fit(X, Y)
    different = {str(params) for params in search.cv_results_["params"]}
    n = search.sampler_.n_proposals["portfolio"]
    assert n <= max(len(different) / 3, 1)


@every_search
def test_a_plan_needs_no_data(Search):
    search = make(Search, SVC(), WIDE)
    plan = search.plan(130, Y)
    search.set_params(initial_params="portfolio")
    assert {k: v.tolist() for k, v in search.plan(130, Y).items()} == {
        k: v.tolist() for k, v in plan.items()
    }


@every_search
def test_an_estimator_without_a_portfolio_is_told_before_any_fit(Search):
    class NeverFitted(GammaRegressor):
        def fit(self, X, y):
            raise AssertionError

    space = {"alpha": loguniform(1e-3, 1)}
    search = make(Search, NeverFitted(), space, initial_params="portfolio")
    search.set_params(scoring="r2")
    with pytest.raises(ValueError, match=r"no portfolio for NeverFitted.*These have"):
        search.fit(X, np.abs(X[:, 0]))


def test_no_other_word_is_taken():
    search = make(HyperbandSearchCV, initial_params="portfolios")
    with pytest.raises(ValueError, match=r"'initial_params'.*'portfolio'"):
        search.fit(X, Y)


# ---- how many -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_first", "n_trials", "n"),
    [(27, 49, 16), (5, 100, 5), (9, 9, 3), (2, 2, 1), (1, 1, 1), (9, np.inf, 9)],
)
def test_no_more_than_a_third_and_than_start_first(n_first, n_trials, n):
    assert n_of_portfolio(n_first, n_trials) == n


def test_the_first_rung_has_them_all():
    search = SuccessiveHalvingSearchCV(
        *(SVC(), WIDE), n_iter=9, initial_params="portfolio", random_state=0
    ).fit(X, Y)
    first = search.cv_results_["rung"] == 0
    assert origins(search)[:9] == ["portfolio"] * 3 + ["sampler"] * 6
    assert first[:9].all()


# ---- in the space of the user -------------------------------------------------------


def test_a_value_outside_of_a_range_becomes_the_nearest_one():
    space = {"C": loguniform(0.5, 2), "gamma": loguniform(1e-9, 1e9)}
    configs = begin(SVC(), space)
    original = default_portfolio(SVC())
    for config, its in zip(configs, original, strict=False):
        assert config["C"] == pytest.approx(np.clip(its["C"], 0.5, 2))
        assert config["gamma"] == its["gamma"]


def test_a_parameter_that_is_not_searched_keeps_the_users_value():
    configs = begin(SVC(gamma=0.25), {"C": WIDE["C"]})
    expected = [c["C"] for c in default_portfolio(SVC())]
    assert [c["C"] for c in configs] == list(dict.fromkeys(expected))
    assert all(set(config) == {"C"} for config in configs)


def test_a_parameter_that_it_lacks_takes_the_estimators_own_value():
    configs = begin(SVC(), {**WIDE, "tol": uniform(0, 1), "degree": randint(2, 9)})
    assert all(c["tol"] == 1e-3 and c["degree"] == 3 for c in configs)
    assert len(configs) == len(default_portfolio(SVC()))


def test_or_else_the_middle():
    configs = begin(SVC(), {**WIDE, "tol": uniform(1, 2)})
    assert all(c["tol"] == 2 for c in configs)


def test_a_configuration_with_a_choice_that_the_space_lacks_does_not_fit():
    original = default_portfolio(DecisionTreeClassifier())
    space = {"criterion": ["entropy", "log_loss"], "max_depth": randint(1, 99)}
    configs = begin(DecisionTreeClassifier(), space)
    fitting = [
        {k: c[k] for k in space} for c in original if c["criterion"] == "entropy"
    ]
    assert configs == [c for i, c in enumerate(fitting) if c not in fitting[:i]]
    assert configs


def test_where_nothing_fits_it_is_told_and_the_search_runs():
    space = {"weights": [lambda d: d, None], "n_neighbors": [1, 2]}
    search = ASHASearchCV(
        *(KNeighborsClassifier(), space), n_iter=3, initial_params="portfolio"
    )
    with pytest.warns(SearchWarning, match=r"adds nothing.*default_portfolio"):
        search.fit(X, Y)
    assert set(origins(search)) == {"sampler"}


def test_the_resource_is_not_set():
    search = HyperbandSearchCV(
        HistGradientBoostingClassifier(),
        "auto",
        resource="max_iter",
        max_resources=4,
        min_resources=1,
        initial_params="portfolio",
        random_state=0,
    ).fit(X, Y)
    results = search.cv_results_
    assert origins(search)[0] == "portfolio"
    assert [p["max_iter"] for p in results["params"]] == list(results["n_resources"])


def test_conditions_of_the_user_hold():
    space = {"kernel": ["linear", "rbf"], "C": WIDE["C"]}
    space["gamma"] = When("kernel", "rbf", WIDE["gamma"])
    configs = begin(SVC(), space)
    expected = [{"kernel": "rbf", **c} for c in default_portfolio(SVC())]
    assert configs == expected


@pytest.mark.parametrize("as_alternatives", [True, False])
def test_each_estimator_that_is_chosen_from_has_its_own(as_alternatives):
    svc, tree = SVC(), DecisionTreeClassifier()
    pipe = Pipeline([("scale", StandardScaler()), ("model", svc)])
    depth = randint(1, 40)
    if as_alternatives:
        space = [
            {"model": [svc], "model__C": WIDE["C"]},
            {"model": [tree], "model__max_depth": depth},
        ]
    else:
        space = {
            "model": [svc, tree],
            "model__C": When("model", svc, WIDE["C"]),
            "model__max_depth": When("model", tree, depth),
        }
    configs = begin(pipe, space)
    assert configs[:2] == [
        {"model": svc, "model__C": default_portfolio(svc)[0]["C"]},
        {"model": tree, "model__max_depth": default_portfolio(tree)[0]["max_depth"]},
    ]
    assert len(configs) > 4


def test_the_longer_portfolio_goes_on_alone(monkeypatch):
    known = {"sklearn.SVC": [{"C": 1.0}], "sklearn.Other": []}
    known["sklearn.DecisionTreeClassifier"] = [{"max_depth": 2}, {"max_depth": 3}]
    monkeypatch.setattr(_portfolio, "_read", lambda: {"classification": known})
    pipe, tree = Pipeline([("model", SVC())]), DecisionTreeClassifier()
    space = [
        {"model": [SVC()], "model__C": WIDE["C"]},
        {"model": [tree], "model__max_depth": randint(1, 9)},
    ]
    assert [c.get("model__max_depth") for c in begin(pipe, space)] == [None, 2, 3]


def test_an_estimator_of_several_that_has_none_is_passed_over():
    pipe = Pipeline([("model", SVC())])
    models = [GammaRegressor(), LogisticRegression()]
    configs = begin(pipe, {"model": models})
    assert configs == [{"model": models[1]}]


class Odd:
    """A distribution that can only be drawn from."""

    def rvs(self, random_state=None):
        return random_state.uniform(1, 2)


def test_a_distribution_without_a_cdf_is_not_asked_for_the_nearest_value():
    configs = begin(SVC(), {"C": Odd(), "gamma": WIDE["gamma"]})
    assert configs == default_portfolio(SVC())


# ---- with other options -------------------------------------------------------------


def test_the_portfolio_comes_before_the_history(tmp_path):
    params = {"history": SearchHistory(tmp_path / "h.db"), "n_iter": 12, "cv": 3}
    params |= {"random_state": 0, "resource": None}
    other = make_classification(130, 5, random_state=1)
    ASHASearchCV(SVC(), WIDE, **params).fit(*other)
    search = ASHASearchCV(SVC(), WIDE, initial_params="portfolio", **params).fit(X, Y)
    assert origins(search)[:5] == ["portfolio"] * 4 + ["history"]
    assert origins(search)[5:] == ["sampler"] * 7


def test_a_model_learns_from_the_portfolio():
    search = BayesianSearchCV(
        *(SVC(), WIDE), n_iter=24, cv=3, initial_params="portfolio", random_state=0
    ).fit(X, Y)
    counts = search.sampler_.n_proposals
    assert counts["portfolio"] == 8
    assert counts["initial design"] == 0


def test_a_checkpoint_goes_on(tmp_path):
    params = {"initial_params": "portfolio", "random_state": 0, "n_iter": 9}
    whole = ASHASearchCV(SVC(), WIDE, **params).fit(X, Y)
    path = tmp_path / "search.ck"
    for _ in range(2):
        search = ASHASearchCV(SVC(), WIDE, checkpoint=path, **params).fit(X, Y)
    assert search.cv_results_["params"] == whole.cv_results_["params"]
    assert origins(search) == origins(whole)


def test_a_grid_is_gone_through_with_the_portfolio_first():
    space = {"n_neighbors": [1, 5, 9, 30], "weights": ["uniform", "distance"]}
    search = ASHASearchCV(
        *(KNeighborsClassifier(), space), resource=None, sampler="grid",
        initial_params="portfolio",
    ).fit(X, Y)  # fmt: skip
    results = search.cv_results_
    assert len(results["params"]) == 8
    assert origins(search)[:2] == ["portfolio"] * 2
    assert len({str(p) for p in results["params"]}) == 8


# ---- several estimators, with portfolios of a few numbers ------------------------


def test_the_best_of_each_estimator_come_first(monkeypatch):
    def few(estimator, shape):
        own = {"SVC": [1, 2, 3], "DecisionTreeClassifier": [4]}
        name = type(estimator.steps[-1][1]).__name__
        if name not in own:
            raise ValueError(name)
        return [{"m__n": n} for n in own[name]]

    monkeypatch.setattr("sklearn_automl.model_selection._portfolio.portfolio_for", few)
    svc, tree, other = SVC(), DecisionTreeClassifier(), KNeighborsClassifier()
    pipe = Pipeline([("m", svc)])

    def portfolios(*models):
        space = SearchSpace({"m": list(models), "m__n": randint(0, 9), "k": ["a", "b"]})
        return list(_portfolios(pipe, space, None))

    assert portfolios(svc, other, tree) == [
        {"m": svc, "m__n": 1},
        {"m": tree, "m__n": 4},
        {"m": svc, "m__n": 2},
        {"m": svc, "m__n": 3},
    ]
    with pytest.raises(ValueError, match="KNeighborsClassifier"):
        portfolios(other)


def test_parts_are_chosen_once_in_each_combination():
    svc, tree = SVC(), DecisionTreeClassifier()
    # One of the values only is an estimator, and two alternatives have the same.
    one = {"m": [svc, "passthrough"], "k": ["a", "b"]}
    space = SearchSpace([one, {**one, "x": uniform()}, {"m": [tree], "s": [svc]}])
    chosen = [{"m": svc}, {"m": "passthrough"}, {"m": tree, "s": svc}]
    assert list(_choices(space)) == chosen


def test_configurations_of_the_user_come_without_the_resource():
    search = ASHASearchCV(SVC(), {}, resource="max_iter")
    search.initial_params = [{"C": 1, "max_iter": 9}, {"C": 2}]
    assert initial_of(search, None, None) == [{"C": 1}, {"C": 2}]
    search.initial_params = None
    assert initial_of(search, None, None) == []
