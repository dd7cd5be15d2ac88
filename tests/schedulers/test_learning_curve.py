import math
from itertools import pairwise

import numpy as np
import pytest

from sklearn_automl.samplers import GridSampler
from sklearn_automl.schedulers import (
    Curves,
    CurveStopping,
    LearningCurve,
    MedianStopping,
    StoppingRule,
    ladder,
)
from sklearn_automl.space import SearchSpace
from tests.schedulers.drive import drive, random_sampler

RUNGS = [2, 3, 4, 6, 9, 12, 18, 25, 36, 52]


def run(curves, rule=None, transform=float, rungs=RUNGS):
    """Run given curves one after the other; return how far each of them came."""
    space = SearchSpace({"row": list(range(len(curves)))})
    sampler = GridSampler().bind(space, np.random.default_rng(0))
    scheduler = LearningCurve(
        sampler, len(curves), rungs, rule or CurveStopping(), np.random.default_rng(0)
    )

    def loss(job):
        return transform(curves[job.config["row"]][job.rung])

    history = drive(scheduler, 1, loss)
    assert scheduler.done
    reached = [0] * len(curves)
    for job in history.asked:
        reached[job.trial_id] = job.rung + 1
    return reached


def power_curve(final, height=0.6, power=0.8):
    x = np.array(RUNGS) / RUNGS[0]
    return final + height * (x**-power - x[-1] ** -power)


def bloomer(final, start=0.8, middle=6, slope=3):
    """A curve that is flat first, and falls late."""
    x = np.array(RUNGS, dtype=float)
    return final + (start - final) / (1 + (x / middle) ** slope)


# ---- what is stopped -------------------------------------------------------------


def test_the_first_trial_runs_in_full_however_bad_it_is():
    assert run([np.full(10, 7.0)]) == [10]


def test_a_hopeless_trial_is_stopped_early():
    flat = np.full(10, 0.9)
    assert run([power_curve(0.1), flat])[1] == 4
    # ... however it ends: its last rungs are never seen.
    assert run([power_curve(0.1), [*flat[:5], 0, 0, 0, 0, 0]])[1] == 4


@pytest.mark.parametrize(("n_rungs", "first"), [(4, 2), (6, 2), (9, 3), (10, 4)])
def test_nobody_is_stopped_before_a_third_of_the_rungs(n_rungs, first):
    good = np.linspace(0.5, 0, n_rungs)
    hopeless = np.full(n_rungs, 100.0)
    assert run([good, hopeless], rungs=RUNGS[:n_rungs])[1] == first


def test_one_that_falls_like_the_best_but_stays_above_is_stopped():
    reached = run([power_curve(0.1), power_curve(0.4)])
    assert reached[1] < 10


def test_a_better_trial_is_not_stopped():
    assert run([power_curve(0.3), power_curve(0.2)]) == [10, 10]


def test_a_late_bloomer_is_not_stopped():
    best = power_curve(0.4, height=0.4)
    late = bloomer(0.2)
    assert (late[:3] > best[:3]).all()  # behind for three rungs
    assert late[-1] < best[-1]
    assert run([best, late]) == [10, 10]
    # One that begins like it and stays there is stopped.
    assert run([best, [*late[:3], *np.full(7, late[2])]])[1] < 10


def test_more_confidence_stops_later():
    curves = [power_curve(0.1), *(power_curve(f) for f in np.linspace(0.12, 0.9, 9))]
    spent = [sum(run(curves, CurveStopping(c))) for c in (0.5, 0.9, 0.95, 0.99)]
    assert spent == sorted(spent)
    assert spent[0] < spent[-1]


def test_confidence_is_the_chance_that_is_left():
    rule = CurveStopping(0.9).bind(RUNGS, np.random.default_rng(0))
    for chance, stops in [(0.0999, True), (0.1001, False)]:
        rule.chance = lambda *args, chance=chance: chance
        assert rule.should_stop(0, curves_of([1, 1, 1, 1])) is stops


# ---- scale -----------------------------------------------------------------------


def some_curves(seed=0, n=30):
    rng = np.random.default_rng(seed)
    finals, heights = rng.uniform(0, 0.6, n), rng.uniform(0.1, 0.8, n)
    powers = np.exp(rng.uniform(-1, 1, n))
    curves = map(power_curve, finals, heights, powers)
    return [c + 0.01 * rng.standard_normal(10) for c in curves]


@pytest.mark.parametrize("rule", [CurveStopping(), MedianStopping()])
@pytest.mark.parametrize(
    "transform",
    [
        lambda loss: loss - 1,
        lambda loss: loss + 1000,
        lambda loss: loss * 1e-6,
        lambda loss: loss * 1e6 - 5e5,
    ],
    ids=["negative", "shifted", "tiny", "huge"],
)
def test_shift_and_scale_of_the_losses_change_nothing(rule, transform):
    curves = some_curves()
    expected = run(curves, rule)
    assert len(set(expected)) > 3
    assert run(curves, rule, transform) == expected


def test_a_diverged_trial_does_not_hide_the_others():
    curves = some_curves()
    usual = sum(run(curves))
    assert usual < 200
    # With 1e12 in the spread, all others would look the same, and none be stopped.
    reached = run([*curves[:5], np.full(10, 1e12), *curves[5:]])
    assert reached.pop(5) == 4
    assert sum(reached) < 1.3 * usual


def test_losses_that_are_all_the_same_stop_nobody():
    with np.errstate(all="raise"):
        assert run([np.zeros(10)] * 3) == [10, 10, 10]


# ---- failures --------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rule", [CurveStopping(), MedianStopping()])
def test_a_loss_that_is_not_finite_ends_its_trial_and_no_other(bad, rule):
    good, better = power_curve(0.3), power_curve(0.2)
    failing = [*better[:4], bad, *better[5:]]
    assert run([failing, good, failing, better], rule) == [5, 10, 5, 10]


# ---- order -----------------------------------------------------------------------


def test_one_worker_takes_trials_one_after_the_other():
    space = SearchSpace({"x": [0.1, 0.2, 0.3]})
    scheduler = LearningCurve(
        random_sampler(space=space), 3, RUNGS, CurveStopping(), np.random.default_rng(0)
    )
    asked = [job.trial_id for job in drive(scheduler, 1, lambda job: 1.0).asked]
    assert asked == sorted(asked)


def test_it_is_not_done_while_a_trial_waits_for_its_next_rung():
    scheduler = LearningCurve(
        random_sampler(), 1, RUNGS, CurveStopping(), np.random.default_rng(0)
    )
    for _ in RUNGS:
        assert not scheduler.done
        scheduler.tell(scheduler.ask(), 1.0)
    assert scheduler.done


def test_the_same_seed_gives_the_same_run():
    def jobs(seed):
        scheduler = LearningCurve(
            random_sampler(seed), 20, RUNGS, CurveStopping(), np.random.default_rng(3)
        )
        return drive(scheduler, 1).asked

    assert jobs(0) == jobs(0) != jobs(1)


def test_the_rule_that_is_given_is_not_changed():
    rule = CurveStopping()
    before = dict(vars(rule))
    run(some_curves(), rule)
    assert vars(rule) == before


# ---- median ----------------------------------------------------------------------


def curves_of(*rows):
    curves = Curves(4)
    for trial_id, row in enumerate(rows):
        for loss in row:
            curves.add(trial_id, loss)
    return curves


@pytest.mark.parametrize(
    ("row", "stops"),
    [
        ([5, 4], True),  # 4 > 3
        ([5, 3], False),  # 3, not above it
        ([2, 9], False),  # the best so far counts
    ],
)
def test_the_median_of_the_means_up_to_the_same_rung_decides(row, stops):
    # Means up to the second: 1, 3, 5; what came later does not count.
    curves = curves_of([1, 1, 0, 0], [4, 2, 0], [6, 4], row)
    assert MedianStopping(3).should_stop(3, curves) is stops


def test_the_median_needs_some_to_compare_with():
    curves = curves_of([1, 1], [1, 1], [9, 9])
    assert not MedianStopping(3).should_stop(2, curves)
    assert MedianStopping(2).should_stop(2, curves)


# ---- what has been seen ----------------------------------------------------------


def test_the_incumbent_is_the_best_at_the_last_rung_and_the_first_of_ties():
    curves = curves_of([0, 0, 0], [9, 9, 9, 2], [5, 5, 5, 1], [4, 4, 4, 1])
    assert curves.incumbent == [5, 5, 5, 1]
    assert curves_of([0, 0, 0]).incumbent is None


def test_the_spread_is_from_lowest_to_highest_without_what_is_far_off():
    assert curves_of([5, 3], [4, 2]).spread == 3
    assert curves_of([5, 3], [4, 2], [1e9]).spread == 9  # three times the median's 3


# ---- the ladder ------------------------------------------------------------------


@pytest.mark.parametrize("step", [1.2, 2**0.5, 2, 3, 10])
@pytest.mark.parametrize("ends", [(1, 1), (1, 2), (2, 52), (1, 1000), (37.5, 1198.0)])
def test_a_ladder_rises_from_end_to_end_in_whole_steps(ends, step):
    rungs = ladder(*ends, step)
    assert (rungs[0], rungs[-1]) == (round(ends[0]), round(ends[1]))
    assert all(type(rung) is int for rung in rungs)
    assert all(a < b for a, b in pairwise(rungs))
    # A half is what rounding adds to one and takes from the other.
    assert all(b - 0.5 <= step * (a + 0.5) for a, b in pairwise(rungs))


def test_a_ladder_of_powers_has_just_these():
    assert ladder(1, 243, 3) == [1, 3, 9, 27, 81, 243]
    assert ladder(1, 1000, 10) == [1, 10, 100, 1000]
    assert ladder(2, 52, 3 ** (1 / 3)) == RUNGS


@pytest.mark.parametrize(("step", "n_steps"), [(1.2, 6), (1.7, 2), (2**0.5, 1)])
def test_rounding_adds_no_rung_to_a_ladder(step, n_steps):
    # The ratio of the ends is a little above the power of the step.
    assert len(ladder(100 / step**n_steps, 100, step)) == n_steps + 1


def test_a_trial_that_failed_below_has_its_first_loss_there_too():
    curves = Curves(n_levels=3)
    curves.add(0, 0.5, level=2)
    assert curves.of(0) == [0.5, 0.5, 0.5]
    assert curves.incumbent == [0.5, 0.5, 0.5]


def test_a_trial_that_is_tried_again_is_compared_at_the_rung_where_it_runs():
    seen = []

    class Records(StoppingRule):
        def should_stop(self, trial_id, curves):
            seen.append(list(curves.of(trial_id)))
            return False

    rng = np.random.default_rng(0)
    scheduler = LearningCurve(random_sampler(), 9, [1, 2, 4], Records(), rng)
    scheduler.tell(scheduler.ask(), math.inf, "needs more rows")
    scheduler.tell(scheduler.ask(), 0.5)
    assert seen == [[0.5, 0.5]]


def test_one_rung_needs_no_model_of_curves():
    rng = np.random.default_rng(0)
    with np.errstate(all="raise"):
        LearningCurve(random_sampler(), 3, [5], CurveStopping(), rng)
    assert rng.random() == np.random.default_rng(0).random()


def test_the_rule_sees_what_each_fold_has():
    class Records(StoppingRule):
        def bind(self, resources, rng):
            seen.append(tuple(resources))
            return super().bind(resources, rng)

        def should_stop(self, trial_id, curves):
            return False

    seen = []
    rng = np.random.default_rng(0)
    LearningCurve(random_sampler(), 3, [1, 9, 45], Records(), rng, seen_at=[1, 9, 9])
    assert seen == [(1, 9, 9)]
