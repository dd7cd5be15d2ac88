"""Estimations: schedulers and resources that fit the number of trials."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.estimation import (
    Full,
    LearningCurve,
    LowFidelity,
    OneShot,
    Training,
    estimation_names,
    make_estimation,
)
from sklearn_automl.nas.estimation._base import n_halvings_for
from sklearn_automl.nas.strategies import make_strategy
from tests.cases import in_turn


def scheduler_of(estimation, n_trials=20, n_epochs=20, strategy="random", labels=None):
    space = ChainSpace().bind((4,))
    bound = make_strategy(strategy).bind_architectures(space, np.random.default_rng(0))
    training = Training(n_epochs, np.arange(80), labels)
    return estimation.make_scheduler(bound, n_trials, training)


def rungs(scheduler):
    return [[(n, r) for n, r in rungs] for rungs in scheduler.plan]


@in_turn("name", sorted(estimation_names()))
@in_turn("n_trials", [1, 2, 3, 8, 20, 50])
@in_turn("n_epochs", [1, 2, 20, 27])
def test_as_many_trials_as_asked_for_and_full_trainings_at_the_top(
    name, n_trials, n_epochs
):
    scheduler = scheduler_of(make_estimation(name), n_trials, n_epochs)
    assert scheduler.n_planned == n_trials
    assert {rungs[-1][1] for rungs in scheduler.plan} == {n_epochs}
    assert all(n for rungs in scheduler.plan for n, _ in rungs)


def test_three_rungs_of_epochs():
    assert rungs(scheduler_of(LowFidelity(scheduler="asha"))) == [
        [(20, 2), (6, 6), (2, 20)]
    ]


@pytest.mark.parametrize(("least", "lowest"), [(1, 2), (2, 2), (3, 6), (6, 6)])
def test_rungs_are_below_a_full_training_and_not_below_min_resources(least, lowest):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler = scheduler_of(LowFidelity(scheduler="asha", min_resources=least))
    assert rungs(scheduler)[0][0][1] == lowest


@pytest.mark.parametrize("scheduler", ["asha", "hyperband"])
def test_a_single_rung_that_was_asked_for_is_warned_of(scheduler):
    with pytest.warns(SearchWarning, match=r"min_resources=9 .*Pass 6 or less"):
        scheduler_of(LowFidelity(scheduler=scheduler, min_resources=9))
    with pytest.warns(SearchWarning, match=r"min_resources=1 .*2 \(max_epochs\)"):
        scheduler_of(LowFidelity(min_resources=1), n_epochs=2)


def test_a_single_rung_of_a_few_trials_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler_of(LowFidelity(), n_trials=2)


def test_rows_as_the_resource():
    labels = np.arange(80) % 4
    estimation = LowFidelity(scheduler="asha", resource="n_samples", min_resources=20)
    assert rungs(scheduler_of(estimation, labels=labels)) == [[(20, 26), (6, 80)]]
    training = Training(20, np.arange(80), labels)
    resource = estimation.make_resource(training, np.random.default_rng(0))
    few = resource.train_rows(0, training.train, 26)
    more = resource.train_rows(0, training.train, 53)
    assert set(few) < set(more)
    assert np.bincount(labels[few]).min() >= 6


def test_a_strategy_that_learns_is_limited_where_one_that_does_not_is_not():
    for strategy, n in (("random", 20), ("evolution", 4)):
        scheduler = scheduler_of(Full(), strategy=strategy)
        asked = [scheduler.ask() for _ in range(20)]
        assert sum(job is not None for job in asked) == n


@pytest.mark.parametrize(
    ("estimation", "message"),
    [
        (Full(n_parallel=0), "n_parallel=0 of Full must be an integer"),
        (LowFidelity(scheduler="sha"), "scheduler='sha' .* 'hyperband' or 'asha'"),
        (LowFidelity(resource="rows"), "resource='rows' .* 'n_samples'"),
        (LowFidelity(factor=1), "factor=1 .* at least 2"),
        (LowFidelity(min_resources=0), "min_resources=0 .* at least 1"),
        (LowFidelity(min_resources=30), "min_resources=30 .* exceeds the 20"),
        (LearningCurve(confidence=1), "confidence=1 .* between 0 and 1"),
    ],
)
def test_options_that_cannot_be_used(estimation, message):
    with pytest.raises(ValueError, match=message):
        scheduler_of(estimation)


@pytest.mark.parametrize(("n_trials", "n"), [(2, 0), (3, 1), (8, 1), (9, 2), (99, 2)])
def test_trials_are_thinned_out_twice_at_most(n_trials, n):
    assert n_halvings_for(n_trials, 3) == n


def test_a_rung_can_have_just_a_third_of_a_full_training():
    estimation = LowFidelity(scheduler="asha", min_resources=2)
    assert rungs(scheduler_of(estimation, n_epochs=6)) == [[(20, 2), (6, 6)]]


def test_a_full_training_as_the_least_is_a_single_rung():
    with pytest.warns(SearchWarning, match="min_resources=20 .*no rung below the 20"):
        scheduler = scheduler_of(LowFidelity(min_resources=20))
    assert rungs(scheduler) == [[(20, 20)]]


def test_a_learning_curve_is_looked_at_from_a_ninth_of_the_epochs_on():
    looks = [r for _, r in rungs(scheduler_of(LearningCurve(), n_epochs=90))[0]]
    assert (looks[0], looks[-1], len(looks)) == (10, 90, 7)


@pytest.mark.parametrize(("labels", "least"), [(None, 2), ([0, 1, 1], 3), ([1] * 3, 2)])
def test_the_fewest_rows_are_two_of_a_class_if_there_are_as_many(labels, least):
    labels = None if labels is None else np.array(labels)
    assert Training(1, np.arange(3), labels).least_rows == least


def test_a_larger_fold_has_more_rows():
    folds = np.arange(30), np.arange(20, 60)
    training = Training(1, folds[0], folds=folds)
    resource = LowFidelity(resource="n_samples").make_resource(
        training, np.random.default_rng(0)
    )
    n_rows = [len(resource.train_rows(i, fold, 15)) for i, fold in enumerate(folds)]
    assert n_rows == [15, 20]


def test_how_shared_weights_are_trained():
    options = OneShot(n_epochs=3, lr=0.1, mixed_precision=True).supernet_options()
    assert (options.n_epochs, options.lr, options.mixed_precision) == (3, 0.1, True)
    assert (options.optimizer, options.weight_decay) == ("adamw", 3e-4)
