"""Expected improvement per second: the model of the seconds, and what it changes."""

import math

import numpy as np
import pytest
from scipy.stats import uniform

from sklearn_automl.samplers import (
    ForestSampler,
    GaussianProcessSampler,
    Observation,
)
from sklearn_automl.samplers._costs import LogSeconds, known_seconds
from sklearn_automl.space import SearchSpace, When

each_surrogate = pytest.mark.parametrize(
    "Sampler", [GaussianProcessSampler, ForestSampler]
)
SPACES = {
    "numbers": {"x": uniform(), "y": uniform()},
    "a list": {"x": uniform(), "y": ["a", "b", "c"]},
    "a condition": {"x": uniform(), "y": ["a", "b"], "z": When("y", "a", uniform())},
}


class Mean:
    """Expects the mean of what it was fitted to, and keeps that."""

    def __init__(self, inputs, values):
        self.values = values

    def predict(self, inputs):
        return np.full(len(inputs), self.values.mean()), np.ones(len(inputs))


def dear(config, resource):
    """A hundred times as long at x = 1 as at x = 0."""
    return resource * 100 ** config["x"]


def told(Sampler, space, *, seconds=dear, resources=(1,), n=24, **options):
    """Return a sampler that knows where losses are flat, and what that took."""
    options = {"acquisition": "eips", "random_fraction": 0, **options}
    sampler = Sampler(**options)
    sampler = sampler.bind(SearchSpace(space), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for i in range(n):
        config, resource = sampler.space.sample(rng), resources[i % len(resources)]
        spent = None if seconds is None else seconds(config, resource)
        sampler.tell(Observation(config, 0.5, resource, spent))
    return sampler


def proposed(sampler, n=8):
    return [config["x"] for config in sampler.ask_together(n)]


@each_surrogate
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("resources", [(1,), (1, 3, 9)])
def test_what_is_fitted_fast_is_preferred(Sampler, space, resources):
    fast = proposed(told(Sampler, space, resources=resources))
    plain = told(Sampler, space, resources=resources, acquisition="log_ei")
    assert np.mean(fast) < 0.3 < np.mean(proposed(plain))


@each_surrogate
def test_the_unit_of_the_seconds_does_not_matter(Sampler):
    space = SPACES["numbers"]
    milliseconds = told(
        Sampler, space, seconds=lambda config, resource: 1024 * dear(config, resource)
    )
    assert proposed(milliseconds) == pytest.approx(proposed(told(Sampler, space)))


@each_surrogate
def test_the_same_seconds_give_the_same_proposals(Sampler):
    space = SPACES["a list"]
    assert proposed(told(Sampler, space)) == proposed(told(Sampler, space))


@each_surrogate
def test_other_acquisitions_need_no_seconds_and_do_not_mind_them(Sampler):
    for acquisition in ("log_ei", "lcb"):
        without, with_ = (
            proposed(
                told(Sampler, SPACES["numbers"], seconds=s, acquisition=acquisition)
            )
            for s in (None, dear)
        )
        assert without == with_


@each_surrogate
def test_a_result_without_seconds_is_refused(Sampler):
    with pytest.raises(ValueError, match=r"acquisition='eips'.*has no seconds"):
        told(Sampler, SPACES["numbers"], seconds=None, n=1)


@each_surrogate
@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_a_failure_needs_no_seconds(Sampler, loss):
    sampler = told(Sampler, SPACES["numbers"], n=0)
    for i in range(8):
        sampler.tell(Observation({"x": i / 8, "y": 0.5}, loss, 1))
    sampler.ask()
    assert sampler.n_proposals == {"model": 1}
    assert sampler._costs is None


@pytest.mark.parametrize(
    ("loss", "seconds", "known"),
    [
        (1.0, 3.0, 3.0),
        (1.0, 0.0, math.nan),  # all folds had been run before
        (1.0, None, math.nan),
        (math.inf, 3.0, math.nan),
        (math.nan, 3.0, math.nan),
    ],
)
def test_nothing_is_learnt_from_failures_and_from_what_took_no_time(
    loss, seconds, known
):
    observation = Observation({"x": 1}, loss, 1, seconds)
    assert known_seconds(observation) == pytest.approx(known, nan_ok=True)


def test_seconds_are_modelled_on_a_logarithmic_scale():
    model = LogSeconds(np.zeros((3, 1)), np.array([1.0, 10.0, 100.0]), Mean)
    np.testing.assert_allclose(model.predict(np.zeros((2, 1))), math.log(10))
    assert model._model.values.std() == pytest.approx(1)


def test_equal_seconds_are_no_reason_to_prefer_anything():
    model = LogSeconds(np.zeros((3, 1)), np.full(3, 5.0), Mean)
    np.testing.assert_allclose(model.predict(np.zeros((1, 1))), math.log(5))


def test_the_process_of_the_seconds_is_fitted_when_five_results_are_new():
    sampler = told(GaussianProcessSampler, SPACES["numbers"], n=6)
    thetas = []
    for _ in range(10):
        config = sampler.ask()
        thetas.append(tuple(sampler._cost_theta))
        sampler.tell(Observation(config, 0.5, 1, dear(config, 1)))
    assert [thetas.index(theta) for theta in thetas] == [0] * 5 + [5] * 5


def test_between_its_fits_the_process_of_the_seconds_keeps_its_own_parameters():
    sampler = told(GaussianProcessSampler, SPACES["numbers"], n=6)
    sampler.ask()
    sampler._cost_theta = sampler._cost_theta + 1.0
    model = sampler._fit_costs(np.random.default_rng(0).random((6, 3)), np.arange(6.0))
    np.testing.assert_array_equal(model.theta, sampler._cost_theta)
