from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import check_scoring

from sklearn_automl.execution import (
    FoldScorer,
    FoldTask,
    ParameterResource,
    Resource,
    SampleResource,
)
from sklearn_automl.execution._eval_set import Reached
from sklearn_automl.execution._fold_scorer import _stateless, run_task
from sklearn_automl.execution._model_store import MemoryModels
from sklearn_automl.execution._predictions import Predictor
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._shared_data import SharedData
from tests.fakes import FailsAbove, ScoreIsParameter

X = np.arange(30.0).reshape(-1, 1)
y = np.arange(30) % 2
SPLITS = [(np.delete(np.arange(30), f), f) for f in np.arange(30).reshape(3, 10)]


def make_scorer(estimator, resource=None, **options):
    return FoldScorer(
        estimator=estimator,
        X=X,
        y=y,
        splits=SPLITS,
        resource=Resource() if resource is None else resource,
        **{"scorer": check_scoring(estimator), "error_score": np.nan, **options},
    )


def make_task(params=None, amount=20, start=0, splits=(0, 1, 2)):
    n = len(splits)
    return FoldTask(0, params or {}, amount, False, splits, (start,) * n, (None,) * n)


def evaluate(estimator, params=None, resource=None, amount=20, **options):
    return make_scorer(estimator, resource, **options).run(make_task(params, amount))


def fitted(estimator, **options):
    """Return the fitted estimator of each fold."""
    models = []

    def see(model, X, y):
        models.append(model)
        return 0.0

    evaluate(estimator, scorer=see, **options)
    return models


def first_rows():
    return SampleResource(
        [train for train, _ in SPLITS], [None] * len(SPLITS), 20, False
    )


@pytest.mark.parametrize("splits", [(0,), (2, 0), (0, 1, 2)])
def test_a_result_for_each_fold_in_the_order_of_the_task(splits):
    class FirstRow(ScoreIsParameter):
        def score(self, X, y):
            return X[0, 0]

    results = make_scorer(FirstRow()).run(make_task(splits=splits))
    assert [r.test_scores for r in results] == [10.0 * s for s in splits]


def test_parameters_are_set():
    results = evaluate(ScoreIsParameter(), {"value": 0.25})
    assert [r.test_scores for r in results] == [0.25] * 3


@pytest.mark.parametrize("tasks", [[(0, 1, 2)], [(0,), (1,), (2,)]])
def test_a_translation_knows_how_many_folds_are_left(tasks):
    heard = []

    def translate(params, n_folds):
        heard.append((params, n_folds))
        return {"max_depth": 2}

    scorer = make_scorer(RandomForestClassifier(1), translate=translate)
    for splits in tasks:
        scorer.run(make_task({"depth": "two"}, splits=splits))
    assert heard == [({"depth": "two"}, n) for n in (3, 2, 1)]


def test_the_parameter_of_the_resource_is_set():
    results = evaluate(ScoreIsParameter(), {}, ParameterResource("value"), amount=7)
    assert [r.test_scores for r in results] == [7] * 3


def test_the_estimator_of_the_search_is_not_fitted():
    estimator = ScoreIsParameter()
    evaluate(estimator, {"value": 0.25})
    assert vars(estimator) == {"value": 0.0}


class CountsRows(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.n_fitted_ = len(X)
        return self

    def score(self, X, y):
        return len(X)


@pytest.mark.parametrize("amount", [2, 9, 20])
def test_training_rows_are_reduced_and_test_rows_are_not(amount):
    options = {"resource": first_rows(), "amount": amount}
    assert [m.n_fitted_ for m in fitted(CountsRows(), **options)] == [amount] * 3
    for result in evaluate(CountsRows(), **options):
        assert result.test_scores == result.n_test_samples == 10


def test_train_scores_are_those_of_the_rows_that_were_used():
    results = evaluate(
        CountsRows(), resource=first_rows(), amount=9, return_train_score=True
    )
    assert [r.train_scores for r in results] == [9] * 3


def test_train_scores_are_left_out_unless_wanted():
    assert evaluate(CountsRows())[0].train_scores is None


@pytest.mark.parametrize("amount", [9, 20])
def test_sample_weights_follow_their_rows(amount):
    models = fitted(
        ScoreIsParameter(),
        resource=first_rows(),
        amount=amount,
        fit_params={"sample_weight": np.arange(30) / 2},
    )
    for model, (train, _) in zip(models, SPLITS, strict=True):
        np.testing.assert_array_equal(model.weight_, train[:amount] / 2)


def test_other_fit_parameters_come_as_they_are():
    class TakesName(CountsRows):
        def fit(self, X, y, name):
            self.name_ = name
            return super().fit(X, y)

    models = fitted(TakesName(), fit_params={"name": "any"})
    assert [model.name_ for model in models] == ["any"] * 3


@pytest.mark.parametrize("error_score", [np.nan, -1.0])
def test_a_failed_fit_gets_the_error_score(error_score):
    results = evaluate(FailsAbove(), {"value": 0.9}, error_score=error_score)
    scores = [r.test_scores for r in results]
    np.testing.assert_array_equal(scores, [error_score] * 3)


@pytest.mark.parametrize("resource", [Resource(), ParameterResource("limit")])
def test_a_failed_fit_says_why(resource):
    results = evaluate(FailsAbove(), {"value": 30}, resource)
    assert all("RuntimeError: 30 is too much" in r.fit_error for r in results)


def test_a_failed_fit_gets_the_error_score_for_every_metric():
    scorers = check_scoring(FailsAbove(), ["accuracy", "f1"])
    result = evaluate(FailsAbove(), {"value": 0.9}, scorer=scorers, error_score=-1.0)[0]
    assert result.test_scores == {"accuracy": -1.0, "f1": -1.0}


def test_a_failed_fit_can_raise():
    with pytest.raises(RuntimeError, match=r"0\.9 is too much"):
        evaluate(FailsAbove(), {"value": 0.9}, error_score="raise")


class FailsOnFirstRow(ScoreIsParameter):
    """Cannot be fitted on row 0, which is in the training rows of two folds."""

    def before_fit(self, X, y):
        if 0 in X:
            raise RuntimeError("row 0")


def test_a_fold_that_fails_leaves_the_others_alone():
    results = evaluate(FailsOnFirstRow(), {"value": 0.25})
    assert results[0].test_scores == 0.25
    assert [r.fit_error is None for r in results] == [True, False, False]


class CannotScore(ScoreIsParameter):
    def score(self, X, y):
        raise RuntimeError("no score")

    def predict(self, X):
        raise RuntimeError("no prediction")


@pytest.mark.filterwarnings("error")
def test_a_failed_score_is_the_error_score_and_no_failed_fit():
    result = evaluate(CannotScore(), error_score=-1.0)[0]
    assert result.test_scores == -1.0
    assert result.fit_error is None
    assert result.score_error.endswith("RuntimeError: no score\n")


def test_a_failed_score_can_raise():
    with pytest.raises(RuntimeError, match="no score"):
        evaluate(CannotScore(), error_score="raise")


class CannotPredictProbabilities(ScoreIsParameter):
    def predict_proba(self, X):
        raise RuntimeError("no probabilities")


@pytest.mark.filterwarnings("error")
def test_a_metric_that_fails_leaves_the_others_alone():
    estimator = CannotPredictProbabilities()
    scorers = check_scoring(estimator, ["accuracy", "neg_log_loss"], raise_exc=False)
    result = evaluate(estimator, scorer=scorers, error_score=-1.0)[0]
    assert result.test_scores == {"accuracy": 0.5, "neg_log_loss": -1.0}
    assert result.score_error is None


def test_a_metric_that_fails_can_raise():
    estimator = CannotPredictProbabilities()
    scorers = check_scoring(estimator, ["accuracy", "neg_log_loss"], raise_exc=True)
    with pytest.raises(RuntimeError, match="no probabilities"):
        evaluate(estimator, scorer=scorers, error_score="raise")


def test_errors_of_scikit_learn_name_the_scorer_of_the_user():
    def no_number(estimator, X, y):
        return "much"

    with pytest.raises(ValueError, match=r"number.*no_number"):
        evaluate(ScoreIsParameter(), scorer=no_number)


class FullDisk(MemoryModels):
    def save(self, *args):
        return "OSError: no space"


def test_a_result_tells_why_its_model_could_not_be_kept():
    estimator = RandomForestClassifier(random_state=0)
    scorer = make_scorer(
        estimator, ParameterResource("n_estimators"), model_store=FullDisk()
    )
    result = scorer.run(make_task(amount=2, splits=(0,)))[0]
    assert result.unsaved == "OSError: no space"


def test_nothing_is_kept_of_a_fit_that_failed():
    class Stops(FailsAbove):
        """Says that its iterations are continued."""

        continued_by: ClassVar = {"max_iter": "warm_start"}

        def __init__(self, value=0.0, limit=0.5, max_iter=1, warm_start=False):
            super().__init__(value, limit)
            self.max_iter = max_iter
            self.warm_start = warm_start

    scorer = make_scorer(Stops(), ParameterResource("max_iter"))
    scorer.run(make_task({"value": 0.9}))
    assert len(scorer.model_store) == 0
    scorer.run(make_task({"value": 0.1}))
    assert len(scorer.model_store) == 3


@pytest.mark.parametrize("params", [{"value": 0.1}, {"value": 0.9}])
def test_every_result_tells_units_duration_and_stop(params):
    for result in evaluate(FailsAbove(), params):
        assert result.units == 20
        assert result.duration > 0
        assert result.stop is False


def test_duration_holds_the_fit_and_the_score():
    result = evaluate(Ridge())[0]
    assert result.duration >= result.fit_time + result.score_time


def test_a_task_runs_with_the_scorer_or_a_reference_to_it(tmp_path):
    scorer, task = make_scorer(ScoreIsParameter()), make_task({"value": 0.25})
    reference = SharedData(scorer, str(tmp_path)).reference
    scores = [
        [r.test_scores for r in run_sent_task(s, task)] for s in (scorer, reference)
    ]
    assert scores == [[0.25] * 3] * 2
    reference.forget()


class Interrupted(ScoreIsParameter):
    def before_fit(self, X, y):
        raise KeyboardInterrupt


def test_an_interrupt_ends_the_search_and_in_a_worker_its_folds_only():
    scorer, task = make_scorer(Interrupted()), make_task()
    with pytest.raises(KeyboardInterrupt):
        scorer.run(task)
    results = run_task(scorer, task)
    assert len(results) == 3
    assert all("KeyboardInterrupt" in result.fit_error for result in results)


def test_parameters_of_the_scorer_follow_the_test_rows():
    weights = []

    def see(model, X, y, sample_weight):
        weights.append(sample_weight.tolist())
        return 0.0

    evaluate(Ridge(), scorer=see, score_params={"sample_weight": np.arange(30)})
    assert weights == [test.tolist() for _, test in SPLITS]


def test_predictions_are_made_of_the_last_evaluation_of_a_trial_only():
    scorer = make_scorer(Ridge(), predictor=Predictor(None))
    task = make_task(splits=(0,))
    assert scorer.run(task)[0].predictions is None
    (result,) = scorer.run(replace(task, is_last=True))
    assert result.predictions.values.shape == (10,)


@pytest.mark.parametrize(("is_last", "n_kept"), [(False, 1), (True, 0)])
def test_a_model_that_cannot_go_on_is_not_kept(is_last, n_kept):
    estimator = RandomForestClassifier(random_state=0)
    scorer = make_scorer(estimator, ParameterResource("n_estimators"))
    scorer.run(replace(make_task(amount=1, splits=(0,)), is_last=is_last))
    assert len(scorer.model_store) == n_kept


@pytest.mark.parametrize(
    ("reached", "units"),
    [
        (Reached(n_run=4, names=("max_iter",)), 4),
        (Reached(n_run=12, names=("max_iter",)), 10),  # it had ten
        (Reached(n_run=4, names=("n_estimators",)), 10),
        (Reached(names=("max_iter",)), 10),
    ],
)
def test_a_fit_that_stopped_early_used_what_it_ran(reached, units):
    scorer = make_scorer(Ridge(), ParameterResource("last__max_iter"))
    assert scorer._units(10, reached) == units


def test_what_would_begin_anew_is_not_set_on_a_fitted_model():
    params = {"random_state": 0, "a__random_state": 1, "step": Ridge(), "alpha": 2.0}
    assert _stateless(params, Ridge()) == {"alpha": 2.0}


def test_the_data_of_a_fold_in_a_worker_are_its_own():
    rows = [[i] for i in range(30)]
    scorer = replace(make_scorer(Ridge()), X=rows)
    own = scorer.for_a_fold()
    own.X[0].append("changed")
    assert scorer.X is rows
    assert own.X is not rows
    assert rows[0] == [0]


def test_progress_of_scikit_learn_counts_folds(capsys):
    make_scorer(Ridge(), verbose=3).run(make_task(splits=(1,)))
    assert "[CV 2/3]" in capsys.readouterr().out
