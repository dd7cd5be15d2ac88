"""Drawings of architectures; matplotlib is imported when one is made."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sklearn_automl.nas.architecture import INPUT, Architecture, Node

__all__ = ["plot_architecture"]

_CELL = re.compile(r"(cell_\d+)(?:_(.+))?")

# In the units of the drawing; a column is as wide as a box at most is.
_LEVEL, _COLUMN, _GAP = 1.0, 1.2, 0.6

_COLORS = {
    "conv": "#cfe2f3",
    "dense": "#cfe2f3",
    "pool": "#fce5cd",
    "identity": "#eeeeee",
    "none": "#eeeeee",
    "data": "#d9ead3",
}
_OTHER_COLOR = "#ead1dc"


@dataclass(frozen=True)
class _Box:
    """What is drawn for one node."""

    name: str
    text: str
    color: str
    reads: tuple[str, ...]


def plot_architecture(architecture: Architecture, *, ax: Any = None) -> Any:
    """Draw an architecture as a graph, from the data at the top to the output.

    A network of cells is drawn as its cells, those that are equal once.

    Parameters
    ----------
    architecture : Architecture
        What to draw.

    ax : matplotlib Axes, default=None
        Where to draw it. None for a new figure of a fitting size.

    Returns
    -------
    ax : matplotlib Axes
        Where it was drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from sklearn_automl.nas import Architecture, Node, plot_architecture
    >>> layers = (
    ...     Node.of("layer_1", "dense", "input", width=64),
    ...     Node.of("layer_2", "dense", "layer_1", width=32),
    ... )
    >>> ax = plot_architecture(Architecture(layers))
    """
    import matplotlib.pyplot as plt

    graphs = _cells(architecture) or [("", _whole(architecture))]
    layouts = [_layout(boxes) for _, boxes in graphs]
    widths = [_width(layout) for layout in layouts]
    height = max(max(y for _, y in layout.values()) for layout in layouts) + 1
    total = sum(widths) + _GAP * (len(widths) - 1)
    if ax is None:
        size = (max(1.7 * total, 3.2), max(0.62 * height + 0.5, 2.0))
        _, ax = plt.subplots(figsize=size, layout="constrained")
    left = 0.0
    for (title, boxes), layout, width in zip(graphs, layouts, widths, strict=True):
        middle = left + width / 2
        places = {n: (middle + x, -y * _LEVEL) for n, (x, y) in layout.items()}
        _draw(ax, boxes, places)
        if title:
            ax.text(middle, 0.75, title, ha="center", va="center", fontsize=10)
        left += width + _GAP
    ax.set_xlim(-_COLUMN / 2, total + _COLUMN / 2)
    ax.set_ylim(-height + 0.4, 1.1 if graphs[0][0] else 0.6)
    ax.set_axis_off()
    return ax


def _whole(architecture: Architecture) -> list[_Box]:
    """Return the boxes of all nodes, of the data and of the output."""
    boxes = [_Box(INPUT, "data", _COLORS["data"], ())]
    boxes += [_box(node, node.name, node.inputs) for node in architecture.nodes]
    last = architecture.nodes[-1].name
    text = f"{architecture.head}, linear"
    boxes.append(_Box("output", text, _COLORS["data"], (last,)))
    return boxes


def _cells(architecture: Architecture) -> list[tuple[str, list[_Box]]]:
    """Return each different cell with a title; nothing if there are none."""
    members = defaultdict(list)
    for node in architecture.nodes:
        if match := _CELL.fullmatch(node.name):
            members[match[1]].append(node)
    cells: dict[tuple[_Box, ...], list[str]] = defaultdict(list)
    for name, nodes in members.items():
        cells[_boxes_of_cell(name, nodes)].append(name.removeprefix("cell_"))
    return [
        (f"cell{'s' * (len(names) > 1)} {', '.join(names)}", list(boxes))
        for boxes, names in cells.items()
    ]


def _boxes_of_cell(cell: str, nodes: Sequence[Node]) -> tuple[_Box, ...]:
    """Return the boxes of a cell, named as if it were the only one."""
    own = {node.name for node in nodes}
    outside = list(
        dict.fromkeys(i for node in nodes for i in node.inputs if i not in own)
    )
    # Two that are one and the same are still what is two cells and one cell before.
    names = {node.name: node.name.removeprefix(cell) or "output" for node in nodes}
    inputs = [n for n in nodes if re.fullmatch(rf"{cell}_input_\d", n.name)]
    boxes = []
    if inputs:
        text = {1: "two cells before", 2: "the cell before"}
        for node in inputs:
            label = text[int(node.name[-1])]
            boxes.append(_Box(names[node.name], label, _COLORS["data"], ()))
    else:
        names |= {name: f"from_{i}" for i, name in enumerate(outside)}
        boxes = [
            _Box(names[n], "the cell before", _COLORS["data"], ()) for n in outside
        ]
    for node in nodes:
        if node not in inputs:
            reads = tuple(names[i] for i in node.inputs)
            boxes.append(_box(node, names[node.name], reads, has_width=False))
    return tuple(boxes)


def _box(node: Node, name: str, reads: tuple[str, ...], has_width: bool = True) -> _Box:
    kind = next((k for k in _COLORS if k in node.operation), "")
    if node.operation == "identity" and len(node.inputs) > 1:
        return _Box(name, "+" if node.merge == "sum" else "concat", "white", reads)
    if not has_width:
        options = tuple(o for o in node.options if o[0] != "width")
        node = Node(node.name, node.operation, node.inputs, options, node.merge)
    return _Box(name, _wrapped(node.label), _COLORS.get(kind, _OTHER_COLOR), reads)


def _wrapped(label: str, most: int = 18) -> str:
    """Break a label into lines."""
    lines = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _layout(boxes: Sequence[_Box]) -> dict[str, tuple[float, int]]:
    """Place boxes: below all that they read, and near the middle of those."""
    level: dict[str, int] = {}
    for box in boxes:
        level[box.name] = 1 + max((level[name] for name in box.reads), default=-1)
    rows = defaultdict(list)
    for box in boxes:
        rows[level[box.name]].append(box)
    x: dict[str, float] = {}
    for row in sorted(rows):
        wanted = [
            (sum(x[n] for n in box.reads) / len(box.reads) if box.reads else 0.0)
            for box in rows[row]
        ]
        order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
        for place, i in enumerate(order):
            x[rows[row][i].name] = (place - (len(order) - 1) / 2) * _COLUMN
    _step_aside(boxes, x, level)
    return {name: (x[name], level[name]) for name in x}


def _step_aside(
    boxes: Sequence[_Box], x: dict[str, float], level: dict[str, int]
) -> None:
    """Move boxes that a longer arrow would go through."""
    for box in boxes:
        for name in box.reads:
            between = [
                other
                for other in x
                if level[name] < level[other] < level[box.name]
                and abs(x[other] - _on_line(x, level, name, box.name, other)) < 0.3
            ]
            for other in between:
                # And all that stand to its right, so that boxes stay apart.
                moved = [n for n in x if level[n] == level[other] and x[n] >= x[other]]
                for n in moved:
                    x[n] += 0.55 * _COLUMN


def _on_line(
    x: dict[str, float], level: dict[str, int], start: str, end: str, other: str
) -> float:
    share = (level[other] - level[start]) / (level[end] - level[start])
    return x[start] + share * (x[end] - x[start])


def _width(layout: dict[str, tuple[float, int]]) -> float:
    return 2 * max(abs(x) for x, _ in layout.values()) + _COLUMN


def _draw(
    ax: Any, boxes: Sequence[_Box], places: dict[str, tuple[float, float]]
) -> None:
    texts = {}
    for box in boxes:
        style = {"boxstyle": "round,pad=0.3", "facecolor": box.color, "lw": 0.8}
        texts[box.name] = ax.text(
            *places[box.name],
            box.text,
            ha="center",
            va="center",
            fontsize=8,
            bbox=style,
            zorder=2,
        )
    for box in boxes:
        for name in box.reads:
            ax.annotate(
                "",
                xy=places[box.name],
                xytext=places[name],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": "0.35",
                    "lw": 0.9,
                    "patchA": texts[name].get_bbox_patch(),
                    "patchB": texts[box.name].get_bbox_patch(),
                    "shrinkA": 0,
                    "shrinkB": 1,
                },
                zorder=1,
            )
