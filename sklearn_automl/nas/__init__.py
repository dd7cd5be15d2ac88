"""Neural architecture search: networks whose architecture is found."""

from sklearn_automl.nas.architecture import Architecture, Node
from sklearn_automl.nas.networks import (
    ArchitectureClassifier,
    ArchitectureRegressor,
    Network,
)
from sklearn_automl.nas.operations import register_operation
from sklearn_automl.nas.plotting import plot_alphas, plot_architecture
from sklearn_automl.nas.space import (
    ArchitectureSpace,
    CellSpace,
    ChainSpace,
    ModuleSpace,
    MultiBranchSpace,
)

__all__ = [
    "Architecture",
    "ArchitectureClassifier",
    "ArchitectureRegressor",
    "ArchitectureSpace",
    "CellSpace",
    "ChainSpace",
    "ModuleSpace",
    "MultiBranchSpace",
    "Network",
    "Node",
    "plot_alphas",
    "plot_architecture",
    "register_operation",
]
