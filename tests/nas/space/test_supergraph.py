"""Choices of the graph of all architectures, in words and by their operations."""

import pytest

from sklearn_automl.nas import CellSpace, ChainSpace, MultiBranchSpace
from sklearn_automl.nas.space._supergraph import (
    EdgeOperation,
    HeadChoice,
    InputChoice,
    OperationChoice,
)


def test_labels_of_operations_leave_out_what_all_have_in_common():
    choice = OperationChoice(
        tuple(EdgeOperation.of("conv", width=8, kernel=k) for k in (3, 5))
    )
    assert choice.labels() == ["conv 3", "conv 5"]


def test_inputs_are_told_by_numbers_of_layers():
    assert InputChoice(((0,), (0, 2))).labels() == ["0", "0, 2"]


def test_only_operations_have_numbers():
    edge = OperationChoice(tuple(map(EdgeOperation, ["none", "conv_3", "none"])))
    assert edge.numbers_of("none") == [0, 2]
    assert HeadChoice(("avg", "max")).numbers_of("avg") == []


@pytest.mark.parametrize(
    ("space", "names"),
    [
        (
            CellSpace(n_nodes=1, n_cells=1, heads=["avg", "max"]),
            ["normal_1_from_0", "normal_1_from_1", "head"],
        ),
        (
            ChainSpace(n_layers=(1, 1), widths=[4], strides=[1], stem=4, heads=["max"]),
            ["layer_1"],
        ),
        (
            MultiBranchSpace(n_layers=(2, 2), widths=[4], strides=[1], stem=4),
            ["layer_1", "layer_2_inputs", "layer_2", "head"],
        ),
    ],
)
def test_a_head_is_the_last_choice_if_there_are_several(space, names):
    graph = space.bind((1, 8, 8)).supergraph()
    assert list(graph.choices) == names


def test_edges_have_weights_of_their_own_and_other_choices_do_not():
    space = MultiBranchSpace(n_layers=(2, 2), widths=[4], strides=[1], stem=4)
    choices = space.bind((1, 8, 8)).supergraph().choices
    of_edges = [name for name, choice in choices.items() if choice.is_of_edge]
    assert of_edges == ["layer_1", "layer_2"]


@pytest.mark.parametrize("edges", ["two", "all"])
def test_each_kind_of_cell_has_a_group_of_identities_of_all_its_edges(edges):
    space = CellSpace(n_nodes=3, edges=edges, heads=["avg"]).bind((1, 8, 8))
    groups = space.skip_groups()
    assert len(groups) == len(space.kinds())
    assert [name for group in groups for name in group] == sorted(
        space.supergraph().choices
    )
