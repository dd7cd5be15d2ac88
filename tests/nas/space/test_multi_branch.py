from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sklearn_automl.nas import MultiBranchSpace
from sklearn_automl.nas.space._multi_branch import _with_one_less, _with_one_more


def decided(space, *inputs):
    """Return decisions with layers that read these; the rest is drawn."""
    config = space.decisions.sample(np.random.default_rng(0))
    partial = {**config, "n_layers": len(inputs)}
    for i, read in enumerate(inputs[1:], start=2):
        partial[f"layer_{i}_inputs"] = read
    return space._completed(partial, np.random.default_rng(0))


def test_a_chain_is_a_special_case():
    space = MultiBranchSpace().bind((4,))
    nodes = space.architecture(decided(space, (0,), (1,), (2,))).nodes
    assert [node.inputs for node in nodes] == [("input",), ("layer_1",), ("layer_2",)]


def test_a_layer_reads_what_was_decided():
    space = MultiBranchSpace().bind((4,))
    nodes = space.architecture(decided(space, (0,), (0, 1), (1, 2))).nodes
    assert nodes[1].inputs == ("input", "layer_1")
    assert nodes[2].inputs == ("layer_1", "layer_2")


@pytest.mark.parametrize("merge", ["sum", "concat"])
def test_layers_that_none_reads_are_merged_at_the_end(merge):
    space = MultiBranchSpace(merge=merge).bind((4,))
    last = space.architecture(decided(space, (0,), (0,), (1,))).nodes[-1]
    assert last.inputs == ("layer_2", "layer_3")
    assert last.merge == merge


def test_nothing_is_left_out():
    space = MultiBranchSpace().bind((1, 9))
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = space.architecture(space.decisions.sample(rng))
        assert architecture.pruned() == architecture


def graph(config_of, *identities):
    """Return what reads what, where layers of these numbers are identities."""
    space = MultiBranchSpace(operations=["dense", "identity"]).bind((4,))
    config = decided(space, *config_of)
    for i in range(1, len(config_of) + 1):
        name = "identity" if i in identities else "dense"
        config[f"layer_{i}_operation"] = name
    config = space._completed(config, np.random.default_rng(0))
    architecture = space.architecture(config)
    assert architecture.pruned() == architecture
    space.build(architecture, 2)(torch.randn(3, 4))
    return [(node.name, *node.inputs) for node in architecture.nodes]


@pytest.mark.parametrize(
    ("read", "identities", "expected"),
    [
        # Passed on, to the next layer and past it.
        (
            [(0,), (1,), (2,)],
            [2],
            [("layer_1", "input"), ("layer_2", "layer_1")],
        ),
        # A sum of two is something.
        (
            [(0,), (1,), (1, 2)],
            [3],
            [
                ("layer_1", "input"),
                ("layer_2", "layer_1"),
                ("layer_3", "layer_1", "layer_2"),
            ],
        ),
        # Twice the same is not.
        ([(0,), (1,), (1, 2)], [2, 3], [("layer_1", "input")]),
        # At the end, as a way past others.
        (
            [(0,), (1,), (1,)],
            [3],
            [
                ("layer_1", "input"),
                ("layer_2", "layer_1"),
                ("ends", "layer_2", "layer_1"),
            ],
        ),
        # From the data to the end.
        ([(0,), (0,)], [1], [("layer_1", "input"), ("ends", "input", "layer_1")]),
        # Nothing is left.
        ([(0,), (0,), (1, 2)], [1, 2, 3], [("ends", "input")]),
    ],
)
def test_identities_are_connections(read, identities, expected):
    assert graph(read, *identities) == expected


def test_reads_at_most_so_many():
    space = MultiBranchSpace(max_inputs=1).bind((4,))
    rng = np.random.default_rng(0)
    for _ in range(50):
        config = space.mutate(space.decisions.sample(rng), rng)
        assert all(len(v) == 1 for k, v in config.items() if k.endswith("inputs"))


def test_steps_add_and_remove_layers_and_connections():
    space = MultiBranchSpace(n_layers=(2, 6)).bind((4,))
    config = decided(space, (0,), (1,), (1, 2), (3,))
    rng = np.random.default_rng(1)
    neighbours = [space.mutate(config, rng) for _ in range(200)]
    assert {n["n_layers"] for n in neighbours} == {3, 4, 5}
    connections = {
        sum(len(v) for k, v in n.items() if k.endswith("_inputs"))
        for n in neighbours
        if n["n_layers"] == 4
    }
    assert connections >= {3, 4, 5}


def test_a_removed_layer_is_bridged():
    space = MultiBranchSpace(n_layers=(2, 6)).bind((4,))
    config = decided(space, (0,), (1,), (2,), (3,))
    rng = np.random.default_rng(1)
    neighbours = [space.mutate(config, rng) for _ in range(200)]
    for neighbour in neighbours:
        if neighbour["n_layers"] == 3:
            nodes = space.architecture(neighbour).nodes
            assert [n.inputs[0] for n in nodes] == ["input", "layer_1", "layer_2"]


def drawing(*numbers):
    """Return a generator of random numbers that gives these."""
    rest = iter(numbers)
    return SimpleNamespace(integers=lambda n: next(rest))


def read_by(layers):
    return [layer["inputs"] for layer in layers]


READ = [(0,), (1,), (1, 2)]
LAYERS = [{"inputs": read} for read in READ]


@pytest.mark.parametrize(
    ("place", "edge", "expected"),
    [
        (1, 0, [(0,), (1,), (2,), (2, 3)]),
        (2, 0, [(0,), (1,), (2,), (1, 3)]),
        (3, 0, [(0,), (1,), (1,), (2, 3)]),
        (3, 1, [(0,), (1,), (2,), (1, 3)]),
        (4, None, [(0,), (1,), (1, 2), (3,)]),
    ],
)
def test_an_inserted_layer_leaves_other_readers_on_what_they_read(
    place, edge, expected
):
    more = _with_one_more(LAYERS, drawing(place - 1, edge))
    assert read_by(more) == expected
    assert read_by(_with_one_less(more, drawing(place - 1))) == READ


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"merge": "mean"}, "'sum' or 'concat'"),
        ({"max_inputs": 0}, "a positive integer"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(option, message):
    with pytest.raises(ValueError, match=message):
        MultiBranchSpace(**option).bind((4,))


def test_the_reference_is_a_chain():
    space = MultiBranchSpace().bind((7,))
    nodes = space.architecture(space.reference()).nodes
    assert [node.inputs for node in nodes] == [("input",), ("layer_1",), ("layer_2",)]


def test_what_reads_one_layer_merges_nothing():
    space = MultiBranchSpace(merge="concat").bind((4,))
    nodes = space.architecture(decided(space, (0,), (1,), (1, 2))).nodes
    assert [node.merge for node in nodes] == ["sum", "sum", "concat"]


def test_a_layer_can_be_inserted_behind_all_others():
    asked = []
    rng = SimpleNamespace(integers=lambda n: asked.append(n) or n - 1)
    assert read_by(_with_one_more(LAYERS, rng)) == [*READ, (3,)]
    assert asked == [4]


def test_who_read_a_removed_layer_reads_what_it_read_last():
    layers = [{"inputs": read} for read in [(0,), (0, 1), (2,)]]
    assert read_by(_with_one_less(layers, drawing(1))) == [(0,), (1,)]


def test_the_end_of_a_supernet_reads_layers_and_not_the_data():
    space = MultiBranchSpace(n_layers=(3, 3), widths=[8], stem=8).bind((4,))
    ends = space.supergraph().nodes[-1]
    assert [edge.source for edge in ends.edges] == ["layer_1", "layer_2", "layer_3"]
