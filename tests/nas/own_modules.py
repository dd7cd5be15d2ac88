"""Modules and spaces of a user's own, in a module that can be imported."""

import copy

import torch
from torch import nn

from sklearn_automl.nas import ChainSpace, Network


class Layers(nn.Module):
    """Linear layers for inputs of any shape."""

    def __init__(
        self,
        input_shape,
        n_outputs,
        depth=1,
        width=8,
        activation=nn.ReLU,
        dropout=0.0,
        bias=True,
    ):
        super().__init__()
        n_values = torch.Size(input_shape).numel()
        layers = [nn.Flatten()]
        for _ in range(depth):
            layers.append(nn.Linear(n_values, width, bias=bias))
            is_class = isinstance(activation, type)
            layers.append(activation() if is_class else activation)
            layers.append(nn.Dropout(dropout))
            n_values = width
        self.layers = nn.Sequential(*layers)
        self.output = nn.Linear(n_values, n_outputs)

    def forward(self, X):
        return self.output(self.layers(X))


def make_backbone():
    """Return four features of four inputs that nobody trains."""
    backbone = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Tanh())
    with torch.no_grad():
        backbone[0].weight.copy_(torch.eye(4) / 4)
    return backbone.requires_grad_(False)


BACKBONE = make_backbone()


class OnBackbone(ChainSpace):
    """Chains that read what a frozen network gives."""

    def build(self, architecture, n_outputs):
        """Return the backbone and the chain after it."""
        head = Network(architecture, (4,), n_outputs)
        return nn.Sequential(copy.deepcopy(BACKBONE), head)


class Wide(ChainSpace):
    """Two of each network, whose outputs are added."""

    def build(self, architecture, n_outputs):
        """Return both as one module."""
        return Sum(
            *(super(Wide, self).build(architecture, n_outputs) for _ in range(2))
        )


class Sum(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def standardize(self, X):
        """Pass the inputs on that decide how others are standardised."""
        for part in self.parts:
            part.standardize(X)

    def forward(self, X):
        return sum(part(X) for part in self.parts)
