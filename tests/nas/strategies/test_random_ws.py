"""Random search with weight sharing: two rounds of scores with shared weights."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.strategies import RandomWS
from tests.nas.strategies.scripted import ScriptedTraining

SPACE = ChainSpace(
    n_layers=(3, 3),
    operations=["dense"],
    widths=[8],
    activations=["relu", "gelu", "tanh"],
    dropouts=[0.0],
).bind((4,))


def n_tanh(config):
    return sum(value == "tanh" for value in config.values())


def derived(strategy, score=n_tanh, accepts=None, **options):
    training = ScriptedTraining(SPACE, score, **options)
    rng = np.random.default_rng(0)
    strategy = strategy.bind_architectures(SPACE, rng, accepts)
    return strategy.derive(training, strategy.make_learner()), training, strategy


def test_the_best_with_shared_weights_are_derived():
    configs, _, _ = derived(RandomWS(n_samples=200, n_derived=4))
    assert [n_tanh(config) for config in configs] == [3, 2, 2, 2]


def test_all_are_scored_on_some_rows_and_the_best_on_all():
    strategy = RandomWS(n_samples=15, n_finalists=4, n_score_batches=3)
    _, training, _ = derived(strategy)
    rows = [n for _, n in training.scored]
    n_drawn = len(rows) - 4  # what was drawn twice is scored once
    assert rows == [30] * n_drawn + [100] * 4
    assert 10 < n_drawn <= 15


def test_the_second_round_corrects_the_first():
    strategy = RandomWS(n_samples=27, n_finalists=27, n_score_batches=1, n_derived=1)
    configs, _, _ = derived(strategy, noise=10.0)
    assert n_tanh(configs[0]) >= 2


def test_a_score_that_is_not_finite_is_the_worst():
    def score(config):
        return math.nan if n_tanh(config) else 0.0

    configs, _, _ = derived(RandomWS(n_samples=100), score)
    assert [n_tanh(config) for config in configs] == [0, 0]


def test_what_may_not_be_proposed_takes_no_place():
    configs, training, _ = derived(
        RandomWS(n_samples=100), accepts=lambda config: n_tanh(config) == 1
    )
    assert [n_tanh(config) for config in configs] == [1, 1]
    assert all(n_tanh(config) == 1 for config, _ in training.scored)


def test_derived_ones_are_proposed_first_and_then_random_ones():
    configs, _, strategy = derived(RandomWS(n_derived=2, n_random=3))
    asked = [strategy.ask() for _ in range(5)]
    assert asked[:2] == configs
    assert len({str(config) for config in asked}) == 5
    assert strategy.n_proposals == {"derived": 2, "random": 3}


def test_nothing_can_be_proposed_before_a_supernet_is_trained():
    strategy = RandomWS().bind_architectures(SPACE, np.random.default_rng(0))
    with pytest.raises(RuntimeError, match=r"RandomWS has no supernet yet: .*derive"):
        strategy.ask()


def test_what_was_found_before_too_many_were_refused_is_derived():
    found = []

    def accepts(config):
        if config not in found and len(found) == 3:
            raise SearchSpaceExhausted
        found.append(config)
        return True

    configs, training, _ = derived(RandomWS(n_derived=2), accepts=accepts)
    assert len(training.scored) == 3 + 3
    assert len(configs) == 2


def test_no_more_are_proposed_than_were_asked_for():
    strategy = RandomWS(n_derived=2, n_random=1)
    assert [strategy.most_trials(n) for n in (1, 3, 9)] == [1, 3, 3]
