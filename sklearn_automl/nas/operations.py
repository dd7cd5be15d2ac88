"""The candidate operations: from a name to a module, for flat data, sequences, images.

An operation is built for inputs with ``n_dims`` axes beside batch and channels: 0 for
flat data, 1 for sequences, 2 for images. With a stride of s, each of these axes gets
``ceil(size / s)`` long, whatever the operation, so that branches fit together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import nn

from sklearn_automl.nas import _layers

__all__ = [
    "Operation",
    "add_operations",
    "added_operations",
    "build_operation",
    "get_operation",
    "operation_names",
    "register_operation",
]


# Two are equal if they are the same: what is known of one is found fast.
@dataclass(frozen=True, eq=False)
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

    def check(self, n_dims: int, in_width: int, width: int) -> None:
        """Raise a ValueError if it cannot work on such data.

        Parameters
        ----------
        n_dims : int
            0 for flat data, 1 for sequences, 2 for images.

        in_width, width : int
            Channels, or features, that it reads and gives.
        """
        if n_dims not in self.n_dims:
            raise ValueError(
                f"The operation {self.name!r} works on {_kinds(self.n_dims)} and not "
                f"on {_kinds([n_dims])}."
            )
        if not self.has_weights and width != in_width:
            raise ValueError(
                f"The operation {self.name!r} cannot change the width from {in_width} "
                f"to {width}."
            )


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
        for sequences and 2 for images. The callable is sent to workers.

    n_dims : sequence of int, default=(0, 1, 2)
        The kinds of data that it can work on.

    options : sequence of str, default=()
        The arguments that it takes in addition to the widths. With "stride", each axis
        of the result must be ``ceil(size / stride)`` long. Without "stride", each axis
        must keep its size. "kernel", "activation", "normalization" and "dropout" are
        filled in by search spaces.

    has_weights : bool, default=True
        Whether it can change the width. If not, `width` is always `in_width`.

    Raises
    ------
    ValueError
        If there is another operation with that name, or an argument cannot be used.

    Notes
    -----
    If ``build`` has the same module and name as before, the new operation replaces the
    earlier one. So you can run a cell of a notebook again. A file of
    :meth:`NASClassifier.save` contains only the name: register the operation before you
    load the file.

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
    before = _place_of(_OPERATIONS[operation.name].build)
    return before == _place_of(operation.build)


def _place_of(build: Any) -> tuple[str, str]:
    """Return module and name of a function, also of one that has arguments already."""
    while isinstance(build, partial):  # whose own module is that of all of them
        build = build.func
    named = build if hasattr(build, "__qualname__") else type(build)
    return named.__module__, named.__qualname__


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
    width = in_width if width is None else width
    operation = get_operation(name)
    operation.check(n_dims, in_width, width)
    return operation.build(n_dims, in_width, width, **options)


def _kinds(n_dims: Sequence[int]) -> str:
    return ", ".join(("flat data", "sequences", "images")[n] for n in n_dims)


_OF_LAYERS = ("activation", "normalization", "dropout")

# Layers of chains, whose options are searched too.
register_operation("dense", _layers.dense, n_dims=[0], options=_OF_LAYERS)
register_operation(
    "periodic_dense", _layers.periodic_dense, n_dims=[0], options=_OF_LAYERS
)
_CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "conv": {},
    "sep_conv": {"is_separable": True},
    "dil_conv": {"dilation": 2},
}
for _name, _options in _CONVOLUTIONS.items():
    register_operation(
        _name,
        partial(_layers.conv, **_options),
        n_dims=[1, 2],
        options=("kernel", "stride", *_OF_LAYERS),
    )
_POOLS: dict[str, dict[int, Any]] = {
    "max_pool": _layers.MAX_POOL,
    "avg_pool": _layers.AVG_POOL,
}
for _name, _kind in _POOLS.items():
    register_operation(
        _name,
        partial(_layers.pool, pool=_kind),
        n_dims=[1, 2],
        options=("kernel", "stride"),
        has_weights=False,
    )
    register_operation(
        f"{_name}_3",
        partial(_layers.pool, pool=_kind, kernel=3, is_normalized=True),
        n_dims=[1, 2],
        options=("stride",),
        has_weights=False,
    )

# Edges of cells, which begin with ReLU and have a kernel of a fixed size.
register_operation(
    "relu_dense", _layers.relu_dense_norm, n_dims=[0], options=("dropout",)
)
for _kernel in (1, 3, 5):
    register_operation(
        f"conv_{_kernel}",
        partial(_layers.relu_conv_norm, kernel=_kernel),
        n_dims=[1, 2],
        options=("stride",),
    )
for _kernel in (3, 5):
    # Deviation: once, not twice in a row as in DARTS, because that halves the time.
    register_operation(
        f"sep_conv_{_kernel}",
        partial(_layers.relu_conv_norm, kernel=_kernel, is_separable=True),
        n_dims=[1, 2],
        options=("stride",),
    )
    # Dilated convolutions are separable, as in DARTS.
    register_operation(
        f"dil_conv_{_kernel}",
        partial(_layers.relu_conv_norm, kernel=_kernel, dilation=2, is_separable=True),
        n_dims=[1, 2],
        options=("stride",),
    )
register_operation(
    "factorized_reduce", _layers.factorized_reduce, n_dims=[1, 2], options=("stride",)
)
register_operation("identity", _layers.identity, options=("stride",), has_weights=False)
register_operation("none", _layers.none, options=("stride",), has_weights=False)

_BUILT_IN = frozenset(_OPERATIONS)
