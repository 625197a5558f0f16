"""Multi-scale consensus communities of a space, the core of the recommended method.

Leiden divides nearest-neighbour graphs of several sizes, at several coarsenesses. Two neighbours are joined by the
share of these divisions that keep them together, and Leiden divides that graph into the number asked for. Built on
evidence accumulation (Fred and Jain, 2005) and consensus communities (Lancichinetti and Fortunato, 2012), but only
neighbours are compared, so that memory grows with n and not with its square. The groups found show which directions
of the features vary inside groups; these are scaled down (within.py), and the consensus is sought again.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from scipy import sparse

from lookalike.clustering.communities import MANY_NODES, Profile, communities, find_communities, near_count
from lookalike.clustering.contraction import contract
from lookalike.clustering.methods.recommended import Options
from lookalike.clustering.neighbours import connect, connections
from lookalike.clustering.space import Space
from lookalike.core.cores import cpu_count

__all__ = ["agreement_graph", "consensus"]


def consensus(
    space: Space, n_clusters: int, options: Options, advance: Callable[[int], None], profiles: dict[int, Profile]
) -> np.ndarray:
    """Divide a space into n_clusters by the votes of several graphs: labels int (n,); advance(1) after each graph.

    profiles: of the graphs of a consensus before this one, by their place, its own the last; they become this one's.
    """
    similarities, indices = space.neighbours(max(options.neighbours, *options.scales))
    counts = sorted({max(2, round(n_clusters * share)) for share in options.coarseness})
    quickest, last = int(np.argmin(options.scales)), len(options.scales)

    def vote(number: int, each: Callable = map) -> list[np.ndarray]:
        scale = options.scales[number]
        graph = connect(similarities[:, :scale], indices[:, :scale])
        seed = (space.seed * 97 + number) % 2**32
        like = profiles.get(number, profiles.get(quickest))
        found, profiles[number] = near_count(graph, counts, seed=seed, like=like, each=each)
        advance(1)
        return found

    first = [] if profiles else [quickest]  # its profile spares the others most of their divisions
    others = sorted(set(range(last)).difference(first), key=lambda number: -options.scales[number])  # the longest first
    with ThreadPoolExecutor(cpu_count()) as pool:
        votes = [labels for number in first for labels in vote(number, pool.map)]
        votes += [labels for found in pool.map(vote, others) for labels in found]
    joined = connect(similarities[:, : options.neighbours], indices[:, : options.neighbours])
    labels, profiles[last] = _divide(agreement_graph(votes, joined), space, n_clusters, profiles.get(last))
    return labels


def _divide(
    graph: sparse.csr_matrix, space: Space, n_clusters: int, like: Profile | None
) -> tuple[np.ndarray, Profile]:
    """Divide an agreement graph; a large one where votes differ, unless fewer rows than groups would be left."""
    divide = partial(communities, graph, seed=space.seed)
    if graph.shape[0] > MANY_NODES:
        contracted, nodes = contract(graph, 1.0)
        if nodes.max() >= n_clusters:
            divide = partial(_divide_contracted, contracted, nodes, seed=space.seed)
            space.say(["rows that all votes keep together: divided as one"])
    return find_communities(divide, space.features, n_clusters, like)


def _divide_contracted(contracted: sparse.csr_matrix, nodes: np.ndarray, resolution: float, *, seed: int) -> np.ndarray:
    labels = communities(contracted, resolution, seed=seed)[nodes]
    return np.unique(labels, return_inverse=True)[1]  # nodes that only carry weight may be communities, too


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
