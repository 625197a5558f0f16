"""Rows without groups, to tell what chance alone gives: a space's with each principal axis shuffled, or drawn anew.

References of parallel analysis: by permutation (Buja and Eyuboglu, 1992) and of normal rows (Horn, 1965).
"""

from collections.abc import Iterator

import numpy as np

from lookalike.clustering.scaling import principal_axes

__all__ = ["normal", "on_axes", "shuffled"]


def on_axes(rows: np.ndarray, axes: int, *, seed: int) -> np.ndarray:
    """Turn rows (n, d) onto at most so many principal axes: float32 (n, p + 1).

    The mean stays in: along the axes, and in the last column what lies across them. So distances and cosines are those
    of the rows, but for the axes left out.
    """
    rows = np.asarray(rows, np.float32)
    mean, found = principal_axes(rows, axes, seed=seed)
    along = found @ mean
    across = np.sqrt(max(float(mean @ mean - along @ along), 0.0))
    return np.column_stack([rows @ found.T, np.full(len(rows), across, np.float32)])


def shuffled(rows: np.ndarray, times: int, *, seed: int) -> Iterator[np.ndarray]:
    """Yield rows of `on_axes` with each column shuffled on its own: groups far apart may stay."""
    generator = np.random.default_rng(seed)
    for _ in range(times):
        yield generator.permuted(rows, axis=0)


def normal(rows: np.ndarray, times: int, *, seed: int) -> Iterator[np.ndarray]:
    """Yield normal rows, float32, with the mean and spread of each column of rows of `on_axes`: no groups at all."""
    generator, mean, spread = np.random.default_rng(seed), rows.mean(axis=0), rows.std(axis=0)
    for _ in range(times):
        yield (mean + spread * generator.standard_normal(rows.shape)).astype(np.float32)
