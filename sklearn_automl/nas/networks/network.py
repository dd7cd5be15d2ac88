"""From an architecture to a network: one module, whatever space it comes from."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from sklearn_automl.nas._layers import AVG_POOL, linear
from sklearn_automl.nas.architecture import INPUT, Architecture, Node
from sklearn_automl.nas.networks.moments import moments_of
from sklearn_automl.nas.operations import build_operation

__all__ = [
    "Network",
    "NodeModule",
    "Shape",
    "StandardizedInputs",
    "StandardizedModule",
    "merged",
    "n_pooled",
    "pooled",
]


class Shape(NamedTuple):
    """Of what a node gives: its width, and by how much its axes have shrunk."""

    width: int
    reduction: int = 1

    def ratio_to(self, reduction: int) -> int:
        """Return how many times shorter its axes have to get."""
        # All lengths are ceil(size / reduction), and nested ceilings give the same.
        ratio, rest = divmod(reduction, self.reduction)
        if rest:
            raise ValueError(
                f"Branches that are {reduction} and {self.reduction} times shorter "
                "than the input cannot meet: use strides of 1, 2 and 4 only."
            )
        return ratio


def merged(merge: str, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of the sum or the concatenation of what a node reads."""
    reduction = max(shape.reduction for shape in shapes)
    if merge == "sum":
        return Shape(shapes[-1].width, reduction)
    return Shape(sum(shape.width for shape in shapes), reduction)


class StandardizedModule(nn.Module):
    """A module that standardises its inputs with numbers that are part of it.

    ``input_shift`` is zero except for features that are far from zero. It is subtracted
    in double precision, before ``forward`` gets the inputs. It is the sum of two
    numbers of single precision.
    """

    input_shift: torch.Tensor
    input_mean: torch.Tensor
    input_scale: torch.Tensor

    def __init__(self, input_shape: Sequence[int]) -> None:
        super().__init__()
        n_channels, *sizes = input_shape
        ones = [1] * len(sizes)
        self.register_buffer("input_shift", torch.zeros(2, n_channels, *ones))
        self.register_buffer("input_mean", torch.zeros(n_channels, *ones))
        self.register_buffer("input_scale", torch.ones(n_channels, *ones))

    def standardize(self, X: Any) -> None:
        """Learn the shift, mean and scale of inputs from data.

        Parameters
        ----------
        X : array or tensor of shape (n_samples, ...)
            The data. Flat data is standardised by feature, other data by channel. A
            feature that does not vary here is ignored later.
        """
        moments, shape = moments_of(X), self.input_mean.shape
        self.input_shift.copy_(moments.shift.reshape(2, *shape))
        self.input_mean.copy_(moments.mean.reshape(shape))
        self.input_scale.copy_(moments.scale.reshape(shape))

    def forget_shift(self) -> None:
        """Take inputs without a shift: it becomes a part of the mean."""
        # Not every device has double precision.
        shift = self.input_shift.cpu().double().sum(dim=0)
        self.input_mean.copy_(self.input_mean.cpu().double() + shift)
        self.input_shift.zero_()

    def standardized(self, X: torch.Tensor) -> torch.Tensor:
        """Return inputs with the mean 0 and the scale 1."""
        return (X - self.input_mean) / self.input_scale


class StandardizedInputs(StandardizedModule):
    """A module of any kind that gets standardised inputs.

    Parameters
    ----------
    module : Module
        It becomes a part of this one.

    input_shape : tuple of int
        Shape of one input.
    """

    def __init__(self, module: nn.Module, input_shape: Sequence[int]) -> None:
        super().__init__(input_shape)
        self.module = module

    def forward(self, X: torch.Tensor) -> Any:
        """Return what the module makes of standardised inputs."""
        return self.module(self.standardized(X))


def pooled(x: torch.Tensor, head: str) -> torch.Tensor:
    """Return a vector for each row, as a head makes it of what the last node gives."""
    if x.ndim == 2 or head == "flatten":
        return x.flatten(1)
    x = x.flatten(2)
    return x.mean(dim=2) if head == "avg" else x.amax(dim=2)


def n_pooled(width: int, sizes: Sequence[int], reduction: int, head: str) -> int:
    """Return how long that vector is."""
    if head != "flatten":
        return width
    return width * math.prod(-(-size // reduction) for size in sizes)


class Network(StandardizedModule):
    """The network of an architecture, for one shape of input and number of outputs.

    Parameters
    ----------
    architecture : Architecture or dict
        The architecture, or the result of its ``to_dict``.

    input_shape : tuple of int
        Shape of one input: ``(n_features,)``, ``(n_channels, length)`` or
        ``(n_channels, height, width)``.

    n_outputs : int
        Number of outputs.

    Notes
    -----
    Inputs are standardised first, with numbers that are part of the network: see
    :meth:`standardize`. Where branches meet, longer ones are pooled (mean) to the
    length of the shortest one. Before a sum, a linear layer gives all branches the
    width of the last one.
    """

    #: Whether a net that makes such a module needs an architecture.
    needs_architecture = True

    def __init__(
        self,
        architecture: Architecture | Mapping[str, Any],
        input_shape: Sequence[int],
        n_outputs: int,
    ) -> None:
        super().__init__(input_shape)
        if not isinstance(architecture, Architecture):
            architecture = Architecture.from_dict(architecture)
        self._nodes = architecture.nodes
        self._head = architecture.head
        n_channels, *sizes = input_shape
        n_dims = len(sizes)
        shapes = {INPUT: Shape(n_channels)}
        self.nodes = nn.ModuleDict()
        for node in self._nodes:
            module = NodeModule(node, n_dims, [shapes[name] for name in node.inputs])
            shapes[node.name] = module.shape
            self.nodes[node.name] = module
        last = shapes[self._nodes[-1].name]
        n_values = n_pooled(last.width, sizes, last.reduction, self._head)
        self.output = nn.Linear(n_values, n_outputs)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the outputs.

        Parameters
        ----------
        X : tensor of shape (n_samples, ...)
            The inputs.

        Returns
        -------
        output : tensor of shape (n_samples, n_outputs)
            Logits of classes, or standardised predictions.
        """
        results = {INPUT: self.standardized(X)}
        for node in self._nodes:
            inputs = [results[name] for name in node.inputs]
            results[node.name] = self.nodes[node.name](inputs)
        x = pooled(results[self._nodes[-1].name], self._head)
        output: torch.Tensor = self.output(x)
        return output


class NodeModule(nn.Module):
    """Makes the inputs of a node fit, merges them, and does the operation."""

    def __init__(self, node: Node, n_dims: int, shapes: list[Shape]) -> None:
        super().__init__()
        self._merge = node.merge
        is_sum = node.merge == "sum"
        read = merged(node.merge, shapes)
        width, reduction = read.width, read.reduction
        self.fit = nn.ModuleList(
            _fitting(n_dims, shape, width if is_sum else shape.width, reduction)
            for shape in shapes
        )
        options = dict(node.options)
        own_width = options.pop("width", None)
        self.operation = build_operation(
            node.operation, n_dims, width, own_width, **options
        )
        stride = options.get("stride", 1)
        self.shape = Shape(
            width if own_width is None else own_width, reduction * stride
        )

    def forward(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """Return what the node gives."""
        fitted = [fit(x) for fit, x in zip(self.fit, inputs, strict=True)]
        if self._merge == "concat":
            merged = torch.cat(fitted, dim=1)
        else:
            merged = fitted[0]
            for x in fitted[1:]:
                merged = merged + x
        result: torch.Tensor = self.operation(merged)
        return result


def _fitting(n_dims: int, shape: Shape, width: int, reduction: int) -> nn.Module:
    """Return what brings a branch to a width and to a length of its axes."""
    layers: list[nn.Module] = []
    ratio = shape.ratio_to(reduction)
    if ratio > 1:
        layers.append(AVG_POOL[n_dims](ratio, stride=ratio, ceil_mode=True))
    if shape.width != width:
        layers.append(linear(n_dims, shape.width, width))
    return nn.Sequential(*layers)
