import numpy as np
import pytest
from scipy.special import ndtr

from sklearn_automl.schedulers._curves import FAMILIES, CurveModel, draw_shapes

LADDERS = {
    "epochs": [2, 3, 4, 6, 8, 12, 17, 25, 36, 52],
    "rows": [40, 120, 360, 1080],
    "narrow": [50, 55, 60],
    "two": [1, 2],
    "wide": [1, 10, 100, 1000, 10_000, 100_000],
}


@pytest.fixture(scope="module")
def model():
    return CurveModel(LADDERS["epochs"], np.random.default_rng(0))


# ---- families --------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_shapes_fall_from_one_to_zero_and_never_rise(family, ladder):
    x = np.array(ladder, dtype=float) / ladder[0]
    shapes = draw_shapes(family, x, np.random.default_rng(0), 500)
    assert shapes.shape == (500, len(ladder))
    assert np.isfinite(shapes).all()
    np.testing.assert_allclose(shapes[:, 0], 1)
    np.testing.assert_allclose(shapes[:, -1], 0, atol=1e-12)
    assert (np.diff(shapes) <= 1e-9).all()


@pytest.mark.parametrize("family", ["log_power", "weibull"])
def test_families_with_a_bend_have_late_bloomers(family):
    x = np.array(LADDERS["epochs"]) / 2
    shapes = draw_shapes(family, x, np.random.default_rng(0), 500)
    middle = shapes[:, len(x) // 2]
    assert (middle > 0.9).any()  # all of the fall is still to come
    assert (middle < 0.1).any()


@pytest.mark.parametrize("family", ["pow3", "pow4", "ilog2", "log_log_linear"])
def test_families_without_a_bend_fall_most_at_the_beginning(family):
    x = np.linspace(1, 30, 30)
    shapes = draw_shapes(family, x, np.random.default_rng(0), 500)
    assert (np.diff(shapes, n=2) >= -1e-9).all()


# ---- the model -------------------------------------------------------------------


def draw_curves(model, fall, rng):
    """Draw a curve for each draw of the prior, as the model's docstring has it."""
    root = np.linalg.cholesky(model.covariance)
    noise = rng.standard_normal((*model.shapes.shape, 1))
    return model.mean(fall) + np.matmul(root, noise)[:, :, 0]


@pytest.mark.parametrize("n_seen", [1, 3, 6, 9])
def test_chances_are_frequencies_on_curves_of_the_prior(model, n_seen):
    rng = np.random.default_rng(1)
    incumbent = np.linspace(0.8, 0, 10) ** 2
    curves = draw_curves(model, incumbent, rng)
    # Beyond what is cut off a chance is not meant to be exact.
    curves = curves[np.abs(curves[:, :n_seen]).max(axis=1) < 5]
    chances = np.array([model.chance(c[:n_seen], incumbent) for c in curves])
    hits = curves[:, -1] < 0
    for low, high in [(0, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 1)]:
        here = (chances >= low) & (chances <= high)
        if here.sum() < 30:
            continue
        expected = chances[here].mean()
        error = np.sqrt(expected * (1 - expected) / here.sum())
        assert abs(hits[here].mean() - expected) < 4 * error + 0.01


@pytest.mark.parametrize("prefix", [[0.9], [1.0, 0.7, 0.6], [0.8, 0.8, 0.8, 0.8]])
def test_a_chance_is_that_of_the_slow_formula(model, prefix):
    incumbent = np.linspace(0.8, 0, 10) ** 2
    k, total, below = len(prefix), 0.0, 0.0
    for mean, covariance in zip(model.mean(incumbent), model.covariance, strict=True):
        seen, cross = covariance[:k, :k], covariance[-1, :k]
        apart = prefix - mean[:k]
        exponent = apart @ np.linalg.solve(seen, apart) / 2
        weight = np.exp(-exponent) / np.sqrt(np.linalg.det(2 * np.pi * seen))
        gain = np.linalg.solve(seen, cross)
        variance = covariance[-1, -1] - gain @ cross
        total += weight
        # scipy's distributions say the same, ten times as slowly.
        below += weight * ndtr(-(mean[-1] + gain @ apart) / np.sqrt(variance))
    assert model.chance(prefix, incumbent) == pytest.approx(below / total, rel=1e-6)


def test_chances_separate_those_that_win(model):
    rng = np.random.default_rng(1)
    incumbent = np.linspace(0.8, 0, 10) ** 2
    curves = draw_curves(model, incumbent, rng)
    hits = curves[:, -1] < 0
    errors = [
        np.mean(
            [
                (model.chance(c[:k], incumbent) - h) ** 2
                for c, h in zip(curves, hits, strict=True)
            ]
        )
        for k in (1, 5, 9)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_the_draws_come_from_the_generator_alone():
    def chance(seed):
        model = CurveModel(LADDERS["rows"], np.random.default_rng(seed))
        return model.chance([0.9, 0.5], [0.8, 0.4, 0.2, 0.1])

    np.random.seed(0)  # noqa: NPY002  (must not matter)
    first = chance(0)
    np.random.seed(1)  # noqa: NPY002
    assert chance(0) == first != chance(1)


def test_a_lower_curve_has_a_better_chance(model):
    incumbent = [1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.0]
    chances = [
        model.chance(np.array(incumbent[:5]) + shift, incumbent)
        for shift in (-0.3, -0.1, 0, 0.1, 0.3, 0.6)
    ]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.8
    assert chances[-1] < 0.05


@pytest.mark.parametrize("loss", [1e3, 1e300])
def test_a_loss_that_is_far_off_gives_a_probability(model, loss):
    incumbent = np.linspace(1, 0, 10)
    assert 0 <= model.chance([loss, loss, loss], incumbent) < 0.05
    assert 0.8 < model.chance([-loss, -loss, -loss], incumbent) <= 1


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_every_ladder_gives_probabilities(ladder):
    model = CurveModel(ladder, np.random.default_rng(0))
    incumbent = np.linspace(1, 0, len(ladder))
    for k in range(1, len(ladder)):
        for level in (-1.0, 0.0, 0.5, 2.0):
            assert 0 <= model.chance([level] * k, incumbent) <= 1
