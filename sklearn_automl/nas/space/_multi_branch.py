"""Multi-branch networks: a layer may read any layers before it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from numpy.random import Generator

from sklearn_automl.nas.architecture import INPUT, MERGES, Architecture, Node
from sklearn_automl.nas.space._layered import LayeredSpace
from sklearn_automl.nas.space._supergraph import (
    Choice,
    FixedNode,
    Gate,
    InputChoice,
    MixedEdge,
    MixedNode,
    Path,
    SuperGraph,
    SuperNode,
)
from sklearn_automl.space import Configuration, When

__all__ = ["MultiBranchSpace"]


class MultiBranchSpace(LayeredSpace):
    """Networks whose layers read any layers before them.

    With sums these networks are like ResNets [1]_, and with concatenations like
    DenseNets [2]_. If every layer reads only the layer before it, the network is a
    chain. Layers that no other layer reads are merged in front of the head.

    Read more in the :ref:`User Guide <nas_spaces>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    merge : {"sum", "concat"}, default="sum"
        How several inputs of a layer become one.

    max_inputs : int, default=2
        The largest number of earlier layers that a layer may read.

    n_layers : (int, int), default=(2, 6)
        The smallest and the largest number of layers.

    operations : list of str, default=None
        Names of operations. For flat data, None means "dense", and the first layer may
        also be "periodic_dense". For sequences and images, None means "conv" and
        "sep_conv", and layers after the first one may also be "max_pool".

    widths : list of int, default=None
        Units or filters of a layer. None for 64, 128, 256 and 512 in flat data, and for
        32, 64 and 128 otherwise.

    kernels : list of int, default=(3, 5)
        Sizes of the kernels of convolutions and pooling. They must be odd.

    strides : list of int, default=(1, 2)
        Strides. They must be 1, 2 or 4.

    activations : list of str, default=("relu", "gelu")
        Some of "relu", "leaky_relu", "gelu", "silu", "elu", "tanh" and "none".

    normalizations : list of str, default=("batch",)
        "batch", "none" or both.

    dropouts : list of float, default=None
        Probabilities of dropout. None for 0, 0.1 and 0.3 in flat data, and for no
        dropout otherwise.

    heads : list of str, default=None
        How sequences and images become vectors at the end: "avg", "max" or "flatten".
        None for the first two.

    stem : int, default=None
        Number of channels, or features, of a linear layer in front of the others. With
        this layer, other layers can have the same number whatever the data has. None
        for no such layer.

    See Also
    --------
    ChainSpace : Layers that follow each other.
    CellSpace : A small graph that is repeated.

    Notes
    -----
    Where branches meet, longer ones are pooled (mean) to the length of the shortest
    one. Before a sum, a linear layer gives all branches the width of the last one. A
    neighbour has one layer more or less, one connection more or less, or one changed
    option. Unlike in [1]_, the activation comes before the sum.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image
       recognition", CVPR 2016. :arxiv:`1512.03385`

    .. [2] G. Huang, Z. Liu, L. van der Maaten and K. Q. Weinberger, "Densely connected
       convolutional networks", CVPR 2017. :arxiv:`1608.06993`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import MultiBranchSpace
    >>> space = MultiBranchSpace(n_layers=(3, 3), widths=[8]).bind((4,))
    >>> config = space.decisions.sample(np.random.default_rng(0))
    >>> for node in space.architecture(config).nodes:
    ...     print(node.name, "reads", *node.inputs)
    layer_1 reads input
    layer_2 reads input
    layer_3 reads layer_1
    ends reads layer_2 layer_3
    """

    def __init__(
        self,
        *,
        merge: str = "sum",
        max_inputs: int = 2,
        n_layers: tuple[int, int] = (2, 6),
        operations: Sequence[str] | None = None,
        widths: Sequence[int] | None = None,
        kernels: Sequence[int] = (3, 5),
        strides: Sequence[int] = (1, 2),
        activations: Sequence[str] = ("relu", "gelu"),
        normalizations: Sequence[str] = ("batch",),
        dropouts: Sequence[float] | None = None,
        heads: Sequence[str] | None = None,
        stem: int | None = None,
    ) -> None:
        super().__init__(
            n_layers=n_layers,
            operations=operations,
            widths=widths,
            kernels=kernels,
            strides=strides,
            activations=activations,
            normalizations=normalizations,
            dropouts=dropouts,
            heads=heads,
            stem=stem,
        )
        self.merge = merge
        self.max_inputs = max_inputs

    def _check(self) -> None:
        super()._check()
        if self.merge not in MERGES:
            raise self._refuse("merge", "'sum' or 'concat'")
        self._check_positive("max_inputs")

    def _param_distributions(self) -> Mapping[str, Any]:
        distributions = self._conditional_layers()
        least, most = self.n_layers
        for i in range(2, most + 1):
            name = f"layer_{i}_inputs"
            distributions[name] = self._possible_inputs(i)
            if i > least:
                having = list(range(i, most + 1))
                distributions[name] = When("n_layers", having, distributions[name])
        return distributions

    def _possible_inputs(self, i: int) -> list[tuple[int, ...]]:
        """Return what layer i can read: some numbers of layers, 0 for the data."""
        most = min(self.max_inputs, i)
        return [c for n in range(1, most + 1) for c in combinations(range(i), n)]

    def architecture(self, config: Configuration) -> Architecture:
        """Return the architecture that decisions mean.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        architecture : Architecture
            A node for each layer that does something, and a node that merges the layers
            that no other layer reads. If a layer would read the same input twice, it
            reads it once.
        """
        nodes = self._stem()
        n_stems = len(nodes)
        names = [nodes[-1].name if nodes else INPUT]  # of what layers give
        loose: set[int] = set()  # that none reads
        for i in range(1, config["n_layers"] + 1):
            numbers = config.get(f"layer_{i}_inputs", (0,))
            loose = (loose | {i}) - set(numbers)
            inputs = _distinct(names[j] for j in numbers)
            if len(inputs) == 1 and self._layer_does_nothing(config, i):
                names += inputs
                continue
            operation = config[f"layer_{i}_operation"]
            options = self._layer_options(config, i)
            name = f"layer_{len(nodes) - n_stems + 1}"
            nodes.append(
                Node.of(name, operation, *inputs, merge=self._merge(inputs), **options)
            )
            names.append(name)
        ends = _distinct(names[i] for i in sorted(loose))
        if len(ends) > 1 or len(nodes) == n_stems:
            nodes.append(Node.of("ends", "identity", *ends, merge=self._merge(ends)))
        return Architecture(tuple(nodes), self._head(config))

    # ---- one network for all of them -------------------------------------------------

    def supergraph(self) -> SuperGraph:
        """Return the graph of all architectures, as :class:`ArchitectureSpace` says."""
        self._check_supernet()
        nodes: list[SuperNode] = [FixedNode(node) for node in self._stem()]
        names = [nodes[-1].name]
        choices: dict[str, Choice] = {}
        # For each layer, the options of later choices that do not read it.
        unread: list[list[Gate]] = [[] for _ in range(self.n_layers[0] + 1)]
        for i in range(1, self.n_layers[0] + 1):
            read, name = names[-1], f"layer_{i}"
            if i > 1:
                inputs = tuple(self._possible_inputs(i))
                choices[f"{name}_inputs"] = InputChoice(inputs)
                read = f"{name}_input"
                edges = []
                for j, source in enumerate(names):
                    having = tuple(c for c, js in enumerate(inputs) if j in js)
                    rest = tuple(c for c, js in enumerate(inputs) if j not in js)
                    gate = Gate(f"{name}_inputs", having)
                    edges.append(MixedEdge(source, gates=(gate,)))
                    unread[j].append(Gate(f"{name}_inputs", rest))
                nodes.append(MixedNode(read, tuple(edges)))
            choices[name] = self._layer_choice(i)
            nodes.append(MixedNode(name, (MixedEdge(read, name),)))
            names.append(name)
        ends = [MixedEdge(n, None, tuple(unread[j])) for j, n in enumerate(names) if j]
        nodes.append(MixedNode("ends", tuple(ends)))
        return SuperGraph(tuple(nodes), choices, self._head_choice())

    def _obstacles(self) -> list[str]:
        obstacles = super()._obstacles()
        width = self._values("width")[-1]
        if self.merge != "sum":
            obstacles.append(
                "how wide a concatenation is depends on what is read (pass merge='sum')"
            )
        if self.stem != width and not any("stem" in o for o in obstacles):
            obstacles.append(
                f"the data has another width than layers have (pass stem={width})"
            )
        strides = self._values("stride")
        if self.n_dims and len(strides) == 1 and strides != (1,):
            obstacles.append(
                "branches of different lengths are pooled to the shortest that is read "
                "(pass strides=[1])"
            )
        if "identity" in self._operations():
            obstacles.append(
                "a layer can read one that is skipped and what that one reads, once "
                "instead of twice (leave out 'identity': layers can be passed by "
                "anyway)"
            )
        return obstacles

    def path(self, config: Configuration) -> Path:
        """Return where an architecture is, as :class:`ArchitectureSpace` says."""
        path = dict(super().path(config))
        for i in range(2, config["n_layers"] + 1):
            own = tuple(config[f"layer_{i}_inputs"])
            path[f"layer_{i}_inputs"] = self._possible_inputs(i).index(own)
        return path

    def config_of(self, path: Path) -> Configuration:
        """Return the decisions of a path, as :class:`ArchitectureSpace` says."""
        inputs = {
            name: self._possible_inputs(i)[path[name]]
            for i in range(2, self.n_layers[0] + 1)
            for name in [f"layer_{i}_inputs"]
        }
        return {**super().config_of(path), **inputs}

    # ---- neighbours ------------------------------------------------------------------

    def _merge(self, inputs: list[str]) -> str:
        # One input is not merged, so equal networks must name the same merge.
        return self.merge if len(inputs) > 1 else "sum"

    def _step(self, config: Configuration, rng: Generator) -> Configuration | None:
        layers = self._layers(config)
        move = int(rng.integers(4))
        if move == 0:
            return self._with_layers(config, _with_one_more(layers, rng), rng)
        if move == 1:
            return self._with_layers(config, _with_one_less(layers, rng), rng)
        if move == 2:
            return self._rewired(config, rng)
        return self._altered(config, rng, fixed="n_layers")

    def _rewired(self, config: Configuration, rng: Generator) -> Configuration | None:
        """Let one layer read one more, or one less, of those before it."""
        if config["n_layers"] < 2:
            return None
        i = 2 + int(rng.integers(config["n_layers"] - 1))
        inputs = set(config[f"layer_{i}_inputs"]) ^ {int(rng.integers(i))}
        other = {**config, f"layer_{i}_inputs": tuple(sorted(inputs))}
        return other if other in self.decisions else None


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _with_one_more(
    layers: list[dict[str, Any]], rng: Generator
) -> list[dict[str, Any]]:
    """Insert a layer between another one and one that it reads.

    At the end it reads the last one.
    """
    n = len(layers)
    place = 1 + int(rng.integers(n + 1))  # its number from now on
    moved = [
        {**layer, "inputs": tuple(j + (j >= place) for j in layer.get("inputs", (0,)))}
        for layer in layers
    ]
    new: dict[str, Any] = {"inputs": (place - 1,)}
    if place <= n:
        reader = moved[place - 1]
        inputs = list(reader["inputs"])
        k = int(rng.integers(len(inputs)))
        new["inputs"] = (inputs[k],)
        inputs[k] = place
        reader["inputs"] = tuple(sorted(set(inputs)))
    return [*moved[: place - 1], new, *moved[place - 1 :]]


def _with_one_less(
    layers: list[dict[str, Any]], rng: Generator
) -> list[dict[str, Any]]:
    """Remove a layer; those that read it read what it read last."""
    place = 1 + int(rng.integers(len(layers)))
    instead = layers[place - 1].get("inputs", (0,))[-1]
    kept = []
    for layer in (*layers[: place - 1], *layers[place:]):
        inputs = {instead if j == place else j for j in layer.get("inputs", (0,))}
        kept.append({**layer, "inputs": tuple(sorted(j - (j > place) for j in inputs))})
    return kept
