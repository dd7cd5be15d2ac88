"""Supernets: one network with the weights of all architectures of a space."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from sklearn_automl.nas.architecture import INPUT, Node
from sklearn_automl.nas.networks.network import (
    NodeModule,
    Shape,
    StandardizedModule,
    n_pooled,
    pooled,
)
from sklearn_automl.nas.operations import Zero, build_operation
from sklearn_automl.nas.space._supergraph import (
    NONE,
    SKIP,
    EdgeOperation,
    MixedNode,
    Path,
    SuperGraph,
)

__all__ = [
    "Mixture",
    "Supernet",
    "SupernetPart",
    "suitable_channel_share",
]

#: Of each choice the weights of its options.
Mixture = Mapping[str, torch.Tensor]

_INITIAL_SD = 1e-3  # of alphas

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Supernet(StandardizedModule):
    """All architectures of a space at once, or one of them, with shared weights.

    Parameters
    ----------
    graph : SuperGraph
        What there is, and what can be chosen.

    input_shape : tuple of int
        Shape of one input.

    n_outputs : int
        How many numbers it gives.

    channel_share : int, default=1
        One in so many channels go through the operations of an edge, the others pass
        them by [2]_; each edge of a node then has a weight of its own.

    Attributes
    ----------
    alphas : ParameterDict
        Of each choice the logits of its options, shape (n_options,). They are in the
        ``state_dict``, and not among :meth:`weights`.

    edge_alphas : ParameterDict
        Of each choice of an operation the logit of its edge, shape (1,), if
        `channel_share` is more than 1.

    skip_strength : float
        Strength of an identity beside the operations of each edge [3]_.

    Notes
    -----
    The mixed operation of [1]_. Batch normalisation uses the statistics of the batch,
    in evaluation too: those of a moving average would be of other architectures than
    the one that is looked at. In mixed operations it does not scale, as in [1]_, so
    that an operation cannot be made larger beside its alpha.

    References
    ----------
    .. [1] H. Liu, K. Simonyan and Y. Yang, "DARTS: Differentiable architecture
       search", ICLR 2019. :arxiv:`1806.09055`

    .. [2] Y. Xu et al., "PC-DARTS: Partial channel connections for memory-efficient
       architecture search", ICLR 2020. :arxiv:`1907.05737`

    .. [3] X. Chu et al., "DARTS-: Robustly stepping out of performance collapse without
       indicators", ICLR 2021. :arxiv:`2009.01027`
    """

    def __init__(
        self,
        graph: SuperGraph,
        input_shape: Sequence[int],
        n_outputs: int,
        *,
        channel_share: int = 1,
    ) -> None:
        super().__init__(input_shape)
        self.graph = graph
        self.skip_strength = 0.0
        n_channels, *sizes = input_shape
        n_dims = len(sizes)
        shapes = {INPUT: Shape(n_channels)}
        self.nodes = nn.ModuleDict()
        for node in graph.nodes:
            module: NodeModule | _MixedNodeModule
            if isinstance(node, Node):
                read = [shapes[name] for name in node.inputs]
                module = NodeModule(node, n_dims, read)
            else:
                module = _MixedNodeModule(node, graph, n_dims, shapes, channel_share)
            shapes[node.name] = module.shape
            self.nodes[node.name] = module
        self._use_statistics_of_batches()
        last = shapes[graph.nodes[-1].name]
        heads = graph.choices.get("head", (graph.head,))
        n_values = n_pooled(last.width, sizes, last.reduction, heads[0])
        self.output = nn.Linear(n_values, n_outputs)
        self.alphas = nn.ParameterDict(
            {
                name: nn.Parameter(_INITIAL_SD * torch.randn(len(options)))
                for name, options in graph.choices.items()
            }
        )
        self.edge_alphas = nn.ParameterDict()
        if channel_share > 1:
            self.edge_alphas.update(
                {
                    name: nn.Parameter(_INITIAL_SD * torch.randn(1))
                    for name, options in graph.choices.items()
                    if isinstance(options[0], EdgeOperation)
                }
            )

    def _use_statistics_of_batches(self) -> None:
        for node in self.nodes.values():
            for module in node.modules():
                if not isinstance(module, _BATCH_NORMS):
                    continue
                module.track_running_stats = False
                module.running_mean = module.running_var = None
                module.num_batches_tracked = None
                if isinstance(node, _MixedNodeModule) and module.affine:
                    module.weight.requires_grad_(False)
                    module.bias.requires_grad_(False)

    # ---- its two kinds of parameters -------------------------------------------------

    def architecture_parameters(self) -> list[nn.Parameter]:
        """Return the alphas."""
        return [*self.alphas.values(), *self.edge_alphas.values()]

    def weights(self) -> list[nn.Parameter]:
        """Return what is trained and no alpha."""
        own = {id(parameter) for parameter in self.architecture_parameters()}
        return [p for p in self.parameters() if p.requires_grad and id(p) not in own]

    def softmax(self) -> dict[str, torch.Tensor]:
        """Return the mixture that the alphas mean."""
        return {name: alpha.softmax(dim=0) for name, alpha in self.alphas.items()}

    def edge_weights(self) -> dict[str, torch.Tensor]:
        """Return by how much edges count, where they have alphas of their own.

        Returns
        -------
        weights : dict of str to tensor
            For each choice a number; those of the edges of a node sum to 1.
        """
        weights: dict[str, torch.Tensor] = {}
        for node in self.graph.nodes:
            if isinstance(node, MixedNode) and self.edge_alphas:
                names = [edge.choice for edge in node.edges if edge.choice is not None]
                if names:
                    alphas = torch.cat([self.edge_alphas[name] for name in names])
                    weights.update(zip(names, alphas.softmax(dim=0), strict=True))
        return weights

    # ---- forward ---------------------------------------------------------------------

    def forward(
        self,
        X: torch.Tensor,
        mixture: Mixture | None = None,
        path: Path | None = None,
    ) -> torch.Tensor:
        """Return the outputs of a mixture of architectures, or of one.

        Parameters
        ----------
        X : tensor of shape (n_samples, ...)
            The inputs.

        mixture : dict of str to tensor, default=None
            Weights of the options of each choice. None without a path for the softmax
            of the alphas.

        path : dict of str to int, default=None
            What of it is executed: one option of each choice, with its weight in the
            mixture, or with the weight 1 if there is none. None for all.

        Returns
        -------
        output : tensor of shape (n_samples, n_outputs)
            Logits of classes, or standardised predictions.
        """
        if mixture is None and path is None:
            mixture = self.softmax()
        edge_weights = self.edge_weights()
        results = {INPUT: self.standardized(X)}
        for node in self.graph.nodes:
            module = self.nodes[node.name]
            if isinstance(node, Node):
                result = module([results[name] for name in node.inputs])
            else:
                result = module(
                    results, mixture, path, edge_weights, self.skip_strength
                )
            results[node.name] = result
        x = self._pooled(results[self.graph.nodes[-1].name], mixture, path)
        output: torch.Tensor = self.output(x)
        return output

    def _pooled(
        self, x: torch.Tensor, mixture: Mixture | None, path: Path | None
    ) -> torch.Tensor:
        if "head" not in self.graph.choices:
            return pooled(x, self.graph.head)
        heads = self.graph.choices["head"]
        numbers = range(len(heads)) if path is None else [path["head"]]
        terms = [pooled(x, heads[number]) for number in numbers]
        if mixture is not None:
            weights = mixture["head"]
            terms = [weights[k] * x for k, x in zip(numbers, terms, strict=True)]
        return _sum(terms)


def suitable_channel_share(graph: SuperGraph, input_shape: Sequence[int]) -> int:
    """Return 2 if half of the channels can pass every operation by, else 1."""
    try:
        with torch.device("meta"):
            Supernet(graph, input_shape, 1, channel_share=2)
    except ValueError:
        return 1
    return 2


class SupernetPart(nn.Module):
    """What is executed of a supernet: its ``mixture`` and ``path`` can be changed."""

    def __init__(self, supernet: Supernet, path: Path | None = None) -> None:
        super().__init__()
        self.supernet = supernet
        self.mixture: Mixture | None = None
        self.path = path

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the outputs of that part, with the shared weights."""
        output: torch.Tensor = self.supernet(X, self.mixture, self.path)
        return output


class _MixedNodeModule(nn.Module):
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
            module = _MixedOperation(candidates, n_dims, shape, channel_share)
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
        return _sum(terms)


class _MixedOperation(nn.Module):
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
        mixed = _sum(terms) if terms else self._zero(x)
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


def _sum(terms: Sequence[torch.Tensor]) -> torch.Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
