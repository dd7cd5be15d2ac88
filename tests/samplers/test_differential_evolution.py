import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import DifferentialEvolutionSampler
from sklearn_automl.schedulers import Hyperband
from sklearn_automl.space import SearchSpace
from tests.samplers.breeding import bind, point, run, tell


class Scripted:
    """A generator that says what it is told to, and nothing else."""

    def __init__(self, choice=(), random=(), integers=()):
        self._answers = {
            "choice": iter(choice),
            "random": iter(random),
            "integers": iter(integers),
        }

    def choice(self, *args, **kwargs):
        return np.array(next(self._answers["choice"]))

    def random(self, *args):
        return np.array(next(self._answers["random"]))

    def integers(self, *args):
        return next(self._answers["integers"])


def with_population(points, losses=None, resource=1, **options):
    sampler = bind(DifferentialEvolutionSampler(population_size=5, **options))
    losses = range(len(points)) if losses is None else losses
    add(sampler, points, losses, resource)
    return sampler


def add(sampler, points, losses, resource):
    for values, loss in zip(points, losses, strict=True):
        config = dict(zip("wxyz", map(float, values), strict=True))
        tell(sampler, config, float(loss), resource)


POINTS = np.add.outer([0.1, 0.2, 0.3, 0.5, 0.6], [0, 0.01, 0.02, 0.03])


def test_four_of_a_lower_resource_are_parents_as_the_target_may_be_one_of_them():
    sampler = with_population(POINTS)
    add(sampler, POINTS[:1], [0.0], resource=3)
    parents = sampler._parents(sampler._populations[3], 3)
    np.testing.assert_allclose([parent.genotype for parent in parents], POINTS[:4])
    assert sampler._breed(3) is not None


def test_the_trial_is_that_of_the_formula():
    sampler = with_population(POINTS, mutation_factor=0.5, crossover_rate=0.5)
    # The target is the first; of the other four, the parents are these.
    sampler.rng = Scripted(
        choice=[[2, 3, 0]],
        random=[[], [0.4, 0.6, 0.9, 0.1]],
        integers=[2],
    )
    mutant = POINTS[3] + 0.5 * (POINTS[4] - POINTS[1])
    # Below CR are the first and the last; the third is the one that is always taken.
    expected = [mutant[0], POINTS[0, 1], mutant[2], mutant[3]]
    np.testing.assert_allclose(sampler._breed(1).genotype, expected)


def test_coordinates_out_of_range_are_drawn_anew():
    sampler = with_population(POINTS)
    sampler.rng = Scripted(random=[[0.77, 0.11]])
    base, a = np.array([0.9, 0.5, 0.1, 0.5]), np.array([0.9, 0.5, 0.1, 0.6])
    b = np.array([0.1, 0.5, 0.9, 0.5])
    assert sampler._mutant(base, a, b) == pytest.approx([0.77, 0.5, 0.11, 0.55])


def test_the_target_is_no_parent():
    sampler = with_population(POINTS[:4], crossover_rate=1, mutation_factor=1e-9)
    for turn in range(40):
        child = sampler._breed(1).genotype
        nearest = np.abs(POINTS[:4] - child).sum(axis=1).argmin()
        assert nearest != turn % 4


def test_the_three_parents_are_different(monkeypatch):
    sampler = with_population(POINTS)
    drawn = []
    original = sampler._mutant

    def mutant(*parents):
        drawn.append(len({parent[0] for parent in parents}))
        return original(*parents)

    monkeypatch.setattr(sampler, "_mutant", mutant)
    for _ in range(50):
        sampler._breed(1)
    assert drawn == [3] * 50


def test_every_place_has_its_turn():
    sampler = with_population(POINTS)
    assert [sampler._breed(1).origin for _ in range(7)] == [
        (1, place) for place in (0, 1, 2, 3, 4, 0, 1)
    ]


def losses_of(sampler, resource=1):
    return [member.loss for member in sampler._populations[resource]]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(-1.0, [-1, 1, 2, 3, 4]), (0.0, [0, 1, 2, 3, 4]), (0.5, [0, 1, 2, 3, 4])],
)
def test_a_trial_takes_the_place_of_its_target_unless_it_is_worse(loss, expected):
    sampler = with_population(POINTS)
    trial = sampler.ask()
    tell(sampler, trial, loss)
    assert losses_of(sampler) == expected
    is_there = sampler._populations[1][0].individual.genotype == point(trial)
    assert is_there.all() == (loss <= 0)


def test_late_trials_compete_with_whoever_has_the_place_by_then():
    sampler = with_population(POINTS, losses=[9, 9, 9, 9, 9])
    trials = [sampler.ask() for _ in range(6)]  # the last is for the first place again
    tell(sampler, trials[5], 1.0)
    tell(sampler, trials[0], 2.0)
    assert losses_of(sampler) == [1, 9, 9, 9, 9]


def test_what_was_not_bred_has_the_place_of_the_worst():
    sampler = with_population(POINTS)
    tell(sampler, dict.fromkeys("wxyz", 0.9), 1.5)
    assert losses_of(sampler) == [0, 1, 2, 3, 1.5]
    tell(sampler, dict.fromkeys("wxyz", 0.8), 7.0)
    assert losses_of(sampler) == [0, 1, 2, 3, 1.5]


def test_a_failure_has_no_place():
    sampler = with_population(POINTS)
    tell(sampler, sampler.ask(), math.inf)
    assert losses_of(sampler) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("resource", [1, 3])
def test_who_fails_once_more_or_with_more_of_the_resource_has_no_place(resource):
    sampler = with_population(POINTS)
    trials = [sampler.ask() for _ in range(5)]
    config = dict(zip("wxyz", map(float, POINTS[1]), strict=True))
    tell(sampler, config, math.inf, resource)
    # The others keep theirs; the last has moved up, and its own is free.
    assert losses_of(sampler) == [0, 4, 2, 3]
    tell(sampler, trials[2], 1.5)
    tell(sampler, trials[4], 9.0)
    assert losses_of(sampler) == [0, 4, 1.5, 3, 9]


def test_a_late_result_of_who_has_failed_does_not_count():
    sampler = with_population(POINTS[:4])
    config = dict.fromkeys("wxyz", 0.9)
    tell(sampler, config, math.inf, resource=3)
    tell(sampler, config, 0.5)
    assert losses_of(sampler) == [0, 1, 2, 3]


def test_who_failed_with_less_of_the_resource_than_it_has_keeps_its_place():
    sampler = with_population(POINTS)
    config = dict(zip("wxyz", map(float, POINTS[1]), strict=True))
    tell(sampler, config, 0.5, resource=3)
    tell(sampler, config, math.inf)
    assert losses_of(sampler) == [0, 4, 2, 3]
    assert losses_of(sampler, 3) == [0.5]


def test_losses_of_other_resources_are_not_compared():
    sampler = with_population(POINTS)
    best = dict(zip("wxyz", map(float, POINTS[0]), strict=True))
    tell(sampler, best, 50.0, resource=3)
    assert losses_of(sampler) == [0, 1, 2, 3, 4]
    assert losses_of(sampler, 3) == [50]


def test_parents_are_the_best_with_the_next_lower_resource():
    low = np.linspace(0.1, 0.19, 5)[:, None] + np.zeros(4)
    high = np.linspace(0.8, 0.89, 5)[:, None] + np.zeros(4)
    sampler = with_population(low, losses=[3, 0, 4, 1, 2], resource=3)
    add(sampler, np.full((1, 4), 0.95), [0], 1)  # lower, but not the next
    add(sampler, high[:2], [1, 0], 9)
    add(sampler, np.full((1, 4), 0.5), [0], 27)  # higher is not lower
    parents = sampler._parents(sampler._populations[9], 9)
    # As many as there are with the resource, and never less than four.
    assert [p.genotype[0] for p in parents] == pytest.approx(low[[1, 3, 4, 0], 0])
    child = sampler._breed(9)
    assert child.origin == (9, 0)
    from_target = child.genotype == high[0, 0]
    assert not from_target.all()
    assert (child.genotype[~from_target] < 0.3).all()


def test_of_equal_losses_the_earlier_ones_are_parents():
    sampler = with_population(POINTS, losses=[1, 1, 1, 1, 1], resource=3)
    add(sampler, [[0.8] * 4], [0], 9)
    parents = sampler._parents(sampler._populations[9], 9)
    assert [p.genotype[0] for p in parents] == pytest.approx(POINTS[:4, 0])


def test_the_lowest_resource_has_its_own_parents():
    sampler = with_population(POINTS)
    add(sampler, np.full((1, 4), 0.9), [0], 3)
    parents = sampler._parents(sampler._populations[1], 1)
    assert [p.genotype[0] for p in parents] == pytest.approx(POINTS[:, 0])


def test_a_resource_at_which_all_have_failed_has_no_parents():
    sampler = with_population(POINTS)
    tell(sampler, dict.fromkeys("wxyz", 0.9), math.inf, resource=3)
    add(sampler, [[0.7, 0.7, 0.7, 0.7]], [1], 9)
    assert len(sampler._parents(sampler._populations[9], 9)) == 4


def test_the_steps_become_shorter():
    sampler, _ = run(DifferentialEvolutionSampler(), 400)
    points = np.array([m.individual.genotype for m in sampler._populations[1]])
    assert points.std(axis=0).max() < 0.15  # uniform draws have 0.29


def test_hyperband_breeds_from_its_second_bracket_on():
    space = SearchSpace({name: uniform() for name in "xy"})
    sampler = bind(DifferentialEvolutionSampler(), space)
    scheduler, bred = Hyperband(sampler, 1, 27), []
    while (job := scheduler.ask()) is not None:
        if job.rung == 0:
            bred.append((job.bracket, sampler.n_proposals["bred"]))
        noise = 1 / job.resource
        scheduler.tell(job, (job.config["x"] - 0.3) ** 2 + noise)
    assert scheduler.done
    assert max(n for bracket, n in bred if bracket == 0) == 0
    assert sampler.n_proposals["bred"] > 15
    assert len(sampler._populations) == 4
