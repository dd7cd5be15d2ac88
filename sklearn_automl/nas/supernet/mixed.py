"""The nodes of a supernet: fixed ones, and sums of edges that mix operations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from sklearn_automl.nas._layers import Zero
from sklearn_automl.nas.architecture import INPUT, Node
from sklearn_automl.nas.networks import NodeModule, Shape
from sklearn_automl.nas.operations import build_operation
from sklearn_automl.nas.space._supergraph import (
    NONE,
    SKIP,
    MixedEdge,
    MixedNode,
    OperationChoice,
    Path,
    SuperGraph,
)

__all__ = ["Execution", "Mixture", "ModuleBuilder", "total"]

#: Of each choice the weights of its options.
Mixture = Mapping[str, torch.Tensor]

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Execution:
    """What of a supernet is executed, and with which weights."""

    #: Weights of the options of each choice; None for weights of 1.
    mixture: Mixture | None = None
    #: One option of each choice; None for all options.
    path: Path | None = None
    #: By how much edges count that have alphas of their own.
    edge_weights: Mixture = field(default_factory=dict)
    #: Strength of an identity beside the operations of each edge.
    skip_strength: float = 0.0

    def passes(self, edge: MixedEdge) -> bool:
        """Tell whether the gates of an edge are open."""
        path = self.path
        return path is None or all(gate.is_open_on(path) for gate in edge.gates)

    def number_at(self, choice: str) -> int | None:
        """Return the option that is executed alone, None for all options."""
        return None if self.path is None else self.path[choice]

    def weights_at(self, choice: str) -> torch.Tensor | None:
        """Return the weights of the options of a choice."""
        return None if self.mixture is None else self.mixture[choice]

    def weighted(self, x: torch.Tensor, edge: MixedEdge) -> torch.Tensor:
        """Return what an edge gives in units of how open its gates are."""
        if self.mixture is None:
            return x
        for gate in edge.gates:
            weights = self.mixture[gate.choice]
            x = weights[_index(gate.numbers, weights.device)].sum() * x
        return x


@lru_cache(maxsize=1024)
def _index(numbers: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Return numbers as a tensor, which goes to a device once and not in each step."""
    return torch.tensor(numbers, device=device)


class ModuleBuilder:
    """Makes the modules of a supernet, node after node.

    Parameters
    ----------
    graph : SuperGraph
        All architectures.

    input_shape : tuple of int
        Shape of one input.

    channel_share : int
        One in so many channels go through the operations of an edge.

    Attributes
    ----------
    shapes : dict of str to Shape
        What the nodes give that are made already.
    """

    def __init__(
        self, graph: SuperGraph, input_shape: Sequence[int], channel_share: int
    ) -> None:
        n_channels, *sizes = input_shape
        self._graph, self._n_dims = graph, len(sizes)
        self._channel_share = channel_share
        self.shapes = {INPUT: Shape(n_channels)}

    def fixed(self, node: Node) -> "FixedNodeModule":
        """Return the module of a node that all architectures have."""
        read = [self.shapes[name] for name in node.inputs]
        module = FixedNodeModule(node, self._n_dims, read)
        self.shapes[node.name] = module.shape
        return module

    def mixed(self, node: MixedNode) -> "MixedNodeModule":
        """Return the module of a sum of mixed edges."""
        module = MixedNodeModule(
            node, self._graph, self._n_dims, self.shapes, self._channel_share
        )
        self.shapes[node.name] = module.shape
        return module


class FixedNodeModule(NodeModule):
    """A node that all architectures have."""

    def __init__(self, node: Node, n_dims: int, shapes: list[Shape]) -> None:
        super().__init__(node, n_dims, shapes)
        self._inputs = node.inputs
        use_statistics_of_batches(self)

    def execute(
        self,
        results: Mapping[str, torch.Tensor],
        execution: Execution,  # noqa: ARG002
    ) -> torch.Tensor:
        """Return what the node makes of the results of nodes before it."""
        result: torch.Tensor = self([results[name] for name in self._inputs])
        return result


class MixedNodeModule(nn.Module):
    """A sum of edges, each of which is a mixture of operations."""

    def __init__(
        self,
        node: MixedNode,
        graph: SuperGraph,
        n_dims: int,
        shapes: Mapping[str, Shape],
        channel_share: int,
    ) -> None:
        super().__init__()
        self._node = node
        self.edges = nn.ModuleList()
        found = set()
        for edge in node.edges:
            module: Connection | MixedOperation
            shape = shapes[edge.source]
            if edge.choice is None:
                module = Connection(shape)
            else:
                choice: Any = graph.choices[edge.choice]
                module = MixedOperation(
                    edge.choice, choice, n_dims, shape, channel_share
                )
            self.edges.append(module)
            found.add(module.shape)
        if len(found) > 1:
            raise ValueError(
                f"The edges of {node.name!r} differ in what they give: {found}."
            )
        (self.shape,) = found
        first = shapes[node.edges[0].source]
        self.zero = Zero(n_dims, self.shape.reduction // first.reduction)
        use_statistics_of_batches(self, scales=False)

    def execute(
        self, results: Mapping[str, torch.Tensor], execution: Execution
    ) -> torch.Tensor:
        """Return what the node makes of the results of nodes before it."""
        result: torch.Tensor = self(results, execution)
        return result

    def forward(
        self, results: Mapping[str, torch.Tensor], execution: Execution
    ) -> torch.Tensor:
        """Return the sum of what the edges give."""
        terms = []
        module: Any
        for edge, module in zip(self._node.edges, self.edges, strict=True):
            if execution.passes(edge) and not module.gives_nothing(execution):
                x = module(results[edge.source], execution)
                terms.append(execution.weighted(x, edge))
        if not terms:
            zero: torch.Tensor = self.zero(results[self._node.edges[0].source])
            return zero
        return total(terms)  # eq. (1) of DARTS


class Connection(nn.Module):
    """An edge without operations."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def gives_nothing(self, execution: Execution) -> bool:  # noqa: ARG002
        """Return False: a connection always gives what it reads."""
        return False

    def forward(self, x: torch.Tensor, execution: Execution) -> torch.Tensor:  # noqa: ARG002
        """Return what it reads."""
        return x


class MixedOperation(nn.Module):
    """The operations of an edge, of which one or a weighted sum is executed."""

    def __init__(
        self,
        name: str,
        choice: OperationChoice,
        n_dims: int,
        shape: Shape,
        channel_share: int,
    ) -> None:
        super().__init__()
        candidates = choice.options
        self._choice, self._share = name, channel_share
        self._names = [candidate.operation for candidate in candidates]
        options = dict(candidates[0].options)
        stride = options.get("stride", 1)
        width = options.get("width", shape.width)
        self.shape = Shape(width, shape.reduction * stride)
        in_part, part = shape.width // channel_share, width // channel_share
        self._stride, self._part = stride, part
        if channel_share > 1 and (shape.width != width or width % channel_share):
            raise ValueError(
                f"channel_share={channel_share} must divide the {width} channels of "
                f"each operation, which must not change their number from "
                f"{shape.width}: pass another channel_share or another width."
            )
        self.operations = nn.ModuleList()
        for candidate in candidates:
            own = {k: v for k, v in candidate.options if k != "width"}
            self.operations.append(
                _built(candidate.operation, n_dims, in_part, part, own)
            )
        # Other channels pass through the bypass; the skip is beside the operations.
        # Both are identities where the shape stays.
        self.bypass: nn.Module = nn.Identity()
        self.skip: nn.Module = nn.Identity()
        self._zero = Zero(n_dims, stride)
        self._has_skip = in_part == part and stride in (1, 2)
        if stride > 1 and channel_share > 1:
            self.bypass = build_operation("max_pool", n_dims, part, stride=stride)
        if stride > 1 and self._has_skip:
            self.skip = build_operation(SKIP, n_dims, in_part, stride=stride)

    def gives_nothing(self, execution: Execution) -> bool:
        """Tell whether a path takes no option, or "none" with nothing beside it."""
        path = execution.path
        if path is None:
            return False
        if self._choice not in path:
            return True
        is_alone = self._share == 1 and not (execution.skip_strength and self._has_skip)
        return self._names[path[self._choice]] == NONE and is_alone

    def forward(self, x: torch.Tensor, execution: Execution) -> torch.Tensor:
        """Return what the edge gives."""
        mixed = self._mixed(
            x,
            execution.weights_at(self._choice),
            execution.number_at(self._choice),
            execution.skip_strength,
        )
        if self._choice in execution.edge_weights:
            mixed = execution.edge_weights[self._choice] * mixed
        return mixed

    def _mixed(
        self,
        x: torch.Tensor,
        weights: torch.Tensor | None,
        number: int | None,
        skip_strength: float,
    ) -> torch.Tensor:
        rest = None
        if self._share > 1:
            part = x.shape[1] // self._share
            x, rest = x[:, :part], self.bypass(x[:, part:])
        numbers = range(len(self._names)) if number is None else [number]
        terms = []
        for k in numbers:
            # "none" keeps its share of the softmax, but there is nothing to execute.
            if self._names[k] != NONE:
                result = self._result(k, x)
                # eq. (2) of DARTS: operations are weighted.
                terms.append(result if weights is None else weights[k] * result)
        if skip_strength and self._has_skip:
            terms.append(skip_strength * self.skip(x))
        mixed = total(terms) if terms else self._zero(x)
        if rest is None:
            return mixed
        return _shuffled(torch.cat([mixed, rest], dim=1), self._share)

    def _result(self, k: int, x: torch.Tensor) -> torch.Tensor:
        """Return what an operation gives; say which one it is that fails."""
        sizes = [-(-size // self._stride) for size in x.shape[2:]]
        expected = (len(x), self._part, *sizes)
        try:
            result: torch.Tensor = self.operations[k](x)
        # An operation of the user's can raise anything.
        except Exception as error:
            raise ValueError(
                f"The operation {self._names[k]!r} fails on inputs of the shape "
                f"{tuple(x.shape)}: {error}"
            ) from error
        if result.shape != expected:
            raise ValueError(
                f"The operation {self._names[k]!r} must make {expected} of inputs of "
                f"the shape {tuple(x.shape)}, and makes {tuple(result.shape)}."
            )
        return result


def _built(
    name: str, n_dims: int, in_width: int, width: int, options: dict[str, Any]
) -> nn.Module:
    """Return an operation; say which one it is that cannot be built."""
    try:
        module = build_operation(name, n_dims, in_width, width, **options)
    # An operation of the user's can raise anything.
    except Exception as error:
        raise ValueError(f"The operation {name!r} cannot be built: {error}") from error
    if not isinstance(module, nn.Module):
        raise ValueError(f"The operation {name!r} is no torch module: {module!r}.")
    return module


def _shuffled(x: torch.Tensor, n_groups: int) -> torch.Tensor:
    """Exchange channels, so that others pass the next operations by (PC-DARTS)."""
    n, width, *sizes = x.shape
    groups = x.reshape(n, n_groups, width // n_groups, math.prod(sizes))
    return groups.transpose(1, 2).reshape(n, width, *sizes)


def use_statistics_of_batches(node: nn.Module, scales: bool = True) -> None:
    """Let batch normalisation have no moving averages, and scale or not."""
    for module in node.modules():
        if not isinstance(module, _BATCH_NORMS):
            continue
        module.track_running_stats = False
        module.running_mean = module.running_var = None
        module.num_batches_tracked = None
        if module.affine and not scales:
            module.weight.requires_grad_(False)
            module.bias.requires_grad_(False)


def total(terms: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the sum of tensors."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result
