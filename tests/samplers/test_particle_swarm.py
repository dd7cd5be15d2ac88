import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import ParticleSwarmSampler
from sklearn_automl.samplers._population import Child
from sklearn_automl.space import SearchSpace
from tests.samplers.breeding import bind, point, run, tell


class Fixed:
    """A generator whose random numbers are all the same."""

    def __init__(self, value):
        self._value = value

    def random(self, shape):
        return np.full(shape, self._value)


def swarm(losses, size=None, space=None, resource=1):
    size = len(losses) if size is None else size
    where = {} if space is None else {"space": space}
    sampler = bind(ParticleSwarmSampler(population_size=size), **where)
    for loss in losses:
        tell(sampler, sampler.ask(), loss, resource)
    return sampler


def test_velocity_and_position_are_those_of_the_formula():
    sampler = swarm([2.0, 1.0, 3.0])
    first, second = sampler._swarm[:2]
    first.position = np.array([0.3, 0.4, 0.5, 0.6])
    first.velocity = np.array([0.01, -0.02, 0.03, 0.0])
    own, best = first.best.genotype.copy(), second.best.genotype.copy()
    sampler.rng = Fixed(0.25)
    _, position, velocity = sampler._breed(1).origin
    expected = 0.729 * first.velocity
    expected += 1.49 * 0.25 * (own - first.position)
    expected += 1.49 * 0.25 * (best - first.position)
    np.testing.assert_allclose(velocity, expected)
    np.testing.assert_allclose(position, first.position + expected)


def test_the_first_velocity_is_half_of_the_way_to_a_place_in_the_cube():
    sampler = swarm([float(i) for i in range(20)])
    positions = np.array([particle.position for particle in sampler._swarm])
    velocities = np.array([particle.velocity for particle in sampler._swarm])
    places = positions + 2 * velocities
    assert (places >= 0).all()
    assert (places <= 1).all()
    assert places.std() == pytest.approx(math.sqrt(1 / 12), rel=0.2)


def test_a_flight_counts_only_if_it_is_proposed():
    sampler = swarm([2.0, 1.0, 3.0])
    particle = sampler._swarm[0]
    before = particle.position.copy()
    sampler._breed(1)
    assert (particle.position == before).all()
    config = sampler.ask()
    np.testing.assert_allclose(particle.position, point(config))
    assert sampler._swarm[-1] is particle


def test_a_particle_stops_on_its_way_to_the_wall():
    sampler = swarm([2.0, 1.0, 3.0])
    particle = sampler._swarm[0]
    particle.position = np.array([0.4, 0.4, 0.5, 0.5])
    particle.velocity = np.array([5.0, -5.0, 0.0, 0.0])
    sampler.rng = Fixed(0.25)
    _, position, velocity = sampler._breed(1).origin
    assert position[:2] == pytest.approx([0.4 + 0.6 / 4, 0.4 - 0.4 / 4])
    assert velocity[:2].tolist() == [0, 0]


def test_a_particle_flies_on_from_where_another_has_been():
    space = SearchSpace({"n": [1, 2, 3, 4], "m": [1, 2, 3, 4]})
    sampler, _ = run(
        ParticleSwarmSampler(population_size=4), 8, space, lambda c: c["n"]
    )
    first = sampler._swarm[0]
    known, *_, worst = sorted(sampler._individuals.values(), key=lambda i: i.rank)
    first.best = worst
    x, v = np.array([0.3, 0.4]), np.array([0.1, 0.2])
    sampler._repeated(known.key, Child(known.genotype, (first, x, v)))
    assert sampler._swarm[-1] is first
    assert first.current is known
    assert first.best is known
    assert (first.position == x).all()
    sampler._repeated(worst.key, Child(worst.genotype, (first, x, v)))
    assert (first.current, first.best) == (worst, known)


def test_a_particle_remembers_its_best():
    sampler = swarm([2.0, 1.0, 3.0])
    particle = sampler._swarm[0]
    better, worse = sampler.ask(), None
    tell(sampler, better, 0.5)
    assert particle.best.loss == 0.5
    for _ in range(3):
        worse = sampler.ask()
        tell(sampler, worse, 9.0)
    assert particle.current.loss == 9.0
    assert particle.best.loss == 0.5


@pytest.mark.parametrize("resource", [0, 1])
def test_a_slow_particle_is_passed_over(resource):
    sampler = swarm([2.0, 1.0, 3.0], resource=resource)
    slow = sampler._swarm[0]
    sampler.ask()
    for _ in range(6):
        tell(sampler, sampler.ask(), 5.0, resource)
    assert sampler._swarm[0] is slow  # longest ago, and still not evaluated
    sampler.ask()
    sampler.ask()
    sampler.ask()  # all are in flight by now: it flies on without a result
    assert sampler._swarm[-1] is slow


def test_a_promoted_flight_becomes_the_best_of_its_particle():
    sampler = swarm([2.0, 1.0, 3.0])
    particle = sampler._swarm[0]
    config = sampler.ask()
    tell(sampler, config, 4.0, resource=1)
    assert particle.best.loss == 2.0
    tell(sampler, config, 6.0, resource=3)
    assert particle.best.loss == 6.0


def test_a_best_that_fails_with_more_of_the_resource_attracts_nobody():
    sampler = swarm([2.0, 1.0, 3.0])
    failed, _, other = sampler._swarm
    for particle in (failed, sampler._swarm[1]):
        config = dict(zip("wxyz", map(float, particle.best.genotype), strict=True))
        tell(sampler, config, math.inf, resource=3)
    sampler.rng = Fixed(0.25)
    failed.velocity = np.zeros(4)
    _, _, velocity = sampler._breed(1).origin
    expected = 2 * 1.49 * 0.25 * (other.best.genotype - failed.position)
    np.testing.assert_allclose(velocity, expected)


def test_without_any_best_left_it_is_random_search():
    sampler = swarm([2.0, 1.0, 3.0])
    for particle in sampler._swarm:
        config = dict(zip("wxyz", map(float, particle.best.genotype), strict=True))
        tell(sampler, config, math.inf, resource=3)
    config = sampler.ask()
    assert sampler.n_proposals["too few observations"] == 1
    tell(sampler, config, 1.0)
    sampler.ask()
    assert sampler.n_proposals["bred"] == 1


def test_what_others_have_found_becomes_the_best_of_the_worst():
    sampler = swarm([2.0, 1.0, 3.0])
    worst = max(sampler._swarm, key=lambda p: p.best.loss)
    tell(sampler, dict.fromkeys("wxyz", 0.5), 0.1)
    assert worst.best.loss == 0.1
    tell(sampler, dict.fromkeys("wxyz", 0.6), math.inf)
    assert sorted(p.best.loss for p in sampler._swarm) == [0.1, 1.0, 2.0]


CATEGORIES = SearchSpace({"kind": ["a", "b", "c", "d"], "x": uniform()})


def test_a_category_has_a_coordinate_for_each_value():
    sampler = swarm([1.0, 2.0], space=CATEGORIES)
    position = sampler._spread(np.array([0.3, 0.7]))
    np.testing.assert_allclose(position, [0.025, 0.925, 0.025, 0.025, 0.7])


def test_categories_are_drawn_by_their_probabilities():
    sampler = swarm([1.0, 2.0], space=CATEGORIES)
    position = np.array([0.5, 0.0, 0.25, 0.25, 0.7])
    drawn = np.array([sampler._draw(position) for _ in range(400)])
    counts = np.bincount((drawn[:, 0] * 4).astype(int), minlength=4)
    assert counts == pytest.approx([200, 0, 100, 100], abs=40)
    assert (drawn[:, 1] == 0.7).all()
    drawn = [sampler._draw(np.zeros(5))[0] for _ in range(100)]
    assert len(set(drawn)) == 4


def test_categories_fly_to_the_best_one():
    def loss(config):
        return (config["kind"] != "c") + (config["x"] - 0.3) ** 2

    sampler, _ = run(ParticleSwarmSampler(), 150, CATEGORIES, loss)
    kinds = [sampler.ask()["kind"] for _ in range(20)]
    assert kinds.count("c") >= 12
