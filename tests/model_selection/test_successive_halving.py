"""What SuccessiveHalvingSearchCV has for those who come from scikit-learn's."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from sklearn_automl import SuccessiveHalvingSearchCV
from tests.fakes import FailsAbove
from tests.model_selection.searches import LOGISTIC, make, small_spaces

pytestmark = [
    small_spaces,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

OWN = ["n_candidates_", "n_resources_", "n_iterations_"]
OWN += ["n_possible_iterations_", "n_required_iterations_", "n_remaining_candidates_"]


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def described(data, **params):
    search = make(SuccessiveHalvingSearchCV, **params).fit(*data)
    return tuple(getattr(search, name) for name in OWN), search


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"n_iter": 9}, ([9, 3, 1], [6, 20, 60], 3, 3, 3, 1)),
        # Fewer configurations than the rungs could take, and more.
        ({"n_iter": 3}, ([3, 1], [20, 60], 2, 3, 2, 1)),
        ({"n_iter": 27}, ([27, 9, 3], [6, 20, 60], 3, 3, 4, 1)),
        ({"n_iter": 4, "factor": 2}, ([4, 2, 1], [15, 30, 60], 3, 4, 3, 1)),
        # No rungs.
        ({"n_iter": 4, "resource": None}, ([4], [60], 1, 1, 2, 2)),
        (
            {
                "estimator": LOGISTIC,
                "resource": "max_iter",
                "max_resources": 9,
                "n_iter": 9,
            },
            ([9, 3, 1], [1, 3, 9], 3, 3, 3, 1),
        ),
    ],
)
def test_iterations_are_described_as_in_scikit_learn(params, expected, data):
    if "resource" not in params:
        params = {"min_resources": 6, **params}
    assert described(data, folds="all", **params)[0] == expected


def test_the_iteration_of_an_evaluation_is_its_rung(data):
    results = described(data, n_iter=9)[1].cv_results_
    np.testing.assert_array_equal(results["iter"], results["rung"])
    assert set(results["iter"]) == {0, 1}


def test_what_a_time_limit_has_cut_off_is_not_counted(data):
    values, search = described(data, n_iter=9, time_limit=1e-9, folds="all")
    assert values == ([1], [20], 1, 2, 3, 1)
    assert search.stop_reason_ == "time_limit"


class NeedsRows(FailsAbove):
    """Cannot be fitted on few rows."""

    def before_fit(self, X, y):
        if len(X) < 30:
            raise ValueError("too few rows")


def test_rungs_where_all_failed_are_counted_as_they_ran(data):
    space = {"value": np.linspace(0, 0.5, 9).tolist()}
    with pytest.warns(UserWarning, match="No configuration could be evaluated"):
        (n_candidates, n_resources, n, *_), search = described(
            data, estimator=NeedsRows(), space=space, n_iter=9, folds="all"
        )
    assert [*zip(n_candidates, n_resources, strict=True)] == search.brackets_[0]
    assert n == len(search.brackets_[0])
