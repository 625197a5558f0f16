"""Communities of a graph by Leiden (Traag, Waltman and van Eck, 2019), at a resolution or to a given number.

Rough divisions, quickly, by Louvain (Blondel et al., 2008).

Does not build the graph: see neighbours.py.
"""

import ctypes
import os

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist
from sknetwork.clustering import Leiden, Louvain

from lookalike.clustering.linkage import cut, weighted_linkage

__all__ = ["communities", "find_communities", "merge_to", "near_count", "rough_communities"]

SEARCH_STEPS = 14  # halvings of the logarithm of the resolution
WARD_COMMUNITIES = 4_096
LOWEST, HIGHEST = 1e-3, 1e6
C_LIBRARY = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)


def communities(graph: sparse.csr_matrix, resolution: float, *, seed: int) -> np.ndarray:
    """Divide a symmetric weighted graph (n, n) by modularity at a resolution: labels int (n,) from 0."""
    if not graph.nnz:
        return np.arange(graph.shape[0])
    # scikit-network's refinement draws from the C library's rand(), which its random_state does not seed.
    C_LIBRARY.srand(seed % 2**31)
    model = Leiden(resolution=resolution, tol_optimization=1e-4, tol_aggregation=1e-4)
    return model.fit_predict(graph)


def rough_communities(graph: sparse.csr_matrix, resolution: float, *, seed: int) -> np.ndarray:
    """Divide a graph (n, n) as `communities` does, in a third of the time and less well. The seed changes nothing."""
    if not graph.nnz:
        return np.arange(graph.shape[0])
    return Louvain(resolution=resolution, random_state=seed).fit_predict(graph)


def find_communities(graph: sparse.csr_matrix, rows: np.ndarray, n_clusters: int, *, seed: int) -> np.ndarray:
    """Divide a graph into exactly n_clusters communities: labels int (n,) from 0.

    The resolution is searched by bisection; where no resolution gives the number, the next finer division is merged
    by Ward linkage of the communities' mean rows (n, d).
    """
    finest = np.arange(graph.shape[0])
    low, high = LOWEST, HIGHEST
    middle = 1.0
    for _ in range(SEARCH_STEPS):
        labels = communities(graph, middle, seed=seed)
        count = labels.max() + 1
        if count == n_clusters:
            return labels
        if count > n_clusters:
            high, finest = middle, labels if count <= finest.max() + 1 else finest
        else:
            low = middle
        middle = _between(low, high)
    return merge_to(finest, rows, n_clusters)


def _between(low: float, high: float) -> float:
    # Resolutions of use lie within 0.1 and 100: the bracket opens by tens before it is halved.
    if low == LOWEST and high > 1e-2:
        return high / 10
    if high == HIGHEST and low < 1e4:
        return low * 10
    return float(np.sqrt(low * high))


def merge_to(labels: np.ndarray, rows: np.ndarray, n_clusters: int) -> np.ndarray:
    """Merge labels (n,) of rows (n, d) into n_clusters by Ward linkage of their means.

    Above 4,096 labels the smallest first go to the nearest mean of the others.
    """
    count = int(labels.max()) + 1
    if count <= n_clusters:
        return labels
    sizes = np.bincount(labels, minlength=count)
    means = _means(labels, rows, sizes)
    if count <= WARD_COMMUNITIES:
        return cut(weighted_linkage(cdist(means, means), sizes), n_clusters)[labels]
    order = np.argsort(-sizes, kind="stable")
    kept, small = order[: max(n_clusters, WARD_COMMUNITIES)], order[max(n_clusters, WARD_COMMUNITIES) :]
    target = np.empty(count, np.int64)
    target[kept] = np.arange(len(kept))
    for start in range(0, len(small), 1_024):
        part = small[start : start + 1_024]
        distances = (means[kept] ** 2).sum(axis=1) - 2 * means[part] @ means[kept].T
        target[part] = distances.argmin(axis=1)
    return merge_to(target[labels], rows, n_clusters)


def _means(labels: np.ndarray, rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    n = len(labels)
    member = sparse.csr_matrix((np.ones(n, np.float32), (labels, np.arange(n))), shape=(len(sizes), n))
    return (member @ np.asarray(rows, dtype=np.float32)) / np.maximum(sizes, 1)[:, None]


def near_count(graph: sparse.csr_matrix, counts: list[int], *, seed: int) -> list[np.ndarray]:
    """Divide a graph into about each of `counts` communities, not exactly: a list of labels int (n,).

    Resolutions are read off the profile (number of communities by resolution) that rises as they are tried.
    """
    profile = {}

    def divide(resolution: float) -> np.ndarray:
        labels = communities(graph, resolution, seed=seed)
        profile[resolution] = labels.max() + 1
        return labels

    for resolution in (0.3, 1.0, 3.0, 10.0, 30.0):
        divide(resolution)
        if profile[resolution] > max(counts):
            break
    found = []
    for count in counts:
        tried = sorted(profile)
        heights = np.log(np.maximum.accumulate([profile[r] for r in tried])) + 1e-6 * np.arange(len(tried))
        found.append(divide(float(np.exp(np.interp(np.log(count), heights, np.log(tried))))))
    return found
