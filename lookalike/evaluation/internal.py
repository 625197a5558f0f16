"""Scores of a grouping that need no labels: silhouette, Davies-Bouldin, Calinski-Harabasz, cohesion.

Noise (-1) is left out. Features are read block by block, so they may be a memory map larger than RAM.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from sklearn.metrics import pairwise_distances, silhouette_score

__all__ = ["SILHOUETTE_ROWS", "cluster_sums", "cohesion", "internal_scores"]

SILHOUETTE_ROWS = 5_000  # silhouette compares all pairs: above this it takes a random sample
BLOCK_BYTES = 64 * 2**20


def internal_scores(
    features: np.ndarray, pred: np.ndarray, *, silhouette_rows: int = SILHOUETTE_ROWS, seed: int
) -> tuple[dict[str, float | None], list[str]]:
    """Score the grouping pred, int (n,), of features (n, d) by Euclidean distances.

    Returns the scores and the approximations made. All are None unless there are at least two clusters, and fewer
    clusters than images.
    """
    codes, n_clusters = _codes(pred)
    n_rows = int((codes >= 0).sum())
    if not 2 <= n_clusters < n_rows:
        return dict.fromkeys(("silhouette", "davies_bouldin", "calinski_harabasz")), []
    davies_bouldin, calinski_harabasz = _dispersion_scores(features, codes, n_clusters)
    sampled, approximations = _silhouette(features, codes, silhouette_rows, seed)
    scores = {"silhouette": sampled, "davies_bouldin": davies_bouldin, "calinski_harabasz": calinski_harabasz}
    return scores, approximations


def cohesion(features: np.ndarray, pred: np.ndarray) -> dict[int, float | None]:
    """Return each cluster's mean cosine similarity over its pairs of images; None for a cluster of one.

    The mean over pairs is (|s|^2 - m) / (m (m - 1)) for the sum s of m vectors of length 1.
    """
    numbers, codes = np.unique(pred, return_inverse=True)
    sums, counts = cluster_sums(features, codes, len(numbers), unit=True)
    lengths = np.einsum("ij,ij->i", sums, sums)
    pairs = counts * (counts - 1)
    means = np.divide(lengths - counts, pairs, out=np.full(len(numbers), np.nan), where=pairs > 0)
    return {int(k): None if np.isnan(mean) else float(mean) for k, mean in zip(numbers, means, strict=True)}


def cluster_sums(
    features: np.ndarray, codes: np.ndarray, n_clusters: int, *, unit: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Sum rows by code, int (n,) from 0 with -1 left out: float64 (n_clusters, d), and counts int64 (n_clusters,).

    With `unit`, rows are first scaled to length 1; a row of zeros stays.
    """
    sums = np.zeros((n_clusters, features.shape[1]))
    for rows, block in _blocks(features):
        if unit:
            lengths = np.linalg.norm(block, axis=1, keepdims=True)
            block = block / np.where(lengths > 0, lengths, 1)
        sums += _indicator(codes[rows], n_clusters) @ block
    return sums, np.bincount(codes[codes >= 0], minlength=n_clusters)


def _silhouette(features: np.ndarray, codes: np.ndarray, n_rows: int, seed: int) -> tuple[float | None, list[str]]:
    """Mean silhouette (Rousseeuw, 1987) of all rows, or of a sample of n_rows."""
    rows = np.flatnonzero(codes >= 0)
    notes = []
    if len(rows) > n_rows:
        notes = [f"silhouette from {n_rows:,} of {len(rows):,} images"]
        rows = np.sort(np.random.default_rng(seed).choice(rows, n_rows, replace=False))
    if not 2 <= len(np.unique(codes[rows])) < len(rows):
        return None, notes
    sample = np.asarray(features[rows], np.float32)
    distances = pairwise_distances(sample - sample.mean(axis=0))
    np.fill_diagonal(distances, 0)
    return float(silhouette_score(distances, codes[rows], metric="precomputed")), notes


def _dispersion_scores(features: np.ndarray, codes: np.ndarray, n_clusters: int) -> tuple[float | None, float | None]:
    """Davies-Bouldin index (1979) and Calinski-Harabasz index (1974) in two passes; None where a divisor is zero."""
    sums, counts = cluster_sums(features, codes, n_clusters)
    means, total = sums / counts[:, None], counts.sum()
    squares, spreads = np.zeros(n_clusters), np.zeros(n_clusters)
    for rows, block in _blocks(features):
        kept = codes[rows] >= 0
        own = codes[rows][kept]
        square = ((block[kept] - means[own]) ** 2).sum(axis=1)
        squares += np.bincount(own, square, n_clusters)
        spreads += np.bincount(own, np.sqrt(square), n_clusters)
    between = (counts * ((means - sums.sum(axis=0) / total) ** 2).sum(axis=1)).sum()
    within = squares.sum()
    apart = pairwise_distances(means)
    spread = spreads / counts
    np.fill_diagonal(apart, np.inf)
    ratio = None if not apart.all() else float(((spread[:, None] + spread) / apart).max(axis=1).mean())
    variance = float(between / (n_clusters - 1) / (within / (total - n_clusters))) if within else None
    return ratio, variance


def _codes(pred: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the clusters from 0 without gaps, noise -1, and count them."""
    numbers, codes = np.unique(pred, return_inverse=True)
    noise = int((numbers < 0).sum())
    return np.maximum(codes - noise, -1), len(numbers) - noise


def _blocks(features: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    rows = max(1, BLOCK_BYTES // (8 * features.shape[1]))
    for start in range(0, len(features), rows):
        yield slice(start, start + rows), np.asarray(features[start : start + rows], np.float64)


def _indicator(codes: np.ndarray, n_clusters: int) -> sparse.csr_array:
    rows = np.flatnonzero(codes >= 0)
    return sparse.csr_array((np.ones(len(rows)), (codes[rows], rows)), shape=(n_clusters, len(codes)))
