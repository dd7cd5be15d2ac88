"""The spaces that the estimators know by name."""

from sklearn_automl.nas.space._base import ArchitectureSpace
from sklearn_automl.nas.space._cell import CellSpace
from sklearn_automl.nas.space._chain import ChainSpace
from sklearn_automl.nas.space._multi_branch import MultiBranchSpace

__all__ = ["make_space", "space_names"]

# What makes a space, by name.
_SPACES: dict[str, type[ArchitectureSpace]] = {
    "cell": CellSpace,
    "chain": ChainSpace,
    "multi_branch": MultiBranchSpace,
}


def make_space(name: str) -> ArchitectureSpace:
    """Return the space of this name, with its default options."""
    return _SPACES[name]()


def space_names() -> set[str]:
    """Return the names that ``make_space`` knows."""
    return set(_SPACES)
