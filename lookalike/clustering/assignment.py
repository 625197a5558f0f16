"""The map-reduce step that the SOM and k-means share: give rows their nearest prototype, sum rows by prototype.

Rows are read block by block, so features may be a memory map larger than RAM. A block's result does not depend on the
number of threads, and blocks are reduced in order: the same input gives the same bits.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from joblib import cpu_count
from scipy import sparse
from threadpoolctl import ThreadpoolController

__all__ = ["assign", "distances_to_own", "map_blocks", "mean_by_label", "nearest", "one_blas_thread", "sum_by_label"]

BLOCK_ROWS = 16_384  # rows of one map task
CACHED_SCORES = 2**18  # similarities held at once by a task: 1 MiB, a core's second-level cache


def map_blocks(step: Callable, features: np.ndarray, *, rows: int = BLOCK_ROWS) -> Iterator:
    """Yield step(block, start) of each block of rows as float32, in order, computed by one thread a core."""

    def task(start: int):
        return step(np.asarray(features[start : start + rows], dtype=np.float32), start)

    starts = range(0, len(features), rows)
    with one_blas_thread(), ThreadPoolExecutor(cpu_count()) as pool:
        yield from pool.map(task, starts)


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


def sum_by_label(block: np.ndarray, labels: np.ndarray, n_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum the rows of each label: sums (n_labels, d) float32 and counts (n_labels,) int64."""
    n = len(block)
    indicator = sparse.csc_matrix((np.ones(n, block.dtype), labels, np.arange(n + 1)), shape=(n_labels, n))
    return indicator @ block, np.bincount(labels, minlength=n_labels)


def assign(features: np.ndarray, prototypes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Assign every row: labels int64 (n,), sums float64 (k, d) and counts int64 (k,) of the rows by label."""

    def step(block: np.ndarray, start: int):
        labels = nearest(block, prototypes)
        return labels, *sum_by_label(block, labels, len(prototypes))

    labels = []
    sums, counts = np.zeros(prototypes.shape), np.zeros(len(prototypes), np.int64)
    for block_labels, block_sums, block_counts in map_blocks(step, features):
        labels.append(block_labels)
        sums += block_sums
        counts += block_counts
    return np.concatenate(labels), sums, counts


def mean_by_label(features: np.ndarray, labels: np.ndarray, n_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Average the rows of each label: means float32 (k, d), zero where none, and counts int64 (k,); -1 is left out."""

    def step(block: np.ndarray, start: int):
        own = labels[start : start + len(block)]
        return sum_by_label(block[own >= 0], own[own >= 0], n_labels)

    sums, counts = np.zeros((n_labels, features.shape[1])), np.zeros(n_labels, np.int64)
    for block_sums, block_counts in map_blocks(step, features):
        sums += block_sums
        counts += block_counts
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32), counts


def distances_to_own(features: np.ndarray, prototypes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return each row's Euclidean distance to the prototype of its label, float32 (n,)."""

    def step(block: np.ndarray, start: int) -> np.ndarray:
        block = block - prototypes[labels[start : start + len(block)]]
        return np.sqrt(np.einsum("ij,ij->i", block, block))

    return np.concatenate(list(map_blocks(step, features)))


def one_blas_thread() -> AbstractContextManager:
    """Keep matrix products on the calling thread: where threads wait for each other, small ones take far longer."""
    return _blas().limit(limits=1, user_api="blas")


@cache
def _blas() -> ThreadpoolController:
    # Finding the loaded BLAS libraries takes milliseconds: once is enough.
    return ThreadpoolController()
