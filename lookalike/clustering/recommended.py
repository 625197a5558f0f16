"""Multi-scale consensus communities, refined by their own spread: the recommended way to group photos.

Leiden divides nearest-neighbour graphs of several sizes, at several coarsenesses. Two neighbours are joined by the
share of these divisions that keep them together, and Leiden divides that graph into the number asked for. Built on
evidence accumulation (Fred and Jain, 2005) and consensus communities (Lancichinetti and Fortunato, 2012), but only
neighbours are compared, so that memory grows with n and not with its square. The groups found show which directions
of the features vary inside groups; these are scaled down (within.py), and the consensus is sought again.
"""

import numpy as np
from scipy import sparse

from lookalike.clustering.communities import find_communities, near_count
from lookalike.clustering.grouping import Grouping
from lookalike.clustering.neighbours import connect, connections, nearest_neighbours, reduced
from lookalike.clustering.within import within_normalised
from lookalike.core.progress import progress

__all__ = ["agreement_graph", "cluster", "consensus"]


def cluster(
    features: np.ndarray,
    n_clusters: int,
    *,
    seed: int,
    scales: tuple[int, ...] = (8, 10, 12, 15, 20, 25, 30),
    coarseness: tuple[float, ...] = (0.5, 0.7, 1.0),
    neighbours: int = 25,
    rounds: int = 3,
    shrinkage: float = 0.5,
    components: int = 0,
) -> Grouping:
    """Group features (n, d) into n_clusters communities of the multi-scale consensus graph.

    scales: neighbours of the graphs that vote; coarseness: the numbers of communities they vote with, as shares of
    n_clusters; neighbours: those a row may be joined to; rounds: consensuses sought, each after the first in
    features normalised by the groups of the one before; shrinkage: see `within_normalised`.
    """
    if len(features) < 2:
        return Grouping(np.zeros(len(features), np.int32))
    rows, notes = reduced(features, components=components, seed=seed)
    votes = {"scales": scales, "coarseness": coarseness, "neighbours": neighbours}
    seen, labels, approximate = rows, np.zeros(len(rows), np.int32), []
    for number in range(rounds):
        if number:
            seen = within_normalised(rows, labels, shrinkage=shrinkage, seed=seed)
        labels, approximate = consensus(seen, n_clusters, seed=seed, **votes)
    return Grouping(labels.astype(np.int32), approximations=[*notes, *approximate])


def consensus(
    rows: np.ndarray,
    n_clusters: int,
    *,
    seed: int,
    scales: tuple[int, ...],
    coarseness: tuple[float, ...],
    neighbours: int,
) -> tuple[np.ndarray, list[str]]:
    """Divide rows (n, d) into n_clusters by the votes of several graphs: labels int (n,), and the approximations."""
    similarities, indices, approximate = nearest_neighbours(rows, max(neighbours, *scales), seed=seed)
    counts = sorted({max(2, round(n_clusters * share)) for share in coarseness})
    votes = []
    with progress("vote", len(scales), "graphs") as advance:
        for number, scale in enumerate(scales):
            graph = connect(similarities[:, :scale], indices[:, :scale])
            votes += near_count(graph, counts, seed=(seed * 97 + number) % 2**32)
            advance(1)
    graph = agreement_graph(votes, connect(similarities[:, :neighbours], indices[:, :neighbours]))
    return find_communities(graph, rows, n_clusters, seed=seed), approximate


def agreement_graph(votes: list[np.ndarray], graph: sparse.csr_matrix) -> sparse.csr_matrix:
    """Weigh the edges of a graph (n, n) by the share of votes (labels int (n,) each) that keep both ends together."""
    first, second = connections(graph)
    share = np.zeros(len(first), np.float32)
    for labels in votes:
        share += labels[first] == labels[second]
    # Edges that no vote keeps hold the graph together, too weakly to matter.
    share = share / len(votes) + 1e-6
    half = sparse.csr_matrix((share, (first, second)), shape=graph.shape)
    return half + half.T
