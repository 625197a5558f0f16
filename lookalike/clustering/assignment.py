"""The map-reduce step that the SOM and k-means share: give rows their nearest prototype, sum rows by prototype.

Rows are read block by block, so features may be a memory map larger than RAM, and workers may share the blocks.
"""

from functools import partial

import numpy as np

from lookalike.core.arrays import map_rows, sum_by_label

__all__ = ["assign", "distances_to_own", "nearest", "nearest_of_all"]

CACHED_SCORES = 2**18  # similarities held at once by a task: 1 MiB, a core's second-level cache


def nearest(block: np.ndarray, prototypes: np.ndarray, *, second: bool = False) -> np.ndarray:
    """Find each row's nearest prototype: int64 (n,), or (n, 2) with the second nearest.

    Uses argmin |x - w|^2 = argmax x.w - |w|^2 / 2: one matrix product a chunk that fits the cache.
    """
    halves = 0.5 * np.einsum("ij,ij->i", prototypes, prototypes)
    chunk = max(64, CACHED_SCORES // len(prototypes))
    buffer = np.empty((min(chunk, len(block)), len(prototypes)), np.float32)  # one for all: fresh memory is slow
    found = np.empty((len(block), 2) if second else len(block), np.int64)
    for start in range(0, len(block), chunk):
        rows = block[start : start + chunk]
        scores = np.matmul(rows, prototypes.T, out=buffer[: len(rows)])
        scores -= halves
        best = scores.argmax(axis=1)
        if second:
            scores[np.arange(len(best)), best] = -np.inf
            best = np.stack([best, scores.argmax(axis=1)], axis=1)
        found[start : start + chunk] = best
    return found


def nearest_of_all(features: np.ndarray, prototypes: np.ndarray, *, second: bool = False) -> np.ndarray:
    """Find the nearest prototype of every row as `nearest` does, a block of rows at a time."""
    return np.concatenate(list(map_rows(partial(_nearest, prototypes, second), features)))


def assign(features: np.ndarray, prototypes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Assign every row: labels int64 (n,), sums float64 (k, d) and counts int64 (k,) of the rows by label."""
    labels = []
    sums, counts = np.zeros(prototypes.shape), np.zeros(len(prototypes), np.int64)
    for block_labels, block_sums, block_counts in map_rows(partial(_assign, prototypes), features):
        labels.append(block_labels)
        sums += block_sums
        counts += block_counts
    return np.concatenate(labels), sums, counts


def distances_to_own(features: np.ndarray, prototypes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return each row's Euclidean distance to the prototype of its label, float32 (n,)."""
    return np.concatenate(list(map_rows(partial(_distances, prototypes), features, labels)))


def _nearest(prototypes: np.ndarray, second: bool, block: np.ndarray, start: int) -> np.ndarray:
    return nearest(block, prototypes, second=second)


def _assign(prototypes: np.ndarray, block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = nearest(block, prototypes)
    return labels, *sum_by_label(block, labels, len(prototypes))


def _distances(prototypes: np.ndarray, block: np.ndarray, start: int, own: np.ndarray) -> np.ndarray:
    block = block - prototypes[own]
    return np.sqrt(np.einsum("ij,ij->i", block, block))
