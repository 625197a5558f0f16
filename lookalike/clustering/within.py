"""Features rescaled so that what varies inside groups counts less: light, pose, background.

Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, 2006) with the groups of a first clustering for
classes, as in adaptive dimension reduction (Ding and Li, 2007).
"""

import numpy as np
from scipy.linalg import eigh

from lookalike.clustering.scaling import fill
from lookalike.clustering.space import Space
from lookalike.core.arrays import map_blocks, mean_by_label

__all__ = ["within_normalised"]

AXES = 256  # principal axes kept: with many more, the covariance inside groups is mostly noise


def within_normalised(space: Space, labels: np.ndarray, *, shrinkage: float) -> np.ndarray:
    """Return rows with unit covariance inside the groups of labels (n,) from 0: float32 (n, at most 256).

    shrinkage: share of a multiple of the identity in the covariance, from 0 to 1 (Ledoit and Wolf, 2004). The space's
    rows are returned as they are where the groups say nothing: one group, or no row beside its group's mean.
    """
    n_groups = int(labels.max()) + 1
    if n_groups < 2:
        return space.features
    reduced = space.rows("none", min(AXES, len(space)))
    covariance = _within_covariance(reduced, labels, mean_by_label(reduced, labels, n_groups)[0])
    mean_variance = np.trace(covariance) / len(covariance)
    if mean_variance <= 0:
        return space.features
    covariance = (1 - shrinkage) * covariance + shrinkage * mean_variance * np.eye(len(covariance))
    variances, axes = eigh(covariance)
    inverse_root = (axes / np.sqrt(np.maximum(variances, 1e-9 * mean_variance))) @ axes.T
    return fill(reduced, len(inverse_root), lambda block: block @ inverse_root)


def _within_covariance(rows: np.ndarray, labels: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Sum the outer products of rows minus their group's mean, block by block: float64 (d, d)."""

    def products(block: np.ndarray, start: int) -> np.ndarray:
        rest = block - means[labels[start : start + len(block)]]
        return (rest.T @ rest).astype(np.float64)

    return sum(map_blocks(products, rows)) / len(rows)
