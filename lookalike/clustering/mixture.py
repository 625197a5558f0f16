"""Gaussian mixtures fitted by scikit-learn, and rows given to their likeliest part block by block."""

import numpy as np
from sklearn.mixture import GaussianMixture

from lookalike.core.arrays import map_blocks

__all__ = ["fit", "likeliest"]


def fit(sample: np.ndarray, n_clusters: int, *, covariance_type: str, max_iter: int, seed: int) -> GaussianMixture:
    """Fit a mixture of n_clusters Gaussians to a sample, float64 (m, d)."""
    kind = {"covariance_type": covariance_type, "max_iter": max_iter}
    return GaussianMixture(n_clusters, **kind, random_state=seed).fit(sample)


def likeliest(model: GaussianMixture, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's likeliest part, int64 (n,), and its probability, float32 (n,)."""

    def step(block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
        parts = model.predict_proba(block.astype(np.float64))
        return parts.argmax(axis=1), parts.max(axis=1).astype(np.float32)

    labels, membership = zip(*map_blocks(step, rows), strict=True)
    return np.concatenate(labels), np.concatenate(membership)
