"""Mixed nodes of a supernet: sums of edges, which are mixtures of operations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from sklearn_automl.nas._layers import Zero
from sklearn_automl.nas.networks import Shape
from sklearn_automl.nas.operations import build_operation
from sklearn_automl.nas.space._supergraph import (
    NONE,
    SKIP,
    EdgeOperation,
    MixedNode,
    Path,
    SuperGraph,
)

__all__ = ["MixedNodeModule", "Mixture", "total"]

#: Of each choice the weights of its options.
Mixture = Mapping[str, torch.Tensor]


class MixedNodeModule(nn.Module):
    """Sums edges."""

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
            shape = shapes[edge.source]
            if edge.choice is None:
                self.edges.append(nn.Identity())
                found.add(shape)
                continue
            candidates = graph.choices[edge.choice]
            module = MixedOperation(candidates, n_dims, shape, channel_share)
            self.edges.append(module)
            found.add(module.shape)
        if len(found) > 1:
            raise ValueError(
                f"The edges of {node.name!r} differ in what they give: {found}."
            )
        (self.shape,) = found
        first = shapes[node.edges[0].source]
        self.zero = Zero(n_dims, self.shape.reduction // first.reduction)

    def forward(
        self,
        results: Mapping[str, torch.Tensor],
        mixture: Mixture | None,
        path: Path | None,
        edge_weights: Mixture,
        skip_strength: float,
    ) -> torch.Tensor:
        """Return the sum of what the edges give."""
        terms = []
        for edge, module in zip(self._node.edges, self.edges, strict=True):
            x, choice = results[edge.source], edge.choice
            if path is not None and any(
                path[gate.choice] not in gate.numbers for gate in edge.gates
            ):
                continue
            if choice is not None:
                operation: Any = module
                if path is not None and operation.gives_nothing(
                    path.get(choice), skip_strength
                ):
                    continue
                weights = None if mixture is None else mixture[choice]
                number = None if path is None else path[choice]
                x = operation(x, weights, number, skip_strength)
                if choice in edge_weights:
                    x = edge_weights[choice] * x
            if mixture is not None:
                for gate in edge.gates:
                    x = mixture[gate.choice][list(gate.numbers)].sum() * x
            terms.append(x)
        if not terms:
            zero: torch.Tensor = self.zero(results[self._node.edges[0].source])
            return zero
        return total(terms)


class MixedOperation(nn.Module):
    """The operations of an edge, of which one or a weighted sum is executed."""

    def __init__(
        self,
        candidates: Sequence[EdgeOperation],
        n_dims: int,
        shape: Shape,
        channel_share: int,
    ) -> None:
        super().__init__()
        self._share = channel_share
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
        # What the other channels pass through, and what the operations have beside
        # them; both do nothing to what keeps its shape.
        self.bypass: nn.Module = nn.Identity()
        self.skip: nn.Module = nn.Identity()
        self._zero = Zero(n_dims, stride)
        self._has_skip = in_part == part and stride in (1, 2)
        if stride > 1 and channel_share > 1:
            self.bypass = build_operation("max_pool", n_dims, part, stride=stride)
        if stride > 1 and self._has_skip:
            self.skip = build_operation(SKIP, n_dims, in_part, stride=stride)

    def gives_nothing(self, number: int | None, skip_strength: float = 0.0) -> bool:
        """Tell whether there is no option, or it is none with nothing beside it."""
        if number is None:
            return True
        is_alone = self._share == 1 and not (skip_strength and self._has_skip)
        return self._names[number] == NONE and is_alone

    def forward(
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
            # Its share of the softmax is not lost, but there is nothing to execute.
            if self._names[k] != NONE:
                result = self._result(k, x)
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
        # Whatever an operation of the user's raises.
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
    # Whatever an operation of the user's raises.
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


def total(terms: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the sum of tensors."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result
