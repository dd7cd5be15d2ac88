"""Folds are a resource: few at first, all at the top, none computed twice."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    TimeSeriesSplit,
)

from sklearn_automl import (
    HyperbandSearchCV,
    LearningCurveSearchCV,
    SuccessiveHalvingSearchCV,
)
from tests.model_selection.searches import every_search, make, small_spaces

pytestmark = small_spaces

N_SPLITS = 5


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


class SeesItsRows(RegressorMixin, BaseEstimator):
    """Scores ``a``; column 0 of X numbers the rows, and it notes which it was given."""

    seen = []

    def __init__(self, a=0, n_rounds=10):
        self.a = a
        self.n_rounds = n_rounds

    def fit(self, X, y):
        self.rows_ = tuple(X[:, 0].astype(int))
        return self

    def score(self, X, y):
        self.seen.append((self.a, self.rows_, tuple(X[:, 0].astype(int))))
        return self.a


@pytest.fixture
def seen():
    SeesItsRows.seen = []
    return SeesItsRows.seen


def halving(n_configs=27, n_rows=100, **params):
    X = np.arange(n_rows, dtype=float).reshape(-1, 1)
    space = {"a": list(range(n_configs))}
    defaults = {"n_iter": n_configs, "cv": KFold(N_SPLITS), "refit": False}
    defaults |= {"min_resources": 5, "random_state": 0}
    search = SuccessiveHalvingSearchCV(SeesItsRows(), space, **(defaults | params))
    return search.fit(X, X[:, 0])


def rows_of(search):
    """Return for each evaluation its rung, resource and number of folds."""
    results = search.cv_results_
    columns = (results["rung"], results["n_resources"], results["n_folds"])
    return sorted({tuple(map(int, row)) for row in zip(*columns, strict=True)})


# ---- which folds, and how much of them -----------------------------------------------


def test_a_part_of_one_fold_comes_first_and_all_folds_last():
    assert rows_of(halving()) == [(0, 14, 1), (1, 44, 1), (2, 80, 2), (3, 80, 5)]


def test_all_folds_are_what_there_was():
    search = halving(folds="all")
    assert rows_of(search) == [(0, 8, 5), (1, 26, 5), (2, 80, 5)]


def test_every_configuration_has_the_same_first_fold(seen):
    halving()
    tests = {test for a, rows, test in seen if len(rows) < 80}
    assert len(tests) == 1


def test_the_seed_says_which_fold_comes_first(seen):
    firsts = set()
    for seed in range(8):
        seen.clear()
        halving(random_state=seed)
        firsts.add(seen[0][2])
    assert len(firsts) > 2


def test_no_fold_that_had_all_rows_is_computed_again(seen):
    halving()
    full = [(a, test) for a, rows, test in seen if len(rows) == 80]
    assert len(full) == len(set(full))
    assert len(full) == 3 * 2 + 1 * 3


def test_the_folds_of_a_rung_are_among_those_of_the_next():
    results = halving().cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(N_SPLITS)])
    ran = [set(np.flatnonzero(np.isfinite(column))) for column in scores.T]
    last = {}
    for trial_id, folds in zip(results["trial_id"], ran, strict=True):
        assert last.get(trial_id, set()) <= folds
        last[trial_id] = folds


@pytest.mark.parametrize("as_list", [True, False])
def test_the_latest_fold_comes_first_where_folds_are_ordered(seen, as_list):
    cv = TimeSeriesSplit(4)
    X = np.zeros((100, 1))
    halving(cv=list(cv.split(X)) if as_list else cv)
    few = [(rows, test) for a, rows, test in seen if len(rows) < 20]
    assert all(test[-1] == 99 for _, test in few)
    # Rows right before those that are predicted.
    assert all(rows == tuple(range(80 - len(rows), 80)) for rows, _ in few)


def test_the_last_rows_held_out_of_shuffled_data_are_no_order(seen):
    halving(cv=[(np.arange(80), np.arange(80, 100))])
    few = [rows for a, rows, test in seen if len(rows) < 40]
    assert any(min(rows) < 40 for rows in few)


def test_small_test_folds_are_taken_together(seen):
    halving(cv=KFold(20), n_rows=100)
    assert min(len({t for a, r, t in seen if a == b}) for b in range(27)) == 4


# ---- a parameter as the resource -----------------------------------------------------


def test_trees_grow_in_one_fold_before_there_are_more(data):
    search = SuccessiveHalvingSearchCV(
        RandomForestClassifier(random_state=0),
        {"max_depth": [1, 2, 3, 4, 5, 6, 7, 8, 9]},
        resource="n_estimators",
        min_resources=1,
        max_resources=9,
        n_iter=9,
        random_state=0,
    ).fit(*data)
    assert rows_of(search) == [(0, 5, 1), (1, 9, 2), (2, 9, 5)]
    # 9 configurations of 5 trees, 3 of 4 more and 9 in a second fold, 1 in 3 folds.
    assert search.total_resources_ == pytest.approx((45 + 3 * 13 + 27) / N_SPLITS)
    assert search.best_params_["n_estimators"] == 9


# ---- folds alone ---------------------------------------------------------------------


def test_folds_alone_use_all_rows(seen):
    search = halving(resource="n_folds", min_resources="auto")
    assert {len(rows) for _, rows, _ in seen} == {80}
    assert rows_of(search) == [(0, 1, 1), (1, 2, 2), (2, 5, 5)]
    assert search.total_resources_ == 27 + 9 + 3 * 3


@pytest.mark.parametrize(
    ("cv", "n_folds"),
    [
        (LeaveOneOut(), [1, 4, 11, 33, 100]),
        (RepeatedStratifiedKFold(n_splits=5, n_repeats=10), [1, 2, 6, 17, 50]),
        (2, [1, 2]),
    ],
)
def test_folds_alone_work_for_every_splitter(cv, n_folds):
    search = SuccessiveHalvingSearchCV(
        DummyClassifier(),
        {"constant": list(range(200))},
        n_iter=100,
        resource="n_folds",
        cv=cv,
    )
    assert search.plan(100, np.arange(100) % 2)["n_folds"].tolist() == n_folds


def test_folds_alone_may_have_limits():
    search = halving(resource="n_folds", min_resources=2, max_resources=4)
    assert rows_of(search) == [(0, 2, 2), (1, 4, 4)] or rows_of(search)[-1][2] == 4
    with pytest.raises(ValueError, match="max_resources=9 is more than the 5 folds"):
        halving(resource="n_folds", max_resources=9)


def test_all_folds_leave_nothing_to_grow():
    with pytest.raises(ValueError, match=r"'folds' parameter .* must be 'grow'"):
        halving(resource="n_folds", folds="all")


# ---- the table -----------------------------------------------------------------------


@every_search
def test_a_fold_that_was_not_run_is_no_score(Search, data):
    results = make(Search, cv=5, max_resources=90).fit(*data).cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(N_SPLITS)])
    assert (np.isfinite(scores).sum(axis=0) == results["n_folds"]).all()
    assert results["n_folds"].min() < N_SPLITS
    np.testing.assert_allclose(results["mean_test_score"], np.nanmean(scores, axis=0))
    np.testing.assert_allclose(results["std_test_score"], np.nanstd(scores, axis=0))


@every_search
def test_the_best_has_all_folds(Search, data):
    search = make(Search, cv=5, max_resources=90).fit(*data)
    assert search.cv_results_["n_folds"][search.best_index_] == N_SPLITS


@every_search
def test_a_plan_says_the_folds(Search):
    plan = make(Search, cv=5, max_resources=90).plan(120)
    assert plan["n_folds"].max() == N_SPLITS
    assert plan["n_folds"].min() < N_SPLITS


@every_search
def test_without_rungs_all_folds_run(Search, data):
    search = make(Search, min_resources=60).fit(*data)
    assert set(search.cv_results_["n_folds"]) == {2}


def test_several_metrics_are_those_of_the_folds_that_ran(data):
    search = make(HyperbandSearchCV, cv=5, scoring=["accuracy", "f1"], refit="f1")
    results = search.fit(*data).cv_results_
    for metric in ("accuracy", "f1"):
        scores = [results[f"split{i}_test_{metric}"] for i in range(N_SPLITS)]
        assert (np.isfinite(scores).sum(axis=0) == results["n_folds"]).all()


def test_groups_stay_whole(seen):
    X = np.arange(100, dtype=float).reshape(-1, 1)
    groups = np.repeat(np.arange(20), 5)
    SuccessiveHalvingSearchCV(
        SeesItsRows(),
        {"a": list(range(27))},
        n_iter=27,
        cv=GroupKFold(5),
        min_resources=5,
        refit=False,
    ).fit(X, X[:, 0], groups=groups)
    for _, rows, _ in seen:
        assert set(np.bincount(groups[list(rows)])) <= {0, 5}


# ---- subsets -------------------------------------------------------------------------


class SeesItsTargets(DummyClassifier):
    """Refuses a target in which a label is missing."""

    def fit(self, X, y):
        if (y.sum(axis=0) < 2).any():
            raise NotFittedError("a label is missing")
        return super().fit(X, y)


def test_every_label_of_several_is_in_every_subset():
    X, Y = make_multilabel_classification(300, n_classes=6, n_labels=1, random_state=0)
    keep = np.ones(len(Y), dtype=bool)
    rare = np.flatnonzero(Y[:, 0])[30:]
    keep[rare] = False
    search = SuccessiveHalvingSearchCV(
        SeesItsTargets(),
        {"strategy": ["prior", "uniform", "stratified"], "constant": [1, 2, 3]},
        min_resources=24,
        n_iter=9,
        cv=KFold(5, shuffle=True, random_state=0),
        error_score="raise",
    )
    search.fit(X[keep], Y[keep])
    assert search.min_resources_ < 150


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "cv"),
    [
        (569, 2, RepeatedStratifiedKFold(n_splits=5, n_repeats=10)),
        (400, 40, 5),
        (75, 3, LeaveOneOut()),
        (75, 3, 5),
        (12, 2, 3),
    ],
)
def test_hyperband_tries_many_on_few_rows(n_rows, n_classes, cv):
    space = {"C": list(np.linspace(0.1, 1, 1000))}
    search = HyperbandSearchCV(LogisticRegression(), space, cv=cv)
    plan = search.plan(n_rows, np.arange(n_rows) % n_classes)
    assert plan["n_candidates"][plan["rung"] == 0].sum() >= 27


# ---- finite spaces -------------------------------------------------------------------


@pytest.mark.parametrize("n_configs", [3, 28, 56, 169, 400])
def test_hyperband_tries_all_of_a_finite_space(n_configs, data, recwarn):
    space = {"strategy": ["constant"], "constant": list(range(n_configs))}
    search = HyperbandSearchCV(DummyClassifier(), space, random_state=0, refit=False)
    plan = search.plan(5000)
    assert plan["n_candidates"][plan["rung"] == 0].sum() == n_configs
    assert not recwarn


def test_a_huge_list_is_sampled():
    space = {"strategy": ["constant"], "constant": list(range(10_000))}
    plan = HyperbandSearchCV(DummyClassifier(), space).plan(5000)
    assert plan["n_candidates"][plan["rung"] == 0].sum() == 143


def test_a_search_says_what_it_leaves_untried(data, capsys):
    space = {"C": list(np.linspace(0.1, 1, 50))}
    make(SuccessiveHalvingSearchCV, space=space, verbose=1).fit(*data)
    assert "6 of 50 configurations" in capsys.readouterr().out


@every_search
def test_one_configuration_is_evaluated_in_full(Search, data):
    X, y = data[0][:25], data[1][:25]
    search = Search(LogisticRegression(), {"C": [1.0]}, random_state=0).fit(X, y)
    assert set(search.cv_results_["n_folds"]) == {5}
    assert len(search.cv_results_["params"]) == 1


def test_learning_curves_of_one_configuration_need_few_rows(data):
    X, y = data[0][:25], data[1][:25]
    search = LearningCurveSearchCV(LogisticRegression(), {"C": [10]})
    assert search.fit(X, y).best_params_ == {"C": 10}
