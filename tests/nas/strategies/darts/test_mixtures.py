"""What DARTS executes: draws with the right weights, gradients and noise."""

import pytest
import torch

from sklearn_automl.nas.strategies.darts._mixtures import _one_hot, perturbed


def test_what_gumbel_draws_are_the_weights_of_the_softmax():
    alpha = torch.tensor([0.0, 1.0, 2.0])
    torch.manual_seed(0)
    counts = sum(_one_hot(alpha, 1.0) for _ in range(4000)) / 4000
    torch.testing.assert_close(counts, alpha.softmax(dim=0), atol=0.03, rtol=0)


def test_the_gradient_of_what_is_drawn_reaches_all_alphas():
    alpha = torch.zeros(3, requires_grad=True)
    (_one_hot(alpha, 1.0) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert (alpha.grad != 0).all()


def test_alphas_that_are_not_finite_are_an_error():
    with pytest.raises(ValueError, match="smaller alpha_lr"):
        _one_hot(torch.tensor([0.0, torch.nan]), 1.0)


def test_noise_leaves_weights_that_sum_to_one():
    mixture = {"a": torch.tensor([0.7, 0.3, 0.0])}
    torch.manual_seed(0)
    for _ in range(20):
        noisy = perturbed(mixture, 0.3)["a"]
        assert noisy.sum() == pytest.approx(1)
        assert (noisy >= 0).all()
        assert (noisy - mixture["a"]).abs().max() < 0.6
    assert torch.equal(perturbed(mixture, 0.0)["a"], mixture["a"])
