"""Arithmetic on tables of rows that may be larger than memory: unit rows, blocks of rows, sums and means by label.

Rows are read block by block, so they may be a memory map. A block's result does not depend on the number of threads,
and blocks are reduced in order: the same input gives the same bits.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController

from lookalike.core.cores import cpu_count

__all__ = [
    "BLOCK_ROWS",
    "distances_between",
    "map_blocks",
    "map_rows",
    "mean_by_label",
    "one_blas_thread",
    "rows_times",
    "sum_by_label",
    "unit_rows",
]

BLOCK_ROWS = 16_384  # rows of one map task
PRODUCT_ROWS = 64  # that `rows_times` multiplies at once


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Scale each of the rows (n, d) to Euclidean length 1, in their own dtype; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def distances_between(rows: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of all pairs of few rows (n, d): float64 (n, n), zeros on the diagonal.

    By a matrix product, many times as fast as pair by pair; rounding is 1e-8 of the rows' lengths.
    """
    rows = np.asarray(rows, np.float64)
    squares = np.einsum("nd,nd->n", rows, rows)
    squared, products = squares[:, None] + squares, rows @ rows.T
    products *= 2  # in place: large tables cost as much to allocate as to compute
    squared -= products
    np.fill_diagonal(squared, 0)
    np.maximum(squared, 0, out=squared)
    return np.sqrt(squared, out=squared)


def rows_times(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return rows (n, d) times a matrix (d, p), float32: a row gives the same bits whatever rows it is among.

    BLAS computes other numbers of rows in other orders, so blocks of one size are multiplied, the last one filled up.
    """
    matrix, n = np.ascontiguousarray(matrix, np.float32), len(rows)
    block, out = np.zeros((PRODUCT_ROWS, len(matrix)), np.float32), np.empty((n, matrix.shape[1]), np.float32)
    with one_blas_thread():
        for start in range(0, n, PRODUCT_ROWS):
            part = rows[start : start + PRODUCT_ROWS]
            block[: len(part)] = part
            out[start : start + len(part)] = (block @ matrix)[: len(part)]
    return out


def map_blocks(step: Callable, rows: np.ndarray, *, size: int = BLOCK_ROWS, most: int = sys.maxsize) -> Iterator:
    """Yield step(block, start) of each block of `size` rows as float32, in order, computed by one thread a core.

    most: threads at most, of which each holds a block.
    """

    def task(start: int):
        return step(np.asarray(rows[start : start + size], dtype=np.float32), start)

    with one_blas_thread(), ThreadPoolExecutor(min(cpu_count(), most)) as pool:
        yield from pool.map(task, range(0, len(rows), size))


def map_rows(
    step: Callable, rows: np.ndarray, *beside: np.ndarray, size: int = BLOCK_ROWS, most: int = sys.maxsize
) -> Iterator:
    """Yield step(block, start, *parts) of each block as `map_blocks` does, shared by a crew where the rows have one.

    step: pure, and can be pickled. beside: arrays (n, ...), of which it is given the part of each block.
    """
    crew = getattr(rows, "crew", None)
    if crew is not None:
        return crew.map(step, rows, beside, size)

    def here(block: np.ndarray, start: int):
        return step(block, start, *(each[start : start + len(block)] for each in beside))

    return map_blocks(here, rows, size=size, most=most)


def sum_by_label(block: np.ndarray, labels: np.ndarray, n_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum the rows of each label: sums (n_labels, d) in the block's dtype and counts (n_labels,) int64."""
    n = len(block)
    from scipy import sparse  # late: a search needs none, and starts sooner

    indicator = sparse.csc_matrix((np.ones(n, block.dtype), labels, np.arange(n + 1)), shape=(n_labels, n))
    return indicator @ block, np.bincount(labels, minlength=n_labels)


def mean_by_label(rows: np.ndarray, labels: np.ndarray, n_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Average the rows of each label: means float32 (k, d), zero where none, and counts int64 (k,); -1 is left out."""
    sums, counts = np.zeros((n_labels, rows.shape[1])), np.zeros(n_labels, np.int64)
    for block_sums, block_counts in map_rows(partial(_sum_known, n_labels), rows, labels):
        sums += block_sums
        counts += block_counts
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32), counts


def _sum_known(n_labels: int, block: np.ndarray, start: int, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return sum_by_label(block[own >= 0], own[own >= 0], n_labels)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep matrix products on the calling thread: over more, their last bits would depend on the number of cores.

    Small ones take less time so, too, as threads need not wait for each other. The limit is one of the process: held by
    several threads at once, it ends with the last of them. OpenBLAS heeds the thread that has set it first, mostly the
    main one.
    """
    with _limit.lock:
        if not _limit.holders:
            _limit.held = _blas(len(sys.modules)).limit(limits=1, user_api="blas")
        _limit.holders += 1
    try:
        yield
    finally:
        with _limit.lock:
            _limit.holders -= 1
            if not _limit.holders:
                _limit.held.restore_original_limits()


class _Limit:
    """Who holds the limit of `one_blas_thread`, and what ends it."""

    def __init__(self) -> None:
        self.lock, self.holders, self.held = Lock(), 0, None


_limit = _Limit()


@lru_cache(1)
def _blas(modules: int) -> ThreadpoolController:
    # Finding the loaded BLAS libraries takes milliseconds: once is enough, until a module brings one of its own.
    return ThreadpoolController()
