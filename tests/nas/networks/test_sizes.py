"""Sizes of networks are counted as the networks themselves have them."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from sklearn_automl.nas import (
    Architecture,
    CellSpace,
    ChainSpace,
    MultiBranchSpace,
    Node,
    operations,
    register_operation,
)
from sklearn_automl.nas._layers import PeriodicEmbedding
from sklearn_automl.nas.networks import Network, n_parameters, network_size
from sklearn_automl.nas.operations import get_operation, operation_names

SHAPES = {0: (5,), 1: (3, 13), 2: (2, 9, 6)}
SPACES = {
    "chain": ChainSpace(n_layers=(1, 4), stem=6, heads=["flatten", "avg"]),
    "chain of all layers": ChainSpace(
        n_layers=(2, 4),
        strides=[1, 2, 4],
        activations=["relu", "none"],
        normalizations=["batch", "none"],
        dropouts=[0.0, 0.2],
        widths=[7, 12],
    ),
    "sums": MultiBranchSpace(n_layers=(3, 6), widths=[7, 12], max_inputs=3),
    "concatenations": MultiBranchSpace(n_layers=(3, 6), widths=[4, 9], merge="concat"),
    "cells": CellSpace(n_nodes=2, n_cells=4, width=7),
    "dense cells": CellSpace(n_nodes=2, width=6, edges="all"),
}


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))


def measured(architecture, shape, n_outputs=3):
    """Return parameters and products of one input, of the network that is built."""
    network, n_products = Network(architecture, shape, n_outputs).eval(), []

    def note(module, inputs, output):
        n_places = math.prod(output.shape[2:])
        if isinstance(module, PeriodicEmbedding):
            # A phase and a bias for each feature are counted with the weights.
            n_weights = sum(p.numel() for p in module.parameters() if p.ndim > 1)
        else:
            n_weights = module.weight.numel()
        n_products.append(n_weights * n_places)

    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | PeriodicEmbedding):
            module.register_forward_hook(note)
    network(torch.zeros(1, *shape))
    return sum(p.numel() for p in network.parameters()), sum(n_products)


def counted(architecture, shape, n_outputs=3):
    size = network_size(architecture, shape, n_outputs)
    return size.n_parameters, size.n_products


@pytest.mark.parametrize("shape", SHAPES.values(), ids=str)
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_the_size_is_that_of_the_network(space, shape):
    bound, rng = space.bind(shape), np.random.default_rng(0)
    for _ in range(4):
        architecture = bound.architecture(bound.decisions.sample(rng))
        assert counted(architecture, shape) == measured(architecture, shape)


EACH_OPERATION = [(name, n) for n in SHAPES for name in operation_names(n)]


@pytest.mark.parametrize(("name", "n_dims"), EACH_OPERATION)
@pytest.mark.parametrize("stride", [1, 2])
def test_each_operation_counts_what_it_has(name, n_dims, stride):
    operation, shape = get_operation(name), SHAPES[n_dims]
    options = {"stride": stride} if "stride" in operation.options else {}
    if name == "identity" and n_dims == 0:
        options = {}
    widths = [{"width": 4}, {}] if operation.has_weights else [{}]
    for width in widths:
        node = Node.of("a", name, "input", **width, **options)
        architecture = Architecture((node,), head="flatten")
        assert counted(architecture, shape) == measured(architecture, shape)


@pytest.mark.parametrize("name", ["dense", "periodic_dense", "conv", "sep_conv"])
@pytest.mark.parametrize("normalization", ["batch", "none"])
def test_biases_and_normalisation_are_parameters_and_no_products(name, normalization):
    shape = SHAPES[0 if name.endswith("dense") else 1]
    node = Node.of("a", name, "input", width=4, normalization=normalization)
    architecture = Architecture((node,))
    assert counted(architecture, shape) == measured(architecture, shape)


def test_a_convolution_of_an_image_by_hand():
    node = Node.of("a", "conv", "input", width=4, kernel=3, stride=2)
    size = network_size(Architecture((node,)), (2, 9, 6), 5)
    # 9 weights for each of 2 times 4 channels, batch norm; 4 weights and a bias for 5.
    assert size.n_parameters == 9 * 2 * 4 + 2 * 4 + (4 + 1) * 5
    # 5 times 3 places.
    assert size.n_products == 9 * 2 * 4 * 15 + 4 * 5


def test_the_depth_is_the_longest_way_through_weights():
    nodes = (
        Node.of("a", "conv", "input", width=4),
        Node.of("pool", "max_pool_3", "a"),
        Node.of("b", "conv_3", "pool"),
        Node.of("skip", "identity", "a"),
        Node.of("end", "identity", "b", "skip"),
    )
    assert network_size(Architecture(nodes), (1, 8), 2).depth == 2
    assert network_size(Architecture(nodes[:2]), (1, 8), 2).depth == 1


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (Node.of("a", "conv", "input", width=4), "works on"),
        (Node.of("a", "identity", "input", width=4), "cannot change the width"),
        (Node.of("a", "unheard_of", "input"), "There is no operation"),
    ],
)
def test_what_cannot_be_built_has_no_size(node, message):
    for make in (Network, network_size):
        with pytest.raises(ValueError, match=message):
            make(Architecture((node,)), (5,), 2)


@pytest.mark.parametrize(
    "options", [{"activation": "cubic"}, {"kernel": 3}], ids=["value", "name"]
)
def test_nor_has_what_has_options_that_do_not_exist(options):
    architecture = Architecture((Node.of("a", "dense", "input", width=4, **options),))
    for make in (Network, network_size):
        with pytest.raises((KeyError, TypeError)):
            make(architecture, (5,), 2)


def test_branches_that_cannot_meet_have_no_size():
    nodes = (
        Node.of("a", "conv", "input", width=6, stride=2),
        Node.of("b", "conv", "input", width=6, stride=3),
        Node.of("c", "identity", "a", "b"),
    )
    with pytest.raises(ValueError, match="use strides of 1, 2 and 4 only"):
        network_size(Architecture(nodes), (1, 9), 2)


# ---- operations of the users ---------------------------------------------------------


def counting(built, n_layers=2):
    def build(n_dims, in_width, width):
        built.append(width)
        layers = [nn.Linear(in_width, width), nn.ReLU(), nn.BatchNorm1d(width)]
        layers += [nn.Linear(width, width) for _ in range(n_layers - 1)]
        return nn.Sequential(*layers)

    return build


def test_an_own_operation_is_built_once_for_each_width():
    built = []
    register_operation("own_layers", counting(built), n_dims=[0])
    for width in (4, 6, 4):
        node = Node.of("a", "own_layers", "input", width=width)
        size = network_size(Architecture((node, node_after(node))), (5,), 3)
        # Each of its layers has a row of weights and a bias; it is normalised.
        n_own = 6 * width + 2 * width + (width + 1) * width
        n_next = (width + 1) * width + 2 * width + (width + 1) * width
        assert size.n_parameters == n_own + n_next + (width + 1) * 3
        assert size.n_products == 5 * width + 3 * width**2 + width * 3
        assert size.depth == 2
    assert built == [4, 4, 6, 6]


def node_after(node):
    return Node.of("b", node.operation, node.name)


def test_an_own_operation_that_is_defined_again_is_counted_again():
    node = Node.of("a", "own_layers", "input", width=4)
    register_operation("own_layers", counting([]), n_dims=[0])
    before = n_parameters(Architecture((node,)), (5,), 3)
    register_operation("own_layers", counting([], n_layers=3), n_dims=[0])
    assert n_parameters(Architecture((node,)), (5,), 3) == before + 20


def test_an_own_operation_takes_no_memory():
    def build(n_dims, in_width, width):
        return nn.Linear(in_width, 10**9)

    register_operation("huge", build, n_dims=[0])
    architecture = Architecture((Node.of("a", "huge", "input", width=4),))
    assert n_parameters(architecture, (5,), 1) > 5 * 10**9


def test_an_own_operation_leaves_the_generators_of_torch_alone():
    def build(n_dims, in_width, width):
        torch.rand(3, device="cpu")
        return nn.Linear(in_width, width)

    register_operation("drawing", build, n_dims=[0])
    before = torch.get_rng_state()
    n_parameters(Architecture((Node.of("a", "drawing", "input", width=4),)), (5,), 1)
    assert torch.equal(torch.get_rng_state(), before)
