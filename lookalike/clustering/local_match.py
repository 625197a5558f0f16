"""Groups of photos that show the same thing from the same side: local features that agree in geometry.

SIFT keypoints, Lowe's ratio test, RANSAC for one affine map between two photos. Large sets compare only photos whose
feature vectors are near each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lookalike.catalog import images
from lookalike.clustering.methods.local_match import Options
from lookalike.core.arrays import unit_rows
from lookalike.core.cores import cpu_count
from lookalike.core.progress import progress

if TYPE_CHECKING:
    from lookalike.clustering.space import Space

__all__ = [
    "candidates",
    "count_matches",
    "features_in",
    "greedy_groups",
    "in_threads",
    "inliers",
    "keypoints",
    "matching_pairs",
    "shared_keypoints",
]

SIDE = 400  # pixels of the longer side in which keypoints are found
KEYPOINTS = 500
RATIO = 0.8  # of Lowe (2004)
ITEMS_AT_ONCE = 200
AXES = 128  # principal axes in which photos are near each other
COUNTED = 200  # nearest photos that a query is compared with, at least

Keypoints = tuple[np.ndarray, np.ndarray]


def keypoints(photos: Sequence[Path]) -> list[Keypoints]:
    """Return the local features of each photo."""
    return in_threads("find keypoints", features_in, photos)


def matching_pairs(
    found: Sequence[Keypoints] | Mapping[int, Keypoints], pairs: Sequence[tuple[int, int]], options: Options
) -> list[tuple[int, int]]:
    """Return the pairs of photos, by their place in `found`, that share more than min_inliers features."""

    def matches(pair: tuple[int, int]) -> bool:
        shared = inliers(found[pair[0]], found[pair[1]], residual=options.residual, trials=options.trials)
        return shared > options.min_inliers

    return [pair for pair, same in zip(pairs, in_threads("compare pairs", matches, pairs), strict=True) if same]


def count_matches(space: Space, options: Options, *, queries: int) -> np.ndarray:
    """Count the photos that match each of a random set of queries, the query included: int64 (queries,).

    A query is compared with the COUNTED photos of the nearest feature vectors: counts end there.
    """
    rows, photos = space.rows("l2", AXES), space.photos
    asked = np.random.default_rng(space.seed).permutation(len(photos))[:queries]
    near = neighbours_of(rows, rows[asked], max(COUNTED, options.shortlist))
    pairs = [(i, j) for i, row in zip(asked.tolist(), near.tolist(), strict=True) for j in row if i != j]
    used = sorted({row for pair in pairs for row in pair})
    found = dict(zip(used, keypoints([photos[row] for row in used]), strict=True))
    hits = np.array([query for query, _ in matching_pairs(found, pairs, options)], dtype=np.int64)
    return 1 + np.bincount(hits, minlength=len(photos))[asked]


def candidates(space: Space, limit: int, shortlist: int) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the pairs of rows (i < j) to compare, above the limit only those of near feature vectors, and a note."""
    n = len(space)
    if n <= limit:
        return list(combinations(range(n), 2)), []
    rows = space.rows("l2", AXES)
    near = neighbours_of(rows, rows, shortlist + 1)
    pairs = {(min(i, j), max(i, j)) for i, row in enumerate(near.tolist()) for j in row if i != j}
    return sorted(pairs), [f"compared with the {shortlist} nearest photos: {n:,} photos are above {limit:,}"]


def neighbours_of(features: np.ndarray, queries: np.ndarray, n: int) -> np.ndarray:
    """Return the rows of features nearest to each query, int64 (queries, min(n, rows))."""
    from sklearn.neighbors import NearestNeighbors  # late: a search needs none, and starts sooner

    model = NearestNeighbors(n_neighbors=min(n, len(features)), algorithm="brute").fit(features)
    return model.kneighbors(queries, return_distance=False)


def features_in(photo: Path | bytes) -> Keypoints:
    """Find SIFT keypoints (Lowe, 2004) of a photo, a file or its bytes: float32 (m, 2) and descriptors uint8 (m, 128).

    Positions are in pixels of the photo at a longer side of 400. An unreadable photo has none.
    """
    none = np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8)
    try:
        rgb = images.decode(photo, target=SIDE) if isinstance(photo, bytes) else images.read(photo, target=SIDE)
    except images.ImageError:
        return none
    shrink = SIDE / max(rgb.shape[:2])
    if shrink < 1:
        rgb = cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    points, descriptors = cv2.SIFT_create(nfeatures=KEYPOINTS).detectAndCompute(grey, None)
    return (cv2.KeyPoint.convert(points), descriptors.astype(np.uint8)) if points else none


def inliers(one: Keypoints, two: Keypoints, *, residual: float, trials: int) -> int:
    """Count the local features that two photos share: see `shared_keypoints`."""
    return len(shared_keypoints(one, two, residual=residual, trials=trials))


def shared_keypoints(one: Keypoints, two: Keypoints, *, residual: float, trials: int) -> np.ndarray:
    """Return the pairs of keypoints, int64 (m, 2), that match and that one affine map explains to `residual` pixels.

    Matches are each other's nearest descriptor and clearly nearer than the second nearest; the map is found by RANSAC
    (Fischler and Bolles, 1981).
    """
    none = np.empty((0, 2), np.int64)
    if len(one[0]) < 3 or len(two[0]) < 3:
        return none
    similarity = unit_rows(one[1].astype(np.float32)) @ unit_rows(two[1].astype(np.float32)).T
    rows, best = np.arange(len(similarity)), similarity.argmax(axis=1)
    mutual = similarity.argmax(axis=0)[best] == rows
    first = similarity[rows, best]
    similarity[rows, best] = -1
    second = similarity.max(axis=1)
    # Unit vectors: squared distance is 2 - 2 similarity.
    clear = np.flatnonzero(mutual & (1 - first < RATIO**2 * (1 - second)))
    if len(clear) < 3:
        return none
    _, mask = cv2.estimateAffine2D(
        one[0][clear], two[0][best[clear]], method=cv2.RANSAC, ransacReprojThreshold=residual, maxIters=trials
    )
    kept = clear[mask.ravel().astype(bool)] if mask is not None else clear[:0]
    return np.stack([kept, best[kept]], axis=1)


def greedy_groups(pairs: Sequence[tuple[int, int]], n: int) -> np.ndarray:
    """Group n photos by matching pairs: each photo in turn takes its free matches. Labels int32 (n,), -1 if alone."""
    partners = {}
    for i, j in pairs:
        partners.setdefault(i, []).append(j)
        partners.setdefault(j, []).append(i)
    labels = np.full(n, -1, np.int32)
    number = 0
    for photo in range(n):
        free = [other for other in partners.get(photo, ()) if labels[other] < 0]
        if labels[photo] < 0 and free:
            labels[[photo, *free]] = number
            number += 1
    return labels


def in_threads(label: str, function: Callable, items: Sequence) -> list:
    """Return function(item) of each item in order, by one thread a core (OpenCV and NumPy release the lock)."""
    results = []
    with ThreadPoolExecutor(cpu_count()) as pool, progress(label, len(items), "items") as advance:
        for start in range(0, len(items), ITEMS_AT_ONCE):
            results += pool.map(function, items[start : start + ITEMS_AT_ONCE])
            advance(min(ITEMS_AT_ONCE, len(items) - start))
    return results
