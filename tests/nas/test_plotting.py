import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_automl.nas import (
    Architecture,
    CellSpace,
    MultiBranchSpace,
    Node,
    plot_alphas,
    plot_architecture,
)
from sklearn_automl.nas.plotting import _Box, _cells, _layout, _panels, _wrapped


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


HISTORY = [
    {
        "phase": "supernet",
        "epoch": epoch,
        "weights": {
            "a_from_0": {"conv": 0.1 * epoch, "pool": 0.5},
            "a_from_1": {"conv": 0.3, "identity": 0.1 * epoch},
        },
    }
    for epoch in (1, 2, 3)
] + [{"phase": "final", "train_loss": 0.1}]


def test_alphas_have_a_panel_for_each_choice_and_a_line_for_each_option():
    axes = plot_alphas(HISTORY)
    assert [ax.get_title() for ax in axes] == ["a from 0", "a from 1"]
    lines = {line.get_label(): line for line in axes[0].lines}
    np.testing.assert_allclose(lines["conv"].get_ydata(), [0.1, 0.2, 0.3])
    assert list(lines["conv"].get_xdata()) == [1, 2, 3]
    # An option has one color, whatever the panel, and is named once.
    again = {line.get_label(): line for line in axes[1].lines}
    assert again["conv"].get_color() == lines["conv"].get_color()
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.texts] == ["conv", "pool", "identity"]


def test_alphas_of_many_options_are_named_in_their_panels():
    history = [
        {"epoch": 1, "weights": {c: {f"{c}{i}": 0.1 for i in range(7)} for c in "ab"}}
    ]
    axes = plot_alphas(history)
    assert not axes[0].figure.legends
    labels = [text.get_text() for text in axes[1].get_legend().texts]
    assert labels == [f"b{i}" for i in range(7)]


def test_a_choice_of_one_option_has_no_panel():
    history = [{"epoch": 1, "weights": {"a": {"x": 1.0}, "b": {"x": 0.5, "y": 0.5}}}]
    assert [ax.get_title() for ax in plot_alphas(history)] == ["b"]


def test_alphas_are_drawn_where_it_is_said():
    _, own = plt.subplots(2)
    assert plot_alphas(HISTORY, axes=own) == list(own)
    with pytest.raises(ValueError, match="axes has 1 axes, and there are 2 choices"):
        plot_alphas(HISTORY, axes=own[:1])


def test_a_history_without_weights_is_refused():
    with pytest.raises(ValueError, match="history has no weights of options"):
        plot_alphas(HISTORY[-1:])


# ---- where boxes are, without a drawing --------------------------------------------


def places_of(**reads):
    """Return x of each box, given what it reads."""
    boxes = [_Box(name, name, "white", tuple(own)) for name, own in reads.items()]
    return {name: x for name, (x, _) in _layout(boxes).places.items()}


def test_a_box_is_below_what_it_reads():
    x = places_of(data="", a=["data"], b=["data"], c=["b"])
    assert x["a"] < x["data"] < x["b"] == x["c"]


def test_boxes_are_in_the_order_of_what_they_read():
    x = places_of(data="", a=["data"], b=["data"], c=["b"], d=["a"])
    assert x["d"] < x["c"]


def test_words_go_to_the_next_line_before_it_is_too_long():
    assert _wrapped("conv 3 to 128 stride 2") == "conv 3 to 128\nstride 2"
    assert _wrapped(f"{10 * 'a'} {7 * 'b'}") == f"{10 * 'a'} {7 * 'b'}"
    assert _wrapped(f"{10 * 'a'} {8 * 'b'}") == f"{10 * 'a'}\n{8 * 'b'}"


def test_a_cell_says_which_cells_it_reads():
    space = CellSpace(n_cells=1).bind((4,))
    config = space.decisions.sample(np.random.default_rng(0))
    ((title, boxes),) = _cells(space.architecture(config))
    assert title == "cell 1"
    texts = {box.name: box.text for box in boxes if not box.reads}
    expected = {"_input_1": "two cells before", "_input_2": "the cell before"}
    assert texts.items() <= expected.items()


def test_panels_that_are_left_over_are_empty():
    axes = _panels(5, 4)
    whole = axes[0].figure.axes
    assert [ax.axison for ax in whole] == [True] * 5 + [False] * 3


def test_ten_options_are_named_once_beside_the_panels():
    for n, is_shared in ((10, True), (11, False)):
        weights = {"a": {f"x{i}": 1 / n for i in range(n)}}
        (ax,) = plot_alphas([{"epoch": 1, "weights": weights}])
        assert bool(ax.figure.legends) == is_shared
        assert (ax.get_legend() is None) == is_shared


def test_choices_among_the_same_options_have_the_same_height():
    weights = {
        "a": {"x": 0.4, "y": 0.6},
        "b": {"x": 0.2, "y": 0.8},
        "c": {"x": 0.3, "z": 0.5},
    }
    axes = plot_alphas([{"epoch": 1, "weights": weights}])
    heights = [ax.get_ylim()[1] for ax in axes]
    assert heights == pytest.approx([1.05 * 0.8, 1.05 * 0.8, 1.05 * 0.5])
