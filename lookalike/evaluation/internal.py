"""Scores of a grouping that need no labels: silhouette, Davies-Bouldin, Calinski-Harabasz, cohesion.

Noise (-1) is left out. Features are read block by block, so they may be a memory map larger than RAM.
"""

import numpy as np
from sklearn.metrics import pairwise_distances, silhouette_score

from lookalike.core.arrays import map_blocks, sum_by_label, unit_rows

__all__ = ["cohesion", "group_sums", "internal_scores"]

BLOCK_BYTES = 64 * 2**20  # of float64, read at once
NAMES = ("silhouette", "davies_bouldin", "calinski_harabasz")


def internal_scores(
    features: np.ndarray, pred: np.ndarray, *, silhouette_rows: int = 5_000, seed: int
) -> tuple[dict[str, float | None], list[str]]:
    """Score the grouping pred, int (n,), of features (n, d) by Euclidean distances.

    Returns the scores and the approximations made: the silhouette compares all pairs, so above silhouette_rows it is
    taken of a random sample. All are None unless there are at least two groups, and fewer
    groups than images.
    """
    codes, n_groups = _codes(pred)
    n_rows = int((codes >= 0).sum())
    if not 2 <= n_groups < n_rows:
        return dict.fromkeys(NAMES), []
    sampled, approximations = _silhouette(features, codes, silhouette_rows, seed)
    scores = (sampled, *_dispersion_scores(features, codes, n_groups))
    return dict(zip(NAMES, scores, strict=True)), approximations


def cohesion(features: np.ndarray, pred: np.ndarray) -> dict[int, float | None]:
    """Return each group's mean cosine similarity over its pairs of images; None for a group of one.

    The mean over pairs is (|s|^2 - m) / (m (m - 1)) for the sum s of m vectors of length 1.
    """
    numbers, codes = np.unique(pred, return_inverse=True)
    sums, counts = group_sums(features, codes, len(numbers), unit=True)
    lengths = np.einsum("ij,ij->i", sums, sums)
    pairs = counts * (counts - 1)
    means = np.divide(lengths - counts, pairs, out=np.full(len(numbers), np.nan), where=pairs > 0)
    return {int(k): None if np.isnan(mean) else float(mean) for k, mean in zip(numbers, means, strict=True)}


def group_sums(
    features: np.ndarray, codes: np.ndarray, n_groups: int, *, unit: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Sum rows by code, int (n,) from 0 with -1 left out: float64 (n_groups, d), and counts int64 (n_groups,).

    With `unit`, rows are first scaled to length 1; a row of zeros stays.
    """

    def step(block: np.ndarray, start: int) -> np.ndarray:
        own = codes[start : start + len(block)]
        block = block[own >= 0].astype(np.float64)
        return sum_by_label(unit_rows(block) if unit else block, own[own >= 0], n_groups)[0]

    sums = np.zeros((n_groups, features.shape[1]))
    for part in map_blocks(step, features, size=_block_rows(features)):
        sums += part
    return sums, np.bincount(codes[codes >= 0], minlength=n_groups)


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


def _dispersion_scores(features: np.ndarray, codes: np.ndarray, n_groups: int) -> tuple[float | None, float | None]:
    """Davies-Bouldin index (1979) and Calinski-Harabasz index (1974) in two passes; None where a divisor is zero."""
    sums, counts = group_sums(features, codes, n_groups)
    means, total = sums / counts[:, None], counts.sum()
    spreads, within = _spreads(features, codes, means)
    between = (counts * ((means - sums.sum(axis=0) / total) ** 2).sum(axis=1)).sum()
    apart = pairwise_distances(means)
    spread = spreads / counts
    np.fill_diagonal(apart, np.inf)
    ratio = None if not apart.all() else float(((spread[:, None] + spread) / apart).max(axis=1).mean())
    variance = float(between / (n_groups - 1) / (within / (total - n_groups))) if within else None
    return ratio, variance


def _spreads(features: np.ndarray, codes: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, float]:
    """Sum the distances of each group's rows to its mean, float64 (n_groups,), and all their squares."""

    def step(block: np.ndarray, start: int) -> tuple[np.ndarray, float]:
        own = codes[start : start + len(block)]
        square = ((block[own >= 0].astype(np.float64) - means[own[own >= 0]]) ** 2).sum(axis=1)
        return np.bincount(own[own >= 0], np.sqrt(square), len(means)), float(square.sum())

    spreads, squares = np.zeros(len(means)), 0.0
    for part, square in map_blocks(step, features, size=_block_rows(features)):
        spreads += part
        squares += square
    return spreads, squares


def _codes(pred: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the groups from 0 without gaps, noise -1, and count them."""
    numbers, codes = np.unique(pred, return_inverse=True)
    noise = int((numbers < 0).sum())
    return np.maximum(codes - noise, -1), len(numbers) - noise


def _block_rows(features: np.ndarray) -> int:
    return max(1, BLOCK_BYTES // (8 * features.shape[1]))
