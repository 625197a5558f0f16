"""What is done to features before clustering: scaling, then principal components.

Rows are read block by block; a result that would not fit in memory goes to a temporary memory map.
"""

import tempfile
from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh

from lookalike.core.arrays import BLOCK_ROWS, map_blocks, one_blas_thread, unit_rows
from lookalike.core.executors import shard_slices

__all__ = ["SCALINGS", "fill", "prepare", "principal_axes", "sample_rows", "selected"]

SAMPLE_BYTES = 256 * 2**20  # rows that axes are computed from
MEMORY_BYTES = 2**31  # a prepared table above this goes to disk
PRODUCTS_ROWS = 4_096  # of a block whose products a thread sums
MOST_EXACT = 2_048  # dimensions of which principal axes are computed from the whole covariance


def prepare(features: np.ndarray, *, scaling: str, components: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Scale features (n, d) and reduce them to at most `components` principal axes (0: none).

    scaling: a name of SCALINGS. Returns float32 (n, min(d, components)) and the approximations made.
    """
    scaled = SCALINGS[scaling](features)
    if not 0 < components < features.shape[1] or len(features) < 2:  # one row has no axes
        if scaling == "none":
            return features, []
        return fill(features, features.shape[1], scaled), []
    sample = scaled(sample_rows(features, seed=seed).astype(np.float32))
    mean, axes = principal_axes(sample, components, seed=seed)
    reduced = fill(features, len(axes), lambda block: (scaled(block) - mean) @ axes.T)
    exact = len(sample) == len(features)
    return reduced, [] if exact else [f"principal axes from {len(sample):,} of {len(features):,} rows"]


def between_extremes(features: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that brings each column of features from its own range to -1..1."""
    low, high = column_range(features)
    return lambda block: 2 * (block - low) / np.where(high > low, high - low, 1) - 1


SCALINGS: dict[str, Callable] = {  # name -> function of the features that returns how a block of them is scaled
    "l2": lambda features: unit_rows,
    "minmax": between_extremes,
    "none": lambda features: lambda block: block,
}


@one_blas_thread()
def principal_axes(rows: np.ndarray, count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (d,) of float32 rows (n, d) and their first principal axes (p, d), p at most count, n and d.

    The largest loading of each axis is positive. seed: of a randomized search, above 2,048 dimensions.
    """
    count, mean = min(count, *rows.shape), rows.mean(axis=0)
    if rows.shape[1] <= MOST_EXACT:
        top = [rows.shape[1] - count, rows.shape[1] - 1]
        axes = eigh(_products(rows, mean), subset_by_index=top, overwrite_a=True)[1].T[::-1]
    else:
        from sklearn.utils.extmath import randomized_svd  # late: its import takes most of a second

        axes = randomized_svd(rows - mean, count, random_state=seed)[2]
    largest = axes[np.arange(count), np.abs(axes).argmax(axis=1)]
    return mean, np.where(largest < 0, -1, 1)[:, None].astype(np.float32) * axes


def _products(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Sum the products of each pair of columns of rows (n, d) less their mean, block by block: float32 (d, d)."""

    def of_block(block: np.ndarray, start: int) -> np.ndarray:
        around = block - mean
        return around.T @ around

    return sum(map_blocks(of_block, rows, size=PRODUCTS_ROWS))


def column_range(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and largest value of each column, float32 (d,) each."""
    ranges = list(map_blocks(lambda block, start: (block.min(axis=0), block.max(axis=0)), features))
    return np.min([low for low, _ in ranges], axis=0), np.max([high for _, high in ranges], axis=0)


def sample_rows(features: np.ndarray, *, seed: int, n_bytes: int = SAMPLE_BYTES) -> np.ndarray:
    """Return all rows, or a random sample of them in their order that takes at most n_bytes as float32."""
    n = max(2, n_bytes // (4 * features.shape[1]))
    if n >= len(features):
        return np.asarray(features)
    return features[np.sort(np.random.default_rng(seed).choice(len(features), n, replace=False))]


def selected(features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return rows of a table by their numbers; many of a table that a crew shares are shared, too."""
    crew = getattr(features, "crew", None)
    if not crew or not crew.takes(len(chosen)):
        return features[chosen]
    out = crew.table(len(chosen), features.shape[1])
    for part in shard_slices(len(chosen), BLOCK_ROWS):
        out[part] = features[chosen[part]]
    return out


def fill(features: np.ndarray, columns: int, transform) -> np.ndarray:
    """Return transform(block) of every block of rows as one float32 table: in memory or on disk, by its size.

    Of rows that a crew shares it is shared, too.
    """
    crew = getattr(features, "crew", None)
    out = crew.table(len(features), columns) if crew else empty_table(len(features), columns)

    def step(block: np.ndarray, start: int) -> None:
        out[start : start + len(block)] = transform(block)

    for _ in map_blocks(step, features):
        pass
    return out


def empty_table(rows: int, columns: int) -> np.ndarray:
    """Allocate float32 (rows, columns): in memory, or above MEMORY_BYTES in a temporary file that closes with it."""
    if rows * columns * 4 <= MEMORY_BYTES:
        return np.empty((rows, columns), np.float32)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.float32, "w+", shape=(rows, columns))
