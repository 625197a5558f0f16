"""Principal components of more vectors than memory holds: sums over blocks of rows, then one eigendecomposition.
The blocks and the sign of a component are fixed, so the same vectors give the same projection however they are cut into
files, and whoever computes the sums."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.core.arrays import map_rows, one_blas_thread, rows_times
from lookalike.core.errors import UserError

__all__ = ["MAX_DIMENSION", "REDUCED", "Components", "fit_pca", "project", "read_components", "write_components"]

REDUCED = "pca.npz"  # the components of a result's vectors, beside them
MAX_DIMENSION = 16_384  # 2 GiB for the covariance
BLOCK_ROWS = 8_192  # of which sums are added, in float64
SUMMED_BYTES = 2**32  # of blocks and their sums at a time, but for two threads
NOISE = 1e-12  # components with less than this share of the largest variance are rounding errors


class Components(NamedTuple):
    """mean (d,), components (m, d) of length 1 by falling variance, their variances (m,), and the share they keep."""

    mean: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    kept: float


def fit_pca(rows: np.ndarray, keep: float) -> Components:
    """Return the principal components of rows (n, d), maybe `Features`; one pass, sums in float64.

    keep: share of the variance if below 1, else a number of components (at most the rank is kept). The largest
    loading of each component is positive. Raises ValueError for keep <= 0, UserError for too few rows or too long ones.
    """
    if keep <= 0:
        raise ValueError(f"expected keep above 0, found {keep}")
    n, mean, covariance = _moments(rows)
    from scipy.linalg import eigh  # late: only who fits needs it

    with one_blas_thread():
        variances, vectors = eigh(covariance / max(n - 1, 1))
    variances, vectors = variances[::-1], vectors[:, ::-1].T
    rank = int(np.sum(variances > NOISE * variances[0])) if variances[0] > 0 else 0
    if rank == 0:
        raise UserError(f"expected vectors that differ for extract.pca, found {n:,} equal ones: set it to 0")
    shares = np.cumsum(variances[:rank]) / variances[:rank].sum()
    count = rank if keep >= rank else int(keep) if keep >= 1 else int(np.searchsorted(shares, keep)) + 1
    count = min(count, rank)
    chosen = vectors[:count]
    chosen = chosen * np.sign(chosen[np.arange(count), np.abs(chosen).argmax(axis=1)])[:, None]
    return Components(
        mean.astype(np.float32),
        chosen.astype(np.float32),
        variances[:count].astype(np.float32),
        float(shares[count - 1]),
    )


def project(rows: np.ndarray, components: Components) -> np.ndarray:
    """Return float32 (n, m): rows (n, d) in the coordinates of the components, each the same among any others."""
    return rows_times(rows.astype(np.float32) - components.mean, components.components.T)


def write_components(file: Path, components: Components) -> None:
    """Write components as an .npz file."""
    np.savez(file, **components._asdict())


def read_components(file: Path) -> Components:
    """Return the components of a file that `write_components` wrote. Raises OSError."""
    with np.load(file) as found:
        return Components(**found)


def _moments(rows: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Sum rows and outer products around the first block's mean, which keeps the differences exact."""
    n, dimension = rows.shape
    if not n:
        raise UserError("expected vectors for extract.pca, found none")
    if dimension > MAX_DIMENSION:
        raise UserError(f"expected at most {MAX_DIMENSION:,} numbers a vector for extract.pca, found {dimension:,}")
    origin = np.asarray(rows[:BLOCK_ROWS], np.float64).mean(axis=0)
    sums, products = np.zeros(dimension), np.zeros((dimension, dimension))
    most = max(2, SUMMED_BYTES // (8 * dimension * (dimension + BLOCK_ROWS)))
    for block_sums, block_products in map_rows(partial(_sums, origin), rows, size=BLOCK_ROWS, most=most):
        sums += block_sums
        products += block_products
    return n, origin + sums / n, products - np.outer(sums, sums) / n


def _sums(origin: np.ndarray, block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    around = block - origin
    return around.sum(axis=0), around.T @ around
