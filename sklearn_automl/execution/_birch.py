"""Birch is whole again after its way through a file.

The nodes of its tree have views of arrays that they write to. A pickle makes arrays of
their own of the views, which then stay behind: a Birch that is continued after a pickle
ends with other clusters than one that was not.
"""

from typing import Any

from sklearn.cluster import Birch

__all__ = ["join_views"]


def join_views(estimator: Any) -> None:
    """Give the nodes of a fitted Birch their views back; do nothing to others."""
    if not isinstance(estimator, Birch) or not hasattr(estimator, "root_"):
        return
    nodes = [estimator.root_]
    while nodes:
        node = nodes.pop()
        n = len(node.subclusters_)
        if n:
            node.centroids_ = node.init_centroids_[:n, :]
            node.squared_norm_ = node.init_sq_norm_[:n]
        children = (subcluster.child_ for subcluster in node.subclusters_)
        nodes += [child for child in children if child is not None]
