"""Cells: a small graph that is searched once and repeated."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.random import Generator

from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.operations import get_operation, operation_names
from sklearn_automl.nas.space._base import ArchitectureSpace
from sklearn_automl.nas.space._cell_stack import (
    ArchitectureNodes,
    CellStack,
    SupergraphNodes,
    edge_choice,
)
from sklearn_automl.nas.space._supergraph import NONE, Path, SuperGraph
from sklearn_automl.space import Configuration

__all__ = ["CellSpace"]

_DEFAULT_FLAT = ("relu_dense", "identity")
# What the hand-made cells do, if the space has it.
_CONVOLUTIONS = ("conv_3", "sep_conv_3", "relu_dense")

_DEFAULT = ("conv_1", "conv_3", "conv_5", "max_pool_3", "identity")


class CellSpace(ArchitectureSpace):
    """Networks that repeat a cell: a small graph that is searched.

    Normal cells keep the shape of their inputs. Reduction cells halve each axis and
    double the width. All cells of a kind are equal [1]_, so the space does not grow
    with the depth of the network.

    Read more in the :ref:`User Guide <nas_spaces>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_nodes : int, default=3
        Number of nodes of a cell. Each node is the sum of its edges.

    n_cells : int, default=3
        Number of cells of the network. The cells at one third and at two thirds of the
        depth are reduction cells.

    width : int, default=16
        Number of channels, or features, of the first cell.

    widening : int, default=2
        Factor by which a reduction cell increases the width.

    operations : list of str, default=None
        Operations that an edge can have. None for "relu_dense" and "identity" in flat
        data, and for "conv_1", "conv_3", "conv_5", "max_pool_3" and "identity"
        otherwise. There are also "sep_conv_3", "sep_conv_5", "dil_conv_3",
        "dil_conv_5", "avg_pool_3" and "none".

    edges : {"two", "all"}, default="two"
        With "two", a node reads two different inputs: the two cells before it and the
        earlier nodes are the choices. The output of the cell is the concatenation of
        its nodes [2]_. With "all", a node reads the cell before it and every earlier
        node, each through a separate operation (or "none"). The output of the cell is
        its last node [3]_. There is then one kind of cell, and a maximum pooling
        between cells takes the place of reduction cells.

    heads : list of str, default=None
        How sequences and images become vectors at the end: "avg", "max" or "flatten".
        None for the first two.

    See Also
    --------
    ChainSpace : Layers that follow each other.
    MultiBranchSpace : Layers that read any layers before them.

    Notes
    -----
    Flat data has no axes that could be halved, so all its cells are normal cells. A
    neighbour has one changed operation or one moved edge. There are some differences
    from [2]_. The number of nodes and cells and the operations are different. "none" is
    not among the operations, because it is for supernets. A separable convolution is
    done once, not twice in a row. The first layer is as wide as the nodes of a cell,
    not three times as wide.

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
            # Operations halve the axes at a reduction, so they need a stride.
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

    def reference(self) -> Configuration:
        """Return the decisions of residual cells.

        Returns
        -------
        config : dict
            Each node convolves the node before it, and adds the input of the cell. If
            the space has no convolutions, other operations with weights take their
            place.
        """
        names = self._operations()
        having = [name for name in names if get_operation(name).has_weights] or names
        convolution = next((n for n in _CONVOLUTIONS if n in names), having[0])
        skip = "identity" if "identity" in names else convolution
        wanted: dict[str, Any] = {}
        for kind in self.kinds():
            for node in range(1, self.n_nodes + 1):
                # A node reads the cell before, and the node before it.
                sources = list(self._sources(node))
                read = tuple(sources)
                if self.edges == "two":
                    read = (sources[min(node, 2) - 1], sources[-1])
                wanted[f"{kind}_{node}_inputs"] = read
                for e, source in enumerate(read, start=1):
                    is_last = source == sources[-1]
                    operation = convolution if is_last else skip
                    wanted[f"{kind}_{node}_operation_{e}"] = operation
        return self._nearest(wanted)

    # ---- decisions -------------------------------------------------------------------

    @property
    def _stack(self) -> CellStack:
        # Numbers of NumPy would get into architectures, which are plain data.
        return CellStack(
            n_cells=int(self.n_cells),
            n_nodes=int(self.n_nodes),
            width=int(self.width),
            widening=int(self.widening),
            n_dims=self.n_dims,
            is_dense=self.edges == "all",
        )

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of cells that a bound space has."""
        return self._stack.kinds()

    def edges_of(self, node: int) -> list[tuple[int, ...]]:
        """Return which predecessors a node can read, all possible sets of them.

        0 and 1 are the cells before (with ``edges="all"`` there is one, 0), what
        follows are nodes.
        """
        if self.edges == "all":
            return [tuple(self._sources(node))]
        return list(combinations(self._sources(node), 2))

    def _param_distributions(self) -> Mapping[str, Any]:
        distributions: dict[str, Any] = {}
        for kind in self.kinds():
            for node in range(1, self.n_nodes + 1):
                edges = self.edges_of(node)
                if len(edges) > 1 or self.edges == "two":
                    distributions[f"{kind}_{node}_inputs"] = edges
                for e in range(1, len(edges[0]) + 1):
                    distributions[f"{kind}_{node}_operation_{e}"] = self._operations()
        return {**distributions, **self._head_decision()}

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
        free = [j for j in self._sources(node) if j not in edges]
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
        make = SupergraphNodes(self._candidates())
        nodes = self._stack.nodes(make)
        return SuperGraph(nodes, make.choices, self._head_choice())

    def _candidates(self) -> list[str]:
        """Return the operations of an edge of the supernet."""
        operations = self._operations()
        if self.edges == "two" and NONE not in operations:
            operations.append(NONE)
        return operations

    def path(self, config: Configuration) -> Path:
        """Return where an architecture is, as :class:`ArchitectureSpace` says."""
        operations = self._candidates()
        path = {
            edge_choice(kind, i, j): operations.index(operation)
            for kind in self.kinds()
            for i, edges in enumerate(self.cell(config, kind), start=1)
            for j, operation in edges
        }
        return {**path, **self._path_of_head(config)}

    def config_of(self, path: Path) -> Configuration:
        """Return the decisions of a path, as :class:`ArchitectureSpace` says."""
        operations = self._candidates()
        config: Configuration = {}
        for kind in self.kinds():
            for i in range(1, self.n_nodes + 1):
                read = [j for j in self._sources(i) if edge_choice(kind, i, j) in path]
                if f"{kind}_{i}_inputs" in self._names():
                    config[f"{kind}_{i}_inputs"] = tuple(read)
                for e, j in enumerate(read, start=1):
                    operation = operations[path[edge_choice(kind, i, j)]]
                    config[f"{kind}_{i}_operation_{e}"] = operation
        return {**config, **self._head_on(path)}

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
                edges = [edge_choice(kind, i, j) for j in self._sources(i)]
                for edge in sorted(edges, key=lambda e: -weights[e].max())[2:]:
                    del path[edge]
        return path

    def skip_groups(self) -> list[list[str]]:
        """Return the edges of each kind of cell."""
        return [
            [
                edge_choice(kind, i, j)
                for i in range(1, self.n_nodes + 1)
                for j in self._sources(i)
            ]
            for kind in self.kinds()
        ]

    def _sources(self, node: int) -> range:
        """Return the predecessors of a node, as :meth:`edges_of` numbers them."""
        return range(node if self.edges == "all" else node + 1)

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
            All cells, node by node. Identities become connections. Nodes that nothing
            reads are left out.
        """
        make = ArchitectureNodes(
            {kind: self.cell(config, kind) for kind in self.kinds()}
        )
        return Architecture(self._stack.nodes(make), self._head(config)).pruned()
