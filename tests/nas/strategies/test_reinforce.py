import math
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from scipy.optimize import approx_fprime

from sklearn_automl.nas.strategies import Reinforce
from sklearn_automl.nas.strategies._policy import Adam, MovingAverage, Policy
from tests.nas.strategies.fakes import Bandit, Graphs, bind, run, tell, wrong_decisions

SPACE = Bandit().bind((1,))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def policy(rng):
    policy = Policy(np.array([3, 2, 4]), rng)
    policy.logits = policy.logits + rng.standard_normal(policy.logits.shape)
    return policy


def with_logits(policy, finite):
    other = Policy(np.array([3, 2, 4]), np.random.default_rng(0))
    other.logits[np.isfinite(policy.logits)] = finite
    return other


# ---- the bandit ------------------------------------------------------------------


@pytest.mark.parametrize("rewards", ["rank", "loss"])
@pytest.mark.parametrize("seed", range(3))
def test_solves_a_bandit_of_ten_decisions(rewards, seed):
    # One architecture of 4**10 is right.
    strategy, losses = run(
        Reinforce(rewards=rewards), SPACE, 200, wrong_decisions, seed
    )
    assert min(losses) == 0
    assert wrong_decisions(strategy.mode()) == 0
    assert np.mean(losses[-50:]) < 3 < 6 < np.mean(losses[:20])


def test_the_baseline_lowers_the_variance_of_the_gradient(rng):
    policy = Policy(np.full(10, 4), rng)
    baseline = MovingAverage(decay=0.9)
    is_active = np.ones(10, dtype=bool)
    plain, compared = [], []
    for _ in range(2000):
        levels = policy.sample(rng)
        reward = 10.0 - np.count_nonzero(levels)
        score = policy.score(levels, is_active)
        if baseline.n:
            plain.append(reward * score)
            compared.append((reward - baseline.value) * score)
        baseline.update(reward)
    variance = [np.var(gradients, axis=0).sum() for gradients in (plain, compared)]
    # The second moment of the reward against its variance: 2.5**2 + 1.9 to 1.9.
    assert variance[1] < 0.4 * variance[0]
    # It is the same gradient: a reward of 1 for one of four, times its p and 1 - p.
    mean = np.mean(compared, axis=0)
    assert mean[:, 0] == pytest.approx(0.25 * 0.75, abs=0.08)


def test_the_strategy_compares_with_the_baseline():
    # With one level of rewards nothing is better than usual, so nothing is learnt.
    strategy, _ = run(Reinforce(rewards="loss"), SPACE, 30, lambda config: -5.0)
    assert np.abs(strategy._policy.logits).max() < 0.01


def test_without_a_baseline_the_same_rewards_would_teach(monkeypatch):
    monkeypatch.setattr(MovingAverage, "value", 0.0)
    strategy, _ = run(Reinforce(rewards="loss"), SPACE, 30, lambda config: -5.0)
    assert np.abs(strategy._policy.logits).max() > 0.05


def test_a_reward_that_is_not_as_before_teaches():
    strategy = bind(Reinforce(rewards="loss"), SPACE)
    tell(strategy, strategy.ask(), -5.0)
    assert np.abs(strategy._policy.logits).max() < 0.01
    tell(strategy, strategy.ask(), -6.0)
    assert np.abs(strategy._policy.logits).max() > 0.05


# ---- the policy ------------------------------------------------------------------


def test_the_score_is_the_gradient_of_the_log_probability(policy):
    levels, is_active = np.array([2, 0, 1]), np.array([True, True, False])

    def log_probability(finite):
        p = with_logits(policy, finite).probabilities()
        return np.log(p[[0, 1], levels[:2]]).sum()

    exists = np.isfinite(policy.logits)
    numeric = approx_fprime(policy.logits[exists], log_probability)
    score = policy.score(levels, is_active)
    assert score[exists] == pytest.approx(numeric, abs=1e-6)
    assert not score[2].any()
    assert not score[~exists].any()


def test_the_gradient_of_the_entropy(policy):
    def entropy(finite):
        p = with_logits(policy, finite).probabilities()[:2]
        return -np.sum(p * np.log(np.where(p > 0, p, 1)))

    exists = np.isfinite(policy.logits)
    numeric = approx_fprime(policy.logits[exists], entropy)
    gradient = policy.entropy_gradient(np.array([True, True, False]))
    assert gradient[exists] == pytest.approx(numeric, abs=1e-6)
    assert not gradient[~exists].any()


def test_samples_have_the_probabilities_of_the_policy(policy, rng):
    levels = np.array([policy.sample(rng) for _ in range(5000)])
    for j, p in enumerate(policy.probabilities()):
        frequencies = np.bincount(levels[:, j], minlength=4) / len(levels)
        assert frequencies == pytest.approx(p, abs=0.03)
        assert not frequencies[p == 0].any()


def test_the_average_is_corrected_for_its_beginning():
    average = MovingAverage(decay=0.9)
    average.update(4.0)
    assert average.value == pytest.approx(4.0)
    average.update(1.0)
    assert average.value == pytest.approx((0.9 * 4.0 + 1.0) / 1.9)


def test_adam_steps_uphill_with_its_learning_rate():
    adam = Adam((2,), 0.1)
    assert adam.step(np.array([30.0, -0.2])) == pytest.approx([0.1, -0.1])
    gradient = np.array([0.0, -0.2])
    expected = 0.1 * (0.9 * 0.1 * 30 / 0.19) / np.sqrt(0.999 * 0.001 * 900 / 0.001999)
    assert adam.step(gradient) == pytest.approx([expected, -0.1])


def test_entropy_keeps_the_policy_from_being_sure():
    sure = []
    for weight in (0.0, 0.3):
        strategy, _ = run(Reinforce(entropy_weight=weight), SPACE, 150, wrong_decisions)
        sure.append(strategy._policy.probabilities().max(axis=1).mean())
    assert sure[1] < sure[0] - 0.1


# ---- rewards ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "reward"),
    [([7], 0.5), ([7, 1], 0.75), ([7, 1, math.inf], 0.5 / 3), ([2, 2, 3, 2], 2.5 / 4)],
)
def test_ranks_are_shares_of_what_is_worse(losses, reward):
    strategy = bind(Reinforce(), SPACE)
    assert strategy._reward(losses) == pytest.approx(reward)


def test_a_result_is_ranked_among_the_last_hundred(monkeypatch):
    strategy = bind(Reinforce(), SPACE)
    rng = np.random.default_rng(3)
    # What was good in the beginning is forgotten; what came since is not.
    for loss in [*[0.0] * 50, *[2.0] * 99]:
        tell(strategy, SPACE.decisions.sample(rng), loss)
    rewards = []
    monkeypatch.setattr(MovingAverage, "update", lambda self, r: rewards.append(r))
    tell(strategy, strategy.ask(), 1.0)
    assert rewards == [(99 + 0.5) / 100]


@pytest.mark.parametrize(
    ("losses", "reward"),
    [([7.0], -7), ([1, 7, 2, math.inf], -7), ([math.inf], None)],
)
def test_a_failure_has_the_worst_reward_that_was_seen(losses, reward):
    strategy = bind(Reinforce(rewards="loss"), SPACE)
    assert strategy._reward(losses) == reward


def test_results_of_another_resource_are_not_compared():
    strategy = bind(Reinforce(rewards="loss"), SPACE)
    tell(strategy, strategy.ask(), 1.0, resource=1)
    tell(strategy, strategy.ask(), 100.0, resource=9)
    assert np.abs(strategy._policy.logits).max() < 0.01


def test_what_the_policy_did_not_propose_does_not_change_it():
    strategy = bind(Reinforce(), SPACE)
    rng = np.random.default_rng(3)
    before = strategy._policy.logits.copy()
    for i in range(10):
        tell(strategy, SPACE.decisions.sample(rng), float(i))
    assert (strategy._policy.logits == before).all()


def test_decisions_that_were_not_made_are_not_rewarded():
    strategy = bind(Reinforce(rewards="loss"), Graphs().bind((1,)))
    names = [parameter.name for parameter in strategy.space.columns]
    third = names.index("operation_3")
    for i in range(40):
        config = strategy.ask()
        before = strategy._policy.logits[third].copy()
        tell(strategy, config, float(i % 3))
        if config["n"] == 3:
            break
        assert (strategy._policy.logits[third] == before).all()
    assert config["n"] == 3


def test_a_loaded_state_keeps_the_last_hundred_losses():
    strategy = bind(Reinforce(), SPACE)
    for i in range(3):
        tell(strategy, strategy.ask(), float(i))
    again = bind(Reinforce(), SPACE)
    again.load_state_dict(strategy.state_dict())
    for i in range(3, 110):
        tell(again, again.ask(), float(i))
    (losses,) = again.state_dict()["losses"].values()
    assert losses == [float(i) for i in range(10, 110)]


def test_a_draw_between_the_sum_of_a_row_and_one_is_its_last_value():
    policy = Policy(np.array([10]), np.random.default_rng(0))
    policy.logits[:] = 0.0
    assert policy.probabilities().cumsum(axis=1)[0, -1] < 1
    largest = np.nextafter(1, 0)
    rng = SimpleNamespace(random=lambda shape: np.full(shape, largest))
    assert policy.sample(rng).tolist() == [9]


def test_a_policy_that_is_sure_of_itself_is_drawn_from_more_freely():
    strategy = bind(Reinforce(), SPACE)
    strategy._policy.logits[:, 0] = 16.0
    for _ in range(10):
        strategy.ask()
    assert strategy.n_proposals == {"policy": 10}
