"""What the tests of all searches share."""

import inspect

import pytest
from scipy.stats import loguniform
from sklearn.linear_model import LogisticRegression

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    BayesianSearchCV,
    BOHBSearchCV,
    EvolutionarySearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    LearningCurveSearchCV,
    RandomizedSearchCV,
    SuccessiveHalvingSearchCV,
)
from tests.fakes import FastClassifier

# A new search is one line here.
SEARCHES = [
    SuccessiveHalvingSearchCV,
    HyperbandSearchCV,
    ASHASearchCV,
    EvolutionarySearchCV,
    LearningCurveSearchCV,
    BayesianSearchCV,
    BOHBSearchCV,
]
# These have scikit-learn's signatures, and tests of their own (test_grid.py).
AS_IN_SKLEARN = [GridSearchCV, RandomizedSearchCV]
assert {Search.__name__ for Search in SEARCHES + AS_IN_SKLEARN} == {
    name for name in sklearn_automl.__all__ if name.endswith("SearchCV")
}
SPACE = {"C": loguniform(1e-3, 1e3)}
# For what depends on an estimator's name, its checks or its other parameters; with a
# solver that is fast for few rows.
LOGISTIC = LogisticRegression(solver="newton-cholesky")


def parameters_of(Search):
    return inspect.signature(Search).parameters


# For what a scheduler or a sampler can break: which configurations are tried, with how
# much, in which order, and which of them is the best.
every_search = pytest.mark.parametrize("Search", SEARCHES)
# For what is written once in the base class, before the first configuration is drawn or
# after the last one has ended: searches with brackets, with rungs that wait for nobody,
# and with generations stand for all.
KINDS = [HyperbandSearchCV, ASHASearchCV, EvolutionarySearchCV]
every_kind_of_search = pytest.mark.parametrize("Search", KINDS)
# Where processes are killed and waited for, which takes seconds: one that waits for all
# evaluations of a rung runs in the default suite, the others with the slow tests.
every_search_at_length = pytest.mark.parametrize(
    "Search",
    [
        HyperbandSearchCV,
        *(
            pytest.param(Search, marks=pytest.mark.slow)
            for Search in SEARCHES
            if Search is not HyperbandSearchCV
        ),
    ],
)


def takes_any_sampler(Search):
    """Tell whether users choose the sampler; BayesianSearchCV is about its model."""
    return "sampler" in parameters_of(Search) and Search is not BayesianSearchCV


every_search_with_a_sampler = pytest.mark.parametrize(
    "Search", [Search for Search in SEARCHES if takes_any_sampler(Search)]
)
small_spaces = pytest.mark.filterwarnings(
    "ignore::sklearn_automl.exceptions.SearchWarning"
)


def make(Search, estimator=None, space=SPACE, **params):
    """Return a short search with rungs of 20 and 60 rows, or as ``params`` say."""
    if estimator is None:
        estimator = FastClassifier()
    defaults = {"random_state": 0, "cv": 2, "min_resources": 20, "max_resources": 60}
    if "resource" in params:
        del defaults["min_resources"], defaults["max_resources"]
    else:  # some have none by default
        defaults["resource"] = "n_samples"
    if "n_iter" in parameters_of(Search):
        defaults["n_iter"] = 6
    if "n_iterations" in parameters_of(Search):  # or as many as four times R
        defaults["n_iterations"] = 2
    if "n_generations" in parameters_of(Search):
        defaults |= {"population_size": 3, "n_generations": 2}
    return Search(estimator, space, **{**defaults, **params})


def set_n_trials(search, n):
    """Make a search that does not count iterations try n configurations."""
    if isinstance(search, EvolutionarySearchCV):
        return search.set_params(population_size=n, n_generations=1)
    return search.set_params(n_iter=n)


# Columns of the table that two equal searches do not share.
SECONDS = ("fit_time", "score_time", "start_time", "end_time")


def is_seconds(column):
    """Tell whether a column of the table was read from a clock."""
    return column.endswith(SECONDS)
