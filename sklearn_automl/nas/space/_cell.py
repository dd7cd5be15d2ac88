"""Cells: a small graph that is searched once and repeated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.random import Generator

from sklearn_automl.nas.architecture import INPUT, Architecture, Node
from sklearn_automl.nas.operations import get_operation, operation_names
from sklearn_automl.nas.space._base import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import (
    EdgeOperation,
    MixedEdge,
    MixedNode,
    Path,
    SuperGraph,
)
from sklearn_automl.space import Configuration

__all__ = ["CellSpace"]

# What a node may read: a name, and the stride of what reads it.
_Source = tuple[str, int]

_DEFAULT_FLAT = ("relu_dense", "identity")
_DEFAULT = ("conv_1", "conv_3", "conv_5", "max_pool_3", "identity")


class CellSpace(ArchitectureSpace):
    """Networks that are a stack of equal cells, whose graph is searched.

    Normal cells keep the shape of what they read, reduction cells halve each axis and
    double the width. All cells of a kind are equal [1]_, so that the space does not
    grow with the depth of the network.

    Read more in the :ref:`User Guide <nas_spaces>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_nodes : int, default=3
        Nodes of a cell, each the sum of its edges.

    n_cells : int, default=3
        Cells of the network. Those at one and at two thirds of it are reductions.

    width : int, default=16
        Channels, or features, of the first cell.

    widening : int, default=2
        How many times wider it gets at a reduction.

    operations : list of str, default=None
        What an edge can do. None for "relu_dense" and "identity" in flat data, and for
        "conv_1", "conv_3", "conv_5", "max_pool_3" and "identity" otherwise. There are
        also "sep_conv_3", "sep_conv_5", "dil_conv_3", "dil_conv_5", "avg_pool_3" and
        "none".

    edges : {"two", "all"}, default="two"
        With "two" a node reads two different ones of the two cells before and of the
        nodes before it, and the cell gives all its nodes side by side [2]_. With "all"
        it reads the cell before and every node before it, each through an operation of
        its own (or "none"), and the cell gives its last node [3]_; there is one kind of
        cell then, and reductions are a maximum pooling between cells.

    heads : list of str, default=None
        How sequences and images become vectors at the end: "avg", "max" or "flatten".
        None for the first two.

    See Also
    --------
    ChainSpace : Layers that follow each other.
    MultiBranchSpace : Layers that read any layers before them.

    Notes
    -----
    Flat data has no axes that could be halved, so all cells are normal ones there. A
    neighbour has one operation changed or one edge moved. Differences from [2]_: the
    number of nodes and cells, and the operations, without "none", which is for
    supernets; a separable convolution is done once, not twice in a row; and the first
    layer is as wide as a cell's nodes, not three times as wide.

    References
    ----------
    .. [1] B. Zoph, V. Vasudevan, J. Shlens and Q. V. Le, "Learning transferable
       architectures for scalable image recognition", CVPR 2018. :arxiv:`1707.07012`

    .. [2] H. Liu, K. Simonyan and Y. Yang, "DARTS: Differentiable architecture
       search", ICLR 2019. :arxiv:`1806.09055`

    .. [3] X. Dong and Y. Yang, "NAS-Bench-201: Extending the scope of reproducible
       neural architecture search", ICLR 2020. :arxiv:`2001.00326`

    Examples
    --------
    >>> from sklearn_automl.nas import CellSpace
    >>> space = CellSpace(n_nodes=2).bind((1, 8, 8))
    >>> [parameter.name for parameter in space.decisions.columns][:4]
    ['head', 'normal_1_inputs', 'normal_1_operation_1', 'normal_1_operation_2']
    """

    def __init__(
        self,
        *,
        n_nodes: int = 3,
        n_cells: int = 3,
        width: int = 16,
        widening: int = 2,
        operations: Sequence[str] | None = None,
        edges: str = "two",
        heads: Sequence[str] | None = None,
    ) -> None:
        self.n_nodes = n_nodes
        self.n_cells = n_cells
        self.width = width
        self.widening = widening
        self.operations = operations
        self.edges = edges
        self.heads = heads

    def _check(self) -> None:
        for name in ("n_nodes", "n_cells", "width", "widening"):
            self._check_positive(name)
        if self.edges not in ("two", "all"):
            raise self._refuse("edges", "'two' or 'all'")
        if self.operations is not None:
            known = [
                name
                for name in operation_names(self.n_dims)
                if self.n_dims == 0 or "stride" in get_operation(name).options
            ]
            # At a reduction they halve the axes.
            which = "" if self.n_dims == 0 else ", operations with the option 'stride'"
            self._check_list("operations", known, which)
        self._check_heads()

    def _operations(self) -> list[str]:
        if self.operations is not None:
            return list(self.operations)
        return list(_DEFAULT_FLAT if self.n_dims == 0 else _DEFAULT)

    def operation_names(self) -> tuple[str, ...]:
        """Return the operations of its edges.

        Returns
        -------
        names : tuple of str
            Names in the registry.
        """
        return tuple(self._operations())

    # ---- decisions -------------------------------------------------------------------

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of cells that a bound space has."""
        return tuple(dict.fromkeys(self._kind_of(k) for k in range(self.n_cells)))

    def _kind_of(self, k: int) -> str:
        return self._kind(self._reduces_at(k))

    def _kind(self, reduces: bool) -> str:
        return "reduction" if reduces and self.edges == "two" else "normal"

    def _reduces_at(self, k: int) -> bool:
        places = {self.n_cells // 3, 2 * self.n_cells // 3} - {0}
        return k in places and self.n_dims > 0

    def edges_of(self, node: int) -> list[tuple[int, ...]]:
        """Return which predecessors a node can read, all possible sets of them.

        0 and 1 are the cells before (with ``edges="all"`` there is one, 0), what
        follows are nodes.
        """
        if self.edges == "all":
            return [tuple(range(node))]
        return list(combinations(range(node + 1), 2))

    def _param_distributions(self) -> Mapping[str, Any]:
        distributions: dict[str, Any] = {}
        for kind in self.kinds():
            for node in range(1, self.n_nodes + 1):
                edges = self.edges_of(node)
                if len(edges) > 1 or self.edges == "two":
                    distributions[f"{kind}_{node}_inputs"] = edges
                for e in range(1, len(edges[0]) + 1):
                    distributions[f"{kind}_{node}_operation_{e}"] = self._operations()
        if len(self._heads()) > 1:
            distributions["head"] = list(self._heads())
        return distributions

    def cell(self, config: Configuration, kind: str) -> list[list[tuple[int, str]]]:
        """Return the edges of each node of a kind of cell: predecessor, operation."""
        nodes = []
        for node in range(1, self.n_nodes + 1):
            inputs = config.get(f"{kind}_{node}_inputs", self.edges_of(node)[0])
            nodes.append(
                [
                    (j, config[f"{kind}_{node}_operation_{e}"])
                    for e, j in enumerate(inputs, start=1)
                ]
            )
        return nodes

    def _step(self, config: Configuration, rng: Generator) -> Configuration | None:
        # As in regularized evolution's paper, edges are moved as often as operations
        # are changed.
        if self.edges == "two" and rng.integers(2):
            return self._moved(config, rng)
        return self._altered(config, rng)

    def _moved(self, config: Configuration, rng: Generator) -> Configuration | None:
        """Let one edge begin somewhere else; its operation stays with it."""
        kind = self.kinds()[int(rng.integers(len(self.kinds())))]
        node = 1 + int(rng.integers(self.n_nodes))
        edges = dict(self.cell(config, kind)[node - 1])
        free = [j for j in range(node + 1) if j not in edges]
        if not free:
            return None
        moved = sorted(edges)[int(rng.integers(2))]
        edges[free[int(rng.integers(len(free)))]] = edges.pop(moved)
        other = dict(config)
        other[f"{kind}_{node}_inputs"] = tuple(sorted(edges))
        for e, j in enumerate(sorted(edges), start=1):
            other[f"{kind}_{node}_operation_{e}"] = edges[j]
        return other

    # ---- one network for all of them -------------------------------------------------

    def supergraph(self) -> SuperGraph:
        """Return the graph of all architectures, as :class:`ArchitectureSpace` says.

        A node reads all before it, each through a mixture of operations that all cells
        of a kind share. Where an architecture keeps two edges, "none" is an operation
        too: how strong an edge is shows against it.
        """
        self._check_heads_mix()
        choices: dict[str, tuple[Any, ...]] = {}

        def sum_of(
            name: str, kind: str, i: int, read: list[_Source]
        ) -> list[MixedNode]:
            edges = []
            for j, (source, stride) in enumerate(read):
                choice = _edge(kind, i, j)
                options = {"stride": stride} if stride > 1 else {}
                choices[choice] = tuple(
                    EdgeOperation.of(operation, **options)
                    for operation in self._candidates()
                )
                edges.append(MixedEdge(source, choice))
            return [MixedNode(name, tuple(edges))]

        nodes = tuple(self._stack(sum_of))
        choices.update(self._head_choice())
        return SuperGraph(nodes, choices, self._heads()[0])

    def _candidates(self) -> list[str]:
        """Return the operations of an edge of the supernet."""
        operations = self._operations()
        if self.edges == "two" and "none" not in operations:
            operations.append("none")
        return operations

    def path(self, config: Configuration) -> Path:
        """Return where an architecture is, as :class:`ArchitectureSpace` says."""
        operations = self._candidates()
        path = {
            _edge(kind, i, j): operations.index(operation)
            for kind in self.kinds()
            for i, edges in enumerate(self.cell(config, kind), start=1)
            for j, operation in edges
        }
        if "head" in config:
            path["head"] = self._heads().index(config["head"])
        return path

    def config_of(self, path: Path) -> Configuration:
        """Return the decisions of a path, as :class:`ArchitectureSpace` says."""
        operations = self._candidates()
        config: Configuration = {}
        for kind in self.kinds():
            for i in range(1, self.n_nodes + 1):
                read = [j for j in range(i + 1) if _edge(kind, i, j) in path]
                if f"{kind}_{i}_inputs" in self._names():
                    config[f"{kind}_{i}_inputs"] = tuple(read)
                for e, j in enumerate(read, start=1):
                    operation = operations[path[_edge(kind, i, j)]]
                    config[f"{kind}_{i}_operation_{e}"] = operation
        if "head" in path:
            config["head"] = self._heads()[path["head"]]
        return config

    def _names(self) -> set[str]:
        return {p.name for p in self.decisions.branches[0]}

    def strongest(self, weights: Mapping[str, np.ndarray]) -> Path:
        """Return the path of the largest weights, as :class:`ArchitectureSpace` says.

        With ``edges="two"`` a node keeps the two edges whose largest weight is largest;
        among equal ones those that begin first.
        """
        path = dict(super().strongest(weights))
        if self.edges == "all":
            return path
        for kind in self.kinds():
            for i in range(1, self.n_nodes + 1):
                edges = [_edge(kind, i, j) for j in range(i + 1)]
                for edge in sorted(edges, key=lambda e: -weights[e].max())[2:]:
                    del path[edge]
        return path

    def skip_groups(self) -> list[list[str]]:
        """Return the edges of each kind of cell."""
        groups: dict[str, list[str]] = {kind: [] for kind in self.kinds()}
        for choice in self.supergraph().choices:
            if choice != "head":
                groups[choice.partition("_")[0]].append(choice)
        return list(groups.values())

    # ---- the network -----------------------------------------------------------------

    def architecture(self, config: Configuration) -> Architecture:
        """Return the architecture that decisions mean.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        architecture : Architecture
            All cells, node by node. Identities are connections, and what nothing reads
            is left out.
        """
        cells = {kind: self.cell(config, kind) for kind in self.kinds()}

        def sum_of(name: str, kind: str, i: int, read: list[_Source]) -> list[Node]:
            edges = [(*read[j], operation) for j, operation in cells[kind][i - 1]]
            return list(_sum_of_edges(name, edges))

        head = config.get("head", self._heads()[0])
        return Architecture(tuple(self._stack(sum_of)), head).pruned()

    def _stack(self, sum_of: Callable[..., list[Any]]) -> list[Any]:
        """Return the nodes of all cells, given how those that are sums are made.

        ``sum_of(name, kind, i, read)`` returns the i-th node of a kind of cell, which
        may read each of ``read``: pairs of a name and of the stride of what reads it.
        """
        nodes = [self._stem()]
        before, last, width = "stem", "stem", int(self.width)
        was_reduced = False
        for k in range(self.n_cells):
            name, reduces = f"cell_{k + 1}", self._reduces_at(k)
            width *= int(self.widening) if reduces else 1
            if self.edges == "all":
                nodes += self._dense_cell(name, last, width, reduces, sum_of)
            else:
                # Of the two cells before, the first may be longer than the second.
                inputs = [(before, 2 if was_reduced else 1), (last, 1)]
                nodes += self._cell_of_two(name, inputs, width, reduces, sum_of)
            before, last, was_reduced = last, name, reduces
        return nodes

    def _stem(self) -> Node:
        # Linear: what comes next begins with its activation.
        # Deviation: C wide as in NAS-Bench-201, not 3 C as in DARTS, because one stem
        # serves both kinds of cells.
        options: dict[str, Any] = {"width": int(self.width), "activation": "none"}
        if self.n_dims == 0:
            return Node.of("stem", "dense", INPUT, **options)
        return Node.of("stem", "conv", INPUT, kernel=3, **options)

    def _cell_of_two(
        self,
        name: str,
        inputs: list[tuple[str, int]],
        width: int,
        reduces: bool,
        sum_of: Callable[..., list[Any]],
    ) -> Iterator[Any]:
        """Yield the nodes of a cell of DARTS; it reads nodes, with strides."""
        project = "relu_dense" if self.n_dims == 0 else "conv_1"
        kind, stride = self._kind(reduces), 2 if reduces else 1
        read: list[_Source] = []
        for i, (source, source_stride) in enumerate(inputs, start=1):
            own = f"{name}_input_{i}"
            if source_stride == 1:
                yield Node.of(own, project, source, width=width)
            else:
                yield Node.of(
                    own, "factorized_reduce", source, width=width, stride=source_stride
                )
            read.append((own, stride))
        for i in range(1, self.n_nodes + 1):
            own = f"{name}_node_{i}"
            yield from sum_of(own, kind, i, read)
            read.append((own, 1))
        results = [own for own, _ in read[2:]]
        yield Node.of(name, "identity", *results, merge=_merge_of(results))

    def _dense_cell(
        self,
        name: str,
        last: str,
        width: int,
        reduces: bool,
        sum_of: Callable[..., list[Any]],
    ) -> Iterator[Any]:
        """Yield the nodes of a cell of NAS-Bench-201."""
        read: list[_Source] = [(last, 1)]
        if reduces:
            yield Node.of(f"{name}_pool", "max_pool", last, stride=2)
            yield Node.of(f"{name}_input", "conv_1", f"{name}_pool", width=width)
            read = [(f"{name}_input", 1)]
        for i in range(1, self.n_nodes + 1):
            own = name if i == self.n_nodes else f"{name}_node_{i}"
            yield from sum_of(own, self._kind(reduces), i, read)
            read.append((own, 1))


def _sum_of_edges(name: str, edges: list[tuple[str, int, str]]) -> Iterator[Node]:
    """Yield a node for each edge (what it reads, stride, operation), and their sum."""
    # Nothing added is nothing, unless it is all there is.
    real = [edge for edge in edges if edge[2] != "none"] or edges[:1]
    read = []
    for e, (source, stride, operation) in enumerate(real, start=1):
        if operation == "identity" and stride == 1:
            read.append(source)
            continue
        options: dict[str, Any] = {"stride": stride} if stride > 1 else {}
        own = name if len(real) == 1 else f"{name}_edge_{e}"
        yield Node.of(own, operation, source, **options)
        read.append(own)
    if read != [name]:
        yield Node.of(name, "identity", *read)


def _edge(kind: str, node: int, source: int) -> str:
    """Return the name of the choice of what an edge does."""
    return f"{kind}_{node}_from_{source}"


def _merge_of(inputs: list[str]) -> str:
    return "concat" if len(inputs) > 1 else "sum"
