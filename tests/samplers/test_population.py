"""What all evolutionary samplers have in common."""

import math
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform

from sklearn_automl.samplers import (
    CMAESSampler,
    DifferentialEvolutionSampler,
    GeneticSampler,
    Observation,
    ParticleSwarmSampler,
    RegularizedEvolutionSampler,
    make_sampler,
)
from sklearn_automl.samplers._population import Individual, _reflect
from sklearn_automl.space import SearchSpace, When
from tests.samplers.breeding import CUBE, bind, point, regrets, run, sphere, tell

SAMPLERS = {
    "genetic": GeneticSampler(),
    "regularized_evolution": RegularizedEvolutionSampler(),
    "differential_evolution": DifferentialEvolutionSampler(),
    "particle_swarm": ParticleSwarmSampler(),
}
MIXED = SearchSpace(
    {
        "kind": ["d", "c", "b", "a"],
        "c": loguniform(1e-3, 1e3),
        "n": randint(1, 100),
        "g": When("kind", ["a", "b"], uniform(0, 1)),
    }
)
ALL = dict(SAMPLERS)
if find_spec("cmaes") is not None:
    ALL["cma_es"] = CMAESSampler()

each_sampler = pytest.mark.parametrize("name", SAMPLERS)
each_of_all = pytest.mark.parametrize("name", ALL)


def mixed_loss(config):
    loss = {"a": 0, "b": 0.3, "c": 0.6, "d": 0.9}[config["kind"]]
    loss += (math.log10(config["c"]) - 1) ** 2 / 4 + (config["n"] - 20) ** 2 / 1000
    return loss + (config.get("g", 0.7) - 0.7) ** 2


@each_of_all
def test_is_known_by_name(name):
    assert type(make_sampler(name)) is type(ALL[name])


@each_of_all
def test_a_scheduler_must_wait_for_what_it_learns_from(name):
    assert ALL[name].learns


# Of what random search is left with: more than the worst seen in 40 seeds.
@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("genetic", 0.15),
        ("regularized_evolution", 0.15),
        ("differential_evolution", 0.6),
        ("particle_swarm", 0.4),
        ("cma_es", 0.2),
    ],
)
def test_is_better_than_random_search(name, share):
    if name not in ALL:
        pytest.skip("cmaes is not installed")
    evolved, random = regrets(ALL[name])
    assert np.median(evolved) < share * np.median(random)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("genetic", 0.15),
        ("regularized_evolution", 0.3),
        ("differential_evolution", 0.8),
        ("particle_swarm", 0.4),
    ],
)
def test_is_better_with_categories_and_conditions(name, share):
    evolved, random = regrets(SAMPLERS[name], space=MIXED, loss=mixed_loss)
    assert np.median(evolved) < share * np.median(random)


@each_sampler
def test_begins_with_a_latin_hypercube(name):
    sampler = bind(SAMPLERS[name])
    points = np.array([point(sampler.ask()) for _ in range(20)])
    cells = np.sort(np.floor(20 * points), axis=0)
    assert (cells == np.arange(20)[:, None]).all()


@each_sampler
def test_initial_configurations_are_part_of_the_first_population(name):
    sampler = bind(SAMPLERS[name], initial=[dict.fromkeys("wxyz", 0.5)])
    for _ in range(20):
        tell(sampler, sampler.ask())
    sampler.ask()
    assert sampler.n_proposals == {"initial": 1, "initial design": 19, "bred": 1}


@each_sampler
def test_what_others_have_found_is_a_population_too(name):
    sampler, rng = bind(SAMPLERS[name]), np.random.default_rng(1)
    for _ in range(20):
        tell(sampler, CUBE.sample(rng))
    sampler.ask()
    assert sampler.n_proposals == {"bred": 1}


@each_of_all
def test_learns_from_what_others_have_found(name):
    sampler, rng = bind(ALL[name]), np.random.default_rng(1)
    for _ in range(30):
        near = dict(zip("wxyz", 0.1 + 0.02 * rng.random(4), strict=True))
        tell(sampler, near, loss=0.0)
    proposals = np.array([point(sampler.ask()) for _ in range(30)])
    # The mean of uniform draws is 0.5.
    assert np.median(proposals) < 0.4


@each_of_all
def test_results_that_never_come_hold_nobody_up(name):
    sampler = bind(ALL[name])
    lost = 0
    for i in range(60):
        config = sampler.ask()
        if i % 3:
            tell(sampler, config)
        else:
            lost += 1
    assert lost == 20
    assert sampler.n_proposals["bred"] >= 40
    assert sampler.n_proposals["too few observations"] == 0


@each_sampler
def test_without_results_it_is_random_search(name):
    sampler = bind(SAMPLERS[name])
    for _ in range(50):
        sampler.ask()
    assert sampler.n_proposals == {"initial design": 20, "too few observations": 30}


@each_sampler
def test_nobody_descends_from_a_failure(name):
    sampler = bind(SAMPLERS[name])
    for _ in range(20):
        config = sampler.ask()
        tell(sampler, config, math.nan if config["x"] > 0.2 else 1.0)
    children = [sampler.ask() for _ in range(20)]
    assert np.mean([child["x"] < 0.3 for child in children]) > 0.7


@each_sampler
def test_with_failures_only_it_is_random_search(name):
    sampler = bind(SAMPLERS[name])
    for _ in range(40):
        tell(sampler, sampler.ask(), math.inf)
    assert sampler.n_proposals == {"initial design": 20, "too few observations": 20}


@each_of_all
@pytest.mark.parametrize("changed", [lambda x: 7 + 100 * x, lambda x: x**3, np.log])
def test_only_ranks_of_losses_count(name, changed):
    sampler, same = bind(ALL[name]), bind(ALL[name])
    for _ in range(60):
        config = sampler.ask()
        assert same.ask() == config
        tell(sampler, config)
        tell(same, config, changed(sphere(config)))


@each_of_all
def test_children_of_a_converged_population_are_new(name):
    space = SearchSpace({"n": randint(0, 2000), "m": randint(0, 2)})
    sampler, losses = run(
        ALL[name], 150, space, lambda c: abs(c["n"] - 900) + c["m"], seed=1
    )
    assert min(losses) < 20
    assert sampler.n_proposals["bred"] > 60


@each_of_all
def test_a_repeated_child_is_given_up_after_a_while(name, monkeypatch):
    sampler, _ = run(ALL[name], 30)
    calls, breed = [], sampler._breed
    child = breed(1)
    known = sampler._individuals[next(iter(sampler._individuals))]
    object.__setattr__(child, "genotype", known.genotype)
    monkeypatch.setattr(sampler, "_breed", lambda resource: calls.append(1) or child)
    sampler.ask()
    assert len(calls) == 20
    assert sampler.n_proposals["nothing new"] == 1


@each_of_all
def test_in_a_space_that_is_nearly_used_up_few_children_are_tried(name, monkeypatch):
    space = SearchSpace({"n": list(range(10)), "m": list(range(10))})
    sampler, _ = run(ALL[name], 97, space, lambda c: c["n"] + c["m"])
    monkeypatch.setattr(sampler, "_rest", None)  # as if it had never been listed
    calls, child = [], sampler._breed(1)
    known = next(iter(sampler._individuals.values()))
    object.__setattr__(child, "genotype", known.genotype)
    monkeypatch.setattr(sampler, "_breed", lambda resource: calls.append(1) or child)
    sampler.ask()
    assert len(calls) == 20


def test_a_point_of_the_design_that_is_not_new_gives_way_to_the_next():
    space = SearchSpace({"a": list(range(6)), "b": list(range(6))})
    sampler = bind(GeneticSampler(), space)
    sampler.ask_together(12)
    assert sampler.n_proposals == {"initial design": 12}


@each_sampler
def test_inactive_coordinates_are_inherited(name):
    space = SearchSpace({"a": [0, 1], "b": When("a", 1, uniform())})
    sampler, _ = run(SAMPLERS[name], 60, space, lambda c: c.get("b", 1.0))
    for individual in sampler._individuals.values():
        assert not np.isnan(individual.genotype).any()


def test_more_of_the_resource_comes_first_and_failures_last():
    def rank(loss, resource, number=0):
        return Individual((), np.zeros(1), number, loss, resource).rank

    assert rank(0.9, 9) < rank(0.1, 3) < rank(0.2, 3) < rank(0.2, 3, 1)
    assert rank(0.9, 1) < rank(math.inf, 9)


def test_a_late_result_of_a_lower_rung_does_not_count():
    sampler = bind(GeneticSampler())
    config = sampler.ask()
    tell(sampler, config, 0.5, resource=9)
    tell(sampler, config, 0.1, resource=3)
    (individual,) = sampler._population.values()
    assert (individual.loss, individual.resource) == (0.5, 9)


def test_a_second_result_of_the_same_resource_replaces_the_first():
    sampler = bind(GeneticSampler())
    config = sampler.ask()
    tell(sampler, config, 0.1)
    tell(sampler, config, 0.9)
    (individual,) = sampler._population.values()
    assert individual.loss == 0.9


def test_a_result_without_any_resource_is_a_result():
    sampler = bind(GeneticSampler())
    tell(sampler, sampler.ask(), 0.5, resource=0)
    (individual,) = sampler._population.values()
    assert (individual.loss, individual.resource) == (0.5, 0)


def test_a_step_over_the_border_is_reflected():
    folded = [_reflect(u) for u in (0.4, -0.2, 1.2, 2.3)]
    np.testing.assert_allclose(folded, [0.4, 0.2, 0.8, 0.3])


@pytest.mark.parametrize(
    ("Sampler", "option", "words"),
    [
        (GeneticSampler, {"population_size": 1}, "population_size=1 .* at least 2"),
        (GeneticSampler, {"population_size": 9.0}, "population_size=9.0 .* integer"),
        (GeneticSampler, {"tournament_size": 0}, "tournament_size=0 .* at least 1"),
        (GeneticSampler, {"mutation_rate": 2}, "mutation_rate=2 .* between 0 and 1"),
        (GeneticSampler, {"mutation_scale": -1}, "mutation_scale=-1 .* between 0"),
        (RegularizedEvolutionSampler, {"sample_size": 0}, "sample_size=0 .* least 1"),
        (DifferentialEvolutionSampler, {"population_size": 3}, "=3 .* at least 4"),
        (DifferentialEvolutionSampler, {"mutation_factor": 0}, "factor=0 .* than 0"),
        (DifferentialEvolutionSampler, {"crossover_rate": 1.1}, "rate=1.1 .* 0 and 1"),
        (ParticleSwarmSampler, {"inertia": 1.5}, "inertia=1.5 .* between 0 and 1"),
        (ParticleSwarmSampler, {"own_pull": math.nan}, "own_pull=nan .* 0 and 4"),
        (CMAESSampler, {"population_size": 3}, "population_size=3 .* at least 4"),
        (CMAESSampler, {"sigma": 0}, "sigma=0 .* more than 0 and at most 1"),
        (GeneticSampler, {"mutation_rate": "x"}, "rate='x' .* number between 0 and 1"),
        (GeneticSampler, {"mutation_scale": True}, "scale=True .* number between 0"),
        (RegularizedEvolutionSampler, {"mutation_scale": None}, "scale=None .* 0 and"),
        (DifferentialEvolutionSampler, {"mutation_factor": "a"}, "'a' .* most 2"),
        (ParticleSwarmSampler, {"inertia": "a"}, "inertia='a' .* number between 0"),
        (CMAESSampler, {"sigma": 1.1}, "sigma=1.1 .* more than 0 and at most 1"),
        (DifferentialEvolutionSampler, {"mutation_factor": 2.1}, "=2.1 .* at most 2"),
        (ParticleSwarmSampler, {"swarm_pull": 4.1}, "pull=4.1 .* between 0 and 4"),
        (CMAESSampler, {"sigma": "a"}, "sigma='a' .* number more than 0"),
    ],
)
def test_options_are_refused_by_name(Sampler, option, words):
    with pytest.raises(ValueError, match=words):
        Sampler(**option)


BREEDERS = ["genetic", "regularized_evolution", "differential_evolution"]
PAIRS = SearchSpace({"a": list("pqrs"), "b": list("wxyz"), "c": uniform(0, 1)})


def share_of_invalid(name, n=100, n_counted=60):
    """Return how many late proposals fail where half of the pairs are invalid."""
    sampler = make_sampler(name).bind(PAIRS, np.random.default_rng(0))
    n_invalid = 0
    for i in range(n):
        config = sampler.ask()
        is_invalid = ("pqrs".index(config["a"]) + "wxyz".index(config["b"])) % 2 == 1
        n_invalid += is_invalid and i >= n - n_counted
        loss = math.inf if is_invalid else config["c"]
        sampler.tell(Observation(config, loss, 1))
    return n_invalid / n_counted


@pytest.mark.parametrize("name", BREEDERS)
def test_children_keep_away_from_combinations_that_have_failed(name):
    assert share_of_invalid(name) < 0.1


@pytest.mark.parametrize("name", BREEDERS)
def test_where_everything_around_has_failed_children_are_proposed_all_the_same(name):
    space = SearchSpace({"a": list("pq"), "c": uniform(0, 1)})
    sampler = make_sampler(name, population_size=5).bind(
        space, np.random.default_rng(0)
    )
    for i in range(60):
        config = sampler.ask()
        sampler.tell(Observation(config, config["c"] if i < 10 else math.inf, 1))
    assert len({round(sampler.ask()["c"], 9) for _ in range(20)}) == 20
