"""The Pareto front of a table: against an oracle, and of searches."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV as SklearnGridSearchCV
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl import GridSearchCV, HyperbandSearchCV, RandomizedSearchCV
from sklearn_automl.model_selection import pareto_front
from sklearn_automl.model_selection._pareto import front_among


def unbeaten(values):
    """Every row against every other one."""
    return [
        i
        for i, row in enumerate(values)
        if not any((other >= row).all() and (other > row).any() for other in values)
    ]


def table(**columns):
    return {name: np.asarray(column) for name, column in columns.items()}


@pytest.mark.parametrize("n_metrics", [1, 2, 3, 5])
@pytest.mark.parametrize("n_levels", [2, 5, 10_000], ids="{} levels".format)
def test_the_front_is_that_of_comparing_every_pair(n_metrics, n_levels):
    rng = np.random.default_rng(n_metrics * n_levels)
    for n_rows in (1, 2, 7, 60):
        values = rng.integers(n_levels, size=(n_rows, n_metrics)).astype(float)
        results = {f"mean_test_m{i}": column for i, column in enumerate(values.T)}
        assert pareto_front(results).tolist() == unbeaten(values)


def test_seconds_are_costs():
    results = table(mean_test_score=[0.9, 0.9, 0.8], mean_fit_time=[2.0, 1.0, 3.0])
    assert pareto_front(results, ["score", "mean_fit_time"]).tolist() == [1]


def test_equal_rows_are_both_on_the_front():
    results = table(mean_test_a=[1.0, 1.0, 0.0], mean_test_b=[2.0, 2.0, 2.0])
    assert pareto_front(results).tolist() == [0, 1]


def test_negated_losses_are_scores():
    results = table(mean_test_neg_log_loss=[-0.2, -0.1], mean_test_acc=[0.9, 0.8])
    assert pareto_front(results).tolist() == [0, 1]
    assert pareto_front(results, ["neg_log_loss"]).tolist() == [1]


def test_rows_with_less_of_the_resource_or_fewer_folds_are_not_compared():
    results = table(
        mean_test_score=[0.99, 0.98, 0.5, 0.6],
        n_folds=[1, 5, 5, 5],
        n_resources=[90, 30, 90, 90],
    )
    assert pareto_front(results).tolist() == [3]


def test_rows_with_more_folds_are_compared_before_those_with_more_of_the_rest():
    # All folds at once, each with a part of it, and the first fold with all of it.
    results = table(mean_test_score=[0.99, 0.5], n_folds=[1, 5], n_resources=[90, 30])
    assert pareto_front(results).tolist() == [1]


def test_rows_that_failed_are_left_out():
    results = table(
        mean_test_score=[0.99, 0.5, np.nan, np.inf],
        status=["failed", "completed", "completed", "completed"],
    )
    assert pareto_front(results).tolist() == [1]


def test_a_table_without_finite_rows_has_an_empty_front():
    assert pareto_front(table(mean_test_a=[np.nan, np.nan])).tolist() == []


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (["acc"], "metrics has 'acc'.*'a', 'b'.*'mean_fit_time'"),
        (["rank_test_a"], "metrics has 'rank_test_a'"),
        ([], "at least one name, got \\[\\]"),
        ("a", "must be a list"),
    ],
)
def test_names_that_are_not_in_the_table_are_refused(metrics, message):
    results = table(mean_test_a=[1.0], mean_test_b=[1.0], mean_fit_time=[1.0])
    with pytest.raises(ValueError, match=message):
        pareto_front(results, metrics)


# ---- searches --------------------------------------------------------------------

SCORING = ["accuracy", "neg_log_loss"]
SPACE = {"max_depth": [1, 2, 3, 5], "min_samples_leaf": [1, 5, 20]}


def whole(results):
    n_folds = results.get("n_folds", np.full(len(results["params"]), 5))
    n_resources = results.get("n_resources", np.ones(len(results["params"])))
    return (n_folds == 5) & (n_resources == n_resources.max())


@pytest.mark.parametrize(
    "Search", [HyperbandSearchCV, RandomizedSearchCV, GridSearchCV]
)
def test_a_search_with_several_metrics_has_the_front_of_its_whole_rows(Search):
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    search = Search(tree, SPACE, scoring=SCORING, refit="accuracy").fit(X, y)
    rows = np.flatnonzero(whole(search.cv_results_))
    values = [search.cv_results_[f"mean_test_{name}"][rows] for name in SCORING]
    expected = rows[unbeaten(np.column_stack(values))]
    assert search.pareto_front_.tolist() == expected.tolist()


def test_a_search_without_refit_has_a_front():
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    search = GridSearchCV(tree, SPACE, scoring=SCORING, refit=False).fit(X, y)
    assert len(search.pareto_front_) > 0


def test_a_search_with_one_metric_has_no_front():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(DecisionTreeClassifier(), SPACE).fit(X, y)
    assert not hasattr(search, "pareto_front_")


def cheapest(cv_results):
    front = pareto_front(cv_results, ["score", "mean_fit_time"])
    return front[np.argmin(cv_results["mean_fit_time"][front])]


@pytest.mark.parametrize("Search", [HyperbandSearchCV, SklearnGridSearchCV])
def test_a_callable_refit_can_choose_among_the_front(Search):
    X, y = load_iris(return_X_y=True)
    search = Search(DecisionTreeClassifier(), SPACE, refit=cheapest).fit(X, y)
    assert search.best_index_ == cheapest(search.cv_results_)


def test_a_row_that_has_not_all_metrics_is_left_out():
    columns = {"mean_test_a": [0.1, np.nan, 0.2], "mean_test_b": [0.3, 0.9, 0.1]}
    results = table(**columns)
    assert pareto_front(results).tolist() == [0, 2]
    assert front_among(results, [0, 1, 2]).tolist() == [0, 2]
    assert front_among(results, [2, 1]).tolist() == [2]
    assert front_among(results, []).tolist() == []


def test_a_table_without_finite_rows_has_an_empty_front_on_rungs_too():
    results = table(mean_test_a=[np.nan], n_folds=[1], n_resources=[3])
    assert pareto_front(results).tolist() == []
