"""What DARTS executes: draws with the right weights, gradients and noise."""

import pytest
import torch

from sklearn_automl.nas.strategies.darts._mixtures import MIXTURES, perturbed

GUMBEL = MIXTURES["gumbel"]
# Of different lengths: they are drawn together.
ALPHAS = {
    "one": torch.tensor([0.5]),
    "three": torch.tensor([0.0, 1.0, 2.0]),
    "large": torch.tensor([900.0, 901.0]),
    "five": torch.tensor([-1.0, 0.0, -3.0, 0.3, 0.0]),
}


@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_what_gumbel_draws_are_the_weights_of_the_softmax(progress):
    torch.manual_seed(0)
    counts = {name: torch.zeros_like(alpha) for name, alpha in ALPHAS.items()}
    for _ in range(1500):
        for name, number in GUMBEL.draw(ALPHAS, progress)[1].items():
            counts[name][number] += 1 / 1500
    for name, alpha in ALPHAS.items():
        expected = alpha.softmax(dim=0)
        torch.testing.assert_close(counts[name], expected, atol=0.04, rtol=0)


def test_choices_are_drawn_independently():
    torch.manual_seed(0)
    alphas = {"a": torch.zeros(2), "b": torch.zeros(2)}
    paths = [GUMBEL.draw(alphas, 0.0)[1] for _ in range(2000)]
    share = sum(path["a"] == path["b"] for path in paths) / len(paths)
    assert share == pytest.approx(0.5, abs=0.05)


def test_each_choice_has_one_of_its_own_options():
    mixture, path = GUMBEL.draw(ALPHAS, 0.3)
    assert list(mixture) == list(path) == list(ALPHAS)
    for name, weights in mixture.items():
        assert weights.shape == ALPHAS[name].shape
        assert weights.argmax() == path[name]
        assert weights.sum() == pytest.approx(1)


def test_the_gradient_of_what_is_drawn_reaches_all_alphas_of_a_choice():
    alphas = {n: torch.zeros_like(a, requires_grad=True) for n, a in ALPHAS.items()}
    mixture, _ = GUMBEL.draw(alphas, 0.9)
    (mixture["three"] * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert (alphas["three"].grad != 0).all()
    assert alphas["three"].grad.isfinite().all()
    assert not any(alphas[name].grad.any() for name in ("one", "large", "five"))


def test_the_gradient_is_that_of_the_softmax_with_noise():
    """As torch's own function has it, with the same noise."""
    alpha = torch.tensor([0.0, 1.0, 2.0], requires_grad=True)
    factors = torch.tensor([1.0, 2.0, 3.0])
    gradients = []
    for draw in (
        lambda: GUMBEL.draw({"a": alpha}, 0.5)[0]["a"],
        lambda: torch.nn.functional.gumbel_softmax(
            alpha.log_softmax(dim=0), tau=(10.0 + 0.1) / 2, hard=True
        ),
    ):
        torch.manual_seed(0)
        gradients += torch.autograd.grad((draw() * factors).sum(), alpha)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_alphas_that_are_not_finite_are_an_error(value):
    alphas = {**ALPHAS, "bad": torch.tensor([0.0, value])}
    with pytest.raises(ValueError, match=r"alphas of 'bad' .*smaller alpha_lr"):
        GUMBEL.draw(alphas, 0.5)


def test_noise_that_would_be_infinite_is_large(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "exponential_", torch.Tensor.zero_)
    mixture, path = GUMBEL.draw(ALPHAS, 0.5)
    assert path["three"] == 2
    assert all(weights.isfinite().all() for weights in mixture.values())


def test_noise_leaves_weights_that_sum_to_one():
    mixture = {"a": torch.tensor([0.7, 0.3, 0.0])}
    torch.manual_seed(0)
    for _ in range(20):
        noisy = perturbed(mixture, 0.3)["a"]
        assert noisy.sum() == pytest.approx(1)
        assert (noisy >= 0).all()
        assert (noisy - mixture["a"]).abs().max() < 0.6
    assert torch.equal(perturbed(mixture, 0.0)["a"], mixture["a"])


def test_noise_takes_as_often_as_it_gives():
    torch.manual_seed(0)
    drawn = torch.stack(
        [perturbed({"a": torch.tensor([1.0, 0.0])}, 0.3)["a"] for _ in range(200)]
    )
    # What would be less than nothing is nothing.
    assert (drawn[:, 1] == 0).float().mean() == pytest.approx(0.5, abs=0.15)
