"""What the tests of all searches share."""

import pytest
from scipy.stats import loguniform
from sklearn.linear_model import LogisticRegression

from sklearn_automl import (
    ASHASearchCV,
    EvolutionarySearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)

SEARCHES = [
    SuccessiveHalvingSearchCV,
    HyperbandSearchCV,
    ASHASearchCV,
    EvolutionarySearchCV,
]
SPACE = {"C": loguniform(1e-3, 1e3)}

every_search = pytest.mark.parametrize("Search", SEARCHES)
small_spaces = pytest.mark.filterwarnings(
    "ignore::sklearn_automl.exceptions.SearchWarning"
)


def make(Search, estimator=None, space=SPACE, **params):
    """Return a short search with rungs of 20 and 60 rows, or as ``params`` say."""
    estimator = LogisticRegression() if estimator is None else estimator
    defaults = {"random_state": 0, "cv": 2, "min_resources": 20, "max_resources": 60}
    if "resource" in params:
        del defaults["min_resources"], defaults["max_resources"]
    if Search is EvolutionarySearchCV:
        defaults |= {"population_size": 3, "n_generations": 2, "resource": "n_samples"}
    elif Search is not HyperbandSearchCV:
        defaults["n_iter"] = 6
    return Search(estimator, space, **{**defaults, **params})
