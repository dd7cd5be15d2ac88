"""Suggestions take turns with a sampler, and end when they are no good."""

import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import (
    GaussianProcessSampler,
    GeneticSampler,
    Observation,
    RandomSampler,
    SuggestingSampler,
)
from sklearn_automl.space import SearchSpace

SPACE = SearchSpace({"x": uniform()})
SUGGESTED = [{"x": i / 10} for i in range(1, 7)]


def suggesting(sampler=None, initial=(), space=SPACE, suggested=SUGGESTED):
    bound = (sampler or RandomSampler()).bind(space, np.random.default_rng(0), initial)
    return SuggestingSampler(bound, suggested)


def origins(sampler, n):
    return [sampler.origin_of(sampler.ask()) for _ in range(n)]


def test_turns_are_taken():
    sampler = suggesting()
    assert origins(sampler, 14) == ["history", "sampler"] * 6 + ["sampler"] * 2
    assert sampler.n_proposals == {"history": 6, "random": 8}


def test_the_sampler_draws_what_it_draws_alone():
    alone = RandomSampler().bind(SPACE, np.random.default_rng(0))
    sampler = suggesting()
    drawn = [sampler.ask() for _ in range(8)][1::2]
    assert drawn == alone.ask_together(4)


def test_initial_configurations_come_first():
    sampler = suggesting(initial=[{"x": 0.9}, {"x": 0.1}])
    # The first suggestion is one of them.
    assert origins(sampler, 4) == ["initial", "initial", "history", "sampler"]
    assert sampler.ask() == {"x": 0.3}


@pytest.mark.parametrize("Class", [GaussianProcessSampler, GeneticSampler])
def test_the_sampler_learns_from_suggestions(Class):
    sampler = suggesting(Class())
    assert sampler.learns
    for _ in range(12):
        config = sampler.ask()
        sampler.tell(Observation(config, config["x"], 1))
    assert not sampler.is_new(SUGGESTED[0])


def test_the_sampler_is_told_of_all_results():
    class Listening(RandomSampler):
        def start(self):
            self.heard = []

        def tell(self, observation):
            self.heard.append(observation.config)

    sampler = suggesting(Listening())
    configs = [sampler.ask() for _ in range(4)]
    for config in configs:
        sampler.tell(Observation(config, 0.5, 1))
    assert sampler._sampler.heard == configs


def evaluate(sampler, n, loss):
    """Ask and tell; ``loss`` says what a suggestion has, and 1 is any other's."""
    for _ in range(n):
        config = sampler.ask()
        is_suggested = sampler.origin_of(config) == "history"
        sampler.tell(Observation(config, loss if is_suggested else 1.0, 1))


@pytest.mark.parametrize("loss", [2.0, math.inf, math.nan])
def test_the_second_waits_while_the_first_is_the_worst(loss):
    sampler = suggesting()
    evaluate(sampler, 20, loss)
    assert sampler.n_proposals["history"] == 1


def losses_in_order(sampler, losses):
    """Ask and tell losses in this order; return where each configuration is from."""
    found = []
    for loss in losses:
        config = sampler.ask()
        found.append(sampler.origin_of(config))
        sampler.tell(Observation(config, loss, 1))
    return found


def test_it_goes_on_when_half_of_the_others_are_as_bad():
    found = losses_in_order(suggesting(), [2, 1, 2, 2, 1])
    assert found == ["history", *["sampler"] * 2, "history", "sampler"]


def test_it_waits_while_more_than_half_of_the_others_are_better():
    # One of three others is worse, and later two of four.
    found = losses_in_order(suggesting(), [5, 1, 1, 9, 9, 1])
    assert found == ["history", *["sampler"] * 4, "history"]


def test_one_good_one_does_not_let_bad_ones_through():
    # Four of six pairs are lost. The best of all is a suggestion.
    found = losses_in_order(suggesting(), [0, 5, 9, 5, 9, 5, 5, 5, 5])
    assert found == [*["history", "sampler"] * 3, *["sampler"] * 3]


def test_they_end_after_four_that_lost_more_often_than_not():
    # They lose 10 of 16 pairs. What comes then is worse, but too late.
    found = losses_in_order(suggesting(), [5, 9, 5, 1, 5, 9, 10, 1, *[9] * 8])
    assert found == [*["history", "sampler"] * 4, *["sampler"] * 8]


def test_three_that_lost_only_wait():
    # They lose 6 of 9 pairs, and then 6 of 12.
    found = losses_in_order(suggesting(), [5, 9, 5, 1, 5, 1, 9, 5])
    assert found == [*["history", "sampler"] * 3, "sampler", "history"]


def test_what_runs_is_no_reason_to_wait():
    sampler = suggesting()
    sampler.tell(Observation(sampler.ask(), 2, 1))
    assert origins(sampler, 4) == ["sampler", "history", "sampler", "history"]


def test_initial_configurations_count_among_the_others():
    sampler = suggesting(initial=[{"x": 0.95}])
    assert losses_in_order(sampler, [1, 2, 1, 1])[1:] == ["history", *["sampler"] * 2]


@pytest.mark.parametrize(
    ("first", "then", "origin"),
    [([1, 1, 9], 1, "sampler"), ([1, 2, 9], 1, "history"), ([1, 1, 9], 9, "history")],
)
def test_a_suggestion_is_compared_with_what_came_before_it(first, then, origin):
    sampler = suggesting(initial=[{"x": 0.91}, {"x": 0.92}, {"x": 0.93}])
    found = losses_in_order(sampler, [*first, 2, then, 1])
    assert found[3:] == ["history", "sampler", origin]


def test_good_ones_go_on():
    sampler = suggesting()
    evaluate(sampler, 20, 0.5)
    assert sampler.n_proposals["history"] == 6


def test_it_counts_what_a_configuration_had_first():
    sampler = suggesting()
    evaluate(sampler, 2, 2.0)
    # The better score with more of the resource is no comparison.
    sampler.tell(Observation(SUGGESTED[0], 0.0, 3))
    evaluate(sampler, 9, 2.0)
    assert sampler.n_proposals["history"] == 1


def test_only_some_are_kept():
    sampler = suggesting()
    assert sampler.keep(2) == 2
    assert origins(sampler, 5) == ["history", "sampler"] * 2 + ["sampler"]


def test_a_finite_space_ends():
    space = SearchSpace({"x": [1, 2, 3]})
    sampler = suggesting(space=space, suggested=[{"x": 3}, {"x": 2}])
    configs = sampler.ask_together(9)
    assert sorted(c["x"] for c in configs) == [1, 2, 3]
