"""The contract of all schedulers. A new one is one line in ``SCHEDULERS``."""

import math
import pickle
from collections import Counter

import numpy as np
import pytest

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import (
    ASHA,
    BaselineFirst,
    CurveStopping,
    FullFidelity,
    Hyperband,
    LearningCurve,
    MedianStopping,
    Screening,
    SuccessiveHalving,
)
from sklearn_automl.space import SearchSpace
from tests.cases import in_turn
from tests.schedulers.drive import SPACE, drive, noise, noisy_loss, random_sampler


def learning_curve(sampler, n_trials, resources, rule):
    return LearningCurve(sampler, n_trials, resources, rule, np.random.default_rng(0))


SCHEDULERS = {
    "full_fidelity": lambda sampler: FullFidelity(sampler, 20),
    "halving": lambda sampler: SuccessiveHalving(sampler, 27, 1, 27),
    "halving_uneven": lambda sampler: SuccessiveHalving(sampler, 21, 2, 50, 4),
    "halving_one_rung": lambda sampler: SuccessiveHalving(sampler, 5, 9, 9),
    "hyperband": lambda sampler: Hyperband(sampler, 1, 27),
    "hyperband_uneven": lambda sampler: Hyperband(sampler, 2, 30, 2),
    "hyperband_twice": lambda sampler: Hyperband(sampler, 1, 9, n_iterations=2),
    "asha": lambda sampler: ASHA(sampler, 40, 1, 27),
    "asha_two": lambda sampler: ASHA(sampler, 33, 1, 20, 2),
    "asha_one_rung": lambda sampler: ASHA(sampler, 10, 9, 9),
    "asha_stopping": lambda sampler: ASHA(sampler, 40, 1, 27, variant="stopping"),
    "asha_stopping_two": lambda sampler: ASHA(sampler, 33, 1, 16, 2, "stopping"),
    "curve_stopping": lambda sampler: learning_curve(
        sampler, 30, (1, 2, 4, 9), CurveStopping()
    ),
    "curve_stopping_one_rung": lambda sampler: learning_curve(
        sampler, 10, (9,), CurveStopping()
    ),
    "median_stopping": lambda sampler: learning_curve(
        sampler, 30, (1, 2, 20), MedianStopping()
    ),
    "baseline_first": lambda sampler: BaselineFirst(
        SuccessiveHalving(sampler, 9, 1, 9), 9
    ),
    "screening": lambda sampler: Screening(sampler, 30, 9, n_best=4),
}

ASYNCHRONOUS = (ASHA, LearningCurve)
SYNCHRONOUS = [
    name
    for name, make in SCHEDULERS.items()
    if not isinstance(make(random_sampler()), ASYNCHRONOUS)
]

# How jobs finish: number of workers, seed of the order.
ORDERS = [(1, 0), (3, 2), (7, 3), (1000, 6)]


@pytest.fixture(params=SCHEDULERS)
def make(request):
    return SCHEDULERS[request.param]


each_order = in_turn("order", ORDERS)


def some_fail(job):
    return math.inf if noise(job) < 0.4 else noisy_loss(job)


def many_ties(job):
    return round(3 * noise(job))


def promised_units(scheduler):
    """The resource that a scheduler says it spends at most, with continuation."""
    if isinstance(scheduler, FullFidelity):
        return scheduler.n_trials
    if isinstance(scheduler, ASYNCHRONOUS):
        # A trial that is promoted early is not called back when better ones come, so
        # all that is sure is that each one runs up to R once.
        return scheduler.n_trials * scheduler.resources[-1]
    return sum(
        n * (r - r_before)
        for rungs in scheduler.plan
        for (n, r), (_, r_before) in zip(rungs, [(0, 0), *rungs], strict=False)
    )


def test_ends_with_every_order_of_completion(make):
    for n_workers in (1, 2, 3, 5, 10, 50):
        for seed in range(4):
            scheduler = make(random_sampler())
            drive(scheduler, n_workers, seed=seed)
            assert scheduler.done


def test_is_not_done_before_it_has_begun(make):
    assert not make(random_sampler()).done


def test_is_not_done_while_a_job_runs(make):
    scheduler = make(random_sampler())
    jobs = []
    while True:
        while (job := scheduler.ask()) is not None:
            jobs.append(job)
        if not jobs:
            break
        assert not scheduler.done
        job = jobs.pop()
        scheduler.tell(job, noisy_loss(job))
    assert scheduler.done


@each_order
def test_never_issues_a_job_twice(make, order):
    history = drive(make(random_sampler()), order[0], seed=order[1])
    counts = Counter((job.trial_id, job.rung) for job in history.asked)
    assert set(counts.values()) == {1}


@each_order
def test_every_job_is_a_new_trial_or_goes_on_where_the_trial_ended(make, order):
    history = drive(make(random_sampler()), order[0], seed=order[1])
    last = {}  # of each trial
    for call, what, *_ in history.calls:
        if call == "tell":
            last[what.job.trial_id] = what.job
        elif what is not None and what.rung:
            before = last.pop(what.trial_id)
            assert what.previous_resource == before.resource < what.resource
            assert what.rung == before.rung + 1
            assert (what.config, what.bracket) == (before.config, before.bracket)
            assert not before.is_final
        elif what is not None:
            assert what.trial_id not in last
            assert what.rung == 0


@each_order
def test_trials_are_numbered_as_they_are_drawn(make, order):
    scheduler = make(random_sampler())
    history = drive(scheduler, order[0], seed=order[1])
    new = sorted(
        (job for job in history.asked if not job.rung),
        key=lambda job: job.trial_id,
    )
    sampler = random_sampler()
    assert [job.trial_id for job in new] == list(range(len(new)))
    assert [job.config for job in new] == [sampler.ask() for _ in new]


@each_order
def test_waits_only_for_running_jobs(make, order):
    history = drive(make(random_sampler()), order[0], seed=order[1])
    refusals = [
        i
        for i, (call, what, *_) in enumerate(history.calls)
        if call == "ask" and what is None
    ]
    # One that comes with nothing running is the last call of all.
    idle = [i for i in refusals if history.calls[i][2] == 0]
    assert idle == [len(history.calls) - 1]


def test_asking_again_changes_nothing(make):
    patient, impatient = make(random_sampler()), make(random_sampler())
    ask = impatient.ask
    impatient.ask = lambda: ask() or ask() or ask()
    assert drive(patient, 4).asked == drive(impatient, 4).asked


@each_order
def test_spends_no_more_than_promised(make, order):
    scheduler = make(random_sampler())
    promised = promised_units(scheduler)
    history = drive(scheduler, order[0], seed=order[1])
    assert history.units <= promised * (1 + 1e-9)


@pytest.mark.parametrize("loss", [noisy_loss, some_fail], ids=["good", "some_fail"])
@each_order
def test_a_failed_trial_never_runs_again(make, order, loss):
    history = drive(make(random_sampler()), order[0], loss, order[1])
    failed = set()
    for call, what, *_ in history.calls:
        if call == "tell" and what.loss == math.inf:
            failed.add(what.job.trial_id)
        elif call == "ask" and what is not None:
            assert what.trial_id not in failed


@pytest.mark.parametrize("loss", [noisy_loss, some_fail], ids=["good", "some_fail"])
@each_order
def test_a_trial_that_is_over_never_runs_again(make, order, loss):
    history = drive(make(random_sampler()), order[0], loss, order[1])
    over = set()
    for call, what, *_ in history.calls:
        if call == "tell":
            over.update(what.over)
        elif what is not None:
            assert what.trial_id not in over


@each_order
def test_a_trial_is_over_once(make, order):
    history = drive(make(random_sampler()), order[0], some_fail, order[1])
    counts = Counter(trial_id for f in history.told for trial_id in f.over)
    assert set(counts.values()) == {1}


@each_order
def test_all_trials_are_over_in_the_end(make, order):
    history = drive(make(random_sampler()), order[0], some_fail, order[1])
    over = {trial_id for f in history.told for trial_id in f.over}
    assert over == {f.job.trial_id for f in history.told}


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_ends_when_every_job_fails(make, loss):
    scheduler = make(random_sampler())
    history = drive(scheduler, 4, lambda job: loss)
    assert scheduler.done
    assert {job.rung for job in history.asked} == {0}


@each_order
def test_nan_is_taken_as_a_failure(make, order):
    def nan_instead(job):
        loss = some_fail(job)
        return math.nan if loss == math.inf else loss

    a = drive(make(random_sampler()), order[0], some_fail, order[1])
    b = drive(make(random_sampler()), order[0], nan_instead, order[1])
    assert a.asked == b.asked


def test_the_sampler_is_told_how_long_each_job_took(make):
    def seconds(job):
        return job.trial_id + job.resource / 1000

    sampler = Listening().bind(SPACE, np.random.default_rng(0))
    history = drive(make(sampler), 4, seconds=seconds)
    heard = {(o.config["x"], o.resource): o.seconds for o in sampler.heard}
    jobs = [f.job for f in heard_of(history, make)]
    assert heard == {(j.config["x"], j.resource): seconds(j) for j in jobs}


def heard_of(history, make):
    """What has ended and a sampler is told of: all but a baseline."""
    has_baseline = make is SCHEDULERS["baseline_first"]
    return [f for f in history.told if f.job.trial_id > 0 or not has_baseline]


class Listening(RandomSampler):
    learns = True

    def start(self):
        self.heard = []

    def tell(self, observation):
        self.heard.append(observation)


def test_the_sampler_is_told_every_loss_and_infinity_for_nan(make):
    sampler = Listening().bind(SPACE, np.random.default_rng(0))
    history = drive(
        make(sampler), 4, lambda job: math.nan if noise(job) < 0.4 else noise(job)
    )
    heard = [(o.config["x"], o.resource, o.loss) for o in sampler.heard]
    assert sorted(heard) == sorted(
        (
            f.job.config["x"],
            f.job.resource,
            math.inf if math.isnan(f.loss) else f.loss,
        )
        for f in heard_of(history, make)
    )


# What these two tell a sampler of is who has finished; it can be made to wait.
@pytest.mark.parametrize(
    "name", [n for n in SYNCHRONOUS if n not in ("full_fidelity", "screening")]
)
def test_the_sampler_hears_in_an_order_that_workers_do_not_change(name):
    heard = []
    for n_workers, seed in [(1, 0), (4, 1), (100, 2)]:
        sampler = Listening().bind(SPACE, np.random.default_rng(0))
        drive(SCHEDULERS[name](sampler), n_workers, some_fail, seed)
        heard.append(sampler.heard)
    assert heard[0] == heard[1] == heard[2]


@pytest.mark.parametrize("name", [n for n in SCHEDULERS if "stopping" not in n])
def test_ties_go_to_the_lower_trial_id(name):
    history = drive(SCHEDULERS[name](random_sampler()), 1, lambda job: 0.0)
    for job in history.asked:
        if job.previous_resource:
            below = sorted(history.rung(job.rung - 1, job.bracket))
            here = sorted(history.rung(job.rung, job.bracket))
            assert here == below[: len(here)]


@each_order
def test_a_space_that_runs_out_ends_the_search(make, order):
    space = SearchSpace({"x": [0.1, 0.2, 0.3, 0.4, 0.5]})
    scheduler = make(random_sampler(space=space))
    history = drive(scheduler, order[0], seed=order[1])
    assert scheduler.done
    started = {job.trial_id: job.config["x"] for job in history.asked}
    assert sorted(started.values()) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_goes_on_after_pickling(make):
    def history_of(scheduler):
        return [(repr(f.job), f.loss) for f in drive(scheduler, 1).told]

    for n_tells in (1, 5, 13):
        scheduler = make(random_sampler())
        drive_some(scheduler, n_tells)
        restored = pickle.loads(pickle.dumps(scheduler))
        assert history_of(restored) == history_of(scheduler)


def drive_some(scheduler, n_tells):
    for _ in range(n_tells):
        if (job := scheduler.ask()) is not None:
            scheduler.tell(job, noisy_loss(job))


def test_the_last_rung_is_final_and_no_other(make):
    scheduler = make(random_sampler())
    history = drive(scheduler)
    top = {}
    for job in history.asked:
        top[job.bracket] = max(top.get(job.bracket, 0), job.rung)
    for job in history.asked:
        assert job.is_final == (job.rung == top[job.bracket])


@pytest.mark.parametrize("name", SYNCHRONOUS)
@pytest.mark.parametrize("loss", [noisy_loss, some_fail, many_ties])
def test_the_outcome_does_not_depend_on_workers_or_order(name, loss):
    expected = drive(SCHEDULERS[name](random_sampler()), 1, loss).outcome
    for n_workers in (2, 5, 17, 1000):
        for seed in range(5):
            history = drive(SCHEDULERS[name](random_sampler()), n_workers, loss, seed)
            assert history.outcome == expected


@pytest.mark.parametrize("name", SYNCHRONOUS)
def test_the_best_of_each_rung_go_on(name):
    history = drive(SCHEDULERS[name](random_sampler()), 5)
    rungs = {}
    for f in history.told:
        rungs.setdefault((f.job.bracket, f.job.rung), []).append(
            (f.loss, f.job.trial_id)
        )
    for (bracket, k), finished in rungs.items():
        above = {trial_id for _, trial_id in rungs.get((bracket, k + 1), [])}
        assert above == {trial_id for _, trial_id in sorted(finished)[: len(above)]}


@pytest.mark.parametrize("name", [n for n in SYNCHRONOUS if n != "full_fidelity"])
def test_runs_exactly_its_plan(name):
    scheduler = SCHEDULERS[name](random_sampler())
    history = drive(scheduler, 3)
    jobs = Counter((j.bracket, j.rung, j.resource) for j in history.asked)
    planned = {
        (b, i, r): n
        for b, rungs in enumerate(scheduler.plan)
        for i, (n, r) in enumerate(rungs)
    }
    assert jobs == planned
