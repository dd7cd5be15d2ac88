import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import RegularizedEvolutionSampler
from sklearn_automl.samplers._population import Individual
from sklearn_automl.space import SearchSpace, When
from tests.samplers.breeding import bind, point, run, tell


def test_the_oldest_die_even_if_they_are_the_best():
    sampler = bind(RegularizedEvolutionSampler(population_size=3))
    for loss in [0.0, 5.0, 4.0, 3.0, 2.0]:
        tell(sampler, sampler.ask(), loss)
    assert [member.loss for member in sampler._population] == [4.0, 3.0, 2.0]


def test_age_counts_from_the_first_result():
    sampler = bind(RegularizedEvolutionSampler(population_size=2))
    a, b, c = (sampler.ask() for _ in range(3))
    for loss, config in [(3.0, c), (1.0, a), (2.0, b)]:
        tell(sampler, config, loss)
    assert [member.loss for member in sampler._population] == [1.0, 2.0]


def test_a_promotion_neither_renews_nor_revives():
    sampler = bind(RegularizedEvolutionSampler(population_size=2))
    a, b, c = (sampler.ask() for _ in range(3))
    tell(sampler, a, 1.0)
    tell(sampler, b, 2.0)
    tell(sampler, a, 1.5, resource=3)
    assert [member.loss for member in sampler._population] == [1.5, 2.0]
    tell(sampler, c, 3.0)
    tell(sampler, a, 1.2, resource=9)
    assert [member.loss for member in sampler._population] == [2.0, 3.0]


def test_who_fails_with_more_of_the_resource_dies():
    sampler = bind(RegularizedEvolutionSampler(population_size=3))
    a, b, c = (sampler.ask() for _ in range(3))
    tell(sampler, a, 1.0)
    tell(sampler, b, 2.0)
    tell(sampler, a, np.inf, resource=3)
    assert [member.loss for member in sampler._population] == [2.0]
    tell(sampler, c, np.inf, resource=3)
    tell(sampler, c, 3.0)  # late, from before it has failed
    assert [member.loss for member in sampler._population] == [2.0]


def test_a_child_differs_from_its_parent_in_one_place():
    sampler, _ = run(RegularizedEvolutionSampler(), 40)
    parents = np.array([member.genotype for member in sampler._population])
    for _ in range(50):
        child = sampler._breed(1).genotype
        assert (child != parents).sum(axis=1).min() == 1


def test_the_parent_is_the_best_of_a_sample():
    sampler = bind(RegularizedEvolutionSampler(sample_size=200, mutation_scale=0))
    told = [sampler.ask() for _ in range(20)]
    for i, config in enumerate(told):
        tell(sampler, config, abs(i - 7))
    # Of 200 draws with replacement the best of all is one, and it is not moved.
    assert sampler._breed(1).genotype == pytest.approx(point(told[7]))


@pytest.mark.parametrize("size", [1, 5])
def test_the_sample_is_of_its_size(size):
    sampler = bind(RegularizedEvolutionSampler(sample_size=size, mutation_scale=0))
    told = [sampler.ask() for _ in range(20)]
    for rank, config in enumerate(told):
        tell(sampler, config, rank)
    x = [point(config)[0] for config in told]
    nearest = lambda child: np.abs(np.array(x) - child.genotype[0]).argmin()  # noqa: E731
    ranks = [nearest(sampler._breed(1)) for _ in range(600)]
    # The least of S draws of 0..19 with replacement.
    expected = sum((1 - k / 20) ** size for k in range(1, 20))
    assert np.mean(ranks) == pytest.approx(expected, abs=0.8)


def test_the_sample_is_drawn_with_replacement():
    sampler = bind(
        RegularizedEvolutionSampler(population_size=4, sample_size=4, mutation_scale=0)
    )
    told = [sampler.ask() for _ in range(4)]
    for rank, config in enumerate(told):
        tell(sampler, config, rank)
    children = [sampler._breed(1).genotype for _ in range(400)]
    share = np.mean([child == pytest.approx(point(told[0])) for child in children])
    assert share == pytest.approx(1 - (3 / 4) ** 4, abs=0.08)  # and not 1


def test_only_active_parameters_are_mutated():
    space = SearchSpace({"a": [0, 1], "b": When("a", 1, uniform()), "c": [9]})
    sampler = bind(RegularizedEvolutionSampler(population_size=2), space)
    for genotype in ([0.25, 0.3, 0.5], [0.25, 0.7, 0.5]):
        number = int(10 * genotype[1])
        member = Individual(number, np.array(genotype), number, loss=0.0, resource=1)
        sampler._learn(member, 0.0, 1)
    for _ in range(20):
        child = sampler._breed(1).genotype
        # With a=0, a alone is active; what b was is kept for a=1.
        assert child[0] == 0.75
        assert child[1] in (0.3, 0.7)


def test_a_space_without_choice_is_not_mutated():
    space = SearchSpace({"a": [1], "b": ["x"]})
    sampler = bind(RegularizedEvolutionSampler(population_size=1), space)
    config = sampler.ask()
    tell(sampler, config, 0.0)
    assert space.decode(sampler._breed(1).genotype) == config


def test_a_lucky_result_does_not_stay():
    sampler = bind(RegularizedEvolutionSampler(population_size=10))
    tell(sampler, sampler.ask(), -100.0)
    for _ in range(60):
        tell(sampler, sampler.ask(), 1.0)
    assert all(member.loss == 1.0 for member in sampler._population)


def test_a_sample_can_hold_the_same_one_twice():
    sampler = bind(RegularizedEvolutionSampler(sample_size=20, mutation_scale=0))
    told = [sampler.ask() for _ in range(20)]
    for rank, config in enumerate(told):
        tell(sampler, config, rank)
    x = point(told[0])[0]
    best = [abs(sampler._breed(1).genotype[0] - x) < 1e-9 for _ in range(600)]
    # A sample without replacement would always hold the best of the twenty.
    assert np.mean(best) == pytest.approx(1 - 0.95**20, abs=0.08)
