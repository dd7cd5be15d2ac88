import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import SuccessiveHalving
from sklearn_automl.schedulers._rungs import halving_rungs
from sklearn_automl.space import SearchSpace
from tests.cases import in_turn
from tests.schedulers.drive import drive, random_sampler


def plan(n_trials, r, R, eta=3):
    (rungs,) = SuccessiveHalving(random_sampler(), n_trials, r, R, eta).plan
    return rungs


def by_id(losses):
    """Losses of trials 0, 1, 2, ... at every resource."""
    return lambda job: losses[job.trial_id]


@pytest.mark.parametrize(
    ("n", "r", "R", "eta", "expected"),
    [
        (27, 1, 27, 3, [(27, 1), (9, 3), (3, 9), (1, 27)]),
        (81, 1, 81, 3, [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]),
        (243, 1, 243, 3, [(243, 1), (81, 3), (27, 9), (9, 27), (3, 81), (1, 243)]),
        (20, 1, 27, 3, [(20, 3), (6, 9), (2, 27)]),  # a fourth rung would be empty
        (100, 1, 9, 3, [(100, 1), (33, 3), (11, 9)]),
        (1000, 1, 1000, 10, [(1000, 1), (100, 10), (10, 100), (1, 1000)]),
        (16, 1, 16, 2, [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]),
        (2, 1, 27, 3, [(2, 27)]),
        (9, 5, 5, 3, [(9, 5)]),
        (0, 1, 9, 3, [(0, 9)]),
    ],
)
def test_rungs(n, r, R, eta, expected):
    assert plan(n, r, R, eta) == expected


@in_turn("n", [1, 2, 5, 26, 27, 28, 80, 81, 100, 1000])
@in_turn("R", [1, 8, 9, 10, 81, 100])
@in_turn("eta", [2, 3, 4])
def test_every_rung_has_a_trial_and_at_least_the_minimum(n, R, eta):
    rungs = plan(n, 1, R, eta)
    assert rungs[0][0] == n
    assert all(size >= 1 and resource >= 1 for size, resource in rungs)


@pytest.mark.parametrize("n", [1, 5, 27, 100])
def test_the_last_rung_has_all_of_a_resource_that_eta_does_not_divide(n):
    assert plan(n, 3, 100)[-1][1] == 100


def test_halving_rungs_of_no_trials_is_one_empty_rung():
    assert halving_rungs(0, 9, 3, 2) == [(0, 9)]


def test_the_best_third_goes_on():
    losses = [0.5, 0.1, 0.9, 0.3, 0.8, 0.2, 0.7, 0.6, 0.4]
    history = drive(SuccessiveHalving(random_sampler(), 9, 1, 9), 1, by_id(losses))
    assert history.rung(0) == list(range(9))
    assert history.rung(1) == [1, 5, 3]  # best first
    assert history.rung(2) == [1]


def test_a_rung_ends_before_the_next_begins():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    jobs = [scheduler.ask() for _ in range(9)]
    for job in jobs[:8]:
        assert scheduler.tell(job, 0.0) == []
        assert scheduler.ask() is None
    assert scheduler.tell(jobs[8], 1.0) == []
    assert scheduler.ask().rung == 1
    assert scheduler.ask().rung == 1


def test_failures_are_replaced_by_the_next_best():
    losses = [math.inf, 0.1, math.inf, math.inf, 0.8, math.inf, 0.7, math.inf, 0.4]
    history = drive(SuccessiveHalving(random_sampler(), 9, 1, 9), 1, by_id(losses))
    assert history.rung(1) == [1, 8, 6]


def test_a_rung_shrinks_only_where_too_few_have_finished():
    losses = [math.inf] * 7 + [0.2, 0.1]
    history = drive(SuccessiveHalving(random_sampler(), 9, 1, 9), 1, by_id(losses))
    assert history.rung(1) == [8, 7]
    assert history.rung(2) == [8]


def test_ranks_by_the_loss_of_the_present_rung():
    def loss(job):
        return job.trial_id if job.rung == 0 else -job.trial_id

    history = drive(SuccessiveHalving(random_sampler(), 9, 1, 9), 1, loss)
    assert history.rung(1) == [0, 1, 2]
    assert history.rung(2) == [2]


def test_a_wider_first_rung_promotes_no_more():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    scheduler.widen(3)
    history = drive(scheduler)
    assert [len(history.rung(k)) for k in range(3)] == [12, 3, 1]


def test_trials_that_are_over_are_named_in_their_order():
    losses = [(7 * i) % 81 for i in range(81)]
    history = drive(SuccessiveHalving(random_sampler(), 81, 1, 81), 1, by_id(losses))
    assert all(f.over == sorted(f.over) for f in history.told)


def test_the_winner_is_over_when_it_has_finished():
    scheduler = SuccessiveHalving(random_sampler(), 3, 1, 3)
    told = drive(scheduler, 1, by_id([0.3, 0.1, 0.2])).told
    assert [f.over for f in told] == [[], [], [], [0, 1, 2]]


def fails_above(trial_ids, rung=1):
    """Return losses in the order of the trials, but for those that fail higher up."""

    def loss(job):
        fails = job.rung >= rung and job.trial_id in trial_ids
        return math.inf if fails else job.trial_id

    return loss


def test_the_next_best_replaces_a_trial_that_fails_after_its_promotion():
    scheduler = SuccessiveHalving(random_sampler(), 27, 1, 27)
    history = drive(scheduler, 1, fails_above({1, 4}))
    finished = [f.job.trial_id for f in history.told if f.loss < math.inf]
    assert finished[27:] == [0, 2, 3, 5, 6, 7, 8, 9, 10, 0, 2, 3, 0]


def test_what_replaces_failures_costs_a_quarter_and_one_evaluation():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    history = drive(scheduler, 1, fails_above(range(9), rung=2))
    cost = sum(job.resource for job in history.asked)
    assert history.rung(2) == [0, 1]
    assert cost <= 1.25 * 27 + 9


def test_only_the_last_rung_may_have_a_trial_that_the_plan_does_not_pay_for():
    scheduler = SuccessiveHalving(random_sampler(), 27, 1, 27)
    history = drive(scheduler, 1, fails_above(range(27)))
    assert history.rung(1) == list(range(18))
    assert history.rung(2) == []


def test_a_winner_is_found_where_the_promoted_fail_at_the_top():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    history = drive(scheduler, 1, fails_above({0}, rung=2))
    assert [f.job.trial_id for f in history.told if f.loss < math.inf][-1] == 1


def test_who_may_replace_another_is_not_over():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    told = drive(scheduler, 1, fails_above({0})).told
    over_at = {i: k for k, f in enumerate(told) for i in f.over}
    last_at = {f.job.trial_id: k for k, f in enumerate(told)}
    assert all(over_at[i] >= last_at[i] for i in last_at)


def test_who_fails_where_the_probe_of_its_kind_passes_waits_for_a_higher_rung():
    def fails(job):
        return (job.trial_id, job.rung) in {(8, 0), (0, 1)}

    history = drive(
        SuccessiveHalving(random_sampler(), 9, 1, 9),
        1,
        lambda job: math.inf if fails(job) else job.trial_id,
        failure=lambda job: "kind" if fails(job) else "",
    )
    jobs = [(job.trial_id, job.rung) for job in history.asked]
    assert len(set(jobs)) == len(jobs)


def race(n, losses, resources=(1, 9), eta=3):
    scheduler = SuccessiveHalving(random_sampler(), n, *resources, eta, is_race=True)
    return drive(scheduler, 1, losses)


def test_a_race_promotes_who_ties_with_the_last_promoted():
    history = race(
        9, lambda job: int(job.trial_id in (7, 8)) if job.rung == 0 else job.trial_id
    )
    assert history.rung(1) == list(range(7))
    assert history.rung(2) == [0, 1]


def test_no_race_costs_more_than_everything_in_full():
    history = race(9, lambda job: 0.0)
    assert sum(j.resource - j.previous_resource for j in history.asked) == 9 * 9


def test_ties_are_no_reason_to_promote_outside_of_a_race():
    scheduler = SuccessiveHalving(random_sampler(), 9, 1, 9)
    assert drive(scheduler, 1, lambda job: 0.0).rung(1) == [0, 1, 2]


@pytest.mark.parametrize(
    ("n_values", "expected"),
    [
        (9, [(9, 1), (3, 3), (1, 9)]),
        (8, [(8, 3), (2, 9)]),
        (3, [(3, 3), (1, 9)]),
        (2, [(2, 9)]),
    ],
)
def test_a_small_space_fills_the_last_rungs(n_values, expected):
    space = SearchSpace({"x": [i / n_values for i in range(n_values)]})
    scheduler = SuccessiveHalving(random_sampler(space=space), 12, 1, 9)
    jobs = drive(scheduler).asked
    rungs = [
        [job.resource for job in jobs if job.rung == k]
        for k in range(1 + max(job.rung for job in jobs))
    ]
    assert [(len(rung), rung[0]) for rung in rungs] == expected


def test_no_trials_are_done_after_the_first_question():
    scheduler = SuccessiveHalving(random_sampler(), 0, 1, 9)
    assert scheduler.ask() is None
    assert scheduler.done


def test_tell_before_ask_is_refused():
    other = SuccessiveHalving(random_sampler(), 3, 1, 3)
    with pytest.raises(RuntimeError, match=r"tell\(\) came before the first ask\(\)"):
        SuccessiveHalving(random_sampler(), 3, 1, 3).tell(other.ask(), 0.0)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, [(1, 81)]),
        (2, [(2, 81)]),
        (3, [(3, 27), (1, 81)]),
        (8, [(8, 27), (2, 81)]),
        (9, [(9, 9), (3, 27), (1, 81)]),
        (100, [(100, 9), (33, 27), (11, 81)]),
    ],
)
def test_there_are_no_more_rungs_than_trials_can_fill(n, expected):
    assert halving_rungs(n, 81, 3, 2) == expected


class Listening(RandomSampler):
    learns = True

    def start(self):
        self.heard = []

    def tell(self, observation):
        self.heard.append(observation.loss)


def test_the_sampler_hears_of_trials_in_their_order_however_they_end():
    space = SearchSpace({"x": uniform()})
    sampler = Listening().bind(space, np.random.default_rng(0))
    scheduler = SuccessiveHalving(sampler, 9, 1, 9)
    jobs = [scheduler.ask() for _ in range(9)]
    losses = [math.inf if i in (2, 5) else i for i in range(9)]
    for job in reversed(jobs):
        scheduler.tell(job, losses[job.trial_id], None)
    assert sampler.heard == losses
