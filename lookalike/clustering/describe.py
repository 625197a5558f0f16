"""What is said of each row once it has a cluster: distances to its own and the next cluster, confidence, exemplars.

Works from labels alone, so every method is described alike.
"""

from itertools import pairwise

import numpy as np
from scipy.spatial.distance import cdist

from lookalike.clustering.assignment import distances_to_own, nearest_of_all
from lookalike.clustering.space import Space
from lookalike.core.arrays import mean_by_label

__all__ = ["describe", "describe_rows", "distances", "medoids"]

AXES = 128
EXACT_MEMBERS = 1_000  # of a larger cluster, the medoid is sought among the rows nearest its mean, against a sample


def describe(space: Space, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Describe each row of a space, scaled to length 1 and on 128 principal axes; see `describe_rows`."""
    return describe_rows(space.rows("l2", AXES), labels, seed=space.seed)


def describe_rows(rows: np.ndarray, labels: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Describe each of the rows (n, d) under labels (n,) 0..k-1, -1 for noise: columns of length n.

    confidence 0..1: 1 - distance / distance_to_next, the simplified silhouette (Vendramin, 2010), 0 for
    noise and for rows nearer to another cluster, 1 where there is no other cluster. distance and distance_to_next:
    Euclidean, to the mean of the own and of the nearest other cluster, NaN where there is none. is_exemplar: bool,
    the medoid of each cluster.
    """
    own, following = distances(rows, labels)
    with np.errstate(divide="ignore", invalid="ignore"):
        confidence = np.clip(1 - own / following, 0, 1)
    confidence[labels >= 0] = np.nan_to_num(confidence[labels >= 0], nan=1.0)
    confidence[labels < 0] = 0
    exemplar = np.zeros(len(labels), bool)
    exemplar[medoids(rows, labels, seed=seed)] = True
    return {"confidence": confidence, "distance": own, "distance_to_next": following, "is_exemplar": exemplar}


def distances(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of rows to the mean of their own and of the nearest other cluster, float32 (n,) each."""
    own, following = np.full(len(labels), np.nan, np.float32), np.full(len(labels), np.nan, np.float32)
    n_clusters = labels.max(initial=-1) + 1
    if n_clusters == 0:
        return own, following
    means, _ = mean_by_label(features, labels, n_clusters)
    inside = np.flatnonzero(labels >= 0)
    own[inside] = distances_to_own(features, means, labels)[inside]
    if n_clusters == 1:
        following[labels < 0] = distances_to_own(features, means, np.zeros_like(labels))[labels < 0]
        return own, following
    two = nearest_of_all(features, means, second=True)
    return own, distances_to_own(features, means, np.where(two[:, 0] == labels, two[:, 1], two[:, 0]))


def medoids(features: np.ndarray, labels: np.ndarray, *, seed: int) -> np.ndarray:
    """Find the row of each cluster whose distances to the others sum least: row numbers int64 (k,).

    Exact up to a thousand rows a cluster; above, of the thousand nearest the mean, by a sample of a thousand.
    """
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
    rng = np.random.default_rng(seed)
    members = (order[start:end] for start, end in pairwise(first))
    return np.array([medoid(features, rows, rng) for rows in members if len(rows)], dtype=np.int64)


def medoid(features: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> int:
    """Find the medoid of the given rows of features; see `medoids`."""
    candidates = sample = rows
    if len(rows) > EXACT_MEMBERS:
        seen = rows[np.sort(rng.choice(len(rows), min(len(rows), 20 * EXACT_MEMBERS), replace=False))]
        gaps = np.linalg.norm(features[seen] - features[seen].mean(axis=0), axis=1)
        candidates = seen[np.argsort(gaps, kind="stable")[:EXACT_MEMBERS]]
        sample = seen[rng.choice(len(seen), EXACT_MEMBERS, replace=False)]
    sums = cdist(features[candidates], features[sample]).sum(axis=1)
    return int(candidates[sums.argmin()])
