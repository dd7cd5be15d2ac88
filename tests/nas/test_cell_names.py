"""The names of cells: what is written is read again."""

import numpy as np
import pytest

from sklearn_automl.nas import CellSpace
from sklearn_automl.nas._cell_names import (
    cell_name,
    edge_name,
    input_name,
    node_name,
    part_of,
)


@pytest.mark.parametrize(
    ("name", "label", "input_number"),
    [
        (cell_name(12), "", 0),
        (input_name(cell_name(12), 2), "_input_2", 2),
        (node_name(cell_name(12), 3), "_node_3", 0),
        (edge_name(node_name(cell_name(12), 3), 1), "_node_3_edge_1", 0),
    ],
)
def test_a_name_tells_where_a_node_is(name, label, input_number):
    part = part_of(name)
    assert part.cell_number == "12"
    assert (part.label, part.input_number) == (label, input_number)


@pytest.mark.parametrize("edges", ["two", "all"])
def test_all_nodes_but_the_stem_are_in_a_cell(edges):
    space = CellSpace(edges=edges, n_cells=3).bind((1, 8, 8))
    architecture = space.architecture(space.decisions.sample(np.random.default_rng(0)))
    outside = [node.name for node in architecture.nodes if not part_of(node.name)]
    assert outside == ["stem"]
