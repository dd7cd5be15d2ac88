import itertools
import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import Hyperband
from sklearn_automl.schedulers._rungs import hyperband_rungs
from sklearn_automl.space import SearchSpace
from tests import oracles
from tests.cases import in_turn
from tests.schedulers.drive import SPACE, drive, noisy_loss, random_sampler


def cold_units(plan):
    return sum(n * r for rungs in plan for n, r in rungs)


def continued_units(plan):
    return sum(
        n * (r - below)
        for rungs in plan
        for (n, r), (_, below) in zip(rungs, [(0, 0), *rungs], strict=False)
    )


class LearningSampler(RandomSampler):
    """Draws at random, but wants to know all results of a bracket first."""

    learns = True

    def start(self):
        self.n_told = 0
        self.n_told_when_asked = []

    def ask(self, resource):
        self.n_told_when_asked.append(self.n_told)
        return super().ask(resource)

    def tell(self, observation):
        self.n_told += 1


@in_turn("R", [1, 2, 9, 27, 81, 243, 729, 1000])
@in_turn("eta", [2, 3, 4, 10])
def test_numbers_of_trials_equal_algorithm_1(R, eta):
    sizes = [[n for n, _ in rungs] for rungs in hyperband_rungs(1, R, eta)]
    assert sizes == [[n for n, _ in rungs] for rungs in oracles.hyperband(R, eta)]


@in_turn("r", [2, 5, 7])
@in_turn("R", [9, 81, 250, 1000])
def test_numbers_of_trials_equal_algorithm_1_with_a_larger_minimum(R, r):
    sizes = [[n for n, _ in rungs] for rungs in hyperband_rungs(r, R, 3)]
    assert sizes == [[n for n, _ in rungs] for rungs in oracles.hyperband(R, 3, r)]


@in_turn(
    ("R", "eta"),
    [(R, eta) for eta in (2, 3, 4, 10) for R in (eta**s for s in range(7))],
)
def test_resources_of_powers_equal_algorithm_1(R, eta):
    assert hyperband_rungs(1, R, eta) == oracles.hyperband(R, eta)


@in_turn("eta", [2, 3, 4, 10])
@in_turn(("r", "R"), [(1, 1), (1, 2), (1, 15), (1, 50), (1, 1000), (2, 30), (7, 1000)])
def test_resources_are_those_of_algorithm_1_rounded_down(r, R, eta):
    exact = oracles.hyperband(R, eta, r)
    expected = [[(n, math.floor(r_i)) for n, r_i in rungs] for rungs in exact]
    assert hyperband_rungs(r, R, eta) == expected


@in_turn("R", [1, 2, 50, 100, 511, 1000])
@in_turn("eta", [2, 3, 4, 10])
def test_every_bracket_ends_at_the_maximum(R, eta):
    assert {rungs[-1][1] for rungs in hyperband_rungs(1, R, eta)} == {R}


def test_brackets_of_81():
    assert hyperband_rungs(1, 81, 3) == oracles.HYPERBAND_81


@pytest.mark.parametrize("R", oracles.HYPERBAND_TABLE)
def test_table_of_powers(R):
    plan = hyperband_rungs(1, R, 3)
    assert (
        len(plan),
        sum(rungs[0][0] for rungs in plan),
        sum(n for rungs in plan for n, _ in rungs),
        cold_units(plan),
        continued_units(plan),
    ) == oracles.HYPERBAND_TABLE[R]


@pytest.mark.parametrize("R", oracles.HYPERBAND_UNEVEN_TABLE)
def test_table_of_other_numbers(R):
    plan = hyperband_rungs(1, R, 3)
    n_configurations = sum(rungs[0][0] for rungs in plan)
    units = cold_units(plan), continued_units(plan)
    assert (n_configurations, *units) == oracles.HYPERBAND_UNEVEN_TABLE[R]


@pytest.mark.parametrize("n_workers", [1, 8])
def test_what_runs_is_the_table(n_workers):
    history = drive(Hyperband(random_sampler(), 1, 81), n_workers)
    assert len(history.asked) == 206
    assert sum(job.resource for job in history.asked) == 1902
    assert history.units == 1581


def test_iterations_repeat_all_brackets():
    once, thrice = (Hyperband(random_sampler(), 1, 27, n_iterations=n) for n in (1, 3))
    assert thrice.plan == 3 * once.plan


def test_brackets_overlap():
    scheduler = Hyperband(random_sampler(), 1, 9)
    brackets = [scheduler.ask().bracket for _ in range(17)]
    assert brackets == [0] * 9 + [1] * 5 + [2] * 3
    assert scheduler.ask() is None


def test_an_earlier_bracket_goes_first_when_it_can_go_on():
    scheduler = Hyperband(random_sampler(), 1, 9)
    jobs = [scheduler.ask() for _ in range(10)]
    for job in jobs[:9]:
        scheduler.tell(job, noisy_loss(job))
    job = scheduler.ask()
    assert (job.bracket, job.rung) == (0, 1)


def test_a_sampler_that_learns_gets_brackets_one_after_the_other():
    scheduler = Hyperband(LearningSampler().bind(SPACE, np.random.default_rng(0)), 1, 9)
    brackets = [f.job.bracket for f in drive(scheduler, 100).told]
    assert brackets == sorted(brackets)


def test_a_sampler_that_learns_knows_all_of_a_bracket_before_the_next():
    sampler = LearningSampler().bind(SPACE, np.random.default_rng(0))
    drive(Hyperband(sampler, 1, 9), 4)
    # 9 + 3 + 1 jobs in the first bracket and 5 + 1 in the second
    assert sampler.n_told_when_asked == [0] * 9 + [13] * 5 + [19] * 3


@pytest.mark.parametrize("n_workers", [1, 7, 100])
def test_a_space_that_is_too_small_fills_the_first_brackets(n_workers):
    space = SearchSpace({"x": [i / 12 for i in range(12)]})
    scheduler = Hyperband(random_sampler(space=space), 1, 9, n_available=space.size)
    # Of the second bracket's five three are left, of the third's none.
    assert scheduler.plan == [[(9, 1), (3, 3), (1, 9)], [(3, 3), (1, 9)]]
    history = drive(scheduler, n_workers)
    assert scheduler.done
    assert len(history.asked) == 13 + 4


def test_a_plan_for_a_small_space_drops_rungs_that_would_be_empty():
    # Two cannot be halved by three: what there is runs at the last rung.
    scheduler = Hyperband(random_sampler(), 1, 9, n_available=2)
    assert scheduler.plan == [[(2, 9)]]


def test_a_space_without_end_limits_nothing():
    plans = [
        Hyperband(random_sampler(), 1, 81, n_available=n).plan for n in (143, math.inf)
    ]
    assert plans == [oracles.HYPERBAND_81] * 2


@pytest.mark.parametrize("n_available", range(1, 18))
def test_a_limited_plan_is_what_a_space_that_runs_out_gives(n_available):
    space = SearchSpace({"x": [i / n_available for i in range(n_available)]})
    known = Hyperband(random_sampler(space=space), 1, 9, n_available=n_available)
    unknown = Hyperband(random_sampler(space=space), 1, 9)
    assert drive(known).asked == drive(unknown).asked


def test_trial_ids_go_on_from_bracket_to_bracket():
    history = drive(Hyperband(random_sampler(), 1, 9), 3)
    ids = {
        bracket: sorted({job.trial_id for job in jobs})
        for bracket, jobs in itertools.groupby(
            sorted(history.asked, key=lambda job: job.bracket),
            key=lambda job: job.bracket,
        )
    }
    assert ids == {0: list(range(9)), 1: list(range(9, 14)), 2: [14, 15, 16]}


def test_finds_a_good_configuration_of_a_noisy_problem():
    def loss(job):
        return (job.config["x"] - 0.5) ** 2 + noisy_loss(job) / job.resource**2

    space = SearchSpace({"x": uniform()})
    history = drive(Hyperband(random_sampler(space=space), 1, 81), 4, loss)
    best = min((f for f in history.told if f.job.is_final), key=lambda f: f.loss)
    assert abs(best.job.config["x"] - 0.5) < 0.05


def test_the_first_bracket_can_have_more_trials_and_only_that():
    sampler = RandomSampler().bind(
        SearchSpace({"x": uniform()}), np.random.default_rng(0)
    )
    scheduler = Hyperband(sampler, 1, 9, n_iterations=2)
    before = [list(rungs) for rungs in scheduler.plan]
    scheduler.widen(4)
    assert scheduler.plan[0] == [(13, 1), *before[0][1:]]
    assert scheduler.plan[1:] == before[1:]
    assert sum(scheduler.ask().bracket == 0 for _ in range(13)) == 13
