"""The index of vectors: the photos of the highest cosine to a query, among all or those that a filter lets pass.

Rows of length 1 on 256 principal axes, as float16 and memory-mapped, are searched exactly up to a million, by inverted
lists above; the best are ranked once more by their exact cosine in all dimensions.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np

from lookalike.core.arrays import map_blocks, one_blas_thread, unit_rows

__all__ = ["EXACT_ROWS", "VectorIndex", "build"]

AXES = 256
EXACT_ROWS = 1_000_000  # a query of so many takes about 30 ms a core
FITTED = 20_000  # rows that the axes, and the lists, are fitted to, evenly spread over all
RERANKED = 200  # best rows that are ranked once more, at least
FEW = 0.01  # share of the rows up to which those that pass a filter are compared one by one
PROBED = 48  # inverted lists that a query looks into
INDEX, AXES_FILE = "index.faiss", "axes.npy"


@one_blas_thread()
def build(folder: Path, rows: Sequence, *, seed: int, name: str = "features") -> list[str]:
    """Write the index of the rows (n, d) into a folder and return the approximations made.

    The axes are those of the largest squared sums, not of variance: cosines are what they keep. Equal rows make equal
    files, whatever was there before.
    """
    n = len(rows)
    sample = unit_rows(np.asarray(rows[np.unique(np.linspace(0, n - 1, min(n, FITTED)).astype(int))], np.float32))
    axes = _principal(sample, seed)
    np.save(folder / f"{name}_{AXES_FILE}", axes)
    index, notes = _empty(sample @ axes, n, seed)
    for block in map_blocks(lambda block, start: unit_rows(unit_rows(block) @ axes), rows):
        index.add(np.ascontiguousarray(block))
    faiss.write_index(index, str(folder / f"{name}_{INDEX}"))
    return notes


def _principal(sample: np.ndarray, seed: int) -> np.ndarray:
    """Return the axes, float32 (d, m) with m at most 256, on which the sample (n, d) keeps most of its lengths."""
    n, d = sample.shape
    if d <= AXES or n <= AXES:
        return np.eye(d, dtype=np.float32)
    from sklearn.decomposition import TruncatedSVD  # late: a query needs none, and starts sooner

    found = TruncatedSVD(AXES, algorithm="randomized", n_iter=4, random_state=seed).fit(sample).components_
    return np.ascontiguousarray(found.T, np.float32)


def _empty(sample: np.ndarray, n: int, seed: int) -> tuple[faiss.Index, list[str]]:
    """Return an index without rows for n of them, trained on a sample."""
    m, kind, metric = sample.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    if n <= EXACT_ROWS:
        return faiss.IndexScalarQuantizer(m, kind, metric), []
    lists = int(4 * np.sqrt(n))
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(m), m, lists, kind, metric)
    index.cp.seed, index.cp.niter = seed % 2**31, 8
    index.train(unit_rows(sample))
    return index, [f"search looks into {PROBED} of {lists:,} inverted lists"]


class VectorIndex:
    """A built index and the rows it was built from."""

    def __init__(self, folder: Path, rows: Sequence, *, name: str = "features") -> None:
        """Open the index in a folder, memory-mapped. rows: features (n, d), which may stay on disk."""
        self._axes = np.load(folder / f"{name}_{AXES_FILE}", mmap_mode="r")
        self._index = faiss.read_index(str(folder / f"{name}_{INDEX}"), faiss.IO_FLAG_MMAP_IFC)
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dimension(self) -> int:
        """Numbers of a query."""
        return self._axes.shape[0]

    def nearest(self, query: np.ndarray, k: int, passing: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the k rows of the highest cosine to a query (d,), int64, and their cosines, float32, best first.

        passing: bool (n,), the rows that may be found. Fewer than k are returned only where fewer pass. Of equal
        cosines the lower row comes first.
        """
        query = unit_rows(np.asarray(query, np.float32)[None])[0]
        among = np.arange(len(self)) if passing is None else np.flatnonzero(passing)
        wanted = min(k, len(among))
        if not wanted:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if passing is not None and len(among) <= max(RERANKED, FEW * len(self)):
            return self._ranked(query, among, wanted)
        return self._ranked(query, self._candidates(query, max(RERANKED, 2 * wanted), passing), wanted)

    def cosines(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the exact cosines of rows, int (m,), to a query (d,): float32 (m,)."""
        query = unit_rows(np.asarray(query, np.float32)[None])[0]
        return unit_rows(np.asarray(self._rows[rows], np.float32)) @ query

    def _ranked(self, query: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        cosines = self.cosines(query, rows)
        best = np.lexsort((rows, -cosines))[:k]
        return rows[best], cosines[best]

    def _candidates(self, query: np.ndarray, k: int, passing: np.ndarray | None) -> np.ndarray:
        """Return about the k best rows; where inverted lists hold fewer that pass, all lists are looked into."""
        k = min(k, len(self))
        on_axes = unit_rows((query @ self._axes)[None])
        with _one_thread():
            return self._searched(on_axes, k, passing)

    def _searched(self, on_axes: np.ndarray, k: int, passing: np.ndarray | None) -> np.ndarray:
        selector = None if passing is None else faiss.IDSelectorBitmap(np.packbits(passing, bitorder="little"))
        if not isinstance(self._index, faiss.IndexIVF):
            given = {"params": faiss.SearchParameters(sel=selector)} if selector else {}
            return _found(self._index.search(on_axes, k, **given))
        for probes in (PROBED, self._index.nlist):
            given = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
            found = _found(self._index.search(on_axes, k, params=given))
            if len(found) == k:
                break
        return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have faiss use one thread for a query: more wait for each other longer than they save, above all in a server.

    The number is one of the calling thread alone.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _found(result: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    rows = result[1][0]
    return rows[rows >= 0]
