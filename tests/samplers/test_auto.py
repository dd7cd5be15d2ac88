"""Which sampler is taken for which space and number of evaluations."""

import pytest
from scipy.stats import loguniform, randint, uniform

from sklearn_automl.samplers import choose_sampler
from sklearn_automl.space import SearchSpace, When

NUMBERS = {"a": uniform(), "b": loguniform(1e-3, 1), "c": randint(1, 100)}
CATEGORIES = {"a": uniform(), "b": ["x", "y"]}
CONDITION = {"a": ["x", "y"], "b": When("a", "x", uniform())}
ALTERNATIVES = [{"a": uniform()}, {"b": uniform()}]
SPACES = [NUMBERS, CATEGORIES, CONDITION, ALTERNATIVES]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n_trials", [1, 50, 500])
def test_up_to_500_evaluations_a_gaussian_process_proposes(space, n_trials):
    assert choose_sampler(SearchSpace(space), n_trials) == "gp"


@pytest.mark.parametrize(
    ("space", "name"),
    [
        (NUMBERS, "particle_swarm"),
        (CATEGORIES, "gp"),
        (CONDITION, "gp"),
        (ALTERNATIVES, "gp"),
        ({"a": [1, 2, 3], "b": uniform()}, "particle_swarm"),  # sorted numbers
    ],
)
def test_more_evaluations_of_numbers_are_for_a_swarm(space, name):
    assert choose_sampler(SearchSpace(space), 501) == name


@pytest.mark.parametrize("n_trials", [6, 7, 1000])
def test_a_space_that_is_used_up_needs_no_model(n_trials):
    space = SearchSpace({"a": [1, 2, 3], "b": ["x", "y"]})
    assert choose_sampler(space, n_trials) == "random"
    assert choose_sampler(space, 5) == "gp"
