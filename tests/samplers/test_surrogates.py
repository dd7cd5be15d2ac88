"""Gaussian process and forest: the models, their inputs, and what they propose."""

import math
import tracemalloc

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
    Surrogate,
)
from sklearn_automl.samplers._forest import Forest
from sklearn_automl.samplers._gaussian_process import GaussianProcess, _matern
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


NUMBERS = np.zeros(3, dtype=bool)


@pytest.fixture
def mixed(rng):
    """Two numbers, the level of a list of four (-1 where it is inactive), and y."""
    x = np.column_stack([rng.random((40, 2)), rng.integers(-1, 4, 40)])
    return x, np.sin(5 * x[:, 0]) + (x[:, 2] == 1)


def with_indicators(x):
    """Two different levels of the third input have a distance of one."""
    return np.hstack([x[:, :2], (x[:, 2:] == np.arange(4)) * math.sqrt(0.5)])


def test_the_gradient_is_that_of_the_objective(mixed, rng):
    process = GaussianProcess(*mixed, np.array([False, False, True]))
    squares = process._squared_differences()
    theta = process.theta + 0.3 * rng.standard_normal(4)
    error = check_grad(
        lambda t: process._objective(t, squares)[0],
        lambda t: process._objective(t, squares)[1],
        theta,
    )
    assert error < 1e-5 * np.linalg.norm(process._objective(theta, squares)[1])


@pytest.mark.parametrize("d", [1, 4, 9])
def test_length_scales_begin_at_a_median_that_grows_with_the_dimension(d, rng):
    process = GaussianProcess(rng.random((5, d)), rng.random(5), np.zeros(d, bool))
    assert np.exp(process.theta[:-1]) == pytest.approx([0.3 * math.sqrt(d)] * d)


def test_predictions_are_those_of_scikit_learn(data, rng):
    x, y = data
    process = GaussianProcess(x, y, NUMBERS, np.log([0.3, 0.5, 2.0, 0.01]))
    theirs = GaussianProcessRegressor(
        Matern([0.3, 0.5, 2.0], nu=2.5), alpha=0.01 + 1e-6, optimizer=None
    ).fit(x, y)
    at = rng.random((20, 3))
    for ours, expected in zip(
        process.predict(at), theirs.predict(at, return_std=True), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-8)


def test_the_kernel_of_levels_is_that_of_their_indicators(mixed, rng):
    x, y = mixed
    theta = np.log([0.3, 0.5, 2.0, 0.01])
    process = GaussianProcess(x, y, np.array([False, False, True]), theta)
    theirs = GaussianProcessRegressor(
        Matern([0.3, 0.5, 2.0, 2.0, 2.0, 2.0], nu=2.5),
        alpha=0.01 + 1e-6,
        optimizer=None,
    ).fit(with_indicators(x), y)
    at = np.column_stack([rng.random((20, 2)), rng.integers(-1, 4, 20)])
    expected = theirs.predict(with_indicators(at), return_std=True)
    for ours, their in zip(process.predict(at), expected, strict=True):
        np.testing.assert_allclose(ours, their, rtol=1e-6, atol=1e-8)
    # What it is fitted with is the same kernel.
    squares = np.exp(-2 * theta[:-1]) @ process._squared_differences()
    kernel = process._kernel(x, x)
    np.testing.assert_allclose(_matern(squares)[0], kernel.ravel(), rtol=1e-12)


def test_a_fit_finds_what_matters(data):
    process = GaussianProcess(*data, NUMBERS)
    before = process.theta.copy()
    squares = process._squared_differences()
    at_start = process._objective(before, squares)[0]
    process.fit()
    assert process._objective(process.theta, squares)[0] < at_start - 5
    # The loss does not depend on the third.
    assert process.theta[2] > max(process.theta[:2])


def test_data_without_noise_do_not_take_it_below_what_can_be_factorised(rng):
    x = rng.random((60, 1))
    process = GaussianProcess(x, 3 * x[:, 0], NUMBERS[:1])
    process.fit()
    assert process.theta[-1] == -7


def test_believing_is_observing_the_predicted_mean(data, rng):
    x, y = data
    process = GaussianProcess(x, y, NUMBERS)
    new, at = rng.random((4, 3)), rng.random((20, 3))
    means, _ = process.predict(new)
    refitted = GaussianProcess(
        np.vstack([x, new]), np.concatenate([y, means]), NUMBERS, process.theta
    )
    process.believe(new[:1])
    process.believe(new[1:])
    np.testing.assert_allclose(process.predict(at), refitted.predict(at), atol=1e-9)


def test_repeated_points_can_be_factorised():
    x = np.repeat([[0.2, 0.4]], 50, axis=0)
    process = GaussianProcess(x, np.linspace(-1, 1, 50), NUMBERS[:2])
    process.fit()
    assert np.isfinite(process.predict(x[:1])).all()


# ---- the forest ------------------------------------------------------------------


def test_the_forest_is_sure_where_it_has_seen_much(rng):
    x = np.concatenate([0.5 * rng.random((300, 1)), [[0.95]]])
    y = np.where(x[:, 0] > 0.5, 5.0, 0.0)
    mean, sd = Forest(x, y, np.zeros(1), 50, rng).predict(np.array([[0.25], [0.9]]))
    assert abs(mean[0]) < 0.1
    assert sd[1] > 10 * sd[0]


def test_believing_makes_the_forest_surer(rng):
    x = rng.random((12, 1))
    forest = Forest(x, rng.standard_normal(12), np.zeros(1), 200, rng)
    new = np.full((8, 1), 0.5)
    _, before = forest.predict(new[:1])
    forest.believe(new)
    _, after = forest.predict(new[:1])
    assert after < 0.7 * before


@pytest.mark.parametrize("n_levels", [4, 10_000])
def test_the_forest_learns_which_level_is_good(n_levels, rng):
    x = np.column_stack([rng.random(200), rng.integers(-1, 4, 200)])
    y = np.where(x[:, 1] == 2, 0.0, 1.0)
    forest = Forest(x, y, np.array([0, n_levels]), 20, rng)
    levels = np.arange(-1, 4)
    mean, _ = forest.predict(np.column_stack([np.full(5, 0.5), levels]))
    np.testing.assert_allclose(mean, levels != 2)


def test_levels_that_the_forest_has_not_seen_are_alike(rng):
    x = np.column_stack([rng.random(200), 2 * rng.integers(0, 300, 200)])
    forest = Forest(x, rng.standard_normal(200), np.array([0, 1000]), 20, rng)
    unseen = np.array([[0.5, 1.0], [0.5, 3.0], [0.5, 999.0]])
    mean, _ = forest.predict(unseen)
    assert len(set(mean)) == 1
    forest.believe(unseen[:1])
    mean, _ = forest.predict(unseen)
    assert mean[1] == mean[2]


def test_the_trees_are_those_of_smac(rng):
    forest = Forest(rng.random((9, 2)), rng.random(9), np.zeros(2), 4, rng)
    options = {(t.min_samples_split, t.max_features) for t in forest._trees}
    assert options == {(3, 5 / 6)}
    assert len({t.random_state for t in forest._trees}) == len(forest._trees) == 4


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


def test_a_category_is_the_number_of_its_level(inputs):
    to_inputs, points = inputs
    assert to_inputs.n_levels.tolist() == [0, 3, 0, 0]
    assert to_inputs(points, 1.0)[:, 1].tolist() == [0, 1, 2]


def test_inactive_coordinates_are_alike(inputs):
    to_inputs, points = inputs
    assert to_inputs(points, 1.0)[:, 2].tolist() == [0.25, 0.5, 0.5]
    points[:2, 1] = np.nan
    assert to_inputs(points, 1.0)[:, 1].tolist() == [-1, -1, 2]


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


def test_no_resource_at_all_is_the_lowest_level():
    sampler = GaussianProcessSampler()
    sampler = sampler.bind(SearchSpace({"x": uniform()}), np.random.default_rng(0))
    for resource in (0, 9, 3):
        sampler.tell(Observation({"x": 0.5}, 1.0, resource))
    _, levels, _ = sampler._data()
    # 9, 3, and 1.5 for 0.
    np.testing.assert_allclose(levels, [1, math.log(2) / math.log(6), 0])


def test_of_too_many_the_best_and_the_latest_are_kept():
    losses = np.array([0.0, 9, 8, 7, 1, 6, 5, 2, 4, 3, 9, 9])
    kept = _latest_and_best(losses, 7)
    assert kept.tolist() == [0, 4, 7, 8, 9, 10, 11]
    assert _latest_and_best(losses, 3).tolist() == [0, 4, 7]
    for n in (12, 13, 50):
        assert _latest_and_best(losses, n).tolist() == list(range(12))


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


def test_log_ei_is_exact_where_ei_is_far_from_zero_and_its_ratio_is_rounded_away():
    z = -1e7
    (ours,) = log_expected_improvement(np.array([-z]), np.ones(1), 0.0)
    assert ours == pytest.approx(norm.logpdf(z) - 2 * math.log(-z), abs=0.1)


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
    ours = [best_of(sampler, 40, space, seed) for seed in range(3)]
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
def test_the_improvement_is_that_on_the_best_predicted_mean(Sampler):
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(20):
        config = space.sample(rng)
        sampler.tell(Observation(config, bowl(config), 1))
    surrogate = sampler._updated_surrogate()
    observed, best = sampler._best_observed(surrogate)
    means, _ = surrogate.predict(sampler._inputs(observed, 1.0))
    assert best == means.min() == means[0]


@each_surrogate
def test_each_running_configuration_is_believed_once(Sampler, monkeypatch):
    space = SearchSpace({"x": uniform(), "y": uniform()})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(20):
        config = space.sample(rng)
        sampler.tell(Observation(config, bowl(config), 1))
    sampler.ask()
    n_believed = []
    original = sampler._surrogate.believe

    def believe(inputs):
        n_believed.append(len(inputs))
        original(inputs)

    monkeypatch.setattr(sampler._surrogate, "believe", believe)
    for _ in range(3):
        sampler.ask()
    assert n_believed == [1, 1, 1]


@each_surrogate
def test_a_long_list_costs_no_more_than_what_was_seen_of_it(Sampler):
    space = SearchSpace({"kind": [f"kind {i}" for i in range(20_000)], "x": uniform()})
    sampler = Sampler(random_fraction=0).bind(space, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(20):
        config = space.sample(rng)
        sampler.tell(Observation(config, config["x"], 1))
    tracemalloc.start()
    sampler.ask()
    sampler.ask()  # with one that runs
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8e6  # bytes; one for each level of 500 candidates are 10e6
    assert sampler.n_proposals == {"model": 2}


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


def test_the_first_process_is_fitted_however_few_results_there_are():
    sampler = GaussianProcessSampler(random_fraction=0, n_initial=2)
    sampler = sampler.bind(SearchSpace({"x": uniform()}), np.random.default_rng(0))
    for x in (0.2, 0.6):
        sampler.tell(Observation({"x": x}, x, 1))
    sampler.ask()
    assert sampler._theta is not None


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


class Quadratic(Surrogate):
    """Knows that the best point is at 0.3."""

    def predict(self, inputs):
        return ((inputs[:, :-1] - 0.3) ** 2).sum(axis=1), np.full(len(inputs), 1e-3)

    def believe(self, inputs):
        pass


def distance_to_the_best(refinements, seed):
    sampler = GaussianProcessSampler().bind(
        SearchSpace({f"x{i}": uniform() for i in range(5)}), np.random.default_rng(seed)
    )
    sampler._refinements = refinements
    sampler._observed = sampler._cube.sample(sampler.rng, 10)
    points, values = sampler._candidates(Quadratic())
    return np.linalg.norm(points[np.argmax(values)] - 0.3)


@pytest.mark.parametrize("seed", range(3))
def test_each_further_refinement_comes_closer_to_the_best(seed):
    coarse = GaussianProcessSampler._refinements
    distances = [
        distance_to_the_best(refinements, seed)
        for refinements in [(), coarse, (*coarse, (0.01, 0.003), (0.003, 0.001))]
    ]
    assert distances[0] > distances[1] > distances[2]


def test_candidates_are_as_many_and_as_far_as_was_measured(monkeypatch):
    sampler = GaussianProcessSampler().bind(
        SearchSpace({"x": uniform()}), np.random.default_rng(0)
    )
    sampler._observed = sampler._cube.sample(sampler.rng, 10)
    found, around = [], sampler._around

    def recorded(starts, n, steps):
        found.append((len(starts), n, steps))
        return around(starts, n, steps)

    monkeypatch.setattr(sampler, "_around", recorded)
    points, values = sampler._candidates(Quadratic())
    local, fine = (0.1, 0.03), (0.05, 0.015)
    assert found == [(5, 300, local), (5, 300, local), (5, 300, fine), (5, 160, fine)]
    assert len(points) == len(values) == 512 + 3 * 300 + 160


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
