"""Which rows are set aside, and how they reach the last step of an estimator."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_automl.execution import EvalSet, ParameterResource
from sklearn_automl.execution._eval_set import _at_last_step
from tests.execution.test_fold_scorer import (
    evaluate,
    first_rows,
    fitted,
    make_scorer,
    make_task,
)

N = 100
ROWS = np.arange(N)


# ---- which rows ------------------------------------------------------------------


def test_each_row_is_fitted_on_or_set_aside():
    fit, aside = EvalSet(0.1, seed=0).divide(0, ROWS)
    assert len(aside) == 10
    assert np.array_equal(np.sort(np.concatenate([fit, aside])), ROWS)


def test_only_given_rows_are_taken():
    given = ROWS[::3]
    fit, aside = EvalSet(0.2, seed=0).divide(0, given)
    assert np.array_equal(np.sort(np.concatenate([fit, aside])), given)


@pytest.mark.parametrize("n", [2, 3, 9])
def test_of_few_rows_one_is_set_aside(n):
    fit, aside = EvalSet(0.1, seed=0).divide(0, ROWS[:n])
    assert (len(fit), len(aside)) == (n - 1, 1)


def test_nothing_is_set_aside_of_a_single_row():
    fit, aside = EvalSet(0.1, seed=0).divide(0, ROWS[:1])
    assert (len(fit), len(aside)) == (1, 0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"labels": ROWS % 2},
        {"groups": (7 * ROWS) % 10},
        {"labels": (ROWS > 97).astype(int), "is_ordered": True},
        {"labels": ROWS % 2, "groups": (7 * ROWS) % 10, "is_ordered": True},
    ],
    ids=lambda options: "+".join(options) or "plain",
)
def test_rows_stay_in_the_order_of_the_data(options):
    for rows in EvalSet(0.3, 0, **options).divide(0, ROWS[::-1]):
        assert rows.tolist() == sorted(rows.tolist())


def test_the_seed_and_the_fold_decide_which_rows():
    def aside(seed, split):
        return EvalSet(0.2, seed).divide(split, ROWS)[1].tolist()

    assert aside(0, 0) == aside(0, 0)
    assert aside(0, 0) != aside(1, 0)
    assert aside(0, 0) != aside(0, 1)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_classes_keep_their_shares(share):
    labels = np.repeat([0, 1, 2], [60, 20, 20])
    _, aside = EvalSet(share, 0, labels).divide(0, ROWS)
    expected = np.array([60, 20, 20]) * share
    assert np.all(np.abs(np.bincount(labels[aside]) - expected) <= 1)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_every_class_is_fitted_on(share):
    labels = np.repeat([0, 1, 2], [97, 2, 1])
    fit, _ = EvalSet(share, 0, labels).divide(0, ROWS)
    assert set(labels[fit]) == {0, 1, 2}


def test_classes_of_several_outputs_are_fitted_on():
    labels = np.column_stack([ROWS % 2, 2 + (ROWS == 7)])
    fit, _ = EvalSet(0.9, 0, labels).divide(0, ROWS)
    assert 7 in fit


def test_groups_stay_whole():
    groups = ROWS // 5
    fit, aside = EvalSet(0.2, 0, ROWS % 2, groups).divide(0, ROWS)
    assert not set(groups[fit]) & set(groups[aside])
    assert len(aside) == 20


def test_the_groups_that_end_last_are_set_aside_where_rows_are_ordered_in_time():
    groups = np.array([2, 0, 1])[ROWS // 34]
    options = {"groups": groups, "is_ordered": True}
    fit, aside = EvalSet(0.3, 0, ROWS % 2, **options).divide(0, ROWS)
    assert set(groups[aside]) == {1}
    assert set(groups[fit]) == {0, 2}


@pytest.mark.parametrize(("share", "n_groups"), [(0.01, 1), (0.5, 2), (0.99, 3)])
def test_a_whole_group_is_set_aside_and_another_fitted_on(share, n_groups):
    groups = ROWS // 25
    _, aside = EvalSet(share, 0, groups=groups).divide(0, ROWS)
    assert len(set(groups[aside])) == n_groups


def test_the_only_group_is_not_set_aside():
    _, aside = EvalSet(0.1, 0, groups=np.zeros(N, dtype=int)).divide(0, ROWS)
    assert len(aside) == 0


def test_in_time_the_latest_rows_are_set_aside():
    _, aside = EvalSet(0.1, 0, is_ordered=True).divide(0, ROWS[::-1])
    assert aside.tolist() == list(range(90, 100))


def test_in_time_rows_of_a_class_that_begins_late_are_fitted_on():
    labels = (ROWS > 97).astype(int)
    fit, aside = EvalSet(0.1, 0, labels, is_ordered=True).divide(0, ROWS)
    assert {98, 99} <= set(fit)
    assert aside.tolist() == list(range(90, 98))


# ---- how they reach the last step ------------------------------------------------


class Stops(ClassifierMixin, BaseEstimator):
    """Remembers what it is given, and stops at half of its iterations."""

    def __init__(self, max_iter=10):
        self.max_iter = max_iter

    def fit(self, X, y, X_val=None, y_val=None, sample_weight=None, **given):
        self.classes_ = np.unique(y)
        self.X_, self.y_, self.X_val_, self.y_val_ = X, y, X_val, y_val
        self.given_ = given
        self.weight_ = sample_weight
        self.n_iter_ = self.max_iter // 2 if X_val is not None else self.max_iter
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


class AddMean(TransformerMixin, BaseEstimator):
    """Adds what only the rows that it was fitted on say."""

    calls: list[int] = []

    def fit(self, X, y=None):
        self.mean_ = X.mean()
        return self

    def transform(self, X):
        self.calls.append(len(X))
        return X + self.mean_


HALF = EvalSet(0.5, seed=0)


def fitted_models(estimator, **options):
    models = fitted(estimator, **options)
    assert len(models) == 3, "a fit failed"
    return models


def test_nothing_is_set_aside_by_default():
    assert all(model.X_val_ is None for model in fitted_models(Stops()))


def test_rows_set_aside_are_training_rows_that_are_not_fitted_on():
    for split, model in enumerate(fitted_models(Stops(), eval_set=HALF)):
        test = set(range(10 * split, 10 * split + 10))
        fit, aside = set(model.X_.ravel()), set(model.X_val_.ravel())
        assert fit | aside == set(range(30)) - test
        assert len(fit) == len(aside) == 10


def test_targets_are_those_of_the_rows():
    for model in fitted_models(Stops(), eval_set=HALF):
        assert np.array_equal(model.y_val_, model.X_val_.ravel() % 2)
        assert np.array_equal(model.y_, model.X_.ravel() % 2)


def test_on_few_rows_these_are_divided():
    options = {"resource": first_rows(), "amount": 8}
    for model in fitted_models(Stops(), eval_set=HALF, **options):
        assert len(model.X_) == len(model.X_val_) == 4


@pytest.mark.parametrize(
    "make",
    [
        lambda last: make_pipeline(AddMean(), last),
        lambda last: make_pipeline(AddMean(), make_pipeline("passthrough", last)),
        lambda last: make_pipeline(make_pipeline(AddMean()), last),
        lambda last: Pipeline([("a", None), ("b", AddMean()), ("c", last)]),
    ],
)
@pytest.mark.parametrize("share_prefix", [True, False])
def test_steps_before_are_fitted_on_the_other_rows_and_transform_these(
    make, share_prefix
):
    plain = fitted_models(Stops(), eval_set=HALF)
    options = {"eval_set": HALF, "share_prefix": share_prefix}
    for model, other in zip(
        fitted_models(make(Stops()), **options), plain, strict=True
    ):
        while isinstance(model, Pipeline):
            model = model.steps[-1][1]
        assert np.array_equal(model.X_val_, other.X_val_ + other.X_.mean())
        assert np.array_equal(model.X_, other.X_ + other.X_.mean())


def test_a_shared_prefix_transforms_them_once():
    AddMean.calls.clear()
    scorer = make_scorer(make_pipeline(AddMean(), Stops()), eval_set=EvalSet(0.25, 0))
    for n in (2, 4, 6):
        results = scorer.run(make_task({"stops__max_iter": n}, splits=(0,)))
        assert results[0].best_iteration == n // 2
    assert sorted(AddMean.calls) == [5, 10, 15]  # set aside, test, fitted on


def test_parameters_with_a_value_for_each_row_are_divided():
    weight = np.arange(30.0)
    options = {"fit_params": {"sample_weight": weight, "flag": True}}
    for model in fitted_models(Stops(), eval_set=HALF, **options):
        assert np.array_equal(model.weight_, model.X_.ravel())
        assert model.given_ == {"flag": True}


class WeighsBoth(Stops):
    def fit(
        self, X, y, X_val=None, y_val=None, sample_weight=None, sample_weight_val=None
    ):
        self.weight_val_ = sample_weight_val
        return super().fit(X, y, X_val, y_val, sample_weight)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (WeighsBoth(), "sample_weight"),
        (make_pipeline(WeighsBoth()), "weighsboth__sample_weight"),
        (
            make_pipeline(AddMean(), make_pipeline(AddMean(), WeighsBoth())),
            "pipeline__weighsboth__sample_weight",
        ),
    ],
)
def test_weights_of_rows_set_aside_go_with_them(estimator, name):
    weight = np.arange(30.0)
    plain = fitted_models(Stops(), eval_set=HALF)
    models = fitted_models(estimator, eval_set=HALF, fit_params={name: weight})
    for model, other in zip(models, plain, strict=True):
        while isinstance(model, Pipeline):
            model = model.steps[-1][1]
        assert np.array_equal(model.weight_val_, other.X_val_.ravel())


def test_training_scores_are_of_the_rows_that_were_fitted_on():
    seen = []

    def see(model, X, y):
        seen.append(len(X))
        return 0.0

    evaluate(Stops(), scorer=see, eval_set=EvalSet(0.25, 0), return_train_score=True)
    assert sorted(seen) == [10, 10, 10, 15, 15, 15]


def test_the_iteration_is_reported():
    results = evaluate(Stops(max_iter=8), eval_set=HALF)
    assert [fold.best_iteration for fold in results] == [4, 4, 4]


def test_no_iteration_is_reported_without_rows_set_aside():
    assert [fold.best_iteration for fold in evaluate(Stops())] == [None] * 3


@pytest.mark.parametrize(
    ("estimator", "parameter"),
    [(Stops(), "max_iter"), (make_pipeline(Stops()), "stops__max_iter")],
)
def test_iterations_that_were_not_run_are_not_counted(estimator, parameter):
    resource = ParameterResource(parameter)
    results = evaluate(estimator, resource=resource, amount=20, eval_set=HALF)
    assert [fold.units for fold in results] == [10, 10, 10]


def test_what_could_be_continued_is_fitted_from_scratch():
    model = HistGradientBoostingClassifier(n_iter_no_change=100, min_samples_leaf=1)
    options = {"resource": ParameterResource("max_iter"), "eval_set": HALF}
    scorer = make_scorer(model, **options)
    for start, stop in [(0, 2), (2, 4)]:
        task = make_task(amount=stop, start=start)
        assert [fold.units for fold in scorer.run(task)] == [stop] * 3


def test_an_amount_of_another_parameter_counts_as_it_is():
    class Wider(Stops):
        def __init__(self, max_iter=10, width=1):
            super().__init__(max_iter)
            self.width = width

    resource = ParameterResource("width")
    results = evaluate(Wider(), resource=resource, amount=7, eval_set=HALF)
    assert [fold.units for fold in results] == [7, 7, 7]


def test_too_few_rows_fail_the_fit_and_say_why():
    options = {"resource": first_rows(), "amount": 1}
    results = evaluate(Stops(), eval_set=HALF, **options)
    assert all("No rows can be set aside" in fold.fit_error for fold in results)
    assert all(np.isnan(fold.test_scores) for fold in results)


def test_a_last_step_that_takes_none_fails_the_fit():
    class Plain(Stops):
        def fit(self, X, y):
            return super().fit(X, y)

    results = evaluate(Plain(), eval_set=HALF)
    assert all("does not take an evaluation set" in fold.fit_error for fold in results)


@pytest.mark.parametrize("estimator", [Stops(), make_pipeline(AddMean(), Stops())])
def test_the_fitted_estimator_has_its_own_fit_again(estimator):
    for model in fitted_models(estimator, eval_set=HALF):
        steps = [model, *(s for _, s in getattr(model, "steps", []))]
        assert all("fit" not in vars(step) for step in steps)
        clone(model)


def test_the_rows_set_aside_are_rounded():
    fit, aside = EvalSet(0.25, seed=0).divide(0, ROWS[:15])
    assert (len(fit), len(aside)) == (11, 4)


def test_a_pipeline_of_one_step_transforms_nothing():
    def transform(pipeline, X):
        raise AssertionError("there is nothing before the last step")

    pipeline = make_pipeline(HistGradientBoostingClassifier())
    X, y, params = _at_last_step(pipeline, (ROWS, ROWS, {}), transform)
    assert (X is ROWS, y is ROWS, params) == (True, True, {})
