import numpy as np
import pytest
from scipy.stats import kstest, loguniform, uniform

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import RandomSampler
from sklearn_automl.space import SearchSpace, When


def bind(space, seed=0):
    return RandomSampler().bind(SearchSpace(space), np.random.default_rng(seed))


class Few:
    """An object with ``rvs`` only: no one knows how many values it has."""

    def rvs(self, random_state):
        return int(random_state.randint(5))


def test_draws_from_the_distribution():
    sampler = bind({"c": loguniform(1e-3, 1e3)})
    values = [sampler.ask()["c"] for _ in range(500)]
    assert kstest(values, loguniform(1e-3, 1e3).cdf).pvalue > 0.01


def test_draws_values_of_a_list_equally_often():
    sampler = bind({"kind": ["x", "y"], "u": uniform()})
    kinds = [sampler.ask()["kind"] for _ in range(1000)]
    assert kinds.count("x") == pytest.approx(500, abs=60)


def test_draws_from_small_and_large_alternatives_equally_often():
    sampler = bind([{"a": uniform()}, {"b": list(range(10_000))}])
    n_first = sum("a" in sampler.ask() for _ in range(1000))
    assert n_first == pytest.approx(500, abs=60)


@pytest.mark.parametrize("place", [0, 4, 5, 9])
def test_draws_each_half_of_a_finite_space_without_preference(place):
    # The second half comes from what is left, in random order too.
    values = []
    for seed in range(300):
        sampler = bind({"a": list(range(10))}, seed)
        values.append([sampler.ask()["a"] for _ in range(10)][place])
    counts = [values.count(v) for v in range(10)]
    assert counts == pytest.approx([30] * 10, abs=20)


def test_gives_up_where_nothing_new_can_be_drawn():
    sampler = bind({"a": Few()})
    values = [sampler.ask()["a"] for _ in range(5)]
    assert sorted(values) == [0, 1, 2, 3, 4]
    with pytest.raises(SearchSpaceExhausted):
        sampler.ask()


def test_a_space_with_rare_configurations_is_still_exhausted():
    # One draw in 2,000 gives the combination that comes last.
    space = {"a": [0, *range(1, 1000)], "b": When("a", 0, [1, 2, 3])}
    sampler = bind(space)
    seen = [sampler.ask() for _ in range(1002)]
    assert sum(config["a"] == 0 for config in seen) == 3
    with pytest.raises(SearchSpaceExhausted):
        sampler.ask()


def test_does_not_list_a_space_that_is_too_large():
    sampler = bind({f"p{i}": list(range(100)) for i in range(10)})
    assert len({repr(sampler.ask()) for _ in range(100)}) == 100
