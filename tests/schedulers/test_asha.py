import math

import numpy as np
import pytest

from sklearn_automl.schedulers import ASHA
from sklearn_automl.space import SearchSpace
from tests.oracles import SlowASHA, SlowStoppingASHA
from tests.schedulers.drive import drive, noisy_loss, random_sampler

SLOW = {"promotion": SlowASHA, "stopping": SlowStoppingASHA}


def play(scheduler, script):
    """Run written steps: "ask" with (trial, resource) or None; else (trial, loss)."""
    running = {}
    for step, *expected in script:
        if step == "ask":
            job = scheduler.ask()
            if expected == [None]:
                assert job is None
            else:
                assert [(job.trial_id, job.resource)] == expected
                running[job.trial_id] = job
        else:
            (loss,) = expected
            scheduler.tell(running.pop(step), loss)


def draw_loss(kind, rng):
    if kind == "ties":
        return float(rng.integers(4))
    if kind == "failures" and rng.random() < 0.4:
        return math.inf
    return float(rng.normal())


@pytest.mark.parametrize("variant", ["promotion", "stopping"])
@pytest.mark.parametrize("kind", ["distinct", "ties", "failures"])
@pytest.mark.parametrize(("eta", "n_workers"), [(2, 4), (3, 25), (4, 1)])
def test_equals_algorithm_2_step_by_step(variant, kind, eta, n_workers):
    rng = np.random.default_rng(eta)
    asha = ASHA(random_sampler(), 120, 1, eta**3, eta, variant)
    slow = SLOW[variant](120, s_max=3, eta=eta)
    running = []
    while True:
        while len(running) < n_workers:
            job, expected = asha.ask(), slow.get_job()
            if expected is None:
                assert job is None
                break
            assert (job.trial_id, job.rung) == expected
            running.append(job)
        if not running:
            break
        # Several results may come in before a worker asks again.
        for _ in range(int(rng.integers(1, 4))):
            if running:
                job = running.pop(int(rng.integers(len(running))))
                loss = draw_loss(kind, rng)
                over = asha.tell(job, loss)
                expected = slow.report(job.trial_id, job.rung, loss)
                assert sorted(over) == sorted(expected)
    assert asha.done


def test_written_steps_of_promotion():
    play(
        ASHA(random_sampler(), 6, 1, 4, eta=2),
        [
            ("ask", (0, 1)),
            ("ask", (1, 1)),
            (0, 0.5),  # one finished: floor(1/2) = 0 may go on
            ("ask", (2, 1)),
            (1, 0.3),  # two finished: the best is 1
            ("ask", (1, 2)),
            ("ask", (3, 1)),
            (2, 0.4),
            (3, 0.2),  # four finished, two may go on: 3, and 1, which has
            ("ask", (3, 2)),
            ("ask", (4, 1)),
            (3, 0.9),
            (1, 0.1),  # two finished at 2: 1 is promoted to the top
            ("ask", (1, 4)),
            ("ask", (5, 1)),
            ("ask", None),  # no configuration is left
            (4, 0.6),
            ("ask", None),
            (5, 0.25),  # six at 1, three may go on: 3, 5, 1
            ("ask", (5, 2)),
            ("ask", None),
            (5, 0.8),  # three at 2: still one may go on
            ("ask", None),
            (1, 0.05),
            ("ask", None),
        ],
    )


def test_written_steps_of_promotion_from_the_upper_rung_first():
    play(
        ASHA(random_sampler(), 8, 1, 4, eta=2),
        [
            *[("ask", (i, 1)) for i in range(8)],
            *[(i, i / 10) for i in range(8)],  # four may go on
            ("ask", (0, 2)),
            ("ask", (1, 2)),
            (0, 0.7),
            (1, 0.6),
            ("ask", (1, 4)),  # before 2 and 3, which wait one rung below
            ("ask", (2, 2)),
            ("ask", (3, 2)),
            ("ask", None),
        ],
    )


def test_written_steps_of_a_trial_that_is_pushed_out_and_comes_back():
    play(
        ASHA(random_sampler(), 6, 1, 3, eta=3),
        [
            *[("ask", (i, 1)) for i in range(6)],
            (0, 0.5),
            (1, 0.6),
            (2, 0.7),  # 0 may go on, but no worker asks
            (3, 0.4),  # 3 takes its place
            ("ask", (3, 3)),
            ("ask", None),
            (4, 0.9),
            ("ask", None),
            (5, 0.8),  # six: two may go on, 3 and again 0
            ("ask", (0, 3)),
            ("ask", None),
        ],
    )


def test_written_steps_of_stopping():
    play(
        ASHA(random_sampler(), 5, 1, 4, eta=2, variant="stopping"),
        [
            ("ask", (0, 1)),
            ("ask", (1, 1)),
            (0, 0.5),  # the first goes on
            ("ask", (0, 2)),
            (1, 0.6),  # the best of two goes on: not this one
            ("ask", (2, 1)),
            (2, 0.4),
            ("ask", (2, 2)),
            ("ask", (3, 1)),
            (3, 0.45),  # two of four go on: 2 and 3
            (0, 0.1),  # the first at 2
            ("ask", (3, 2)),  # in the order of their results
            ("ask", (0, 4)),
            ("ask", (4, 1)),
            (2, 0.2),  # 0 is better
            (4, 0.9),
            ("ask", None),
            (3, math.nan),
            (0, 0.1),
            ("ask", None),
        ],
    )


def test_stopping_says_at_once_that_a_trial_is_over():
    scheduler = ASHA(random_sampler(), 3, 1, 9, variant="stopping")
    jobs = [scheduler.ask() for _ in range(3)]
    assert scheduler.tell(jobs[0], 0.5) == []
    assert scheduler.tell(jobs[1], 0.6) == [1]
    assert scheduler.tell(jobs[2], math.inf) == [2]


def test_stopping_keeps_the_lower_id_of_a_tie():
    def over(told):
        scheduler = ASHA(random_sampler(), 2, 1, 9, variant="stopping")
        jobs = [scheduler.ask(), scheduler.ask()]
        return [scheduler.tell(jobs[i], 0.5) for i in told]

    assert over([0, 1]) == [[], [1]]
    assert over([1, 0]) == [[], []]


def test_a_paused_trial_is_over_when_it_has_no_place_among_those_to_promote():
    scheduler = ASHA(random_sampler(), 6, 1, 3)  # two of six can be promoted
    jobs = [scheduler.ask() for _ in range(6)]
    over = [scheduler.tell(job, job.trial_id) for job in jobs[:3]]
    assert over == [[], [], [2]]
    assert scheduler.tell(jobs[3], -1) == [1]


def test_a_trial_in_an_upper_rung_keeps_its_model_while_many_can_come_there():
    # Each trial is better than all before it, so that all but the first are promoted.
    history = drive(ASHA(random_sampler(), 27, 1, 9), 1, lambda job: -job.trial_id)
    assert len(history.rung(1)) == 25
    assert len(history.rung(2)) == 23  # and not 27 // 9


@pytest.mark.parametrize("n_workers", [1, 4, 20])
@pytest.mark.parametrize("better", [-1, 0, 1])
def test_no_more_models_are_kept_than_can_be_promoted(n_workers, better):
    def loss(job):
        return noisy_loss(job) - better * job.trial_id

    kept, most = set(), 0
    for finished in drive(ASHA(random_sampler(), 81, 1, 81), n_workers, loss).told:
        kept.add(finished.job.trial_id)
        kept.difference_update(finished.over)
        most = max(most, len(kept))
    assert most <= 27 + 9 + 3


class KeepsAll(ASHA):
    def _let_go(self):
        return []


@pytest.mark.parametrize("share_of_failures", [0.0, 0.2, 0.6])
def test_no_trial_is_over_that_could_still_be_promoted(share_of_failures):
    """Not even where failed trials return on a higher rung."""

    def loss(job):
        fails = draws[job.trial_id] < share_of_failures
        if fails and job.rung < 1 + job.trial_id % 2:
            return math.inf
        return noisy_loss(job) - 0.2 * job.trial_id

    for seed in range(20):
        draws = np.random.default_rng(seed).random(27)
        histories = [
            drive(make(random_sampler(), 27, 1, 27), 3, loss, seed, failure=kind)
            for make in (ASHA, KeepsAll)
        ]
        assert histories[0].asked == histories[1].asked


def kind(job):
    return "" if job.is_final else "needs more"


def test_without_a_last_trial_none_that_is_paused_is_over():
    scheduler = ASHA(random_sampler(), math.inf, 1, 9)
    history = drive(scheduler, 3, n_tells=200)
    for finished in history.told:
        job = finished.job
        assert finished.over == ([job.trial_id] if job.is_final else [])


def test_when_the_space_has_run_out_those_that_cannot_be_promoted_are_over():
    space = SearchSpace({"x": [i / 6 for i in range(6)]})
    scheduler = ASHA(random_sampler(space=space), math.inf, 1, 3)
    jobs = [scheduler.ask() for _ in range(6)]
    assert [scheduler.tell(job, job.trial_id) for job in jobs[:5]] == [[]] * 5
    assert scheduler.ask().trial_id == 0
    assert scheduler.ask() is None  # now it is known that there are six
    assert sorted(scheduler.tell(jobs[5], 5.0)) == [2, 3, 4, 5]


def test_a_failed_trial_counts_in_its_rung_but_is_not_promoted():
    scheduler = ASHA(random_sampler(), 6, 1, 3)
    jobs = [scheduler.ask() for _ in range(6)]
    for job in jobs[:5]:
        assert scheduler.tell(job, math.inf) == [job.trial_id]
        assert scheduler.ask() is None
    scheduler.tell(jobs[5], 0.1)  # two of six may go on, one has finished
    assert scheduler.ask().trial_id == 5
    assert scheduler.ask() is None


def test_when_trials_come_in_order_of_quality_exactly_a_third_goes_on():
    history = drive(ASHA(random_sampler(), 81, 1, 27), 1, lambda job: job.trial_id)
    assert [len(history.rung(k)) for k in range(4)] == [81, 27, 9, 3]
    assert sorted(history.rung(3)) == [0, 1, 2]


@pytest.mark.parametrize("variant", ["promotion", "stopping"])
def test_no_worker_waits_while_configurations_are_left(variant):
    history = drive(ASHA(random_sampler(), 100, 1, 27, variant=variant), 10)
    asks = [job for call, job, *_ in history.calls if call == "ask"]
    last_new = max(i for i, job in enumerate(asks) if job and not job.previous_resource)
    assert None not in asks[:last_new]


@pytest.mark.parametrize("variant", ["promotion", "stopping"])
def test_goes_on_with_promotions_after_the_space_has_run_out(variant):
    space = SearchSpace({"x": [i / 9 for i in range(9)]})
    scheduler = ASHA(random_sampler(space=space), math.inf, 1, 9, variant=variant)
    history = drive(scheduler, 9)
    assert len(history.rung(0)) == 9
    assert len(history.rung(2)) >= 1
    assert scheduler.done


def test_rungs_are_a_factor_apart():
    assert ASHA(random_sampler(), 1, 1, 81).resources == (1, 3, 9, 27, 81)
    assert ASHA(random_sampler(), 1, 1, 1000, 10).resources == (1, 10, 100, 1000)
    assert ASHA(random_sampler(), 1, 2, 10, 2).resources == (2, 5, 10)


def test_an_unknown_variant_is_refused():
    with pytest.raises(
        ValueError, match=r"variant='pause' must be either 'promotion' or 'stopping'"
    ):
        ASHA(random_sampler(), 1, 1, 9, variant="pause")


class CountedFloat(float):
    """A loss that counts how often it is compared."""

    n_comparisons = 0

    def __lt__(self, other):
        CountedFloat.n_comparisons += 1
        return float(self) < float(other)

    def __eq__(self, other):
        CountedFloat.n_comparisons += 1
        return float(self) == float(other)

    __hash__ = float.__hash__

    def __neg__(self):
        return CountedFloat(-float(self))


def comparisons_per_job(variant, order, n_trials):
    rng = np.random.default_rng(0)
    losses = {
        "random": rng.permutation(n_trials),
        "improving": np.arange(n_trials)[::-1],
        "worsening": np.arange(n_trials),
    }[order]
    CountedFloat.n_comparisons = 0
    scheduler = ASHA(random_sampler(), n_trials, 1, 256, 4, variant)
    history = drive(scheduler, 50, lambda job: CountedFloat(losses[job.trial_id]))
    return CountedFloat.n_comparisons / len(history.told)


@pytest.mark.parametrize("variant", ["promotion", "stopping"])
@pytest.mark.parametrize("order", ["random", "improving", "worsening"])
def test_the_work_for_a_job_hardly_grows_with_their_number(variant, order):
    few, many = (comparisons_per_job(variant, order, n) for n in (250, 1000))
    assert few > 1  # they are counted
    assert many < 2 * few  # log(1000) / log(250) = 1.25; rescans give 4
