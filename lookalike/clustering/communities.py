"""Communities of a graph by Leiden (Traag, Waltman and van Eck, 2019), at a resolution or to a given number.

Does not build the graph: see neighbours.py.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
from graspologic_native import leiden_csr
from scipy import sparse

from lookalike.clustering.linkage import cut, group_means, weighted_linkage
from lookalike.core.arrays import distances_between

__all__ = ["MANY_NODES", "Profile", "communities", "find_communities", "merge_to", "near_count"]

SEARCH_STEPS = 14  # resolutions tried for an exact number
WARD_COMMUNITIES = 4_096
LOWEST, HIGHEST = 1e-3, 1e6
FAR_STEP, NEAR_STEP = 10.0, 1.5  # by which the search goes on from where it begins, not knowing and knowing a profile
MERGED_SHARE = 0.02  # of the communities that may be too many
NARROWEST = 1.001  # a bracket of resolutions that is not divided further
USUAL, FINEST, COARSEST = (0.3, 1.0, 3.0, 10.0), 30.0, 0.1  # resolutions whose numbers of communities are looked at
MANY_NODES = 30_000  # of a graph, above which a division found on the way serves for a count, too
ABOUT = 0.1  # relative difference up to which it does; with fewer nodes one more division is worth its time

Profile = Mapping[float, int]  # the number of communities at each resolution that was tried


def communities(graph: sparse.csr_matrix, resolution: float, *, seed: int) -> np.ndarray:
    """Divide a symmetric weighted graph (n, n) by modularity at a resolution: labels int64 (n,) from 0.

    May be called by several threads at once.
    """
    n = graph.shape[0]
    if not graph.nnz:
        return np.arange(n)
    arrays = graph.indptr.astype(np.int64), graph.indices.astype(np.int32), graph.data.astype(np.float64)
    _, found = leiden_csr(*arrays, n, resolution=resolution, seed=seed)
    labels = np.empty(n, np.int64)
    labels[np.fromiter(found.keys(), np.int64, n)] = np.fromiter(found.values(), np.int64, n)
    return labels


def find_communities(
    divide: Callable[[float], np.ndarray], rows: np.ndarray, n_clusters: int, like: Profile | None = None
) -> tuple[np.ndarray, Profile]:
    """Divide a graph into exactly n_clusters communities: labels int (n,) from 0.

    divide: returns labels int (n,) from 0 at a resolution, which is searched between one that gives too few and one
    that gives too many, on logarithmic scales. A division that is finer by a fiftieth at most, or the next finer one
    where none is, is merged by Ward linkage of the communities' mean rows (n, d). like: the profile of a graph like
    this one, where the search begins; that of this one is returned as well.
    """
    finest, step = np.arange(len(rows)), NEAR_STEP if like else FAR_STEP
    low, high = (LOWEST, 1), (HIGHEST, len(finest))
    resolution = _resolution(like, n_clusters) if like else 1.0
    profile: dict[float, int] = {}
    for number in range(SEARCH_STEPS):
        labels = divide(resolution)
        count = profile[resolution] = int(labels.max()) + 1
        if count >= n_clusters:
            high, finest = (resolution, count), labels if count <= finest.max() + 1 else finest
        else:
            low = resolution, count
        if n_clusters <= count <= (1 + MERGED_SHARE) * n_clusters or high[0] < NARROWEST * low[0]:
            break
        resolution = _between(low, high, n_clusters, min(step ** (number + 1), FAR_STEP), halve=number % 3 == 2)
    return merge_to(finest, rows, n_clusters), profile


def _between(low: tuple[float, int], high: tuple[float, int], wanted: int, step: float, *, halve: bool) -> float:
    """Choose the next resolution between two, with their numbers of communities: in the middle, or by the numbers.

    Until both were tried, the bracket opens by a step.
    """
    if low[0] == LOWEST and high[0] > LOWEST * step:
        return high[0] / step
    if high[0] == HIGHEST and low[0] < HIGHEST / step:
        return low[0] * step
    share = 0.5 if halve else np.log(wanted / low[1]) / np.log(high[1] / low[1])
    return float(low[0] * (high[0] / low[0]) ** np.clip(share, 0.1, 0.9))


def merge_to(labels: np.ndarray, rows: np.ndarray, n_clusters: int) -> np.ndarray:
    """Merge labels (n,) of rows (n, d) into n_clusters by Ward linkage of their means.

    Above 4,096 labels the smallest first go to the nearest mean of the others.
    """
    count = int(labels.max()) + 1
    if count <= n_clusters:
        return labels
    means, sizes = group_means(labels, rows)
    if count <= WARD_COMMUNITIES:
        return cut(weighted_linkage(distances_between(means), sizes, n_clusters=n_clusters), count, n_clusters)[labels]
    order = np.argsort(-sizes, kind="stable")
    kept, small = order[: max(n_clusters, WARD_COMMUNITIES)], order[max(n_clusters, WARD_COMMUNITIES) :]
    target = np.empty(count, np.int64)
    target[kept] = np.arange(len(kept))
    for start in range(0, len(small), 1_024):
        part = small[start : start + 1_024]
        distances = (means[kept] ** 2).sum(axis=1) - 2 * means[part] @ means[kept].T
        target[part] = distances.argmin(axis=1)
    return merge_to(target[labels], rows, n_clusters)


def near_count(
    graph: sparse.csr_matrix,
    counts: list[int],
    *,
    seed: int,
    like: Profile | None = None,
    each: Callable[[Callable, Iterable], Iterable] = map,
) -> tuple[list[np.ndarray], Profile]:
    """Divide a graph into about each of `counts` communities, not exactly: a list of labels int (n,).

    Resolutions are read off the profile, which is returned as well. like: the profile of a graph like this one, which
    is read, too: then few are tried. each: `map`, or that of a pool, by which several resolutions are tried at once.
    """
    tries = _Tries(graph, seed, each)
    if like is None:
        tries.divide(*USUAL)
        finer = [FINEST] if max(tries.profile.values()) <= max(counts) else []
        tries.divide(*finer, *([COARSEST] if min(tries.profile.values()) > min(counts) else []))
    else:
        tries.divide(_resolution(like, counts[len(counts) // 2]))
    # One count after another: each division tells the profile better.
    return [tries.about(count, like) for count in counts], tries.profile


class _Tries:
    """The divisions of a graph at the resolutions that were tried, and their profile."""

    def __init__(self, graph: sparse.csr_matrix, seed: int, each: Callable) -> None:
        self._graph, self._seed, self._each = graph, seed, each
        self._divisions: dict[float, np.ndarray] = {}
        self.profile: dict[float, int] = {}

    def divide(self, *resolutions: float) -> None:
        new = [resolution for resolution in resolutions if resolution not in self._divisions]
        found = self._each(partial(communities, self._graph, seed=self._seed), new)
        for resolution, labels in zip(new, found, strict=True):
            self._divisions[resolution], self.profile[resolution] = labels, int(labels.max()) + 1

    def about(self, count: int, like: Profile | None) -> np.ndarray:
        at = _about(self.profile, count) if self._graph.shape[0] > MANY_NODES else None
        at = at or _resolution(self.profile, count, like)
        self.divide(at)
        return self._divisions[at]


def _about(profile: Profile, count: int) -> float | None:
    """Return the resolution of a profile that gives the nearest number to a count, None where none is near."""
    nearest = min(profile, key=lambda resolution: abs(profile[resolution] - count))
    return nearest if abs(profile[nearest] - count) <= ABOUT * count else None


def _resolution(profile: Profile, count: int, like: Profile | None = None) -> float:
    """Return where a profile comes to a count; `like` is moved onto the profile and read with it."""
    logarithms = {np.log(resolution): np.log(number) for resolution, number in profile.items()}
    if like:
        tried, heights = _rising({np.log(resolution): np.log(number) for resolution, number in like.items()})
        moved = np.mean([height - np.interp(at, tried, heights) for at, height in logarithms.items()])
        logarithms = dict(zip(tried, heights + moved, strict=True)) | logarithms
    tried, heights = _rising(logarithms)
    return float(np.exp(np.interp(np.log(count), heights, tried)))


def _rising(profile: Mapping[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the resolutions of a profile in rising order and their numbers, made to rise."""
    tried = sorted(profile)
    return np.array(tried), np.maximum.accumulate([profile[at] for at in tried]) + 1e-6 * np.arange(len(tried))
