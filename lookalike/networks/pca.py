"""Principal components of more vectors than memory holds: sums over shards, then one eigendecomposition.
The sign of a component is fixed, so the same vectors give the same projection however they are cut into shards."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lookalike.core.errors import UserError

__all__ = ["MAX_DIMENSION", "Components", "fit_pca", "project"]

MAX_DIMENSION = 16_384  # 2 GiB for the covariance
NOISE = 1e-12  # components with less than this share of the largest variance are rounding errors


class Components(NamedTuple):
    """mean (d,), components (m, d) of length 1 by falling variance, their variances (m,), and the share they keep."""

    mean: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    kept: float


def fit_pca(shards: Iterable[np.ndarray], keep: float) -> Components:
    """Return the principal components of the rows of all shards, each (n_i, d); one pass, sums in float64.

    keep: share of the variance if below 1, else a number of components (at most the rank is kept). The largest
    loading of each component is positive. Raises ValueError for keep <= 0, UserError for too few rows or too long ones.
    """
    if keep <= 0:
        raise ValueError(f"expected keep above 0, found {keep}")
    n, mean, covariance = _moments(shards)
    from scipy.linalg import eigh  # late: only who fits needs it

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
    """Return float32 (n, m): rows (n, d) in the coordinates of the components."""
    return (rows.astype(np.float32) - components.mean) @ components.components.T


def _moments(shards: Iterable[np.ndarray]) -> tuple[int, np.ndarray, np.ndarray]:
    """Sum rows and outer products around the first shard's mean, which keeps the differences exact."""
    n, origin = 0, None
    for shard in shards:
        rows = np.asarray(shard, np.float64)
        if not len(rows):
            continue
        if origin is None:
            origin = rows.mean(axis=0)
            sums, products = np.zeros_like(origin), _square(len(origin))
        rows = rows - origin
        n += len(rows)
        sums += rows.sum(axis=0)
        products += rows.T @ rows
    if origin is None:
        raise UserError("expected vectors for extract.pca, found none")
    return n, origin + sums / n, products - np.outer(sums, sums) / n


def _square(dimension: int) -> np.ndarray:
    if dimension > MAX_DIMENSION:
        raise UserError(f"expected at most {MAX_DIMENSION:,} numbers a vector for extract.pca, found {dimension:,}")
    return np.zeros((dimension, dimension))
