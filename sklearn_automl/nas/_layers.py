"""Modules of the operations: layers of chains, and edges of cells."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

__all__ = [
    "ACTIVATIONS",
    "AVG_POOL",
    "MAX_POOL",
    "NORMALIZATIONS",
    "FactorizedReduce",
    "PeriodicEmbedding",
    "Zero",
    "conv",
    "dense",
    "factorized_reduce",
    "identity",
    "linear",
    "none",
    "periodic_dense",
    "pool",
    "relu_conv_norm",
    "relu_dense_norm",
]

#: Never in place: several branches read the same tensor.
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "none": nn.Identity,
}

NORMALIZATIONS = ("batch", "none")

_CONV = {1: nn.Conv1d, 2: nn.Conv2d}
_BATCH_NORM = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
MAX_POOL = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
AVG_POOL = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
_DROPOUT = {0: nn.Dropout, 1: nn.Dropout1d, 2: nn.Dropout2d}


def linear(n_dims: int, in_width: int, width: int, bias: bool = True) -> nn.Module:
    """Return a linear map of the channels, at each place on its own."""
    if n_dims == 0:
        return nn.Linear(in_width, width, bias=bias)
    return _CONV[n_dims](in_width, width, kernel_size=1, bias=bias)


def _finish(
    n_dims: int, width: int, activation: str, normalization: str, dropout: float
) -> list[nn.Module]:
    """Return what follows the weights of a layer."""
    layers: list[nn.Module] = []
    if normalization == "batch":
        layers.append(_BATCH_NORM[n_dims](width))
    if activation != "none":
        layers.append(ACTIVATIONS[activation]())
    if dropout:
        layers.append(_DROPOUT[n_dims](dropout))
    return layers


def dense(
    n_dims: int,
    in_width: int,
    width: int,
    *,
    activation: str = "relu",
    normalization: str = "batch",
    dropout: float = 0.0,
) -> nn.Sequential:
    weights = linear(n_dims, in_width, width, bias=normalization == "none")
    rest = _finish(n_dims, width, activation, normalization, dropout)
    return nn.Sequential(weights, *rest)


class PeriodicEmbedding(nn.Module):
    """Gives each number beside a few values that are learned from waves of it.

    A network of dense layers is too smooth for what jumps with a number. Waves are not.

    Parameters
    ----------
    n_features : int
        The numbers of an input, standardised.

    Notes
    -----
    A number x becomes x itself and :math:`W \\cos(2\\pi w x + b) + c`, with frequencies
    w that are normally distributed in the beginning ("PBLD" in [1]_, after [2]_). The
    number of waves and of values is that of [1]_, their standard deviation too.

    References
    ----------
    .. [1] D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.
       :arxiv:`2407.04491`

    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical
       features in tabular deep learning", NeurIPS 2022. :arxiv:`2203.05556`
    """

    N_WAVES = 16
    N_VALUES = 3
    FREQUENCY = 0.1

    def __init__(self, n_features: int) -> None:
        super().__init__()
        shape = (n_features, self.N_WAVES)
        bound = self.N_WAVES**-0.5
        self.frequency = nn.Parameter(torch.randn(shape) * self.FREQUENCY)
        self.phase = nn.Parameter((2 * torch.rand(shape) - 1) * torch.pi)
        weight = torch.empty(*shape, self.N_VALUES).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        bias = torch.empty(n_features, self.N_VALUES).uniform_(-bound, bound)
        self.bias = nn.Parameter(bias)

    @property
    def out_width(self) -> int:
        """The numbers that it gives."""
        return int(self.frequency.shape[0]) * (self.N_VALUES + 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the numbers, and what is learned from their waves."""
        waves = torch.cos(2 * torch.pi * x.unsqueeze(2) * self.frequency + self.phase)
        # (n, d, waves) and (d, waves, values): a product for each feature.
        values = torch.einsum("ndw,dwv->ndv", waves, self.weight) + self.bias
        return torch.cat([x, values.flatten(1)], dim=1)


def periodic_dense(
    n_dims: int, in_width: int, width: int, **options: Any
) -> nn.Sequential:
    embedding = PeriodicEmbedding(in_width)
    return nn.Sequential(
        embedding, *dense(n_dims, embedding.out_width, width, **options)
    )


def conv(
    n_dims: int,
    in_width: int,
    width: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    is_separable: bool = False,
    activation: str = "relu",
    normalization: str = "batch",
    dropout: float = 0.0,
) -> nn.Sequential:
    """Convolve, normalise, activate: a layer of a chain."""
    bias = normalization == "none"
    convolve = partial(
        _CONV[n_dims],
        in_width,
        kernel_size=kernel,
        stride=stride,
        padding=dilation * (kernel - 1) // 2,
        dilation=dilation,
    )
    weights: list[nn.Module] = (
        [
            convolve(in_width, groups=in_width, bias=False),
            linear(n_dims, in_width, width, bias=bias),
        ]
        if is_separable
        else [convolve(width, bias=bias)]
    )
    return nn.Sequential(
        *weights, *_finish(n_dims, width, activation, normalization, dropout)
    )


def relu_conv_norm(
    n_dims: int, in_width: int, width: int, *, stride: int = 1, **options: Any
) -> nn.Module:
    """Activate first: what the edges of a cell do, whose results are summed."""
    layer = conv(n_dims, in_width, width, stride=stride, activation="none", **options)
    return nn.Sequential(nn.ReLU(), *layer)


def pool(
    n_dims: int,
    in_width: int,
    width: int,  # noqa: ARG001  (the same)
    *,
    kernel: int = 3,
    stride: int = 1,
    pool: dict[int, Any],
    is_normalized: bool = False,
) -> nn.Module:
    padding = (kernel - 1) // 2
    options = {} if pool is MAX_POOL else {"count_include_pad": False}
    layer = pool[n_dims](kernel, stride=stride, padding=padding, **options)
    if not is_normalized:
        return layer
    return nn.Sequential(layer, _BATCH_NORM[n_dims](in_width))


class FactorizedReduce(nn.Module):
    """Halve a sequence or an image without a kernel (DARTS): even and odd places.

    Half of the channels come from places with even numbers on all axes, the others from
    those with odd ones.
    """

    def __init__(self, n_dims: int, in_width: int, width: int) -> None:
        super().__init__()
        half = width // 2
        conv = partial(_CONV[n_dims], in_width, kernel_size=1, stride=2, bias=False)
        self.even = conv(width - half)
        self.odd = conv(half) if half else None
        self.norm = _BATCH_NORM[n_dims](width)
        self._one = [0, 1] * n_dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return half of it."""
        x = torch.relu(x)
        parts = [self.even(x)]
        if self.odd is not None:
            # The input is moved by one place and padded: both halves are as long.
            moved = nn.functional.pad(x, self._one)
            moved = moved[:, :, 1:] if x.ndim == 3 else moved[:, :, 1:, 1:]
            parts.append(self.odd(moved))
        result: torch.Tensor = self.norm(torch.cat(parts, dim=1))
        return result


class Zero(nn.Module):
    """Nothing, of the right shape."""

    def __init__(self, n_dims: int, stride: int) -> None:
        super().__init__()
        self._n_dims = n_dims
        self._stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return zeros, to which the gradient is zero."""
        if self._stride > 1:
            places: Any = (..., *[slice(None, None, self._stride)] * self._n_dims)
            x = x[places]
        return x * 0.0


def identity(
    n_dims: int,
    in_width: int,
    width: int,  # noqa: ARG001  (the same)
    *,
    stride: int = 1,
) -> nn.Module:
    if stride == 1:
        return nn.Identity()
    return factorized_reduce(n_dims, in_width, in_width, stride=stride)


def factorized_reduce(
    n_dims: int, in_width: int, width: int, *, stride: int = 1
) -> nn.Module:
    """Return what a cell of DARTS reads another one through, whatever its length."""
    if stride == 1:
        return relu_conv_norm(n_dims, in_width, width, kernel=1)
    if stride == 2:
        return FactorizedReduce(n_dims, in_width, width)
    raise ValueError(f"stride={stride} of a factorized_reduce must be 1 or 2.")


def none(
    n_dims: int,
    in_width: int,  # noqa: ARG001  (any)
    width: int,  # noqa: ARG001
    *,
    stride: int = 1,
) -> nn.Module:
    return Zero(n_dims, stride)


def relu_dense_norm(
    n_dims: int, in_width: int, width: int, *, dropout: float = 0.0
) -> nn.Module:
    layer = dense(n_dims, in_width, width, activation="none", dropout=dropout)
    return nn.Sequential(nn.ReLU(), *layer)
