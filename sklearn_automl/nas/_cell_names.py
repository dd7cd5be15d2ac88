"""Names of the nodes of cells: files of architectures tell no more of cells."""

import re
from typing import NamedTuple

__all__ = ["CellPart", "cell_name", "edge_name", "input_name", "node_name", "part_of"]

_PART = re.compile(r"(cell_\d+)(?:_(.+))?")
_INPUT = re.compile(r"input_(\d)")


def cell_name(k: int) -> str:
    """Return the name of the k-th cell, and of the node that is its result."""
    return f"cell_{k}"


def input_name(cell: str, i: int) -> str:
    """Return the name of what a cell reads another cell through."""
    return f"{cell}_input_{i}"


def node_name(cell: str, i: int) -> str:
    """Return the name of the i-th node of a cell."""
    return f"{cell}_node_{i}"


def edge_name(node: str, e: int) -> str:
    """Return the name of the e-th edge of a node."""
    return f"{node}_edge_{e}"


class CellPart(NamedTuple):
    """Where a node is: its cell, and its name in there, which the result has not."""

    cell: str
    name: str

    @property
    def label(self) -> str:
        """What tells it from the other nodes of its cell."""
        return f"_{self.name}" if self.name else ""

    @property
    def input_number(self) -> int:
        """Which other cell it reads: 1 for two cells before, 2 for the cell before.

        It is 0 where the node is no input.
        """
        match = _INPUT.fullmatch(self.name)
        return int(match[1]) if match else 0

    @property
    def cell_number(self) -> str:
        """The number of its cell, in digits."""
        return self.cell.removeprefix("cell_")


def part_of(name: str) -> CellPart | None:
    """Return where the node of this name is, None if it is in no cell."""
    match = _PART.fullmatch(name)
    return CellPart(match[1], match[2] or "") if match else None
