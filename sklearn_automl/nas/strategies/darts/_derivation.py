"""Derivation: which architecture the alphas of a supernet mean."""

from collections.abc import Mapping

import numpy as np

from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import NONE, SKIP, Path, SuperGraph

__all__ = ["derived_path", "n_skips", "without_none"]

#: Of each choice the weight of its options.
Weights = Mapping[str, np.ndarray]


def derived_path(
    space: ArchitectureSpace, weights: Weights, max_skips: int | None = None
) -> Path:
    """Return the path of the largest weights; never "none", and not too many skips.

    Parameters
    ----------
    space : ArchitectureSpace
        A bound space.

    weights : dict of str to ndarray
        Of each choice the weight of its options. Their sum need not be 1: what "none"
        had of it is lost to its edge.

    max_skips : int, default=None
        How many edges of a cell may be identities. The weakest of more are something
        else, or other edges take their place [1]_. None for no limit.

    Returns
    -------
    path : dict of str to int
        Of an architecture of the space.

    References
    ----------
    .. [1] X. Chen, L. Xie, J. Wu and Q. Tian, "Progressive differentiable architecture
       search", ICCV 2019. :arxiv:`1904.12760`
    """
    graph = space.supergraph()
    weights = without_none(graph, weights)
    path = space.strongest(weights)
    if max_skips is None:
        return path
    for group in space.skip_groups():
        while len(skips := _skips(graph, path, group)) > max_skips:
            for choice in sorted(skips, key=lambda c: _skip_weight(graph, weights, c))[
                : len(skips) - max_skips
            ]:
                # An identity then has less than any operation but "none".
                weights[choice][graph.choices[choice].numbers_of(SKIP)] = -0.5
            before, path = path, space.strongest(weights)
            if path == before:  # there is nothing but identities
                break
    return path


def without_none(graph: SuperGraph, weights: Weights) -> dict[str, np.ndarray]:
    """Return a copy of the weights, in which "none" has less than anything else."""
    weights = {choice: np.array(values, float) for choice, values in weights.items()}
    for choice, values in weights.items():
        values[graph.choices[choice].numbers_of(NONE)] = -1
    return weights


def n_skips(space: ArchitectureSpace, path: Path) -> int:
    """Return the number of identities of the cell that has the most of them."""
    graph, groups = space.supergraph(), space.skip_groups()
    return max((len(_skips(graph, path, group)) for group in groups), default=0)


def _skips(graph: SuperGraph, path: Path, group: list[str]) -> list[str]:
    """Return the choices of a group for which the path takes an identity."""
    return [
        choice
        for choice in group
        if choice in path and path[choice] in graph.choices[choice].numbers_of(SKIP)
    ]


def _skip_weight(graph: SuperGraph, weights: Weights, choice: str) -> float:
    return float(weights[choice][graph.choices[choice].numbers_of(SKIP)].max())
