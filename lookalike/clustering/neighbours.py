"""Nearest neighbours of feature rows by cosine, and the graphs made of them.

Exact below a size; above it by an inverted file (faiss), or among neighbours that are known from a space like this one.
Workers may share the queries. Does not look for communities: see communities.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import faiss
import numpy as np
from scipy import sparse

from lookalike.clustering.methods.graph import LIMIT as EXACT_ROWS
from lookalike.clustering.scaling import fill
from lookalike.core.arrays import map_rows
from lookalike.core.crew import Crew

__all__ = [
    "WEIGHTS",
    "connect",
    "connections",
    "is_exact",
    "measure_recall",
    "nearest_among",
    "nearest_neighbours",
    "self_tuning_weights",
    "shared_weights",
]

PROBES = (12, 24, 48, 96)  # lists searched of about 4 sqrt(n): the fewest that reach the recall, or the last
LEAST_RECALL = 0.9
TRIED_ROWS = 500  # whose neighbours are sought exactly to choose the probes
TRAINING_ROWS_A_LIST = 40
QUERIES_AT_ONCE = 1_024  # by a thread or a worker
COMPARED_AT_ONCE = 512  # rows whose candidates a thread or a worker holds
CHECKED_ROWS = 10_000  # whose neighbours are sought exactly, too, to measure what an approximation misses
LOCAL_SCALE = 7  # the neighbour whose distance is a row's own scale (Zelnik-Manor and Perona, 2004)


def nearest_neighbours(rows: np.ndarray, k: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Find the k most similar other rows of each row, the most similar first.

    Returns cosine similarities float32 (n, k), indices int64 (n, k), with k at most n - 1, and the approximations.
    """
    k = min(k, len(rows) - 1)
    unit = _unit(rows)
    index, notes = _index(unit, k, seed)
    with _stored(index, getattr(unit, "crew", None)) as opened:
        found = list(map_rows(partial(_search_by_one_thread, opened, k), unit, size=QUERIES_AT_ONCE))
    similarities, indices = zip(*found, strict=True)
    return np.concatenate(similarities), np.concatenate(indices), notes


def is_exact(n: int) -> bool:
    """Say whether the neighbours of n rows are sought exactly."""
    return n <= EXACT_ROWS


def nearest_among(rows: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Find the k most similar of the candidates (n, c) of each row, row numbers with c at least k; returns as above.

    A candidate that is the row itself is a neighbour of weight 0.
    """
    unit = _unit(rows)
    source = unit if getattr(unit, "crew", None) is None else _TableFile(Path(unit.filename))
    step = partial(_search_among, source, k)
    similarities, indices = zip(*map_rows(step, unit, candidates, size=COMPARED_AT_ONCE), strict=True)
    note = f"neighbours of rescaled rows: among the {candidates.shape[1]} found before"
    return np.concatenate(similarities), np.concatenate(indices), [note]


def _search_among(
    rows: "np.ndarray | _TableFile", k: int, block: np.ndarray, start: int, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    own = np.arange(start, start + len(block))[:, None]
    similarities = np.einsum("md,mcd->mc", block, np.asarray(rows)[candidates])
    similarities = np.where(candidates == own, -1, similarities).astype(np.float32)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(similarities, nearest, axis=1), np.take_along_axis(candidates, nearest, axis=1)


@dataclass(frozen=True)
class _TableFile:
    """A table in an .npy file, which is mapped where it is read."""

    file: Path

    def __array__(self, *args: object, **options: object) -> np.ndarray:
        return self._mapped

    @cached_property
    def _mapped(self) -> np.ndarray:
        return np.load(self.file, mmap_mode="r")


def _unit(rows: np.ndarray) -> np.ndarray:
    def normalised(block: np.ndarray) -> np.ndarray:
        block = np.array(block, dtype=np.float32, order="C")
        faiss.normalize_L2(block)
        return block

    return fill(rows, rows.shape[1], normalised)


def _search(index: faiss.Index, k: int, block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest others of rows, of which the first is number `start`: cosines (m, k), indices (m, k)."""
    similarities, found = index.search(block, k + 1)
    own = np.arange(start, start + len(block))[:, None]
    others = found != own
    others[others.all(axis=1), -1] = False  # a row among many twins may not find itself
    similarities, found = similarities[others].reshape(-1, k), found[others].reshape(-1, k)
    missing = found < 0  # an inverted list held fewer than k rows: the row itself is a neighbour of weight 0
    return np.where(missing, -1, similarities), np.where(missing, own, found)


def _search_by_one_thread(index: faiss.Index, k: int, block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    faiss.omp_set_num_threads(1)  # of the thread that calls it alone; there is one a core
    return _search(index, k, block, start)


@dataclass(frozen=True)
class _IndexFile:
    """An index in a file, which is opened where it is searched: what goes to a worker is its path."""

    file: Path

    @cached_property
    def _opened(self) -> faiss.Index:
        return faiss.read_index(str(self.file), faiss.IO_FLAG_MMAP)

    def search(self, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Search as faiss does."""
        return self._opened.search(rows, k)


@contextmanager
def _stored(index: faiss.Index, crew: Crew | None) -> Iterator[faiss.Index | _IndexFile]:
    """Give the index itself, or for a crew one in a file. Raises OSError where it cannot be written."""
    if crew is None:
        yield index
        return
    file = crew.new_file(".index")
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise OSError(str(error)) from None
    yield _IndexFile(file)
    file.unlink()


def measure_recall(rows: np.ndarray, indices: np.ndarray, *, seed: int) -> tuple[float, int]:
    """Return which share of the true neighbours of at most 10,000 random rows is among indices (n, k), and how many."""
    unit = _unit(rows)
    checked = _some_rows(len(unit), CHECKED_ROWS, seed)
    return _recall(_exact(unit, checked, indices.shape[1]), indices[checked]), len(checked)


def _some_rows(n: int, count: int, seed: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).permutation(n)[:count])


def _exact(unit: np.ndarray, asked: np.ndarray, k: int) -> np.ndarray:
    """Return the k nearest rows to some rows, and -1 for the row itself among them: int64 (m, k + 1)."""
    found = faiss.knn(unit[asked], unit, k + 1, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return np.where(found == asked[:, None], -1, found)


def _recall(true: np.ndarray, found: np.ndarray) -> float:
    """Return which share of k true neighbours, from `_exact`, is among those found (m, k)."""
    hits = sum(np.isin(theirs, ours).sum() for theirs, ours in zip(found, true, strict=True))
    return float(hits) / (len(true) * (true.shape[1] - 1))


def _index(rows: np.ndarray, k: int, seed: int) -> tuple[faiss.Index, list[str]]:
    n, d = rows.shape
    flat = faiss.IndexFlatIP(d)
    if is_exact(n):
        flat.add(rows)
        return flat, []
    lists = int(4 * np.sqrt(n))
    index = faiss.IndexIVFFlat(flat, d, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = seed % 2**31, 5, TRAINING_ROWS_A_LIST
    index.train(rows)
    index.add(rows)
    tried = _some_rows(n, TRIED_ROWS, seed)
    true = _exact(rows, tried, k)
    for index.nprobe in PROBES:
        found = index.search(rows[tried], k + 1)[1]
        if _recall(true, np.where(found == tried[:, None], -2, found)) >= LEAST_RECALL:
            break
    return index, [f"approximate neighbours: the nearest {index.nprobe} of {lists:,} lists searched"]


def connect(similarities: np.ndarray, indices: np.ndarray, weights: str = "self_tuning") -> sparse.csr_matrix:
    """Make the symmetric weighted graph (n, n) of neighbours (n, k); weights is a name of WEIGHTS."""
    return WEIGHTS[weights](similarities, indices)


def self_tuning_weights(similarities: np.ndarray, indices: np.ndarray) -> sparse.csr_matrix:
    """Weigh neighbours by exp(-d^2 / (s_i s_j)), s the distance to the 7th (Zelnik-Manor and Perona, 2004)."""
    squared = np.maximum(2 - 2 * similarities, 0)
    scale = np.sqrt(np.maximum(squared[:, min(LOCAL_SCALE, squared.shape[1]) - 1], 1e-6))
    directed = _directed(np.exp(-squared / (scale[:, None] * scale[indices])), indices)
    return _without_loops(directed + directed.T)


def shared_weights(similarities: np.ndarray, indices: np.ndarray) -> sparse.csr_matrix:
    """Weigh neighbours by the Jaccard index of their neighbourhoods (Jarvis and Patrick, 1973)."""
    n, k = indices.shape
    reach = _directed(np.ones(indices.shape, np.float32), indices) + sparse.identity(n, np.float32, "csr")
    edges = connections(_directed(np.ones(indices.shape, np.float32), indices))
    common = np.empty(len(edges[0]), np.float32)
    for start in range(0, len(common), 1_000_000):
        part = slice(start, start + 1_000_000)
        common[part] = np.asarray(reach[edges[0][part]].multiply(reach[edges[1][part]]).sum(axis=1)).ravel()
    half = sparse.csr_matrix((common / (2 * (k + 1) - common), edges), shape=(n, n))
    return _without_loops(half + half.T)


WEIGHTS = {"self_tuning": self_tuning_weights, "shared": shared_weights}


def connections(graph: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """List the pairs of rows i < j that a graph joins, in either direction: two arrays of int."""
    pairs = sparse.triu(graph + graph.T, 1).tocoo()
    return pairs.row, pairs.col


def _directed(weights: np.ndarray, indices: np.ndarray) -> sparse.csr_matrix:
    n, k = indices.shape
    start = np.arange(0, n * k + 1, k)
    return sparse.csr_matrix((weights.ravel().astype(np.float32), indices.ravel(), start), shape=(n, n))


def _without_loops(graph: sparse.csr_matrix) -> sparse.csr_matrix:
    own = np.repeat(np.arange(graph.shape[0], dtype=graph.indices.dtype), np.diff(graph.indptr))
    graph.data[graph.indices == own] = 0
    graph.eliminate_zeros()
    graph.sort_indices()  # an order of the sum's own would depend on SciPy's way to add
    return graph
