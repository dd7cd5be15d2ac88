"""Small spaces with a supernet, data for them, and trainings without an estimator."""

import numpy as np
from sklearn.metrics import get_scorer

from sklearn_automl.nas import CellSpace, ChainSpace, MultiBranchSpace, Network
from sklearn_automl.nas.networks import ArchitectureClassifier
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.nas.supernet.training import SupernetTraining

SPACES = {
    "cell": CellSpace(n_nodes=2, n_cells=2, width=4),
    "dense cell": CellSpace(
        n_nodes=2,
        n_cells=2,
        width=4,
        widening=1,
        edges="all",
        operations=["none", "identity", "conv_3", "max_pool_3"],
    ),
    "chain": ChainSpace(n_layers=(2, 2), widths=[4], strides=[1], stem=4),
    "multi_branch": MultiBranchSpace(n_layers=(3, 3), widths=[4], strides=[1], stem=4),
}
SHAPES = {"flat": (5,), "sequence": (2, 12), "image": (1, 6, 6)}


def space_for(name, kind):
    """Return a space for data of this kind; it may be one already."""
    if (name, kind) == ("dense cell", "flat"):
        name = "cell"
    return SPACES[name] if isinstance(name, str) else name


def data(shape, n=60):
    """Return rows of two classes that differ in their mean."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, *shape)) + y.reshape(-1, *[1] * len(shape))
    return X, np.array(["no", "yes"])[y]


def training_of(space, kind="image", seed=0, **options):
    """Return a training of 60 rows, a half for each side."""
    X, y = data(SHAPES[kind])
    net = ArchitectureClassifier(
        Network, classes=np.array(["no", "yes"]), n_threads=1, batch_size=10
    )
    order = np.random.default_rng(1).permutation(len(X))
    return SupernetTraining(
        space.bind(SHAPES[kind]),
        net,
        X,
        y,
        (order[:30], order[30:]),
        n_outputs=2,
        scorer=get_scorer("accuracy"),
        seed=seed,
        options=SupernetOptions(**{"n_epochs": 2, **options}),
    )
