"""BOHB's model: when it starts, what its densities are, what it proposes."""

import math

import numpy as np
import pytest
from scipy.stats import norm, randint, truncnorm, uniform

from sklearn_automl.samplers import KDESampler, Observation
from sklearn_automl.samplers._kde import ProductKernelDensity
from sklearn_automl.space import SearchSpace, UnitCube, When


def numeric(d):
    return SearchSpace({f"x{i}": uniform() for i in range(d)})


def tell(sampler, n, resource=1, loss=lambda config: sum(config.values()), seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        config = sampler.space.sample(rng)
        sampler.tell(Observation(config, loss(config), resource))


def bound(space, seed=0, **options):
    return KDESampler(**options).bind(space, np.random.default_rng(seed))


# ---- when it models --------------------------------------------------------------


@pytest.mark.parametrize(("d", "n"), [(1, 4), (2, 6), (4, 10), (6, 14), (8, 18)])
def test_the_first_model_needs_two_times_d_plus_one_observations(d, n):
    sampler = bound(numeric(d), random_fraction=0)
    tell(sampler, n - 1)
    sampler.ask()
    assert sampler.n_proposals == {"too few observations": 1}
    tell(sampler, 1, seed=1)
    sampler.ask()
    assert sampler.n_proposals == {"too few observations": 1, "model": 1}


@pytest.mark.parametrize(
    ("n", "n_good", "n_bad"), [(6, 3, 3), (20, 3, 17), (40, 6, 34), (100, 15, 85)]
)
def test_fifteen_percent_are_good_but_at_least_d_plus_one(n, n_good, n_bad):
    sampler = bound(numeric(2))
    tell(sampler, n)
    good, bad = sampler._split()
    assert (len(good), len(bad)) == (n_good, n_bad)
    assert good.sum(axis=1).max() <= bad.sum(axis=1).min()


@pytest.mark.parametrize(("n", "n_good"), [(6, 3), (20, 17), (40, 37)])
def test_however_many_are_good_d_plus_one_are_bad(n, n_good):
    sampler = bound(numeric(2), random_fraction=0, top_fraction=1)
    tell(sampler, n)
    good, bad = sampler._split()
    assert (len(good), len(bad)) == (n_good, 3)
    sampler.ask()
    assert sampler.n_proposals == {"model": 1}


def test_the_model_is_of_the_highest_resource_with_enough():
    sampler = bound(numeric(1))
    tell(sampler, 30, resource=1)
    tell(sampler, 10, resource=3, loss=lambda config: -config["x0"])
    tell(sampler, 3, resource=9)
    good, bad = sampler._split()
    assert len(good) + len(bad) == 10
    assert good.min() >= bad.max()


def test_a_share_of_proposals_is_random():
    sampler = bound(numeric(1), random_fraction=1 / 3)
    tell(sampler, 30)
    for _ in range(600):
        sampler.ask()
    assert 160 < sampler.n_proposals["random fraction"] < 240
    assert sampler.n_proposals.total() == 600


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_failure_is_never_good(bad):
    sampler = bound(numeric(1))
    tell(sampler, 5)
    tell(sampler, 40, loss=lambda config: bad, seed=1)
    good, rest = sampler._split()
    assert (len(good), len(rest)) == (5, 40)  # 15 % are more than have finished


def test_with_nearly_only_failures_there_is_no_model():
    sampler = bound(numeric(1))
    tell(sampler, 1)
    tell(sampler, 40, loss=lambda config: math.inf, seed=1)
    assert sampler._split() is None


def test_as_many_finished_as_are_good_make_a_model():
    sampler = bound(numeric(1))
    tell(sampler, 2)
    tell(sampler, 40, loss=lambda config: math.inf, seed=1)
    good, bad = sampler._split()
    assert (len(good), len(bad)) == (2, 40)


def test_of_equal_losses_the_earlier_are_good():
    sampler = bound(numeric(1))
    for i in range(60):
        sampler.tell(Observation({"x0": i / 60}, i % 3, 1))
    good, bad = sampler._split()
    ranked = np.concatenate([good, bad])[:, 0] * 60
    assert ranked.round().astype(int).tolist() == sorted(range(60), key=lambda i: i % 3)


# ---- what it proposes ------------------------------------------------------------


def test_it_proposes_where_good_ones_are_dense():
    sampler = bound(numeric(2), random_fraction=0)
    tell(sampler, 60, loss=lambda c: (c["x0"] - 0.2) ** 2 + (c["x1"] - 0.8) ** 2)
    configs = [sampler.ask() for _ in range(20)]
    assert abs(np.mean([c["x0"] for c in configs]) - 0.2) < 0.15
    assert abs(np.mean([c["x1"] for c in configs]) - 0.8) < 0.15


def test_what_runs_counts_as_bad(monkeypatch):
    sampler = bound(numeric(1), random_fraction=0)
    tell(sampler, 20)
    fitted_to = []
    original = sampler._density

    def density(points):
        fitted_to.append(points)
        return original(points)

    monkeypatch.setattr(sampler, "_density", density)
    running = [sampler.ask()["x0"] for _ in range(3)]
    assert [len(points) for points in fitted_to] == [3, 17, 17 + 1, 17 + 2]
    np.testing.assert_allclose(fitted_to[-1][-2:, 0], running[:2])
    sampler.tell(Observation({"x0": running[0]}, 0.0, 1))
    sampler.ask()
    good, bad, bad_and_running = fitted_to[-3:]
    assert np.isclose(good, running[0]).any()
    assert not np.isclose(bad_and_running, running[0]).any()
    assert len(bad_and_running) == len(bad) + 2


def test_the_best_candidate_that_is_new_is_proposed():
    sampler = bound(SearchSpace({"x": list(range(30))}), random_fraction=0)
    for x in range(0, 24, 2):
        sampler.accept({"x": x}, "elsewhere")
        sampler.tell(Observation({"x": x}, x, 1))
    for _ in range(4):
        sampler.ask()
    assert sampler.n_proposals == {"elsewhere": 12, "model": 4}


def test_a_level_that_was_not_seen_can_be_proposed():
    space = SearchSpace({"kind": ["a", "b", "c"], "x": uniform()})
    sampler = bound(space, random_fraction=0)
    for i in range(30):
        config = {"kind": "ab"[i % 2], "x": i / 30}
        sampler.tell(Observation(config, i, 1))
    assert any(sampler.ask()["kind"] == "c" for _ in range(300))


def test_its_proposals_are_better_than_random_ones():
    def median_of_last(sampler):
        losses = []
        for _ in range(60):
            config = sampler.ask()
            losses.append(sum((v - 0.3) ** 2 for v in config.values()))
            sampler.tell(Observation(config, losses[-1], 1))
        return np.median(losses[30:])

    space = numeric(4)
    ours = [median_of_last(bound(space, seed)) for seed in range(20)]
    random = [
        median_of_last(bound(space, seed, random_fraction=1)) for seed in range(20)
    ]
    assert np.median(ours) < 0.4 * np.median(random)


# ---- its densities ---------------------------------------------------------------


def density(space, points, min_bandwidth=1e-3):
    return ProductKernelDensity(UnitCube(space, "A test"), points, min_bandwidth)


def test_numeric_kernels_are_truncated_normals():
    points = np.random.default_rng(0).random((12, 2))
    at = np.random.default_rng(1).random((5, 2))
    h = 1.06 * points.std(axis=0) * 12 ** (-1 / 6)
    expected = np.ones((5, 12))
    for j in range(2):
        low, high = -points[:, j] / h[j], (1 - points[:, j]) / h[j]
        kernels = truncnorm(low, high, loc=points[:, j], scale=h[j])
        expected *= kernels.pdf(at[:, [j]])
    ours = density(numeric(2), points).log_density(at)
    np.testing.assert_allclose(ours, np.log(expected.mean(axis=1)), rtol=1e-9)


def test_integers_have_the_mass_of_their_bin():
    space = SearchSpace({"n": randint(0, 5)})
    points = np.array([[0.1], [0.1], [0.5], [0.9]])
    h = 1.06 * points.std() * 4 ** (-1 / 5)
    edges = np.linspace(0, 1, 6)
    mass = np.diff(norm.cdf(edges[:, None], points[:, 0], h), axis=0)
    expected = (mass / mass.sum(axis=0)).mean(axis=1)
    at = np.array([[0.1], [0.3], [0.5], [0.7], [0.9]])
    ours = np.exp(density(space, points).log_density(at)) / 5
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_categories_are_smoothed_over_all_levels():
    space = SearchSpace({"kind": ["a", "b", "c"]})
    cube = UnitCube(space, "A test")
    points = cube.encode([{"kind": "a"}] * 3)
    at = cube.encode([{"kind": kind} for kind in "abc"])
    ours = np.exp(density(space, points).log_density(at)) / 3
    # Three observations and a prior of the weight of one.
    np.testing.assert_allclose(ours, [3 / 4 + 1 / 12, 1 / 12, 1 / 12])


@pytest.mark.parametrize("min_bandwidth", [1e-3, 0.3])
def test_a_density_integrates_to_one(min_bandwidth):
    space = SearchSpace({"k": [0, "x", None], "n": randint(0, 4), "u": uniform()})
    cube = UnitCube(space, "A test")
    points = cube.sample(np.random.default_rng(0), 9)
    ours = density(space, points, min_bandwidth)
    u = (np.arange(4000) + 0.5) / 4000
    total = 0.0
    for k in range(3):
        for n in range(4):
            at = np.column_stack(
                [np.full(4000, (k + 0.5) / 3), np.full(4000, (n + 0.5) / 4), u]
            )
            total += np.exp(ours.log_density(at)).mean() / 12
    assert abs(total - 1) < 1e-3


def test_categories_count_for_the_width_of_numeric_kernels():
    space = SearchSpace({"kind": ["a", "b"], "x": uniform()})
    points = UnitCube(space, "A test").sample(np.random.default_rng(0), 50)
    (group,) = density(space, points)._groups
    # The rule has the number of all parameters that are active together.
    expected = 1.06 * points[:, 1].std() * 50 ** (-1 / (4 + 2))
    assert group._bandwidths == pytest.approx([expected])


def test_a_conditional_parameter_has_the_density_of_the_points_where_it_is_active():
    space = SearchSpace(
        {"kernel": ["rbf", "linear"], "gamma": When("kernel", "rbf", uniform())}
    )
    cube = UnitCube(space, "A test")
    configs = [{"kernel": "rbf", "gamma": g} for g in (0.2, 0.25, 0.4)]
    some = cube.encode([*configs, {"kernel": "linear"}])
    more = cube.encode([*configs, *[{"kernel": "linear"}] * 5])
    at = cube.encode([{"kernel": "rbf", "gamma": g} for g in (0.1, 0.3, 0.9)])

    def differences(points):
        return np.diff(density(space, points).log_density(at))

    # The kernel's own density is the same for the three; what differs is gamma's.
    np.testing.assert_allclose(differences(some), differences(more), rtol=1e-9)


def test_the_variance_of_a_conditional_parameter_has_a_uniform_member_more():
    space = SearchSpace(
        {"kernel": ["rbf", "linear"], "gamma": When("kernel", "rbf", uniform())}
    )
    configs = [{"kernel": "rbf", "gamma": g} for g in (0.2, 0.3)]
    points = UnitCube(space, "A test").encode([*configs, {"kernel": "linear"}])
    _, group = density(space, points)._groups
    variance = (2 * np.var([0.2, 0.3]) + 1 / 12) / 3
    expected = 1.06 * math.sqrt(variance) * 2 ** (-1 / 5)
    assert group._bandwidths == pytest.approx([expected])


def test_candidates_are_configurations_around_the_points():
    space = SearchSpace(
        {"kernel": ["rbf", "linear"], "gamma": When("kernel", "rbf", uniform())}
    )
    cube = UnitCube(space, "A test")
    points = cube.encode([{"kernel": "rbf", "gamma": 0.5}, {"kernel": "linear"}] * 10)
    rng = np.random.default_rng(0)
    samples = density(space, points).sample(rng, 400, bandwidth_factor=3)
    kernels = cube.levels(samples, 0)
    assert 120 < np.count_nonzero(kernels == 0) < 280
    assert np.isnan(samples[kernels == 1, 1]).all()
    # The ten members are alike; a uniform one more gives them a bandwidth.
    assert 0.05 < samples[kernels == 0, 1].std() < 0.25


def test_most_candidates_have_the_category_of_their_point():
    space = SearchSpace({"kind": ["a", "b"], "x": uniform()})
    points = UnitCube(space, "A test").encode([{"kind": "a", "x": 0.5}] * 29)
    samples = density(space, points).sample(np.random.default_rng(0), 2000, 3)
    # One in ten, 3 / (29 + 1), is drawn from all categories.
    assert (samples[:, 0] < 0.5).mean() == pytest.approx(0.95, abs=0.02)


def test_one_good_member_of_an_alternative_is_no_spike():
    space = SearchSpace([{"a": uniform()}, {"b": uniform()}])
    points = UnitCube(space, "A test").encode([{"a": 0.5}, {"b": 0.2}, {"b": 0.8}])
    at = UnitCube(space, "A test").encode([{"a": 0.5}])
    assert density(space, points).log_density(at)[0] < 2


def test_the_bandwidth_factor_widens_what_is_drawn():
    points = np.random.default_rng(0).normal(0.5, 0.02, (20, 1))
    spreads = [
        density(numeric(1), points)
        .sample(np.random.default_rng(1), 2000, bandwidth_factor=factor)
        .std()
        for factor in (0.01, 3)
    ]
    bandwidth = 1.06 * points.std() * 20 ** (-1 / 5)
    assert spreads[0] == pytest.approx(points.std(), rel=0.05)
    expected = math.hypot(points.std(), 3 * bandwidth)
    assert spreads[1] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"random_fraction": 1.5}, "random_fraction=1.5"),
        ({"top_fraction": -0.1}, "top_fraction=-0.1"),
        ({"n_candidates": 0}, "n_candidates=0"),
        ({"bandwidth_factor": 0}, "bandwidth_factor=0"),
        ({"min_bandwidth": 0}, "min_bandwidth=0"),
        ({"bandwidth_factor": math.inf}, "bandwidth_factor=inf .* finite"),
        ({"min_bandwidth": math.inf}, "min_bandwidth=inf .* finite"),
        ({"min_bandwidth": math.nan}, "min_bandwidth=nan .* finite"),
        ({"random_fraction": "a"}, "random_fraction='a' .* number between 0 and 1"),
        ({"random_fraction": None}, "random_fraction=None .* number"),
        ({"random_fraction": True}, "random_fraction=True .* number"),
        ({"bandwidth_factor": "3"}, "bandwidth_factor='3' .* number more than 0"),
    ],
)
def test_options_are_checked(options, name):
    with pytest.raises(ValueError, match=name):
        KDESampler(**options)


def test_what_is_drawn_together_does_not_count_as_bad(monkeypatch):
    sampler = bound(numeric(1), random_fraction=0)
    tell(sampler, 20)
    n_fitted_to = []
    original = sampler._density

    def density(points):
        n_fitted_to.append(len(points))
        return original(points)

    monkeypatch.setattr(sampler, "_density", density)
    assert len(sampler.ask_together(3)) == 3
    assert n_fitted_to == [3, 17]
    sampler.ask()
    assert n_fitted_to == [3, 17, 17 + 3]
