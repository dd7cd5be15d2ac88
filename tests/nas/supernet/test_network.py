"""Supernets: one network with the weights of all architectures of a space."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from sklearn_automl.nas import (
    CellSpace,
    ChainSpace,
    MultiBranchSpace,
    operations,
    register_operation,
)
from sklearn_automl.nas.supernet.mixed import Execution, _shuffled
from sklearn_automl.nas.supernet.network import (
    Supernet,
    SupernetPart,
    suitable_channel_share,
)

LEAN = [
    "none",
    "identity",
    "max_pool_3",
    "avg_pool_3",
    "conv_3",
    "conv_5",
    "sep_conv_5",
    "dil_conv_3",
]

SPACES = {
    "cells of two edges, image": CellSpace(n_nodes=3, width=8).bind((1, 8, 8)),
    "cells of two edges, flat": CellSpace(n_nodes=2, width=8).bind((4,)),
    "cells of all edges, sequence": CellSpace(
        edges="all", widening=1, width=8, operations=LEAN
    ).bind((1, 40)),
    "chain, sequence": ChainSpace(
        n_layers=(3, 3),
        widths=[8],
        strides=[2],
        operations=["conv", "max_pool", "identity"],
        stem=8,
    ).bind((1, 40)),
    "chain, flat": ChainSpace(n_layers=(2, 2), widths=[8]).bind((5,)),
    "branches, image": MultiBranchSpace(
        n_layers=(4, 4), widths=[8], strides=[1], stem=8
    ).bind((1, 8, 8)),
    "branches, flat": MultiBranchSpace(n_layers=(4, 4), widths=[8], stem=8).bind((5,)),
}

every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def supernet_of(space, **options):
    torch.manual_seed(0)
    return Supernet(space.supergraph(), space.input_shape, 3, **options).eval()


def inputs_of(space):
    return torch.randn(4, *space.input_shape)


def configs(space, n=6):
    rng = np.random.default_rng(0)
    return [space.decisions.sample(rng) for _ in range(n)]


def hot(space, path):
    """Return the mixture that is this path and nothing else."""
    mixture = {}
    for name, options in space.supergraph().choices.items():
        weights = torch.zeros(len(options))
        if name in path:
            weights = one_hot(torch.tensor(path[name]), len(options)).float()
        mixture[name] = weights
    return mixture


@every_space
def test_a_path_means_the_decisions_that_it_was_made_of(space):
    for config in configs(space):
        assert space.config_of(space.path(config)) == config


@every_space
def test_a_one_hot_mixture_is_the_path(space):
    supernet, X = supernet_of(space), inputs_of(space)
    for config in configs(space, 3):
        path = space.path(config)
        alone = supernet(X, path=path)
        mixed = supernet(X, mixture=hot(space, path))
        torch.testing.assert_close(mixed, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("channel_share", [1, 2])
@pytest.mark.parametrize("skip_strength", [0.0, 1.0])
@pytest.mark.parametrize("name", [n for n in SPACES if n.startswith("cells")])
def test_a_mixture_of_one_for_each_edge_is_what_is_executed(
    name, channel_share, skip_strength
):
    # Also of "none": channels that pass by, and an identity beside it, are left.
    space = SPACES[name]
    supernet, X = supernet_of(space, channel_share=channel_share), inputs_of(space)
    supernet.skip_strength = skip_strength
    rng = np.random.default_rng(0)
    for _ in range(2):
        path = {k: int(rng.integers(len(o))) for k, o in supernet.graph.choices.items()}
        mixture = hot(space, path)
        torch.testing.assert_close(supernet(X, mixture, path), supernet(X, mixture))


def test_a_stride_of_four_has_a_supernet_too():
    space = ChainSpace(n_layers=(2, 2), widths=[8], strides=[4], stem=8).bind((1, 40))
    supernet, X = supernet_of(space), inputs_of(space)
    for config in configs(space):
        assert supernet(X, path=space.path(config)).shape == (4, 3)


CELLS = {name: space for name, space in SPACES.items() if name.startswith("cells")}


def copied(supernet, space, config):
    """Return the network of an architecture, with the weights of the supernet."""
    network = space.build(space.architecture(config), 3)
    network.load_state_dict(supernet.state_dict(), strict=False)
    path = space.path(config)
    for node in supernet.graph.nodes:
        if not node.edges:
            continue
        taken = []
        for edge, module in zip(
            node.edges, supernet.nodes[node.name].edges, strict=True
        ):
            if not module.gives_nothing(Execution(path=path)):
                taken.append(module.operations[path[edge.choice]])
        for e, operation in enumerate(taken, start=1):
            name = node.name if len(taken) == 1 else f"{node.name}_edge_{e}"
            if name in network.nodes and list(operation.parameters()):
                own = network.nodes[name].operation
                own.load_state_dict(operation.state_dict(), strict=False)
    return network


@pytest.mark.parametrize("space", CELLS.values(), ids=CELLS)
def test_a_path_is_the_network_with_copied_weights(space):
    supernet, X = supernet_of(space), inputs_of(space)
    for config in configs(space):
        network = copied(supernet, space, config)  # it trains: statistics of the batch
        expected = network(X)
        path = space.path(config)
        torch.testing.assert_close(supernet(X, path=path), expected)


@every_space
def test_the_mixture_is_that_of_the_alphas_unless_it_is_given(space):
    supernet, X = supernet_of(space), inputs_of(space)
    assert torch.equal(supernet(X), supernet(X, mixture=supernet.softmax()))


@every_space
def test_all_alphas_get_a_gradient(space):
    supernet = supernet_of(space)
    supernet(inputs_of(space)).square().sum().backward()
    for name, alpha in supernet.alphas.items():
        assert alpha.grad.abs().sum() > 0, name


@every_space
def test_alphas_are_saved_and_are_no_weights(space):
    supernet = supernet_of(space)
    weights = {id(p) for p in supernet.weights()}
    for name, alpha in supernet.alphas.items():
        assert id(alpha) not in weights
        assert f"alphas.{name}" in supernet.state_dict()


@every_space
def test_the_strongest_path_is_an_architecture_without_extra_edges(space):
    supernet = supernet_of(space)
    weights = {name: w.detach().numpy() for name, w in supernet.softmax().items()}
    for name, choice in space.supergraph().choices.items():
        # An edge is "none" less often than anything else.
        weights[name][choice.numbers_of("none")] = 0
    assert space.config_of(space.strongest(weights)) in space.decisions


def test_a_node_keeps_its_two_strongest_edges():
    space = CellSpace(n_nodes=2, operations=["conv_1", "conv_3"]).bind((1, 8, 8))
    weights = {
        name: np.array([0.1, 0.1, 0.0])
        for name in space.supergraph().choices
        if name != "head"
    }
    weights["head"] = np.array([0.2, 0.8])
    weights["normal_2_from_2"] = np.array([0.1, 0.7, 0.0])
    weights["normal_2_from_0"] = np.array([0.6, 0.1, 0.0])
    config = space.config_of(space.strongest(weights))
    assert config["normal_2_inputs"] == (0, 2)
    assert config["normal_2_operation_1"] == "conv_1"
    assert config["normal_2_operation_2"] == "conv_3"
    assert config["head"] == "max"


def test_partial_channels_let_the_rest_pass():
    space = SPACES["cells of all edges, sequence"]
    supernet = supernet_of(space, channel_share=4)
    full = supernet_of(space)
    assert supernet(inputs_of(space)).shape == (4, 3)
    n, n_full = (sum(p.numel() for p in s.weights()) for s in (supernet, full))
    assert n < n_full / 3
    sums = sum(supernet.edge_weights().values())
    torch.testing.assert_close(sums, torch.tensor(3.0))  # three nodes, 1 each


def test_channels_that_cannot_be_shared_out_are_refused():
    space = SPACES["cells of all edges, sequence"]
    with pytest.raises(ValueError, match="channel_share=3 must divide the 8 channels"):
        supernet_of(space, channel_share=3)


def test_an_auxiliary_skip_is_added_to_edges():
    space = SPACES["cells of two edges, image"]
    supernet, X = supernet_of(space), inputs_of(space)
    before = supernet(X)
    supernet.skip_strength = 1.0
    assert not torch.allclose(supernet(X), before)


def test_an_auxiliary_skip_is_as_strong_as_it_is_said():
    space = CellSpace(
        edges="all", n_nodes=1, n_cells=1, width=4, operations=["none"], heads=["avg"]
    ).bind((1, 12))
    supernet, X = supernet_of(space), inputs_of(space)
    supernet.skip_strength = 0.5
    stem = supernet.nodes["stem"]([supernet.standardized(X)])
    expected = supernet.output(0.5 * stem.mean(dim=2))
    torch.testing.assert_close(supernet(X), expected)


def test_evaluation_uses_the_statistics_of_the_batch():
    space = SPACES["chain, sequence"]
    supernet, X = supernet_of(space), inputs_of(space)
    path = space.path(configs(space)[0])
    evaluated = supernet(X, path=path)
    torch.testing.assert_close(supernet.train()(X, path=path), evaluated)


def test_a_part_executes_its_path():
    space = SPACES["chain, flat"]
    supernet, X = supernet_of(space), inputs_of(space)
    path = space.path(configs(space)[0])
    part = SupernetPart(supernet, path).eval()
    assert torch.equal(part(X), supernet(X, path=path))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (ChainSpace(), r"pass n_layers=\(5, 5\)"),
        (ChainSpace(n_layers=(2, 2)), r"pass widths=\[512\]"),
        (
            ChainSpace(n_layers=(2, 2), widths=[8], operations=["dense", "identity"]),
            "pass stem=8",
        ),
        (MultiBranchSpace(n_layers=(2, 2), widths=[8]), "pass stem=8"),
        (
            MultiBranchSpace(n_layers=(2, 2), widths=[8], stem=8, merge="concat"),
            "pass merge='sum'",
        ),
        (
            MultiBranchSpace(
                n_layers=(2, 2), widths=[8], stem=8, operations=["dense", "identity"]
            ),
            "leave out 'identity'",
        ),
    ],
)
def test_alternatives_of_different_shapes_are_refused(space, message):
    with pytest.raises(ValueError, match=message):
        space.bind((4,)).supergraph()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (ChainSpace(n_layers=(2, 2), widths=[8]), r"pass strides=\[1\]"),
        (CellSpace(heads=["avg", "flatten"]), "leave it out"),
        (
            MultiBranchSpace(n_layers=(2, 2), widths=[8], stem=8, strides=[2]),
            r"pass strides=\[1\]",
        ),
    ],
)
def test_axes_of_different_lengths_are_refused(space, message):
    with pytest.raises(ValueError, match=message):
        space.bind((1, 8, 8)).supergraph()


def test_all_that_is_in_the_way_is_said_at_once():
    with pytest.raises(ValueError, match="cannot share weights") as caught:
        MultiBranchSpace(merge="concat").bind((1, 8, 8)).supergraph()
    for remedy in (
        "n_layers=(6, 6)",
        "widths=[128]",
        "strides=[1]",
        "stem=128",
        "'sum'",
    ):
        assert remedy in str(caught.value)
    obeyed = MultiBranchSpace(n_layers=(6, 6), widths=[128], strides=[1], stem=128)
    assert obeyed.bind((1, 8, 8)).supergraph().nodes


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda n, a, b, stride=1: 3, "operation 'own' is no torch module: 3"),
        (lambda n, a, b, stride=1: 1 / 0, "operation 'own' cannot be built: division"),
        (
            lambda n, a, b, stride=1: nn.Linear(99, b),
            "'own' fails on inputs",
        ),
        (
            lambda n, a, b, stride=1: nn.Conv1d(a, 3, 1),
            r"'own' must make \(4, 8, 40\) of inputs of .* makes \(4, 3, 40\)",
        ),
    ],
)
def test_an_operation_of_the_users_own_that_is_wrong_is_named(
    build, message, monkeypatch
):
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))
    register_operation("own", build, n_dims=[1], options=["stride"])
    space = CellSpace(n_nodes=1, n_cells=1, width=8, operations=["own"]).bind((1, 40))
    with pytest.raises(ValueError, match=message):
        supernet_of(space)(inputs_of(space))


@pytest.mark.parametrize("space", [ChainSpace(stem=7), MultiBranchSpace(stem=7)])
@pytest.mark.parametrize("shape", [(4,), (1, 9), (1, 8, 8)])
def test_a_stem_is_in_front_of_the_layers(space, shape):
    space = space.bind(shape)
    for config in configs(space):
        architecture = space.architecture(config)
        assert architecture.nodes[0].name == "stem"
        assert dict(architecture.nodes[0].options)["width"] == 7
        assert space.build(architecture, 2)(torch.randn(3, *shape)).shape == (3, 2)


def test_what_passes_an_edge_by_is_mixed_with_what_does_not():
    x = torch.arange(6.0).reshape(1, 6, 1)
    assert _shuffled(x, 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert _shuffled(x, 3).flatten().tolist() == [0, 2, 4, 1, 3, 5]


def test_what_passes_an_edge_by_is_halved_by_its_largest_values():
    supernet = supernet_of(SPACES["cells of two edges, image"], channel_share=2)
    halved = supernet.nodes["cell_2_node_1"].edges[0]
    x = torch.randn(2, 4, 6, 6)
    expected = nn.functional.max_pool2d(x, 3, stride=2, padding=1)
    assert torch.equal(halved.bypass(x), expected)


def test_a_reduction_of_nothing_but_none_is_a_reduction():
    space = CellSpace(n_nodes=1, n_cells=4, width=4).bind((1, 8, 8))
    supernet, seen = supernet_of(space), []
    path = {
        name: choice.numbers_of("none")[0] if name.startswith("reduction") else 0
        for name, choice in supernet.graph.choices.items()
    }
    for name in ("cell_2", "cell_3"):
        node = supernet.nodes[name]
        node.register_forward_hook(lambda node, args, out: seen.append(out.shape))
    supernet(inputs_of(space), path=path)
    assert seen == [(4, 8, 4, 4), (4, 16, 2, 2)]


def test_normalisations_of_edges_have_no_scale_that_could_hide_a_weight():
    supernet = supernet_of(SPACES["cells of two edges, image"])
    scales = {True: set(), False: set()}
    for name, module in supernet.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            scales[".edges." in name].add(module.weight.requires_grad)
    assert scales == {True: {False}, False: {True}}


@pytest.mark.parametrize(("width", "share"), [(8, 2), (10, 2), (7, 1)])
def test_half_of_the_channels_pass_by_where_they_can_be_halved(width, share):
    space = CellSpace(n_nodes=2, width=width, operations=LEAN).bind((1, 8, 8))
    assert suitable_channel_share(space.supergraph(), space.input_shape) == share
