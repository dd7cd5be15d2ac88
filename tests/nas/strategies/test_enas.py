"""ENAS: the policy learns from scores with shared weights."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas.strategies import ENAS
from tests.nas.strategies.scripted import ScriptedTraining
from tests.nas.strategies.test_random_ws import SPACE, n_tanh


def learned(score, n_epochs=10, strategy=None, **options):
    strategy = strategy or ENAS()
    training = ScriptedTraining(SPACE, score, **options)
    learner = strategy.make_learner()
    learner.start(training)
    entries = [learner.end_epoch(training) for _ in range(n_epochs)]
    return training, learner, entries


def test_the_policy_learns_what_scores_well():
    _, learner, entries = learned(n_tanh, noise=0.5)
    assert n_tanh(learner.policy.mode()) == 3
    assert entries[-1]["mean_score"] > entries[0]["mean_score"] + 1
    for weights in entries[-1]["weights"].values():
        assert sum(weights.values()) == pytest.approx(1)
    assert entries[-1]["weights"]["layer_1_activation"]["tanh"] > 0.7
    assert entries[0]["weights"]["layer_1_activation"]["tanh"] < 0.7


def test_paths_are_drawn_from_the_policy():
    training, learner, _ = learned(n_tanh, n_epochs=20)
    configs = [SPACE.config_of(learner.choose(training)[1]) for _ in range(20)]
    assert np.mean([n_tanh(config) for config in configs]) > 2


def test_it_learns_from_one_batch_at_a_time():
    training, _, _ = learned(n_tanh, n_epochs=2, strategy=ENAS(n_policy_steps=7))
    assert [n for _, n in training.scored] == [10] * 14


def test_the_best_of_the_policy_are_derived():
    training, learner, _ = learned(n_tanh)
    strategy = ENAS(n_derived=3).bind_architectures(SPACE, np.random.default_rng(0))
    configs = strategy.derive(training, learner)
    assert n_tanh(configs[0]) == 3
    assert len({str(config) for config in configs}) == len(configs)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_the_worst(bad):
    _, learner, entries = learned(lambda c: bad if n_tanh(c) < 2 else 0.0)
    assert n_tanh(learner.policy.mode()) >= 2
    assert entries[0]["mean_score"] == 0
    _, _, entries = learned(lambda c: bad, n_epochs=1)
    assert entries[0]["mean_score"] is None


def test_the_most_probable_architecture_is_a_candidate_too():
    training, learner, _ = learned(n_tanh, n_epochs=1)
    learner.policy._policy.logits[:] = np.arange(3)
    drawn = {**learner.policy.mode(), "layer_1_activation": "relu"}
    learner.policy.draw = lambda rng: drawn
    strategy = ENAS(n_samples=2).bind_architectures(SPACE, np.random.default_rng(0))
    assert len(strategy.derive(training, learner)) == 2


def test_a_policy_learns_no_longer_than_there_is_time():
    training, learner, _ = learned(n_tanh, n_epochs=0)
    training.most_scores = 4
    learner.end_epoch(training)
    assert len(training.scored) == 4
    learner.end_epoch(training)
    assert len(training.scored) == 4


def test_something_is_derived_also_if_the_time_is_over():
    training, learner, _ = learned(n_tanh, n_epochs=0)
    training.most_scores = 0
    strategy = ENAS().bind_architectures(SPACE, np.random.default_rng(0))
    assert len(strategy.derive(training, learner)) == 1
