"""The spaces that the contract is about, and the inputs that they are for."""

from scipy.stats import randint, uniform
from torch import nn

from sklearn_automl.nas import CellSpace, ChainSpace, ModuleSpace, MultiBranchSpace
from sklearn_automl.space import When
from tests.nas.own_modules import Layers

SHAPES = {"flat": (7,), "sequence": (2, 11), "image": (1, 5, 8), "tiny": (1, 1)}

SPACES = {
    "chain": ChainSpace(),
    "chain with all": ChainSpace(
        n_layers=(2, 4),
        widths=[1, 8],
        activations=["relu", "leaky_relu", "silu", "elu", "tanh", "none"],
        normalizations=["batch", "none"],
        dropouts=[0.0, 0.5],
        heads=["avg", "max", "flatten"],
    ),
    "ResNet": MultiBranchSpace(),
    "DenseNet": MultiBranchSpace(merge="concat", max_inputs=3),
    "cell": CellSpace(n_nodes=2, width=4),
    "wide cell": CellSpace(n_nodes=4, n_cells=4, width=3, heads=["flatten"]),
    "dense cell": CellSpace(n_nodes=3, edges="all", width=4, widening=1),
    "module": ModuleSpace(
        Layers,
        depth=[1, 2, 3],
        width=[4, 8],
        activation=[nn.ReLU, nn.Tanh()],
        bias=False,
    ),
    "module of distributions": ModuleSpace(
        Layers,
        depth=randint(1, 4),
        bias=[True, False],
        dropout=When("bias", True, uniform(0, 0.5)),
        standardize=False,
    ),
}

# Operations that no space has by default, and those that give nothing.
IMAGE_SPACES = {
    "separable cell": CellSpace(
        n_nodes=2,
        width=4,
        operations=["sep_conv_3", "sep_conv_5", "dil_conv_3", "dil_conv_5", "none"],
    ),
    "dense cell with none": CellSpace(
        edges="all", width=4, operations=["none", "identity", "conv_3", "avg_pool_3"]
    ),
    "chain of the rest": ChainSpace(operations=["dil_conv", "avg_pool", "identity"]),
}

BOUND = {
    f"{name}, {kind}": space.bind(shape)
    for spaces, shapes in (
        (SPACES, SHAPES),
        (IMAGE_SPACES, {k: v for k, v in SHAPES.items() if k != "flat"}),
    )
    for name, space in spaces.items()
    for kind, shape in shapes.items()
}
