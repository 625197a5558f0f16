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


def weighted_linkage(
    distances: np.ndarray, weights: np.ndarray, method: str = "ward", *, n_clusters: int = 1
) -> np.ndarray:
    """Link points of given distances (m, m) and weights (m,) until n_clusters are left: float64 (m - n_clusters, 4).

    method: "ward" or "average". The nearest pair is merged each time, found by lower bounds of what is nearest to each
    point (D. Müllner, 2011), with the Lance-Williams update: about O(m) a merge. Ward heights are sqrt(2 ab / (a + b))
    |x - y| of the merged weights a, b, which is SciPy's height where all weights are one.
    """
    sizes = np.asarray(weights, dtype=np.float64).copy()
    distances = np.array(distances, dtype=np.float64)
    if method == "ward":
        distances **= 2
        distances /= sizes[:, None] + sizes
        distances *= 2 * sizes[:, None]
        distances *= sizes
    np.fill_diagonal(distances, np.inf)
    nearest = _Nearest(distances)
    merges, height = [], 0.0
    while len(merges) < len(sizes) - n_clusters:
        a, b = nearest.pair()
        height = max(height, distances[a, b])  # rounding must not put a parent below its child
        merges.append((a, b, height))
        row = _lance_williams(distances, sizes, a, b, method)
        distances[a], distances[:, a] = np.inf, np.inf
        distances[b], distances[:, b] = row, row
        sizes[b] += sizes[a]
        nearest.merged(a, b)
    return _in_scipy_format(merges, len(sizes), squared=method == "ward")


def cut(linkage: np.ndarray, n: int, n_clusters: int) -> np.ndarray:
    """Cut a monotone linkage of n points, which leaves n_clusters at most, into exactly these: labels int64 (n,).

    Unlike SciPy's "maxclust", ties are split.
    """
    owner = np.arange(2 * n - 1)
    for i, (a, b) in enumerate(linkage[: n - n_clusters, :2].astype(int)):
        owner[[a, b]] = n + i
    for node in range(2 * n - 2, -1, -1):
        owner[node] = owner[owner[node]]
    return np.unique(owner[:n], return_inverse=True)[1]


class _Nearest:
    """The nearest other point of each, of distances (m, m) that change as points are merged.

    A merged point is no nearer to any other than the nearer of the two it is made of, so that the distances known
    before are lower bounds: they are measured anew only when one is the lowest of all.
    """

    def __init__(self, distances: np.ndarray) -> None:
        self._distances = distances
        self._other = distances.argmin(axis=1)
        self._bound = distances.min(axis=1)
        self._is_exact = np.ones(len(distances), bool)

    def pair(self) -> tuple[int, int]:
        """Return two points that no other two are nearer than."""
        while True:
            one = int(self._bound.argmin())
            if self._is_exact[one]:
                return one, int(self._other[one])
            self._measure(one)

    def merged(self, gone: int, kept: int) -> None:
        """Take in that a point was merged into another, whose distances are new."""
        self._is_exact &= (self._other != gone) & (self._other != kept)
        self._bound[gone], self._is_exact[gone] = np.inf, True
        self._measure(kept)

    def _measure(self, one: int) -> None:
        row = self._distances[one]
        self._other[one] = row.argmin()
        self._bound[one], self._is_exact[one] = row[self._other[one]], True


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
    # In order of height, as they come; clusters are named n, n + 1, ... and the last column counts points.
    name, counts = np.arange(n_points), np.ones(n_points, np.int64)
    linkage = np.empty((len(merges), 4))
    for i, (a, b, height) in enumerate(merges):
        counts[b] += counts[a]
        linkage[i] = *sorted((name[a], name[b])), np.sqrt(height) if squared else height, counts[b]
        name[b] = n_points + i
    return linkage
