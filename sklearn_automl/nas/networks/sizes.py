"""How large a network is: counted from its architecture, without making it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import nn

from sklearn_automl.nas.architecture import INPUT, Architecture
from sklearn_automl.nas.networks.network import Shape, merged, n_pooled
from sklearn_automl.nas.networks.randomness import own_generators
from sklearn_automl.nas.operations import Operation, get_operation

__all__ = ["NetworkSize", "n_parameters", "network_size"]

# So many different nodes are counted once. Each is built for that.
_N_REMEMBERED = 4_096


@dataclass(frozen=True)
class NetworkSize:
    """How large a network is.

    Parameters
    ----------
    n_parameters : int
        Its weights.

    n_products : int
        Multiplications and additions of one input: those of linear maps and
        convolutions, with the output layer. Each weight counts once at each place.

    depth : int
        Operations with weights, one after the other, on the longest way from the data
        to the output layer.
    """

    n_parameters: int
    n_products: int
    depth: int


def network_size(
    architecture: Architecture, input_shape: Sequence[int], n_outputs: int
) -> NetworkSize:
    """Return how large a network is, without making it.

    Parameters
    ----------
    architecture : Architecture
        The network.

    input_shape : tuple of int
        Shape of one input.

    n_outputs : int
        How many numbers it gives.

    Returns
    -------
    size : NetworkSize
        The numbers.

    Raises
    ------
    ValueError
        If there is no such network. An operation of a user can raise anything.
    """
    n_channels, sizes = input_shape[0], tuple(input_shape[1:])
    shapes, depths = {INPUT: Shape(n_channels)}, {INPUT: 0}
    n = n_products = 0
    for node in architecture.nodes:
        operation = get_operation(node.operation)
        read = tuple([shapes[name] for name in node.inputs])
        counts = _counts_of(operation, len(sizes), read, node.merge, node.options)
        shapes[node.name] = counts.shape
        n += counts.n_fitting + counts.n_own
        n_products += counts.n_fitting_weights * _n_places(sizes, counts.reduction)
        n_products += counts.n_weights * _n_places(sizes, counts.shape.reduction)
        before = max([depths[name] for name in node.inputs])
        depths[node.name] = before + (counts.n_weights > 0)
    last = architecture.nodes[-1].name
    width, reduction = shapes[last].width, shapes[last].reduction
    n_values = n_pooled(width, sizes, reduction, architecture.head)
    n += (n_values + 1) * n_outputs
    return NetworkSize(n, n_products + n_values * n_outputs, depths[last])


def n_parameters(
    architecture: Architecture, input_shape: Sequence[int], n_outputs: int
) -> int:
    """Return how many weights a network has, without making it.

    Parameters
    ----------
    architecture : Architecture
        The network.

    input_shape : tuple of int
        Shape of one input.

    n_outputs : int
        How many numbers it gives.

    Returns
    -------
    n : int
        The number of its parameters.
    """
    return network_size(architecture, input_shape, n_outputs).n_parameters


class _NodeCounts(NamedTuple):
    """Of one node: what it gives, and how many weights it has."""

    shape: Shape
    #: Of what it reads, merged.
    reduction: int
    #: In front of the merge: parameters, and those that are multiplied.
    n_fitting: int
    n_fitting_weights: int
    #: Of the operation.
    n_own: int
    n_weights: int


# Nodes that are alike come again and again, in one network and in its neighbours.
@lru_cache(_N_REMEMBERED)
def _counts_of(
    operation: Operation,
    n_dims: int,
    shapes: tuple[Shape, ...],
    merge: str,
    options: tuple[tuple[str, Any], ...],
) -> _NodeCounts:
    """Count what a :class:`NodeModule` has."""
    read = merged(merge, shapes)
    n_biases = n_fitting_weights = 0
    for shape in shapes:
        shape.ratio_to(read.reduction)  # refuses what cannot meet
        if merge == "sum" and shape.width != read.width:
            n_biases += read.width
            n_fitting_weights += shape.width * read.width
    others: dict[str, Any] = dict(options)
    own_width = others.pop("width", None)
    width = read.width if own_width is None else own_width
    operation.check(n_dims, read.width, width)
    own = _counts_of_built(operation.build, n_dims, read.width, width, **others)
    return _NodeCounts(
        Shape(width, read.reduction * others.get("stride", 1)),
        read.reduction,
        n_biases + n_fitting_weights,
        n_fitting_weights,
        *own,
    )


def _counts_of_built(
    build: Callable[..., nn.Module], *args: int, **options: Any
) -> tuple[int, int]:
    """Make a module without memory, and count its weights; then those of matrices."""
    with own_generators("cpu", None), torch.device("meta"):
        parameters = list(build(*args, **options).parameters())
    # Vectors are biases and normalisation.
    n_multiplied = sum(p.numel() for p in parameters if p.ndim > 1)
    return sum(p.numel() for p in parameters), n_multiplied


@lru_cache(_N_REMEMBERED)
def _n_places(sizes: tuple[int, ...], reduction: int) -> int:
    """Return how many places axes have that are so many times shorter."""
    return n_pooled(1, sizes, reduction, "flatten")
