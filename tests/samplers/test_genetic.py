import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import GeneticSampler
from sklearn_automl.space import SearchSpace
from tests.samplers.breeding import CUBE, bind, point, run, tell


def test_the_best_are_never_lost():
    sampler, losses = run(GeneticSampler(population_size=5), 80)
    members = sorted(m.loss for m in sampler._population.values())
    assert members == sorted(losses)[:5]


def test_a_tournament_of_all_has_the_best_for_both_parents():
    sampler = bind(GeneticSampler(tournament_size=20, mutation_rate=0))
    told = [sampler.ask() for _ in range(20)]
    for rank, config in enumerate(told):
        tell(sampler, config, rank)
    # Nothing is crossed or mutated that could differ from the best.
    assert (sampler._breed(1).genotype == point(told[0])).all()


def test_a_tournament_of_one_selects_nobody():
    sampler = bind(GeneticSampler(tournament_size=1))
    for rank in range(20):
        tell(sampler, sampler.ask(), rank)
    losses = [sampler._tournament().loss for _ in range(500)]
    assert np.mean(losses) == pytest.approx(9.5, abs=1)


def test_the_best_of_three_are_selected():
    sampler = bind(GeneticSampler())
    for rank in range(20):
        tell(sampler, sampler.ask(), rank)
    losses = np.array([sampler._tournament().loss for _ in range(1000)])
    # The best of three different ones of 20 has the rank (20 + 1) / (3 + 1) - 1.
    assert losses.mean() == pytest.approx(4.25, abs=0.5)
    assert losses.max() <= 17


def test_without_mutation_each_coordinate_is_one_of_a_parents():
    sampler = bind(GeneticSampler(population_size=2, mutation_rate=0))
    parents = [point(sampler.ask()) for _ in range(2)]
    for parent in parents:
        config = dict(zip(sorted("wxyz"), map(float, parent), strict=True))
        tell(sampler, config)
    children = np.array([sampler._breed(1).genotype for _ in range(200)])
    is_mothers = children == parents[0]
    assert (is_mothers | (children == parents[1])).all()


def test_crossover_takes_half_of_each_parent(monkeypatch):
    sampler = bind(GeneticSampler(mutation_rate=0))
    a, b = dict.fromkeys("wxyz", 0.2), dict.fromkeys("wxyz", 0.8)
    tell(sampler, a)
    tell(sampler, b)
    by_turns = iter(list(sampler._population.values()) * 200)
    monkeypatch.setattr(sampler, "_tournament", lambda: next(by_turns))
    children = np.array([sampler._breed(1).genotype for _ in range(200)])
    assert (children == 0.2).mean(axis=0) == pytest.approx([0.5] * 4, abs=0.12)
    assert (children == 0.2).mean() + (children == 0.8).mean() == 1


def mutated(space, sampler, at, n=400):
    sampler = bind(sampler, space)
    tell(sampler, space.decode(np.array(at)), 0.0)
    tell(sampler, space.decode(np.array(at) * 0.999), 0.1)
    sampler._tournament = lambda: next(iter(sampler._population.values()))
    return np.array([sampler._breed(1).genotype for _ in range(n)])


def test_one_gene_is_mutated_on_average_by_a_tenth():
    children = mutated(CUBE, GeneticSampler(), [0.5] * 4)
    steps = children - 0.5
    assert (steps != 0).mean() == pytest.approx(1 / 4, abs=0.05)
    assert steps[steps != 0].std() == pytest.approx(0.1, abs=0.02)


def test_one_gene_of_the_largest_alternative_is_mutated_on_average():
    space = SearchSpace(
        [{"a": uniform(), "b": uniform()}, {"c": uniform(), "d": uniform()}]
    )
    children = mutated(space, GeneticSampler(), [0.1, 0.5, 0.5, 0.5, 0.5])
    # Three columns are active: the choice of the alternative and two parameters.
    is_changed = children[:, 1:3] != 0.5
    assert is_changed.mean() == pytest.approx(1 / 3, abs=0.05)


def test_mutation_of_a_category_is_any_other():
    space = SearchSpace({"kind": ["a", "b", "c", "d"], "x": uniform()})
    children = mutated(space, GeneticSampler(mutation_rate=1), [0.1, 0.5])
    kinds = [space.decode(child)["kind"] for child in children]
    counts = [kinds.count(kind) for kind in "abcd"]
    assert counts == pytest.approx([0, 133, 133, 133], abs=40)


def test_mutation_reaches_the_neighbours_of_a_short_list():
    space = SearchSpace({"n": [1, 2, 4], "x": uniform()})
    sampler = GeneticSampler(mutation_rate=1, mutation_scale=0.01)
    children = mutated(space, sampler, [0.5, 0.5])
    assert {space.decode(child)["n"] for child in children} == {1, 2, 4}


def test_who_fails_with_more_of_the_resource_leaves_the_population():
    sampler = bind(GeneticSampler())
    config = sampler.ask()
    tell(sampler, config, 0.1, resource=1)
    assert len(sampler._population) == 1
    tell(sampler, config, np.inf, resource=3)
    assert not sampler._population


def test_who_is_promoted_comes_back():
    sampler = bind(GeneticSampler(population_size=2))
    configs = [sampler.ask() for _ in range(3)]
    for loss, config in zip([0.1, 0.2, 0.3], configs, strict=True):
        tell(sampler, config, loss)
    assert sorted(m.loss for m in sampler._population.values()) == [0.1, 0.2]
    tell(sampler, configs[2], 0.25, resource=3)
    assert sorted(m.loss for m in sampler._population.values()) == [0.1, 0.25]
