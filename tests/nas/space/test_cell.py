import numpy as np
import pytest
import torch

from sklearn_automl.nas import CellSpace, operations, register_operation


def sampled(space, seed=0):
    return space.decisions.sample(np.random.default_rng(seed))


def shapes_of(space, config):
    """Return (width, reduction) of what each cell gives."""
    network = space.build(space.architecture(config), 2)
    names = [f"cell_{k + 1}" for k in range(space.n_cells)]
    return [
        (network.nodes[n].shape.width, network.nodes[n].shape.reduction) for n in names
    ]


def test_normal_cells_keep_the_shape_and_reductions_halve_it():
    space = CellSpace(n_cells=6, n_nodes=2, width=8).bind((1, 32))
    for seed in range(10):
        # Two nodes side by side; reductions are the third and the fifth cell.
        assert shapes_of(space, sampled(space, seed)) == [
            (16, 1),
            (16, 1),
            (32, 2),
            (32, 2),
            (64, 4),
            (64, 4),
        ]


def test_the_lengths_are_what_the_shapes_say():
    space = CellSpace(n_cells=6, n_nodes=2, width=4).bind((1, 21))
    network = space.build(space.architecture(sampled(space)), 2)
    seen = []
    network.nodes["cell_6"].register_forward_hook(lambda m, i, out: seen.append(out))
    network(torch.randn(2, 1, 21))
    assert seen[0].shape == (2, 32, 6)


def test_the_cell_before_a_reduction_is_not_read_at_one_place_in_four():
    space = CellSpace(n_cells=3, n_nodes=1, width=6).bind((1, 6, 6))
    config = sampled(space)
    for kind in space.kinds():
        config[f"{kind}_1_inputs"] = (0, 1)
    network = space.build(space.architecture(config), 2)
    # The second cell is a reduction, so what the third reads first is twice as long.
    reader = network.nodes["cell_3_input_1"]
    assert reader.shape == network.nodes["cell_3_input_2"].shape
    x = torch.ones(2, 6, 6, 6, requires_grad=True)
    weights = torch.randn(2, 24, 3, 3)
    (reader.eval()([x]) * weights).sum().backward()
    is_read = (x.grad != 0).any(dim=0).any(dim=0)
    assert is_read[0::2, 0::2].all()
    assert is_read[1::2, 1::2].all()


def test_a_node_reads_two_different_ones():
    space = CellSpace(n_nodes=4).bind((1, 9))
    rng = np.random.default_rng(0)
    config = space.decisions.sample(rng)
    for _ in range(50):
        config = space.mutate(config, rng)
        for kind in space.kinds():
            for node in range(1, 5):
                first, second = config[f"{kind}_{node}_inputs"]
                assert first < second <= node


def test_cells_of_a_kind_are_equal():
    space = CellSpace(n_cells=2, n_nodes=2, width=8).bind((4,))
    nodes = space.architecture(sampled(space)).nodes
    own = [
        [n.operation for n in nodes if n.name.startswith(f"cell_{k}_node")]
        for k in (1, 2)
    ]
    assert own[0] == own[1]


def test_flat_data_has_no_reductions():
    assert CellSpace().bind((4,)).kinds() == ("normal",)


def test_with_all_edges_a_node_reads_every_node_before():
    space = CellSpace(edges="all", n_cells=1, operations=["conv_3"]).bind((1, 9))
    nodes = {n.name: n for n in space.architecture(sampled(space)).nodes}
    assert len(nodes["cell_1"].inputs) == 3
    assert len([n for n in nodes if "edge" in n]) == 2 + 3


def test_with_all_edges_there_is_one_kind_of_cell():
    assert CellSpace(edges="all").bind((1, 9)).kinds() == ("normal",)


def test_with_all_edges_what_reads_nothing_is_left_out():
    space = CellSpace(
        edges="all", n_nodes=2, n_cells=1, operations=["none", "conv_3"]
    ).bind((1, 9))
    config = sampled(space)
    config.update(
        normal_1_operation_1="conv_3",
        normal_2_operation_1="conv_3",
        normal_2_operation_2="none",
    )
    names = [node.name for node in space.architecture(config).nodes]
    assert names == ["stem", "cell_1"]


def test_decisions_that_mean_one_network_give_one_architecture():
    space = CellSpace(
        edges="all", n_nodes=2, n_cells=1, operations=["none", "conv_3", "conv_1"]
    ).bind((1, 9))
    config = {**sampled(space), "normal_2_operation_1": "conv_3"}
    # Nothing reads the first node, so what it does makes no difference.
    first, second = (
        {**config, "normal_2_operation_2": "none", "normal_1_operation_1": operation}
        for operation in ("conv_3", "conv_1")
    )
    assert space.architecture(first) == space.architecture(second)


def test_a_moved_edge_keeps_its_operation_and_so_does_the_other():
    space = CellSpace(n_nodes=3).bind((1, 9))
    n_moved = 0
    for seed in range(60):
        config = sampled(space, seed)
        moved = space._moved(config, np.random.default_rng(seed))
        if moved is None:
            continue
        pairs = [
            (before, after)
            for kind in space.kinds()
            for before, after in zip(
                space.cell(config, kind), space.cell(moved, kind), strict=True
            )
            if before != after
        ]
        ((before, after),) = pairs
        (stayed,) = {j for j, _ in before} & {j for j, _ in after}
        assert dict(before)[stayed] == dict(after)[stayed]
        assert sorted(o for _, o in before) == sorted(o for _, o in after)
        n_moved += 1
    assert n_moved > 20


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"n_nodes": 0}, "a positive integer"),
        ({"n_cells": 1.5}, "a positive integer"),
        ({"width": True}, "a positive integer"),
        ({"edges": "three"}, "'two' or 'all'"),
        ({"operations": ["dense"]}, "'conv_3'"),
        ({"heads": []}, "'avg'"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(option, message):
    with pytest.raises(ValueError, match=message):
        CellSpace(**option).bind((1, 9))


@pytest.mark.parametrize("edges", ["two", "all"])
def test_the_reference_is_residual(edges):
    space = CellSpace(edges=edges, n_nodes=3).bind((1, 8, 8))
    cell = space.reference()
    for kind in space.kinds():
        for node in (1, 2, 3):
            operations = [
                v for k, v in cell.items() if k.startswith(f"{kind}_{node}_op")
            ]
            assert operations[-1] == "conv_3"
            assert set(operations[:-1]) <= {"identity"}
            assert len(operations) == (2 if edges == "two" else node)


def test_an_edge_of_the_supernet_can_be_none_once():
    for names in (["conv_1", "none"], ["conv_1"]):
        space = CellSpace(n_nodes=1, operations=names).bind((1, 9))
        choice = space.supergraph().choices["normal_1_from_0"]
        assert [option.operation for option in choice.options] == ["conv_1", "none"]


def test_an_operation_that_cannot_shorten_is_refused_where_there_are_axes(monkeypatch):
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))
    register_operation("own", torch.nn.Identity, n_dims=[0, 1])
    assert CellSpace(operations=["own"]).bind((4,)).decisions.size > 0
    with pytest.raises(ValueError, match="operations with the option 'stride'"):
        CellSpace(operations=["own"]).bind((1, 9))


def test_the_reference_reads_the_cell_before_and_the_node_before():
    cell = CellSpace(n_nodes=3).bind((1, 8, 8)).reference()
    for kind in ("normal", "reduction"):
        read = [cell[f"{kind}_{node}_inputs"] for node in (1, 2, 3)]
        assert read == [(0, 1), (1, 2), (1, 3)]


def test_the_reference_does_what_has_weights_where_it_can():
    space = CellSpace(n_nodes=2, operations=["max_pool_3", "conv_1"]).bind((1, 8, 8))
    done = {v for k, v in space.reference().items() if "operation" in k}
    assert done == {"conv_1"}
    space = CellSpace(n_nodes=2, operations=["max_pool_3"]).bind((1, 8, 8))
    assert space.reference() in space.decisions


def test_a_reduction_is_so_many_times_wider():
    space = CellSpace(n_cells=3, n_nodes=1, width=4, widening=3).bind((1, 32))
    assert shapes_of(space, sampled(space)) == [(4, 1), (12, 2), (36, 4)]


def test_a_node_of_nothing_but_none_is_none():
    space = CellSpace(edges="all", n_nodes=1, n_cells=1, operations=["none", "conv_1"])
    space = space.bind((1, 9))
    config = {**sampled(space), "normal_1_operation_1": "none"}
    nodes = space.architecture(config).nodes
    assert [node.operation for node in nodes] == ["conv", "none"]
