"""Agglomerative linkage of points that stand for several rows each: Ward and average, in SciPy's linkage format.

SciPy's own linkage has no weights; with weights of one the result is SciPy's.
"""

import numpy as np
from scipy import sparse

__all__ = ["cut", "group_means", "weighted_linkage"]


def group_means(labels: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each group's rows, float32 (k, d), and the groups' sizes int (k,)."""
    n, sizes = len(labels), np.bincount(labels)
    member = sparse.csr_matrix((np.ones(n, np.float32), (labels, np.arange(n))), shape=(len(sizes), n))
    return (member @ np.asarray(rows, np.float32)) / np.maximum(sizes, 1)[:, None], sizes


def weighted_linkage(distances: np.ndarray, weights: np.ndarray, method: str = "ward") -> np.ndarray:
    """Link points of given distances (m, m) and weights (m,) by "ward" or "average" linkage: float64 (m - 1, 4).

    Nearest-neighbour chain with the Lance-Williams update (F. Murtagh, 1983), O(m^2). Ward heights are
    sqrt(2 ab / (a + b)) |x - y| of the merged weights a, b, which is SciPy's height where all weights are one.
    """
    sizes = np.asarray(weights, dtype=np.float64).copy()
    distances = np.array(distances, dtype=np.float64)
    if method == "ward":
        distances **= 2
        distances *= 2 * sizes[:, None] * sizes / (sizes[:, None] + sizes)
    np.fill_diagonal(distances, np.inf)
    merges, chain, heights = [], [], np.zeros(len(sizes))
    alive = np.ones(len(sizes), bool)
    while len(merges) < len(sizes) - 1:
        chain = chain or [int(alive.argmax())]
        a, b = _reciprocal_pair(distances, chain)
        heights[b] = max(heights[a], heights[b], distances[a, b])  # rounding must not put a parent below its child
        merges.append((a, b, heights[b]))
        row = _lance_williams(distances, sizes, a, b, method)
        distances[a], distances[:, a] = np.inf, np.inf
        distances[b], distances[:, b] = row, row
        sizes[b] += sizes[a]
        alive[a] = False
    return _in_scipy_format(merges, len(sizes), squared=method == "ward")


def cut(linkage: np.ndarray, n_clusters: int) -> np.ndarray:
    """Cut a monotone linkage into exactly n_clusters: labels int64 (m,). Unlike SciPy's "maxclust", ties are split."""
    n = len(linkage) + 1
    owner = np.arange(2 * n - 1)
    for i, (a, b) in enumerate(linkage[: n - n_clusters, :2].astype(int)):
        owner[[a, b]] = n + i
    for node in range(2 * n - 2, -1, -1):
        owner[node] = owner[owner[node]]
    return np.unique(owner[:n], return_inverse=True)[1]


def _reciprocal_pair(distances: np.ndarray, chain: list[int]) -> tuple[int, int]:
    # Walks to nearest neighbours until two are each other's nearest, and takes both off the chain.
    while True:
        last = chain[-1]
        nearest = int(distances[last].argmin())
        if len(chain) > 1 and distances[last, chain[-2]] <= distances[last, nearest]:
            b, a = chain.pop(), chain.pop()
            return min(a, b), max(a, b)
        chain.append(nearest)


def _lance_williams(distances: np.ndarray, sizes: np.ndarray, a: int, b: int, method: str) -> np.ndarray:
    na, nb = sizes[a], sizes[b]
    if method == "average":
        row = (na * distances[a] + nb * distances[b]) / (na + nb)
    else:
        total = na + nb + sizes
        row = ((na + sizes) * distances[a] + (nb + sizes) * distances[b] - sizes * distances[a, b]) / total
    row[[a, b]] = np.inf
    row[np.isinf(distances[b])] = np.inf
    return row


def _in_scipy_format(merges: list, n_points: int, *, squared: bool) -> np.ndarray:
    # Sorted by height, clusters named n, n + 1, ... as they arise; the last column counts points, as SciPy expects.
    merges = sorted(merges, key=lambda merge: merge[2])
    name, counts = np.arange(n_points), np.ones(n_points, np.int64)
    linkage = np.empty((len(merges), 4))
    for i, (a, b, height) in enumerate(merges):
        counts[b] += counts[a]
        linkage[i] = *sorted((name[a], name[b])), np.sqrt(height) if squared else height, counts[b]
        name[b] = n_points + i
    return linkage
