"""Gaussian process and forest: the models, their inputs, and what they propose."""

import math

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm, uniform
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from sklearn_automl.samplers import (
    ForestSampler,
    GaussianProcessSampler,
    Observation,
    RandomSampler,
)
from sklearn_automl.samplers._forest import Forest
from sklearn_automl.samplers._gaussian_process import GaussianProcess
from sklearn_automl.samplers._surrogate import (
    Inputs,
    _latest_and_best,
    clipped_scores,
    log_expected_improvement,
)
from sklearn_automl.space import SearchSpace, UnitCube, When

SURROGATES = [GaussianProcessSampler, ForestSampler]
each_surrogate = pytest.mark.parametrize("Sampler", SURROGATES)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def data(rng):
    x = rng.random((40, 3))
    return x, np.sin(5 * x[:, 0]) + x[:, 1] ** 2


# ---- the Gaussian process --------------------------------------------------------


def test_the_gradient_is_that_of_the_objective(data, rng):
    process = GaussianProcess(*data, np.array([0, 1, 1]))
    squares = process._squared_differences()
    theta = process.theta + 0.3 * rng.standard_normal(3)
    error = check_grad(
        lambda t: process._objective(t, squares)[0],
        lambda t: process._objective(t, squares)[1],
        theta,
    )
    assert error < 1e-5 * np.linalg.norm(process._objective(theta, squares)[1])


def test_predictions_are_those_of_scikit_learn(data, rng):
    x, y = data
    process = GaussianProcess(x, y, np.arange(3), np.log([0.3, 0.5, 2.0, 0.01]))
    theirs = GaussianProcessRegressor(
        Matern([0.3, 0.5, 2.0], nu=2.5), alpha=0.01 + 1e-6, optimizer=None
    ).fit(x, y)
    at = rng.random((20, 3))
    for ours, expected in zip(
        process.predict(at), theirs.predict(at, return_std=True), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-8)


def test_a_fit_finds_what_matters(data):
    process = GaussianProcess(*data, np.arange(3))
    before = process.theta.copy()
    squares = process._squared_differences()
    at_start = process._objective(before, squares)[0]
    process.fit()
    assert process._objective(process.theta, squares)[0] < at_start - 5
    # The loss does not depend on the third.
    assert process.theta[2] > max(process.theta[:2])


def test_believing_is_observing_the_predicted_mean(data, rng):
    x, y = data
    process = GaussianProcess(x, y, np.arange(3))
    new, at = rng.random((4, 3)), rng.random((20, 3))
    means, _ = process.predict(new)
    refitted = GaussianProcess(
        np.vstack([x, new]), np.concatenate([y, means]), np.arange(3), process.theta
    )
    process.believe(new[:1])
    process.believe(new[1:])
    np.testing.assert_allclose(process.predict(at), refitted.predict(at), atol=1e-9)


def test_repeated_points_can_be_factorised():
    x = np.repeat([[0.2, 0.4]], 50, axis=0)
    process = GaussianProcess(x, np.linspace(-1, 1, 50), np.arange(2))
    process.fit()
    assert np.isfinite(process.predict(x[:1])).all()


# ---- the forest ------------------------------------------------------------------


def test_the_forest_is_sure_where_it_has_seen_much(rng):
    x = np.concatenate([0.5 * rng.random((300, 1)), [[0.95]]])
    y = np.where(x[:, 0] > 0.5, 5.0, 0.0)
    mean, sd = Forest(x, y, 50, rng).predict(np.array([[0.25], [0.9]]))
    assert abs(mean[0]) < 0.1
    assert sd[1] > 10 * sd[0]


def test_believing_makes_the_forest_surer(rng):
    x = rng.random((12, 1))
    forest = Forest(x, rng.standard_normal(12), 200, rng)
    new = np.full((8, 1), 0.5)
    _, before = forest.predict(new[:1])
    forest.believe(new)
    _, after = forest.predict(new[:1])
    assert after < 0.7 * before


# ---- inputs ----------------------------------------------------------------------


@pytest.fixture
def inputs():
    space = SearchSpace(
        {
            "kernel": ["rbf", "linear", "poly"],
            "gamma": When("kernel", "rbf", uniform()),
            "coef": uniform(),
        }
    )
    cube = UnitCube(space, "A test")
    configs = [
        {"kernel": "rbf", "gamma": 0.25, "coef": 0.5},
        {"kernel": "linear", "coef": 0.5},
        {"kernel": "poly", "coef": 0.5},
    ]
    return Inputs(cube), cube.encode(configs)


def test_two_categories_have_a_distance_of_one(inputs):
    to_inputs, points = inputs
    x = to_inputs(points, 1.0)
    columns = np.flatnonzero(to_inputs.column_of == 1)
    assert len(columns) == 3
    assert math.isclose(((x[1, columns] - x[2, columns]) ** 2).sum(), 1)


def test_inactive_coordinates_are_alike(inputs):
    to_inputs, points = inputs
    x = to_inputs(points, 1.0)
    gamma = np.flatnonzero(to_inputs.column_of == 2)
    assert x[:, gamma].ravel().tolist() == [0.25, 0.5, 0.5]


def test_the_last_input_is_the_level_of_the_resource(inputs):
    to_inputs, points = inputs
    assert to_inputs(points, np.array([0.0, 0.5, 1.0]))[:, -1].tolist() == [0, 0.5, 1]


def test_levels_are_logarithmic_and_the_highest_come_first():
    sampler = GaussianProcessSampler(max_points=5)
    sampler = sampler.bind(SearchSpace({"x": uniform()}), np.random.default_rng(0))
    for i, resource in enumerate([1, 1, 1, 1, 3, 3, 9]):
        sampler.tell(Observation({"x": i / 10}, -i, resource))
    points, levels, scores = sampler._data()
    np.testing.assert_allclose(levels, [1, 0.5, 0.5, 0, 0])
    np.testing.assert_allclose(points[:, 0], [0.6, 0.4, 0.5, 0.2, 0.3])
    # The losses -6, -4, -5, -2, -3: none is so bad that it is clipped.
    np.testing.assert_allclose(scores, np.array([-2, 0, -1, 2, 1]) / np.sqrt(2))


def test_of_too_many_the_best_and_the_latest_are_kept():
    losses = np.array([0.0, 9, 8, 7, 1, 6, 5, 2, 4, 3, 9, 9])
    kept = _latest_and_best(losses, 7)
    assert kept.tolist() == [0, 4, 7, 8, 9, 10, 11]
    assert _latest_and_best(losses, 3).tolist() == [0, 4, 7]
    assert _latest_and_best(losses, 50).tolist() == list(range(12))


def test_bad_losses_and_failures_are_clipped():
    losses = np.array([0.0, 1.0, 2.0, 3.0, 100.0, np.inf])
    clipped = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0])
    expected = (clipped - clipped.mean()) / clipped.std()
    np.testing.assert_allclose(clipped_scores(losses), expected)


@pytest.mark.parametrize("power", [-1000, -600, 600, 1020])
@pytest.mark.parametrize(
    "losses",
    [
        [0.0, 1.0, 2.0, 3.0, 7.0, np.inf],
        [-3.0, -2.5, 2.0, 2.5],
        [0.02, 0.02, 0.02, np.inf],
        [0.0, 0.0, 0.0, 1.0, 2.0],
    ],
)
def test_scores_are_the_same_for_losses_of_any_size(losses, power):
    losses = np.array(losses)
    scores = clipped_scores(losses)
    assert scores.std() == pytest.approx(1)
    with np.errstate(over="raise", invalid="raise"):
        scaled = clipped_scores(np.ldexp(losses, power))
    assert (scaled == scores).all()


def test_one_huge_loss_does_not_hide_what_the_others_are():
    scores = [clipped_scores(np.array([0.0, 1, 2, 3, bad])) for bad in (9, 1e300)]
    assert (scores[0] == scores[1]).all()


@pytest.mark.parametrize("losses", [[np.inf, np.inf], [2.0, 2.0]])
def test_scores_of_what_tells_nothing_are_zero(losses):
    assert clipped_scores(np.array(losses)).tolist() == [0, 0]


def test_what_is_worse_than_a_plateau_of_best_ones_shows():
    losses = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.5])
    scores = clipped_scores(losses)
    assert scores[4] > scores[6] > scores[0]


def test_failures_show_where_all_others_are_equal():
    scores = clipped_scores(np.array([0.02] * 6 + [np.inf] * 5))
    assert (scores[6:] > scores[0] + 1).all()


# ---- the acquisition -------------------------------------------------------------


def test_log_ei_is_the_logarithm_of_the_expected_improvement():
    mean, sd = np.linspace(-3, 3, 25), np.full(25, 0.7)
    z = (0.5 - mean) / sd
    expected = np.log(sd * (norm.pdf(z) + z * norm.cdf(z)))
    ours = log_expected_improvement(mean, sd, 0.5)
    np.testing.assert_allclose(ours, expected, rtol=1e-8)


def test_log_ei_falls_steadily_where_ei_is_zero():
    values = log_expected_improvement(np.logspace(0, 9, 500), np.ones(500), 0.0)
    assert np.isfinite(values).all()
    assert (np.diff(values) < 0).all()


# ---- what they propose -----------------------------------------------------------


def bowl(config):
    return sum((value - 0.3) ** 2 for value in config.values())


def best_of(sampler, n, space, seed):
    bound, losses = sampler.bind(space, np.random.default_rng(seed)), []
    for _ in range(n):
        config = bound.ask()
        losses.append(bowl(config))
        bound.tell(Observation(config, losses[-1], 1))
    return min(losses)


@pytest.mark.parametrize(
    ("sampler", "ratio"),
    [
        (GaussianProcessSampler(), 0.1),
        (GaussianProcessSampler(acquisition="lcb"), 0.1),
        (ForestSampler(), 0.5),
    ],
)
def test_finds_what_random_search_does_not(sampler, ratio):
    space = SearchSpace({f"x{i}": uniform() for i in range(4)})
    ours = [best_of(sampler, 40, space, seed) for seed in range(5)]
    random = [best_of(RandomSampler(), 40, space, seed) for seed in range(20)]
    assert np.median(ours) < ratio * np.median(random)


@each_surrogate
def test_learns_from_lower_resources(Sampler):
    # Nothing good was seen at the top; what is good shows further down only.
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(60):
        config = space.sample(rng)
        sampler.tell(Observation(config, bowl(config) + 0.2, 1))
    for x in (0.7, 0.8, 0.9):
        config = {"x": x, "y": x}
        sampler.tell(Observation(config, bowl(config), 9))
    assert bowl(sampler.ask()) < 0.1


@each_surrogate
def test_what_runs_is_not_proposed_again(Sampler):
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(20):
        config = space.sample(rng)
        sampler.tell(Observation(config, bowl(config), 1))
    points = np.array([list(sampler.ask().values()) for _ in range(8)])
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    assert distances[np.triu_indices(8, 1)].min() > 1e-4


@each_surrogate
def test_the_design_before_the_model_fills_the_space(Sampler):
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = Sampler().bind(space, np.random.default_rng(0))
    points = np.array([list(sampler.ask().values()) for _ in range(16)])
    for j in range(2):  # each of 16 slices of a Sobol sequence has one
        assert len(set((points[:, j] * 16).astype(int))) == 16
    assert sampler.n_proposals == {"initial design": 16}


def test_the_process_is_fitted_when_five_results_are_new():
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = GaussianProcessSampler(random_fraction=0)
    sampler = sampler.bind(space, np.random.default_rng(0))
    thetas = []
    for _ in range(17):
        config = sampler.ask()
        sampler.tell(Observation(config, (config["x"] - 0.3) ** 2, 1))
        if sampler._theta is not None:
            thetas.append(tuple(sampler._theta))
    assert len(thetas) == 17 - 6
    assert len(set(thetas)) == 3


@each_surrogate
def test_candidates_are_refined_around_the_best(Sampler):
    space = SearchSpace({f"x{i}": uniform() for i in range(3)})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    start = np.array([[0.5, 0.5, 0.5]])
    points = sampler._around(start, 400, (0.1, 0.03))
    # One coordinate always, the two others with probability 0.4.
    assert 0.55 < np.mean(points != 0.5) < 0.65
    assert np.abs(points - 0.5).max() < 0.5
    assert np.std(points[points != 0.5]) < 0.12


@each_surrogate
def test_a_share_of_proposals_is_random(Sampler):
    space = SearchSpace({"x": uniform()})
    sampler = Sampler(random_fraction=0.5).bind(space, np.random.default_rng(0))
    for i in range(10):
        sampler.tell(Observation({"x": i / 10}, i, 1))
    for _ in range(40):
        sampler.ask()
    assert 10 < sampler.n_proposals["random fraction"] < 30


@each_surrogate
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"acquisition": "ei"}, "acquisition='ei'"),
        ({"random_fraction": 2}, "random_fraction=2"),
        ({"n_initial": 1}, "n_initial=1"),
        ({"max_points": 0}, "max_points=0"),
    ],
)
def test_options_are_checked(Sampler, options, name):
    with pytest.raises(ValueError, match=name):
        Sampler(**options)


def test_the_number_of_trees_is_checked():
    with pytest.raises(ValueError, match="n_trees=1"):
        ForestSampler(n_trees=1)
