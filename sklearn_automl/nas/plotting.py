"""Drawings of architectures; matplotlib is imported when one is made."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sklearn_automl.nas._cell_names import CellPart, part_of
from sklearn_automl.nas.architecture import INPUT, Architecture, Node

__all__ = ["plot_alphas", "plot_architecture"]

# Lengths in the units of the drawing. A column is as wide as the widest box.
_LEVEL, _COLUMN, _BEND, _GAP = 1.0, 1.2, 0.3, 0.6

_ARROW = "0.35"

_MOST_COLUMNS = 4  # of panels
_MOST_COLORS = 10  # of lines

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


@dataclass(frozen=True)
class _Layout:
    """Where boxes are, and the bends of connections between them: x, and the level."""

    places: dict[Hashable, tuple[float, float]]
    level: dict[str, int]

    @property
    def left(self) -> float:
        return min(x for x, _ in self.places.values()) - _COLUMN / 2

    @property
    def right(self) -> float:
        return max(x for x, _ in self.places.values()) + _COLUMN / 2

    @property
    def n_levels(self) -> int:
        return 1 + max(self.level.values())


def plot_architecture(architecture: Architecture, *, ax: Any = None) -> Any:
    """Draw an architecture as a graph, from the data at the top to the output.

    For a network of cells, the cells are drawn. Equal cells are drawn once.

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
    widths = [layout.right - layout.left for layout in layouts]
    height = max(layout.n_levels for layout in layouts)
    total = sum(widths) + _GAP * (len(widths) - 1)
    if ax is None:
        size = (max(1.7 * total, 3.2), max(0.62 * height + 0.5, 2.0))
        _, ax = plt.subplots(figsize=size, layout="constrained")
    left = 0.0
    for (title, boxes), layout, width in zip(graphs, layouts, widths, strict=True):
        _draw(ax, boxes, layout, left - layout.left)
        if title:
            ax.text(
                left + width / 2, 0.75, title, ha="center", va="center", fontsize=10
            )
        left += width + _GAP
    ax.set_xlim(0, total)
    ax.set_ylim(-height + 0.4, 1.1 if graphs[0][0] else 0.6)
    ax.set_axis_off()
    return ax


def plot_alphas(history: Sequence[Mapping[str, Any]], *, axes: Any = None) -> Any:
    """Draw how much the options of each choice counted, epoch by epoch.

    With "darts", these weights are the softmax of the alphas. With partial channels,
    they are multiplied by the weight of the edge. With "enas", they are probabilities
    of the policy. In the panel "normal 2 from 0", the second node of a normal cell
    reads its first input. Choices with a single option are left out.

    Parameters
    ----------
    history : list of dict
        ``history_`` of an estimator whose strategy learns with a supernet, such as
        "darts" or "enas".

    axes : array-like of matplotlib Axes, default=None
        Where to draw, one for each choice. None for a new figure of a fitting size.

    Returns
    -------
    axes : list of matplotlib Axes
        The axes with the drawings, in the order of the choices.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    ValueError
        If the history has no weights of options, or the number of axes is not the
        number of choices.

    Examples
    --------
    >>> from sklearn_automl.nas import plot_alphas
    >>> history = [
    ...     {"epoch": epoch, "weights": {"layer_1": {"conv": w, "identity": 1 - w}}}
    ...     for epoch, w in [(1, 0.5), (2, 0.7)]
    ... ]
    >>> (ax,) = plot_alphas(history)
    """
    entries = [entry for entry in history if "weights" in entry]
    if not entries:
        raise ValueError(
            "history has no weights of options: pass history_ of an estimator with "
            "strategy='darts' or 'enas'."
        )
    # A choice with one option decides nothing.
    choices = {name: list(o) for name, o in entries[0]["weights"].items() if len(o) > 1}
    known = dict.fromkeys(option for options in choices.values() for option in options)
    is_shared = len(known) <= _MOST_COLORS
    if axes is None:
        axes = _panels(len(choices), _MOST_COLUMNS if is_shared else _MOST_COLUMNS // 2)
    axes = list(axes)
    if len(axes) != len(choices):
        raise ValueError(
            f"axes has {len(axes)} axes, and there are {len(choices)} choices. Pass as "
            "many, or None."
        )
    for (choice, options), ax in zip(choices.items(), axes, strict=True):
        order = list(known) if is_shared else options
        numbers = {option: order.index(option) for option in options}
        _plot_choice(ax, entries, choice, numbers)
        # Choices among the same options have the same height.
        alike = [
            entry["weights"][c]
            for c in choices
            if choices[c] == options
            for entry in entries
        ]
        ax.set_ylim(0, 1.05 * max(max(weights.values()) for weights in alike))
        if not is_shared:
            place = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
            ax.legend(fontsize=7, frameon=False, **place)
    if is_shared:
        _add_legend(axes[0].figure, axes)
    return axes


def _plot_choice(
    ax: Any,
    entries: Sequence[Mapping[str, Any]],
    choice: str,
    numbers: Mapping[str, int],
) -> None:
    """Draw the weights of the options of a choice, each in the color of its number."""
    epochs = [entry["epoch"] for entry in entries]
    for option, number in numbers.items():
        values = [entry["weights"][choice][option] for entry in entries]
        color = f"C{number % _MOST_COLORS}"
        ax.plot(epochs, values, ".-", color=color, lw=1.2, ms=3, label=option)
    ax.set_title(choice.replace("_", " "), fontsize=8)
    ax.tick_params(labelsize=7)
    ax.xaxis.get_major_locator().set_params(integer=True)


def _panels(n: int, most_columns: int) -> list[Any]:
    """Return axes of a new figure."""
    import matplotlib.pyplot as plt

    n_columns = min(n, most_columns)
    n_rows = -(-n // n_columns)
    width = 2.2 * _MOST_COLUMNS / most_columns
    size = (width * n_columns + 1.6, 1.7 * n_rows + 0.5)
    figure, grid = plt.subplots(
        n_rows, n_columns, figsize=size, layout="constrained", squeeze=False
    )
    figure.supxlabel("epoch of the supernet", fontsize=9)
    figure.supylabel("weight", fontsize=9)
    axes = list(grid.flat)
    for ax in axes[n:]:
        ax.set_axis_off()
    return axes[:n]


def _add_legend(figure: Any, axes: Sequence[Any]) -> None:
    """Name each option once, beside the panels."""
    handles: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside right upper",
        fontsize=8,
        frameon=False,
    )


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
    members: dict[str, dict[str, CellPart]] = defaultdict(dict)
    for node in architecture.nodes:
        if part := part_of(node.name):
            members[part.cell][node.name] = part
    nodes = {node.name: node for node in architecture.nodes}
    cells: dict[tuple[_Box, ...], list[str]] = defaultdict(list)
    for parts in members.values():
        own = {nodes[name]: part for name, part in parts.items()}
        number = next(iter(parts.values())).cell_number
        cells[_boxes_of_cell(own)].append(number)
    return [
        (f"cell{'s' * (len(numbers) > 1)} {', '.join(numbers)}", list(boxes))
        for boxes, numbers in cells.items()
    ]


def _boxes_of_cell(parts: Mapping[Node, CellPart]) -> tuple[_Box, ...]:
    """Return the boxes of a cell, named as if it were the only one."""
    own = {node.name for node in parts}
    outside = dict.fromkeys(i for node in parts for i in node.inputs if i not in own)
    # A first cell reads the stem twice: as two cells before, and as the cell before.
    names = {node.name: part.label or "output" for node, part in parts.items()}
    inputs = {node: n for node, part in parts.items() if (n := part.input_number)}
    if inputs:
        text = {1: "two cells before", 2: "the cell before"}
        boxes = [
            _Box(names[node.name], text[n], _COLORS["data"], ())
            for node, n in inputs.items()
        ]
    else:
        names |= {name: f"from_{i}" for i, name in enumerate(outside)}
        boxes = [
            _Box(names[n], "the cell before", _COLORS["data"], ()) for n in outside
        ]
    for node in parts:
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


def _layout(boxes: Sequence[_Box]) -> _Layout:
    """Place boxes: below all that they read, and near the middle of those.

    A connection that passes levels on its way has a place in each of them, so that it
    goes through no box.
    """
    level: dict[str, int] = {}
    rows: dict[int, list[Hashable]] = defaultdict(list)
    before: dict[Hashable, list[Hashable]] = {}
    for box in boxes:
        level[box.name] = 1 + max((level[name] for name in box.reads), default=-1)
        rows[level[box.name]].append(box.name)
        before[box.name] = []
        for name in box.reads:
            last: Hashable = name
            for passed in range(level[name] + 1, level[box.name]):
                bend = (name, box.name, passed)
                rows[passed].append(bend)
                before[bend] = [last]
                last = bend
            before[box.name].append(last)
    places: dict[Hashable, tuple[float, float]] = {}
    for row in sorted(rows):
        wanted = {
            item: _mean([places[other][0] for other in before[item]])
            for item in rows[row]
        }
        order = sorted(rows[row], key=wanted.__getitem__)
        widths = [_COLUMN if isinstance(item, str) else _BEND for item in order]
        ends = list(accumulate(widths))
        middles = [end - width / 2 for end, width in zip(ends, widths, strict=True)]
        shift = _mean(list(wanted.values())) - _mean(middles)
        for item, x in zip(order, middles, strict=True):
            places[item] = x + shift, float(row)
    return _Layout(places, level)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _draw(ax: Any, boxes: Sequence[_Box], layout: _Layout, left: float) -> None:
    places = {item: (left + x, -y * _LEVEL) for item, (x, y) in layout.places.items()}
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
            between = range(layout.level[name] + 1, layout.level[box.name])
            bends = [places[name, box.name, passed] for passed in between]
            way = [places[name], *bends]
            # The line is below the boxes, so that it begins at the edge of the first.
            ax.plot(*zip(*way, strict=True), color=_ARROW, lw=0.9, zorder=1)
            ax.annotate(
                "",
                xy=places[box.name],
                xytext=way[-1],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": _ARROW,
                    "lw": 0.9,
                    "patchB": texts[box.name].get_bbox_patch(),
                    "shrinkA": 0,
                    "shrinkB": 1,
                },
                zorder=1,
            )
