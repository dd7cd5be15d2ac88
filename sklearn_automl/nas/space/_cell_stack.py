"""A stack of cells: the nodes of a network, given what the nodes of its cells read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sklearn_automl.nas._cell_names import (
    cell_name,
    edge_name,
    input_name,
    node_name,
)
from sklearn_automl.nas.architecture import INPUT, Node
from sklearn_automl.nas.space._supergraph import (
    NONE,
    SKIP,
    Choice,
    EdgeOperation,
    FixedNode,
    MixedEdge,
    MixedNode,
    OperationChoice,
    SuperNode,
)

__all__ = ["ArchitectureNodes", "CellStack", "SupergraphNodes", "edge_choice"]

# A node that can be read: its name, and the stride of the operation that reads it.
_Source = tuple[str, int]

#: The edges of each node of a cell: predecessor, operation.
Cell = list[list[tuple[int, str]]]

Made = TypeVar("Made")


def edge_choice(kind: str, node: int, source: int) -> str:
    """Return the name of the choice of what an edge does."""
    return f"{kind}_{node}_from_{source}"


class CellNodes(ABC, Generic[Made]):
    """Makes the nodes of a stack of cells."""

    @abstractmethod
    def fixed(self, node: Node) -> Made:
        """Return a node that every stack has."""

    @abstractmethod
    def sum_of_edges(
        self, name: str, kind: str, i: int, read: Sequence[_Source]
    ) -> Iterable[Made]:
        """Return what makes the i-th node of a kind of cell.

        It may read each of ``read``: pairs of a name and of the stride of what reads
        it.
        """


class ArchitectureNodes(CellNodes[Node]):
    """Makes the nodes of one architecture, of which the cells are known."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = cells

    def fixed(self, node: Node) -> Node:
        """Return the node as it is."""
        return node

    def sum_of_edges(
        self, name: str, kind: str, i: int, read: Sequence[_Source]
    ) -> Iterator[Node]:
        """Yield a node for each edge that is more than a connection, and their sum."""
        edges = [(*read[j], operation) for j, operation in self._cells[kind][i - 1]]
        # A "none" adds nothing, and is left out unless it is the only edge.
        real = [edge for edge in edges if edge[2] != NONE] or edges[:1]
        names = []
        for e, (source, stride, operation) in enumerate(real, start=1):
            if operation == SKIP and stride == 1:
                names.append(source)
                continue
            own = name if len(real) == 1 else edge_name(name, e)
            yield Node.of(own, operation, source, **_stride(stride))
            names.append(own)
        if names != [name]:
            yield Node.of(name, "identity", *names)


class SupergraphNodes(CellNodes[SuperNode]):
    """Makes the nodes of the graph of all architectures, and notes the choices."""

    def __init__(self, operations: Sequence[str]) -> None:
        self._operations = operations
        self.choices: dict[str, Choice] = {}

    def fixed(self, node: Node) -> FixedNode:
        """Return the node as one that all architectures have."""
        return FixedNode(node)

    def sum_of_edges(
        self, name: str, kind: str, i: int, read: Sequence[_Source]
    ) -> list[SuperNode]:
        """Return a node that reads all before it, through all operations."""
        edges = []
        for j, (source, stride) in enumerate(read):
            choice = edge_choice(kind, i, j)
            self.choices[choice] = OperationChoice(
                tuple(
                    EdgeOperation.of(operation, **_stride(stride))
                    for operation in self._operations
                )
            )
            edges.append(MixedEdge(source, choice))
        return [MixedNode(name, tuple(edges))]


def _stride(stride: int) -> dict[str, Any]:
    return {"stride": stride} if stride > 1 else {}


@dataclass(frozen=True)
class CellStack:
    """How cells are stacked: those of DARTS, or the dense ones of NAS-Bench-201."""

    n_cells: int
    n_nodes: int
    width: int
    widening: int
    n_dims: int
    is_dense: bool

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of cells that there are."""
        kinds = (self._kind(self._reduces_at(k)) for k in range(self.n_cells))
        return tuple(dict.fromkeys(kinds))

    def _kind(self, reduces: bool) -> str:
        return "reduction" if reduces and not self.is_dense else "normal"

    def _reduces_at(self, k: int) -> bool:
        places = {self.n_cells // 3, 2 * self.n_cells // 3} - {0}
        return k in places and self.n_dims > 0

    def nodes(self, make: CellNodes[Made]) -> tuple[Made, ...]:
        """Return the nodes of all cells, and of the layer in front of them."""
        nodes = [make.fixed(self._stem())]
        before, last, width = "stem", "stem", self.width
        was_reduced = False
        for k in range(self.n_cells):
            name, reduces = cell_name(k + 1), self._reduces_at(k)
            width *= self.widening if reduces else 1
            if self.is_dense:
                nodes += self._dense_cell(name, last, width, reduces, make)
            else:
                # The cell before the last one has longer axes if the last one reduced.
                inputs = [(before, 2 if was_reduced else 1), (last, 1)]
                nodes += self._cell_of_two(name, inputs, width, reduces, make)
            before, last, was_reduced = last, name, reduces
        return tuple(nodes)

    def _stem(self) -> Node:
        # The stem is linear: what comes next begins with its activation.
        # Deviation: C wide as in NAS-Bench-201, not 3 C as in DARTS, because one stem
        # serves both kinds of cells.
        options: dict[str, Any] = {"width": self.width, "activation": "none"}
        if self.n_dims == 0:
            return Node.of("stem", "dense", INPUT, **options)
        return Node.of("stem", "conv", INPUT, kernel=3, **options)

    def _cell_of_two(
        self,
        name: str,
        inputs: list[_Source],
        width: int,
        reduces: bool,
        make: CellNodes[Made],
    ) -> Iterator[Made]:
        """Yield the nodes of a cell of DARTS; it reads nodes, with strides."""
        project = "relu_dense" if self.n_dims == 0 else "conv_1"
        kind, stride = self._kind(reduces), 2 if reduces else 1
        read: list[_Source] = []
        for i, (source, source_stride) in enumerate(inputs, start=1):
            own = input_name(name, i)
            operation = project if source_stride == 1 else "factorized_reduce"
            options = {"width": width, **_stride(source_stride)}
            yield make.fixed(Node.of(own, operation, source, **options))
            read.append((own, stride))
        for i in range(1, self.n_nodes + 1):
            own = node_name(name, i)
            yield from make.sum_of_edges(own, kind, i, read)
            read.append((own, 1))
        results = [own for own, _ in read[2:]]
        merge = "concat" if len(results) > 1 else "sum"
        yield make.fixed(Node.of(name, "identity", *results, merge=merge))

    def _dense_cell(
        self, name: str, last: str, width: int, reduces: bool, make: CellNodes[Made]
    ) -> Iterator[Made]:
        """Yield the nodes of a cell of NAS-Bench-201."""
        read: list[_Source] = [(last, 1)]
        if reduces:
            pool, own = f"{name}_pool", f"{name}_input"
            yield make.fixed(Node.of(pool, "max_pool", last, stride=2))
            yield make.fixed(Node.of(own, "conv_1", pool, width=width))
            read = [(own, 1)]
        for i in range(1, self.n_nodes + 1):
            own = name if i == self.n_nodes else node_name(name, i)
            yield from make.sum_of_edges(own, self._kind(reduces), i, read)
            read.append((own, 1))
