"""The gradient of an architecture: how the loss after training depends on alphas."""

from collections.abc import Callable, Sequence

import torch

__all__ = ["architecture_gradient"]

# Length of the step of the finite difference, over all weights together: epsilon is
# 0.01 / ||v||, as in the footnote to eq. (8).
_STEP = 0.01


def architecture_gradient(
    train_loss: Callable[[], torch.Tensor],
    valid_loss: Callable[[], torch.Tensor],
    weights: Sequence[torch.Tensor],
    alphas: Sequence[torch.Tensor],
    *,
    xi: float = 0.0,
    momentum: float = 0.0,
    velocities: Sequence[torch.Tensor | None] | None = None,
    weight_decay: float = 0.0,
) -> list[torch.Tensor]:
    """Return the gradient of the validation loss after a step of the weights.

    Parameters
    ----------
    train_loss, valid_loss : callable
        Return the loss on a training and on a validation batch, of the weights and
        alphas at that moment.

    weights : sequence of tensor
        What the step moves; they are afterwards as they were before.

    alphas : sequence of tensor
        What the gradient is taken of.

    xi : float, default=0
        Learning rate of the step. With 0 there is none: the first-order approximation.

    momentum : float, default=0
        Of the optimizer of the weights.

    velocities : sequence of tensor or None, default=None
        Its momentum buffers; None, or None in it, where there are none yet.

    weight_decay : float, default=0
        Of the optimizer of the weights.

    Returns
    -------
    gradient : list of tensor
        One for each of the alphas.

    Notes
    -----
    Equations 6 to 8 of [1]_: with the weights w' = w - xi (momentum * velocity +
    dL_train + weight_decay * w), the gradient is that of the validation loss at w'
    minus xi times the product of the mixed second derivative of the training loss with
    v, the gradient by w' of the validation loss. That product is a central difference
    at w + eps * v and w - eps * v, with eps = 0.01 / ||v||.

    References
    ----------
    .. [1] H. Liu, K. Simonyan and Y. Yang, "DARTS: Differentiable architecture
       search", ICLR 2019. :arxiv:`1806.09055`
    """
    if xi == 0:
        return _gradients(valid_loss(), alphas)  # eq. (6) with xi = 0: first order
    before = [w.detach().clone() for w in weights]
    steps = _gradients(train_loss(), weights)
    old = velocities if velocities is not None else [None] * len(weights)
    with torch.no_grad():
        for w, step, velocity in zip(weights, steps, old, strict=True):
            # Deviation: with decay and momentum, because the optimizer has them.
            step += weight_decay * w
            if velocity is not None:
                step += momentum * velocity
            w -= xi * step  # w' of eq. (6)
    try:
        both = _gradients(valid_loss(), [*alphas, *weights])
        # The first term of eq. (7), and the vector of its second term.
        direct, v = both[: len(alphas)], both[len(alphas) :]
        norm = torch.stack([x.norm() for x in v]).norm()
        # Without a question to a device, which would have to be waited for.
        is_far = norm > 0
        epsilon = _STEP / torch.where(is_far, norm, 1.0)
        # eq. (8): the product of the second derivative with v, as a difference.
        ahead = _moved(train_loss, weights, before, v, epsilon, alphas)
        behind = _moved(train_loss, weights, before, v, -epsilon, alphas)
    finally:
        _set(weights, before)
    return [
        d - torch.where(is_far, xi * (a - b) / (2 * epsilon), 0.0)
        for d, a, b in zip(direct, ahead, behind, strict=True)
    ]


def _moved(
    loss: Callable[[], torch.Tensor],
    weights: Sequence[torch.Tensor],
    before: Sequence[torch.Tensor],
    v: Sequence[torch.Tensor],
    epsilon: torch.Tensor,
    alphas: Sequence[torch.Tensor],
) -> list[torch.Tensor]:
    """Return the gradient by alphas with other weights."""
    _set(weights, [w + epsilon * x for w, x in zip(before, v, strict=True)])
    return _gradients(loss(), alphas)


def _set(weights: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> None:
    with torch.no_grad():
        for w, value in zip(weights, values, strict=True):
            w.copy_(value)


def _gradients(
    loss: torch.Tensor, parameters: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """Return the gradients, zeros where the loss does not depend on a parameter."""
    gradients = torch.autograd.grad(loss, list(parameters), allow_unused=True)
    return [
        torch.zeros_like(p) if g is None else g
        for p, g in zip(parameters, gradients, strict=True)
    ]
