import builtins
import math
import pickle

import numpy as np
import pytest
from scipy.stats import binom, loguniform, randint, uniform

from sklearn_automl.samplers import CMAESSampler
from sklearn_automl.space import SearchSpace, When
from tests.samplers.breeding import bind, point, regrets, run, tell

cmaes = pytest.importorskip("cmaes")

INTEGERS = SearchSpace(
    {
        "b": [True, False],
        "k": binom(8, 0.4),
        "m": randint(1, 10),
        "x": loguniform(1e-3, 1e3),
        "constant": ["always"],
    }
)


def integer_loss(config):
    far = abs(config["m"] - 7) / 5 + abs(config["k"] - 2) / 5
    return far + config["b"] + abs(math.log10(config["x"]) - 1)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"kind": ["a", "b", "c"], "x": uniform()}, "'kind'.*no order"),
        ({"n": [3, 1, 2]}, "'n'.*no order"),
        ({"a": [0, 1], "g": When("a", 1, uniform())}, "'g'.*depends on another"),
        ([{"a": uniform()}, {"b": uniform()}], "list of dicts"),
    ],
)
def test_what_it_cannot_search_is_named(space, words):
    with pytest.raises(ValueError, match=rf"CMAESSampler cannot search .*{words}.*Use"):
        bind(CMAESSampler(), SearchSpace(space))


def test_says_how_to_install_what_it_needs(monkeypatch):
    original = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "cmaes":
            raise ModuleNotFoundError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r'pip install "sklearn-automl\[cmaes\]"'):
        bind(CMAESSampler())


def test_finds_integers_and_switches():
    losses, random = regrets(CMAESSampler(), space=INTEGERS, loss=integer_loss)
    assert np.median(losses) < 0.5 * np.median(random)


def test_every_value_of_an_integer_can_be_drawn():
    space = SearchSpace({"k": binom(8, 0.4), "x": uniform()})
    sampler = bind(CMAESSampler(sigma=1), space)
    values = {sampler.ask()["k"] for _ in range(200)}
    assert values == set(range(9))


def test_levels_and_coordinates_are_the_inverse_of_each_other():
    sampler = bind(CMAESSampler(), INTEGERS)
    rng = np.random.default_rng(0)
    for genotype in sampler._cube.sample(rng, 30):
        there = sampler._coordinates(genotype)
        assert len(there) == 4
        back = sampler._genotype(there)
        assert INTEGERS.decode(back) == INTEGERS.decode(genotype)


def reference(seed, n):
    """CMA-ES with margin as the package's own loop has it."""
    rng = np.random.default_rng(seed)
    optimizer = cmaes.CMAwM(
        np.full(4, 0.5), 0.3, np.tile([0.0, 1.0], (4, 1)), np.zeros(4)
    )
    for _ in range(n):
        solutions = []
        for _ in range(optimizer.population_size):
            optimizer.reseed_rng(int(rng.integers(2**32)))
            drawn, for_tell = optimizer.ask()
            yield drawn
            solutions.append((for_tell, ((drawn - 0.3) ** 2).sum()))
        optimizer.tell(solutions)


def test_draws_what_the_package_draws():
    sampler = bind(CMAESSampler(), seed=5)
    sampler.rng = np.random.default_rng(5)
    for expected in reference(5, 6):
        config = sampler.ask()
        np.testing.assert_allclose(point(config), expected, atol=1e-9)
        tell(sampler, config)


@pytest.mark.parametrize(("size", "used"), [(None, 8), (6, 6)])
def test_moves_when_a_population_is_evaluated(size, used):
    sampler = bind(CMAESSampler(population_size=size))
    asked = [sampler.ask() for _ in range(20)]
    for i, config in enumerate(asked[::-1]):  # whichever they are
        tell(sampler, config)
        assert len(sampler._moves) == (i + 1) // used


def test_begins_at_the_best_that_is_known():
    sampler = bind(CMAESSampler(sigma=0.01), initial=[dict.fromkeys("wxyz", 0.9)])
    tell(sampler, sampler.ask(), 1.0)
    tell(sampler, dict.fromkeys("wxyz", 0.2), 2.0)
    tell(sampler, dict.fromkeys("wxyz", 0.1), math.nan)
    assert point(sampler.ask()) == pytest.approx([0.9] * 4, abs=0.05)


def test_failures_are_the_worst():
    sampler = bind(CMAESSampler(), seed=2)
    for _ in range(80):
        config = sampler.ask()
        tell(sampler, config, math.inf if config["w"] > 0.4 else 1 - config["w"])
    assert 0.2 < np.median([sampler.ask()["w"] for _ in range(20)]) < 0.5


def test_does_not_move_if_all_have_failed():
    sampler = bind(CMAESSampler())
    for _ in range(30):
        tell(sampler, sampler.ask(), math.nan)
    assert sampler._moves == []


@pytest.mark.parametrize("resource", [0, 1])
def test_a_repeated_draw_counts_with_the_result_it_had(resource):
    space = SearchSpace({"n": [1, 2, 3, 4], "m": [1, 2, 3, 4]})
    sampler = bind(CMAESSampler(), space)
    for _ in range(12):
        config = sampler.ask()
        tell(sampler, config, config["n"] + config["m"], resource)
    # Twelve different ones are evaluated, but more than two populations of six.
    assert len(sampler._moves) > 2


def test_begins_anew_with_twice_the_population_when_it_is_a_point(monkeypatch):
    sampler, _ = run(CMAESSampler(), 20)
    optimizer = sampler._optimizer
    monkeypatch.setattr(optimizer, "should_stop", lambda: True)
    sampler.ask()
    assert sampler._optimizer is not optimizer
    assert sampler._optimizer.population_size == 2 * optimizer.population_size
    assert sampler._moves == []


def test_goes_on_after_pickling_to_the_last_digit():
    sampler, restored = bind(CMAESSampler()), bind(CMAESSampler())
    for i in range(300):
        if i % 23 == 0:
            restored = pickle.loads(pickle.dumps(restored))
        config = sampler.ask()
        assert restored.ask() == config
        tell(sampler, config)
        tell(restored, config)
