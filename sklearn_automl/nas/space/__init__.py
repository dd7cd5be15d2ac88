"""Spaces of architectures: which networks exist, and which are neighbours."""

from sklearn_automl.nas.space._base import ArchitectureSpace
from sklearn_automl.nas.space._cell import CellSpace
from sklearn_automl.nas.space._chain import ChainSpace
from sklearn_automl.nas.space._module import ModuleSpace, module_of
from sklearn_automl.nas.space._multi_branch import MultiBranchSpace
from sklearn_automl.nas.space._names import make_space, space_names

__all__ = [
    "ArchitectureSpace",
    "CellSpace",
    "ChainSpace",
    "ModuleSpace",
    "MultiBranchSpace",
    "make_space",
    "module_of",
    "space_names",
]
