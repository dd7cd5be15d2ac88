import itertools
import math
import tracemalloc

import numpy as np
import pytest

from benchmarks.simulated_cluster import (
    lognormal_duration,
    pareto_duration,
    simulate,
)
from sklearn_automl.schedulers import (
    ASHA,
    FullFidelity,
    Hyperband,
    Job,
    Scheduler,
    SuccessiveHalving,
)
from tests.schedulers.drive import drive, noisy_loss, random_sampler

HEAVY_TAILS = {
    "lognormal": lognormal_duration(2.0),
    "pareto": pareto_duration(1.5),
}


def run(scheduler, n_workers, duration, seed=0, **options):
    rng = np.random.default_rng(seed)
    return simulate(scheduler, n_workers, duration, noisy_loss, rng, **options)


def one_second(job, rng):
    return 1.0


@pytest.mark.parametrize("tail", HEAVY_TAILS)
@pytest.mark.parametrize("variant", ["promotion", "stopping"])
@pytest.mark.parametrize("seed", range(5))
def test_asha_keeps_25_workers_busy_while_configurations_last(tail, variant, seed):
    scheduler = ASHA(random_sampler(seed), 500, 1, 256, 4, variant)
    record = run(scheduler, 25, HEAVY_TAILS[tail], seed, failure_probability=0.1)
    assert record.last_start > 0
    assert record.utilisation_before_last_start >= 0.95


@pytest.mark.parametrize("seed", range(3))
def test_asha_wastes_less_worker_time_than_successive_halving(seed):
    duration = HEAVY_TAILS["lognormal"]
    asha = run(ASHA(random_sampler(), 256, 1, 256, 4), 25, duration, seed)
    halving = run(
        SuccessiveHalving(random_sampler(), 256, 1, 256, 4), 25, duration, seed
    )
    assert asha.utilisation > halving.utilisation


def test_successive_halving_waits_at_every_rung():
    record = run(SuccessiveHalving(random_sampler(), 27, 1, 27), 9, one_second)
    assert record.end == 3 + 1 + 1 + 1
    assert record.utilisation == pytest.approx(40 / 54)


@pytest.mark.parametrize("tail", HEAVY_TAILS)
def test_no_worker_waits_before_the_last_bracket_of_hyperband_has_begun(tail):
    record = run(Hyperband(random_sampler(), 1, 27), 9, HEAVY_TAILS[tail])
    assert record.last_start > 0
    assert record.utilisation_before_last_start == 1


def test_the_clock_of_full_fidelity_can_be_worked_out_by_hand():
    record = run(FullFidelity(random_sampler(), 10), 4, one_second)
    assert record.n_jobs == len(record.runs) == 10
    assert record.end == 3  # 4 + 4 + 2
    assert record.idle == 2
    assert record.utilisation == pytest.approx(10 / 12)
    assert record.last_start == 2
    assert record.utilisation_before_last_start == 1


def test_idle_time_is_what_the_runs_leave():
    record = run(Hyperband(random_sampler(), 1, 27), 7, HEAVY_TAILS["lognormal"])
    busy = sum(r.end - r.start for r in record.runs)
    assert record.idle == pytest.approx(7 * record.end - busy)


def test_no_worker_runs_two_jobs_at_a_time():
    record = run(ASHA(random_sampler(), 100, 1, 27), 7, HEAVY_TAILS["lognormal"])
    assert {r.worker for r in record.runs} == set(range(7))
    for worker in range(7):
        runs = sorted(
            (r for r in record.runs if r.worker == worker), key=lambda r: r.start
        )
        assert all(a.end <= b.start for a, b in itertools.pairwise(runs))


def test_failures_come_with_their_probability():
    record = run(
        FullFidelity(random_sampler(), 1000), 10, one_second, failure_probability=0.3
    )
    share = np.mean([r.loss == math.inf for r in record.runs])
    assert share == pytest.approx(0.3, abs=0.05)


def test_same_seed_same_record():
    records = [
        run(ASHA(random_sampler(), 50, 1, 27), 5, HEAVY_TAILS["pareto"], seed=3)
        for _ in range(2)
    ]
    assert records[0] == records[1]


def test_sums_do_not_need_the_runs():
    full, sums = (
        run(ASHA(random_sampler(), 50, 1, 27), 5, one_second, keep_runs=keep)
        for keep in (True, False)
    )
    assert sums.runs == []
    assert (sums.n_jobs, sums.end, sums.idle) == (full.n_jobs, full.end, full.idle)


def test_a_synchronous_search_has_the_same_outcome_on_any_cluster():
    expected = drive(Hyperband(random_sampler(), 1, 27)).outcome
    for n_workers in (1, 5, 500):
        record = run(
            Hyperband(random_sampler(), 1, 27), n_workers, HEAVY_TAILS["lognormal"]
        )
        outcome = sorted(
            (r.job.bracket, r.job.rung, r.job.trial_id, repr(r.job), r.loss)
            for r in record.runs
        )
        assert outcome == expected


def test_a_scheduler_that_waits_for_nothing_is_found_out():
    class Stuck(Scheduler):
        done = False

        def ask(self) -> Job | None:
            return None

        def tell(self, job, loss):
            raise AssertionError

    with pytest.raises(RuntimeError, match="Stuck waits, but nothing is running"):
        run(Stuck(), 2, one_second)


def test_a_million_asha_jobs_fit_into_two_gigabytes():
    n_trials = 3_000
    tracemalloc.start()
    try:
        scheduler = ASHA(random_sampler(), n_trials, 1, 256, 4)
        record = run(scheduler, 500, lognormal_duration(1.0), keep_runs=False)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What a job leaves behind is the same for the first and the millionth.
    assert 1e6 * used / record.n_jobs < 1.5e9
