import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_automl.nas import (
    Architecture,
    CellSpace,
    MultiBranchSpace,
    Node,
    plot_architecture,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(architecture, ax=None):
    """Return the texts and the number of arrows."""
    ax = plot_architecture(architecture, ax=ax)
    texts = [t.get_text().replace("\n", " ") for t in ax.texts]
    return [t for t in texts if t], texts.count("")


def test_draws_every_node_and_every_connection():
    nodes = (
        Node.of("a", "dense", "input", width=8),
        Node.of("b", "dense", "input", "a", width=4),
    )
    texts, n_arrows = drawn(Architecture(nodes))
    assert texts == ["data", "dense to 8", "dense to 4 of a sum", "avg, linear"]
    assert n_arrows == 4


def test_draws_equal_cells_once():
    space = CellSpace(n_cells=6, n_nodes=2).bind((1, 16))
    config = space.decisions.sample(np.random.default_rng(0))
    texts, _ = drawn(space.architecture(config))
    titles = [text for text in texts if text.startswith("cell")]
    # A cell after a reduction reads something longer, but is the same graph.
    assert titles == ["cells 1, 2, 4, 6", "cells 3, 5"]


def test_draws_where_it_is_told_to():
    _, ax = plt.subplots()
    nodes = (Node.of("a", "dense", "input", width=8),)
    assert plot_architecture(Architecture(nodes), ax=ax) is ax


def test_boxes_of_one_level_do_not_overlap():
    space = MultiBranchSpace(n_layers=(5, 6)).bind((1, 8, 8))
    rng = np.random.default_rng(3)
    for _ in range(5):
        ax = plot_architecture(space.architecture(space.decisions.sample(rng)))
        ax.figure.canvas.draw()
        boxes = [t.get_window_extent() for t in ax.texts if t.get_text()]
        for i, box in enumerate(boxes):
            for other in boxes[i + 1 :]:
                same_row = abs(box.y0 + box.y1 - other.y0 - other.y1) < 2
                assert not (same_row and box.overlaps(other))
