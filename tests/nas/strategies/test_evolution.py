import math

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn_automl.nas import CellSpace, ChainSpace, MultiBranchSpace
from sklearn_automl.nas.strategies import Evolution, RandomStrategy
from sklearn_automl.nas.strategies._evolution import _population_size
from sklearn_automl.samplers import Observation
from sklearn_automl.schedulers import ASHA
from tests.nas.strategies.fakes import Bandit, bind, run, tell, wrong_decisions

SPACE = Bandit().bind((1,))


def evolved(losses, seed=0, **options):
    """Return a strategy that was told these losses, one after the other."""
    strategy = bind(Evolution(**options), SPACE, seed)
    for loss in losses:
        tell(strategy, strategy.ask(), loss)
    return strategy


def losses_of(strategy):
    return [member.loss for member in strategy._population]


def distance(a, b):
    return sum(a[name] != b[name] for name in a)


# ---- who dies --------------------------------------------------------------------


@pytest.mark.parametrize(("population_size", "n"), [(1, 2), (4, 2), (9, 3)])
def test_a_tournament_has_a_third_of_the_population_but_two_at_least(
    population_size, n
):
    assert bind(Evolution(population_size=population_size), SPACE)._s == n


def test_the_oldest_die_even_if_they_are_the_best():
    assert losses_of(evolved([0.0, 5, 4, 3, 2], population_size=3)) == [4, 3, 2]


def test_the_worst_die_even_if_they_are_the_newest():
    strategy = evolved([0.0, 5, 4, 3, 9], population_size=3, survival="worst")
    assert sorted(losses_of(strategy)) == [0, 3, 4]


def test_a_generation_replaces_its_parents_together():
    options = {"population_size": 3, "survival": "mu_plus_lambda"}
    assert losses_of(evolved([5.0, 4, 3, 1, 2], **options)) == [5, 4, 3]
    assert losses_of(evolved([5.0, 4, 3, 1, 2, 6], **options)) == [1, 2, 3]


def test_a_lucky_result_stays_with_the_worst_out_and_not_with_ageing():
    # Scripted: one architecture seems to be perfect, all others are what they are.
    lucky = [-100.0, *[1.0 + i / 100 for i in range(40)]]
    assert -100 not in losses_of(evolved(lucky, population_size=10))
    assert -100 in losses_of(evolved(lucky, population_size=10, survival="worst"))


def test_only_with_ageing_a_lucky_result_ends_to_have_children():
    n_children = {}
    for survival in ("age", "worst"):
        strategy = evolved([-100.0, *[1.0] * 60], population_size=10, survival=survival)
        lucky = min(strategy._individuals.values(), key=lambda i: i.loss).config
        last = list(strategy._individuals.values())[-20:]
        n_children[survival] = sum(i.parent == lucky for i in last)
    assert n_children["age"] == 0
    assert n_children["worst"] >= 3


def test_age_counts_from_the_first_result():
    strategy = bind(Evolution(population_size=2), SPACE)
    a, b, c = (strategy.ask() for _ in range(3))
    for loss, config in [(3.0, c), (1.0, a), (2.0, b)]:
        tell(strategy, config, loss)
    assert losses_of(strategy) == [1, 2]


def test_a_promotion_neither_renews_nor_revives():
    strategy = bind(Evolution(population_size=2), SPACE)
    a, b, c = (strategy.ask() for _ in range(3))
    tell(strategy, a, 1.0)
    tell(strategy, b, 2.0)
    tell(strategy, a, 1.5, resource=3)
    assert losses_of(strategy) == [1.5, 2]
    tell(strategy, c, 3.0)
    tell(strategy, a, 1.2, resource=9)
    assert losses_of(strategy) == [2, 3]


def test_a_failure_never_lives():
    strategy = evolved([math.inf, 1.0, math.nan, 2.0], population_size=3)
    assert losses_of(strategy) == [1, 2]


def test_who_fails_with_more_of_the_resource_has_no_children():
    strategy = bind(Evolution(population_size=2, tournament_size=1), SPACE)
    a, b = strategy.ask(), strategy.ask()
    tell(strategy, a, 1.0)
    tell(strategy, b, 2.0)
    tell(strategy, a, math.inf, resource=3)
    assert all(strategy.parent_of(strategy.ask()) == b for _ in range(10))


def test_a_promotion_displaces_the_worst_also_after_death():
    strategy = bind(Evolution(population_size=2, survival="worst"), SPACE)
    a, b, c, d = (strategy.ask() for _ in range(4))
    tell(strategy, a, 1.0, resource=3)
    tell(strategy, b, 2.0, resource=3)
    tell(strategy, c, 1.5)  # has less of the resource
    assert losses_of(strategy) == [1, 2]
    tell(strategy, c, 1.5, resource=3)
    assert losses_of(strategy) == [1, 1.5]
    tell(strategy, c, 1.2, resource=9)  # is there once
    assert losses_of(strategy) == [1, 1.2]
    tell(strategy, d, 0.5, resource=3)
    assert sorted(losses_of(strategy)) == [0.5, 1.2]


def test_a_promotion_joins_a_generation_again_after_death():
    strategy = bind(Evolution(population_size=2, survival="mu_plus_lambda"), SPACE)
    a, b, c, d, e = (strategy.ask() for _ in range(5))
    tell(strategy, a, 1.0, resource=3)
    tell(strategy, b, 2.0, resource=3)
    for config in (c, d):
        tell(strategy, config, 1.5)
    assert losses_of(strategy) == [1, 2]
    tell(strategy, c, 1.5, resource=3)
    tell(strategy, c, 1.2, resource=9)  # one child, not two
    assert losses_of(strategy) == [1, 2]
    tell(strategy, e, 9.0)
    assert losses_of(strategy) == [1.2, 1]


def test_a_late_result_of_who_has_failed_since_lets_nobody_die():
    strategy = bind(Evolution(population_size=1), SPACE)
    a, b = strategy.ask(), strategy.ask()
    tell(strategy, a, 1.0)
    tell(strategy, b, math.inf, resource=3)
    tell(strategy, b, 0.5)
    assert losses_of(strategy) == [1]


def evolved_by_asha(survival, seed):
    """Return the losses of 200 trials, and how many live who did not halfway."""
    strategy = bind(Evolution(population_size=10, survival=survival), SPACE, seed)
    scheduler, losses, halfway = ASHA(strategy, 200, 1, 27), [], []
    while not scheduler.done:
        job = scheduler.ask()
        loss = wrong_decisions(job.config)
        if job.rung == 0:
            losses.append(loss)
        scheduler.tell(job, loss)
        strategy.tell(Observation(job.config, loss, job.resource))
        if len(losses) <= 100:
            halfway = list(strategy._population)
    return losses, sum(member not in halfway for member in strategy._population)


@pytest.mark.parametrize("survival", ["age", "worst", "mu_plus_lambda"])
def test_it_goes_on_to_learn_with_early_stopping(survival):
    runs = [evolved_by_asha(survival, seed) for seed in range(5)]
    # 7.5 are wrong by chance.
    assert np.mean([np.mean(losses[100:]) for losses, _ in runs]) < 4.5
    assert np.mean([n_new for _, n_new in runs]) > 4


# ---- who is bred from ------------------------------------------------------------


def test_the_best_of_a_tournament_becomes_a_parent():
    strategy = bind(Evolution(population_size=10, tournament_size=200), SPACE)
    configs = [strategy.ask() for _ in range(10)]
    for i, config in enumerate(configs):
        tell(strategy, config, abs(i - 7))
    assert strategy.parent_of(strategy.ask()) == configs[7]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # The least of S draws of 0..9 with replacement.
        ({"tournament_size": 3}, sum((1 - k / 10) ** 3 for k in range(1, 10))),
        ({"tournament_size": 3, "parents": "uniform"}, 4.5),
    ],
)
def test_the_tournament_is_of_its_size(options, expected):
    strategy = evolved(range(10), population_size=10, **options)
    alive = list(strategy._population)
    losses = [strategy._parent(alive).loss for _ in range(1000)]
    assert np.mean(losses) == pytest.approx(expected, abs=0.3)


def test_more_of_the_resource_comes_first():
    strategy = bind(Evolution(population_size=2, tournament_size=50), SPACE)
    a, b = strategy.ask(), strategy.ask()
    tell(strategy, a, 0.1)
    tell(strategy, b, 0.9, resource=3)
    assert strategy.parent_of(strategy.ask()) == b


@pytest.mark.parametrize(
    "space",
    [
        ChainSpace().bind((1, 16)),
        MultiBranchSpace().bind((5,)),
        CellSpace().bind((1, 8, 8)),
    ],
)
def test_a_child_is_never_its_parent(space):
    strategy = bind(Evolution(population_size=3), space)
    for i in range(40):
        config = strategy.ask()
        tell(strategy, config, float(i))
        parent = strategy.parent_of(config)
        assert (parent is None) == (i < 3)
        if parent is not None:
            assert space.architecture(parent) != space.architecture(config)


def test_a_child_is_one_mutation_away():
    strategy, _ = run(Evolution(population_size=5), SPACE, 40, wrong_decisions)
    for _ in range(20):
        config = strategy.ask()
        assert distance(config, strategy.parent_of(config)) == 1


def test_with_crossover_a_child_has_two_parents():
    strategy = bind(
        Evolution(population_size=2, parents="uniform", crossover_probability=1), SPACE
    )
    a, b = strategy.ask(), strategy.ask()
    tell(strategy, a, 1.0)
    tell(strategy, b, 2.0)
    children = [strategy.ask() for _ in range(20)]
    for child in children:
        # But for the mutation.
        assert sum(child[k] not in (a[k], b[k]) for k in child) <= 1
    assert max(min(distance(c, a), distance(c, b)) for c in children) > 1


def test_parents_are_known_by_their_children_only():
    strategy = bind(Evolution(population_size=2), SPACE)
    assert strategy.parent_of(strategy.ask()) is None
    assert strategy.parent_of({**strategy.ask(), "d0": "v3"}) is None


# ---- when it is bred -------------------------------------------------------------


def test_it_waits_for_nobody():
    strategy = bind(Evolution(population_size=3), SPACE)
    configs = [strategy.ask() for _ in range(6)]
    assert strategy.n_proposals == {"initial design": 3, "too few observations": 3}
    tell(strategy, configs[4], 1.0)
    assert strategy.parent_of(strategy.ask()) == configs[4]
    for config in configs[:4]:  # late, and in any order
        tell(strategy, config, 0.5)
    assert strategy.parent_of(strategy.ask()) is not None


@pytest.mark.parametrize(
    ("n_trials", "size"), [(None, 10), (8, 4), (20, 5), (40, 10), (20_000, 100)]
)
def test_the_population_fits_the_number_of_trials(n_trials, size):
    assert _population_size(n_trials) == size
    strategy = bind(Evolution(), SPACE, n_trials=n_trials)
    for _ in range(size + 2):
        tell(strategy, strategy.ask(), 1.0)
    assert strategy.n_proposals == {"initial design": size, "bred": 2}


def mean_of_best(strategy):
    found = [run(strategy, SPACE, 80, wrong_decisions, s)[1] for s in range(10)]
    return np.mean([min(losses) for losses in found])


def test_it_beats_random_search():
    random = mean_of_best(RandomStrategy())
    for survival in ("age", "worst", "mu_plus_lambda"):
        assert mean_of_best(Evolution(survival=survival)) < random - 0.5, survival


def test_a_parent_is_nobodys_to_change():
    strategy = evolved(range(3), population_size=3)
    child = strategy.ask()
    expected = dict(strategy.parent_of(child))
    strategy.parent_of(child).clear()
    assert strategy.parent_of(child) == expected
