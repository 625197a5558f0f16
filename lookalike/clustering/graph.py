"""Grouping as communities of the nearest-neighbour graph: Leiden at a resolution, or to a given number."""

import numpy as np

from lookalike.clustering.communities import communities, find_communities
from lookalike.clustering.grouping import Grouping
from lookalike.clustering.neighbours import connect, nearest_neighbours, reduced

__all__ = ["cluster"]


def cluster(
    features: np.ndarray,
    n_clusters: int | None,
    *,
    seed: int,
    neighbours: int = 15,
    weights: str = "self_tuning",
    resolution: float = 1.0,
    components: int = 0,
) -> Grouping:
    """Group features (n, d) by Leiden communities of the graph of `neighbours` nearest rows by cosine.

    n_clusters None: as many as there are at `resolution`; else the resolution is searched. Raises ValueError on
    weights that are no name of neighbours.WEIGHTS.
    """
    if len(features) < 2:
        return Grouping(np.zeros(len(features), np.int32))
    rows, notes = reduced(features, components=components, seed=seed)
    similarities, indices, approximate = nearest_neighbours(rows, neighbours, seed=seed)
    graph = connect(similarities, indices, weights)
    if n_clusters is None:
        labels = communities(graph, resolution, seed=seed)
    else:
        labels = find_communities(graph, rows, n_clusters, seed=seed)
    return Grouping(labels.astype(np.int32), approximations=[*notes, *approximate])
