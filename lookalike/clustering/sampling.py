"""Clustering above a size limit: cluster a sample, give every other row the label of its nearest sampled row."""

from collections.abc import Callable

import numpy as np

from lookalike.clustering.assignment import nearest_of_all

__all__ = ["cluster_sample"]


def cluster_sample(
    cluster: Callable[[np.ndarray], np.ndarray], features: np.ndarray, limit: int, *, seed: int
) -> tuple[np.ndarray, list[str]]:
    """Return the labels of cluster(features), or of a sample of `limit` rows spread to all, and what was approximated.

    cluster takes float32 (m, d) and returns labels (m,), -1 for noise, which spreads as well.
    """
    if len(features) <= limit:
        return cluster(np.asarray(features, dtype=np.float32)), []
    rows = np.sort(np.random.default_rng(seed).choice(len(features), limit, replace=False))
    sample = np.asarray(features[rows], dtype=np.float32)
    labels = cluster(sample)
    spread = labels[nearest_of_all(features, sample)]
    return spread, [f"clusters found in {limit:,} of {len(features):,} rows, the others as their nearest of those"]
