"""The gradient of an architecture, against problems whose answer is known."""

import pytest
import torch
from torch import nn

from sklearn_automl.nas.strategies.darts._bilevel import architecture_gradient


@pytest.mark.parametrize(
    ("xi", "fixed_point"), [(0, 2), (0.1, 1.667), (0.25, 1.333), (0.5, 1)]
)
def test_fixed_points_of_the_problem_of_the_paper(xi, fixed_point):
    """Figure 2 of DARTS; the point is a = 2 / (1 + 2 xi)."""
    a = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    w = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)

    def valid_loss():
        return a * w - 2 * a + 1

    def train_loss():
        return w**2 - 2 * a * w + a**2

    for _ in range(400):
        (gradient,) = architecture_gradient(train_loss, valid_loss, [w], [a], xi=xi)
        (step,) = torch.autograd.grad(train_loss(), [w])
        with torch.no_grad():
            a -= 0.05 * gradient
            w -= 0.1 * step
    assert a.item() == pytest.approx(fixed_point, abs=1e-3)
    assert w.item() == pytest.approx(fixed_point, abs=1e-3)


class Smooth(nn.Module):
    """Two smooth layers, mixed from two activations by alphas."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 6), nn.Linear(6, 2)
        self.alpha = nn.Parameter(torch.tensor([0.3, -0.2]))

    def forward(self, x):
        weights = self.alpha.softmax(dim=0)
        x = self.first(x)
        return self.second(weights[0] * torch.tanh(x) + weights[1] * torch.sigmoid(x))


@pytest.fixture
def problem():
    torch.manual_seed(0)
    net = Smooth().double()
    X, y, X_valid, y_valid = (torch.randn(20, n).double() for n in (4, 2, 4, 2))

    def train_loss():
        return (net(X) - y).square().mean()

    def valid_loss(weights=None):
        output = torch.func.functional_call(net, weights or {}, (X_valid,))
        return (output - y_valid).square().mean()

    return net, train_loss, valid_loss


def weights_of(net):
    return {name: p for name, p in net.named_parameters() if name != "alpha"}


def test_the_second_order_is_that_of_double_back_propagation(problem):
    net, train_loss, valid_loss = problem
    weights = weights_of(net)
    velocities = [torch.randn_like(w) for w in weights.values()]
    options = {"xi": 0.3, "momentum": 0.9, "weight_decay": 0.1}
    gradient = architecture_gradient(
        train_loss,
        valid_loss,
        list(weights.values()),
        [net.alpha],
        velocities=velocities,
        **options,
    )
    slopes = torch.autograd.grad(
        train_loss(), list(weights.values()), create_graph=True
    )
    moved = {
        name: w - 0.3 * (0.9 * v + s + 0.1 * w)
        for (name, w), s, v in zip(weights.items(), slopes, velocities, strict=True)
    }
    (exact,) = torch.autograd.grad(valid_loss(moved), [net.alpha])
    torch.testing.assert_close(gradient[0], exact, rtol=1e-2, atol=0)
    # The second term is not small, or the test would show nothing.
    (first_order,) = torch.autograd.grad(
        valid_loss({name: w.detach() for name, w in moved.items()}), [net.alpha]
    )
    assert (first_order - exact).norm() > 0.05 * exact.norm()


def test_without_a_step_it_is_the_gradient_of_the_validation_loss(problem):
    net, train_loss, valid_loss = problem
    weights = list(weights_of(net).values())
    (gradient,) = architecture_gradient(train_loss, valid_loss, weights, [net.alpha])
    (expected,) = torch.autograd.grad(valid_loss(), [net.alpha])
    assert torch.equal(gradient, expected)


@pytest.mark.parametrize("xi", [0, 0.3])
def test_nothing_has_moved_afterwards(problem, xi):
    net, train_loss, valid_loss = problem
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    weights = list(weights_of(net).values())
    architecture_gradient(train_loss, valid_loss, weights, [net.alpha], xi=xi)
    for name, p in net.named_parameters():
        assert torch.equal(p, before[name]), name
        assert p.grad is None


def test_weights_are_put_back_if_the_loss_fails(problem):
    net, train_loss, _ = problem
    weights = list(weights_of(net).values())
    before = [w.detach().clone() for w in weights]

    def fails():
        raise MemoryError

    with pytest.raises(MemoryError):
        architecture_gradient(train_loss, fails, weights, [net.alpha], xi=0.3)
    for w, old in zip(weights, before, strict=True):
        assert torch.equal(w, old)
