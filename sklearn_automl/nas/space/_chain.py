"""Chains: one layer after the other."""

from collections.abc import Mapping
from typing import Any

from numpy.random import Generator

from sklearn_automl.nas.architecture import INPUT, Architecture, Node
from sklearn_automl.nas.space._layered import LayeredSpace
from sklearn_automl.nas.space._supergraph import (
    Choice,
    FixedNode,
    MixedEdge,
    MixedNode,
    SuperGraph,
    SuperNode,
)
from sklearn_automl.space import Configuration

__all__ = ["ChainSpace"]


class ChainSpace(LayeredSpace):
    """Networks whose layers follow each other.

    The search chooses the number of layers. For each layer it chooses an operation and
    its options: width, kernel, stride, activation, normalisation and dropout.

    Read more in the :ref:`User Guide <nas_spaces>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_layers : (int, int), default=(2, 5)
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
    MultiBranchSpace : Layers that read any layers before them.
    CellSpace : A small graph that is repeated.

    Notes
    -----
    An option with only one possible value is not a decision. A neighbour has one more
    layer, one layer less, or one changed option (as in the morphisms of [1]_, but with
    new weights).

    References
    ----------
    .. [1] T. Elsken, J. H. Metzen and F. Hutter, "Simple and efficient architecture
       search for convolutional neural networks", 2017. :arxiv:`1711.04528`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import ChainSpace
    >>> space = ChainSpace(n_layers=(1, 2), widths=[8, 16]).bind((4,))
    >>> config = space.decisions.sample(np.random.default_rng(0))
    >>> for node in space.architecture(config).nodes:
    ...     print(node.label)
    periodic dense to 8 batch gelu dropout 0.1
    """

    def _param_distributions(self) -> Mapping[str, Any]:
        return self._conditional_layers()

    def architecture(self, config: Configuration) -> Architecture:
        """Return the architecture that decisions mean.

        Parameters
        ----------
        config : dict
            A configuration of ``decisions``.

        Returns
        -------
        architecture : Architecture
            A node for each layer that does something. If no layer does, there is one
            node.
        """
        nodes = self._stem()
        previous = nodes[-1].name if nodes else INPUT
        n_stems = len(nodes)
        for i in range(1, config["n_layers"] + 1):
            if self._layer_does_nothing(config, i):
                continue
            operation = config[f"layer_{i}_operation"]
            options = self._layer_options(config, i)
            name = f"layer_{len(nodes) - n_stems + 1}"
            nodes.append(Node.of(name, operation, previous, **options))
            previous = name
        if not nodes:
            nodes.append(Node.of("layer_1", "identity", INPUT))
        return Architecture(tuple(nodes), self._head(config))

    def supergraph(self) -> SuperGraph:
        """Return the graph of all architectures, as :class:`ArchitectureSpace` says."""
        self._check_supernet()
        nodes: list[SuperNode] = [FixedNode(node) for node in self._stem()]
        choices: dict[str, Choice] = {}
        previous = nodes[-1].name if nodes else INPUT
        for i in range(1, self.n_layers[0] + 1):
            name = f"layer_{i}"
            choices[name] = self._layer_choice(i)
            nodes.append(MixedNode(name, (MixedEdge(previous, name),)))
            previous = name
        return SuperGraph(tuple(nodes), choices, self._head_choice())

    def _step(self, config: Configuration, rng: Generator) -> Configuration | None:
        layers = self._layers(config)
        move = int(rng.integers(3))
        if move == 0:
            # The decisions of the new layer are drawn when the rest is completed.
            layers.insert(int(rng.integers(len(layers) + 1)), {})
        elif move == 1:
            del layers[int(rng.integers(len(layers)))]
        else:
            return self._altered(config, rng, fixed="n_layers")
        return self._with_layers(config, layers, rng)
