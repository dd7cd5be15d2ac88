"""The candidate operations: from a name to a module, for flat data, sequences, images.

An operation is built for inputs with ``n_dims`` axes beside batch and channels: 0 for
flat data, 1 for sequences, 2 for images. With a stride of s, each of these axes gets
``ceil(size / s)`` long, whatever the operation, so that branches fit together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

__all__ = [
    "ACTIVATIONS",
    "AVG_POOL",
    "NORMALIZATIONS",
    "Operation",
    "add_operations",
    "added_operations",
    "build_operation",
    "get_operation",
    "operation_names",
    "register_operation",
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
_MAX_POOL = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
AVG_POOL = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
_DROPOUT = {0: nn.Dropout, 1: nn.Dropout1d, 2: nn.Dropout2d}


@dataclass(frozen=True)
class Operation:
    """An entry of the registry.

    Parameters
    ----------
    name : str
        By which architectures refer to it.

    build : callable
        ``build(n_dims, in_width, width, **options)`` returns the module.

    n_dims : tuple of int
        The kinds of data that it can work on.

    options : tuple of str
        The arguments that it takes beside the widths.

    has_weights : bool
        Whether it can change the width: pooling, for one, cannot.
    """

    name: str
    build: Callable[..., nn.Module]
    n_dims: tuple[int, ...]
    options: tuple[str, ...]
    has_weights: bool


_OPERATIONS: dict[str, Operation] = {}


def register_operation(
    name: str,
    build: Callable[..., nn.Module],
    *,
    n_dims: Sequence[int] = (0, 1, 2),
    options: Sequence[str] = (),
    has_weights: bool = True,
) -> None:
    """Make an operation available to search spaces under a name.

    Parameters
    ----------
    name : str
        The name to use in ``operations`` of a search space.

    build : callable
        ``build(n_dims, in_width, width, **options)`` must return a module that maps
        ``(n, in_width, ...)`` to ``(n, width, ...)``. `n_dims` is 0 for flat data, 1
        for sequences and 2 for images. It travels to workers.

    n_dims : sequence of int, default=(0, 1, 2)
        The kinds of data that it can work on.

    options : sequence of str, default=()
        The arguments it takes beside the widths. With "stride", each axis must get
        ``ceil(size / stride)`` long; without, it must keep its size. "kernel",
        "activation", "normalization" and "dropout" are filled in by search spaces.

    has_weights : bool, default=True
        Whether it can change the width. If not, `width` is always `in_width`.

    Raises
    ------
    ValueError
        If there is another operation with that name, or an argument cannot be used.

    Notes
    -----
    An operation whose ``build`` has the same module and name replaces the one before,
    so that a cell of a notebook can be run again. A file of :meth:`NASClassifier.save`
    holds the name only: register the operation before it is loaded.

    Examples
    --------
    >>> from torch import nn
    >>> from sklearn_automl.nas import register_operation
    >>> def sine(n_dims, in_width, width):
    ...     return nn.Sequential(nn.Linear(in_width, width), nn.Hardtanh())
    >>> register_operation("hard_dense", sine, n_dims=[0])
    """
    if not isinstance(name, str):
        raise ValueError(f"name={name!r} of an operation must be a text.")
    if not callable(build):
        raise ValueError(f"build={build!r} of {name!r} must be callable.")
    is_list = isinstance(n_dims, Sequence)
    if not is_list or not n_dims or any(n not in (0, 1, 2) for n in n_dims):
        raise ValueError(
            f"n_dims={n_dims!r} of {name!r} must be a list of some of 0, 1 and 2."
        )
    operation = Operation(name, build, tuple(n_dims), tuple(options), has_weights)
    if name in _OPERATIONS and not _is_defined_again(operation):
        raise ValueError(
            f"There is an operation {name!r} already; choose another name."
        )
    _OPERATIONS[name] = operation


def _is_defined_again(operation: Operation) -> bool:
    """Tell whether it takes the place of what the same code has registered."""
    before = _OPERATIONS[operation.name].build
    place = [
        (getattr(build, "__module__", None), getattr(build, "__qualname__", None))
        for build in (before, operation.build)
    ]
    return place[0] == place[1] != (None, None)


def added_operations() -> tuple[Operation, ...]:
    """Return the operations that did not come with the package."""
    return tuple(op for name, op in _OPERATIONS.items() if name not in _BUILT_IN)


def add_operations(operations: Sequence[Operation]) -> None:
    """Register what another process has registered."""
    _OPERATIONS.update({operation.name: operation for operation in operations})


def get_operation(name: str) -> Operation:
    """Return the operation of a name.

    Raises
    ------
    ValueError
        If there is none.
    """
    try:
        return _OPERATIONS[name]
    except KeyError:
        raise ValueError(
            f"There is no operation {name!r}. There are "
            f"{', '.join(sorted(_OPERATIONS))}; register_operation adds one."
        ) from None


def operation_names(n_dims: int) -> list[str]:
    """Return the names of what works on data with so many axes, sorted."""
    return sorted(n for n, op in _OPERATIONS.items() if n_dims in op.n_dims)


def build_operation(
    name: str, n_dims: int, in_width: int, width: int | None = None, **options: Any
) -> nn.Module:
    """Return the module of an operation.

    Parameters
    ----------
    name : str
        Of the operation.

    n_dims : int
        0 for flat data, 1 for sequences, 2 for images.

    in_width, width : int
        Channels, or features, that it reads and gives; None for as many.

    **options
        Its arguments.
    """
    operation = get_operation(name)
    if n_dims not in operation.n_dims:
        raise ValueError(
            f"The operation {name!r} works on {_kinds(operation.n_dims)} and not on "
            f"{_kinds([n_dims])}."
        )
    width = in_width if width is None else width
    if operation.has_weights or width == in_width:
        return operation.build(n_dims, in_width, width, **options)
    raise ValueError(
        f"The operation {name!r} cannot change the width from {in_width} to {width}."
    )


def _kinds(n_dims: Sequence[int]) -> str:
    return ", ".join(("flat data", "sequences", "images")[n] for n in n_dims)


# ---- what they are made of -----------------------------------------------------------


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


def _dense(
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


def _conv(
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
    conv = _CONV[n_dims]
    padding = dilation * (kernel - 1) // 2
    bias = normalization == "none"
    weights: list[nn.Module]
    if is_separable:
        weights = [
            conv(
                in_width,
                in_width,
                kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                groups=in_width,
                bias=False,
            ),
            linear(n_dims, in_width, width, bias=bias),
        ]
    else:
        weights = [
            conv(
                in_width,
                width,
                kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                bias=bias,
            )
        ]
    return nn.Sequential(
        *weights, *_finish(n_dims, width, activation, normalization, dropout)
    )


def _relu_conv_norm(
    n_dims: int, in_width: int, width: int, *, stride: int = 1, **options: Any
) -> nn.Module:
    """Activate first: what the edges of a cell do, whose results are summed."""
    layer = _conv(n_dims, in_width, width, stride=stride, activation="none", **options)
    return nn.Sequential(nn.ReLU(), *layer)


def _pool(
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
    options = {} if pool is _MAX_POOL else {"count_include_pad": False}
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
            # One place further, and a zero at the end, so that both have one length.
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


def _identity(
    n_dims: int,
    in_width: int,
    width: int,  # noqa: ARG001  (the same)
    *,
    stride: int = 1,
) -> nn.Module:
    if stride == 1:
        return nn.Identity()
    return _factorized_reduce(n_dims, in_width, in_width, stride=stride)


def _factorized_reduce(
    n_dims: int, in_width: int, width: int, *, stride: int = 1
) -> nn.Module:
    """Return what a cell of DARTS reads another one through, whatever its length."""
    if stride == 1:
        return _relu_conv_norm(n_dims, in_width, width, kernel=1)
    if stride == 2:
        return FactorizedReduce(n_dims, in_width, width)
    raise ValueError(f"stride={stride} of a factorized_reduce must be 1 or 2.")


def _none(
    n_dims: int,
    in_width: int,  # noqa: ARG001  (any)
    width: int,  # noqa: ARG001
    *,
    stride: int = 1,
) -> nn.Module:
    return Zero(n_dims, stride)


def _relu_dense_norm(
    n_dims: int, in_width: int, width: int, *, dropout: float = 0.0
) -> nn.Module:
    layer = _dense(n_dims, in_width, width, activation="none", dropout=dropout)
    return nn.Sequential(nn.ReLU(), *layer)


_OF_LAYERS = ("activation", "normalization", "dropout")

# Layers of chains, whose options are searched too.
register_operation("dense", _dense, n_dims=[0], options=_OF_LAYERS)
_CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "conv": {},
    "sep_conv": {"is_separable": True},
    "dil_conv": {"dilation": 2},
}
for _name, _options in _CONVOLUTIONS.items():
    register_operation(
        _name,
        partial(_conv, **_options),
        n_dims=[1, 2],
        options=("kernel", "stride", *_OF_LAYERS),
    )
_POOLS: dict[str, dict[int, Any]] = {"max_pool": _MAX_POOL, "avg_pool": AVG_POOL}
for _name, _kind in _POOLS.items():
    register_operation(
        _name,
        partial(_pool, pool=_kind),
        n_dims=[1, 2],
        options=("kernel", "stride"),
        has_weights=False,
    )
    register_operation(
        f"{_name}_3",
        partial(_pool, pool=_kind, kernel=3, is_normalized=True),
        n_dims=[1, 2],
        options=("stride",),
        has_weights=False,
    )

# Edges of cells: ReLU first, and a kernel of a fixed size.
register_operation("relu_dense", _relu_dense_norm, n_dims=[0], options=("dropout",))
for _kernel in (1, 3, 5):
    register_operation(
        f"conv_{_kernel}",
        partial(_relu_conv_norm, kernel=_kernel),
        n_dims=[1, 2],
        options=("stride",),
    )
for _kernel in (3, 5):
    # Deviation: DARTS does this twice in a row; once takes half of the time.
    register_operation(
        f"sep_conv_{_kernel}",
        partial(_relu_conv_norm, kernel=_kernel, is_separable=True),
        n_dims=[1, 2],
        options=("stride",),
    )
    # As in DARTS, where these are separable too.
    register_operation(
        f"dil_conv_{_kernel}",
        partial(_relu_conv_norm, kernel=_kernel, dilation=2, is_separable=True),
        n_dims=[1, 2],
        options=("stride",),
    )
register_operation(
    "factorized_reduce", _factorized_reduce, n_dims=[1, 2], options=("stride",)
)
register_operation("identity", _identity, options=("stride",), has_weights=False)
register_operation("none", _none, options=("stride",), has_weights=False)

_BUILT_IN = frozenset(_OPERATIONS)
