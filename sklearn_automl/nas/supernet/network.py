"""Supernets: one network with the weights of all architectures of a space."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from sklearn_automl.nas.architecture import INPUT
from sklearn_automl.nas.networks import StandardizedModule, n_pooled, pooled
from sklearn_automl.nas.space._supergraph import HEAD, Path, SuperGraph
from sklearn_automl.nas.supernet.mixed import (
    Execution,
    Mixture,
    ModuleBuilder,
    total,
)

__all__ = ["Supernet", "SupernetPart", "suitable_channel_share"]

_INITIAL_SD = 1e-3  # of alphas


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
        builder = ModuleBuilder(graph, input_shape, channel_share)
        self.nodes = nn.ModuleDict(
            {node.name: node.build(builder) for node in graph.nodes}
        )
        last = builder.shapes[graph.nodes[-1].name]
        head, sizes = graph.head.options[0], input_shape[1:]
        n_values = n_pooled(last.width, sizes, last.reduction, head)
        self.output = nn.Linear(n_values, n_outputs)
        self.alphas = nn.ParameterDict(
            {
                name: nn.Parameter(_INITIAL_SD * torch.randn(len(choice)))
                for name, choice in graph.choices.items()
            }
        )
        self.edge_alphas = nn.ParameterDict()
        if channel_share > 1:
            self.edge_alphas.update(
                {
                    name: nn.Parameter(_INITIAL_SD * torch.randn(1))
                    for name, choice in graph.choices.items()
                    if choice.is_of_edge
                }
            )

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
        if not self.edge_alphas:
            return weights
        for node in self.graph.nodes:
            if names := node.edge_choices():
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
        execution = Execution(mixture, path, self.edge_weights(), self.skip_strength)
        results = {INPUT: self.standardized(X)}
        module: Any
        for name, module in self.nodes.items():
            results[name] = module.execute(results, execution)
        x = self._pooled(results[self.graph.nodes[-1].name], execution)
        output: torch.Tensor = self.output(x)
        return output

    def _pooled(self, x: torch.Tensor, execution: Execution) -> torch.Tensor:
        """Return a vector for each row, as the heads make it that are executed."""
        head = self.graph.head
        if not head.is_open:
            return pooled(x, head.options[0])
        number, weights = execution.number_at(HEAD), execution.weights_at(HEAD)
        numbers = range(len(head)) if number is None else [number]
        terms = [pooled(x, head.options[k]) for k in numbers]
        if weights is not None:
            terms = [weights[k] * x for k, x in zip(numbers, terms, strict=True)]
        return total(terms)


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

    @property
    def input_shift(self) -> torch.Tensor:
        """What is subtracted from inputs before they get here."""
        return self.supernet.input_shift

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the outputs of that part, with the shared weights."""
        output: torch.Tensor = self.supernet(X, self.mixture, self.path)
        return output
