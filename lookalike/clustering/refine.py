"""What may follow clustering: close clusters merged, noise given a cluster."""

import warnings
from dataclasses import replace

import numpy as np

from lookalike.clustering.choices import NOISE
from lookalike.clustering.result import Clustering, renumber
from lookalike.clustering.space import Space
from lookalike.core.arrays import mean_by_label, unit_rows

__all__ = ["merge_close", "refine"]

AXES = 128  # principal axes in which noise is near clusters


def refine(space: Space, clustering: Clustering, *, merge_similarity: float, noise: str, neighbours: int) -> Clustering:
    """Merge close clusters (`merge_close`, 0: none), then treat noise; clusters are numbered anew.

    noise: a name of NOISE; neighbours: those that vote in "tsne_knn".
    """
    labels, approximations = clustering.labels, list(clustering.approximations)
    if merge_similarity > 0:
        labels = merge_close(space.features, labels, merge_similarity)
    if noise != "keep" and (labels < 0).any() and (labels >= 0).any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries
            labels, more = NOISE[noise].load()(space.rows("l2", AXES), labels, neighbours, space.seed)
        approximations += more
    return replace(clustering, labels=renumber(labels), approximations=approximations)


def merge_close(features: np.ndarray, labels: np.ndarray, similarity: float) -> np.ndarray:
    """Merge the two clusters of most similar means, again and again, while their cosine is above `similarity`.

    labels (n,) 0..k-1 and -1; returns labels of the same kind with gaps. A merged cluster's mean is that of all its
    rows, so the order of the clusters does not matter.
    """
    means, counts = mean_by_label(features, labels, labels.max(initial=-1) + 1)
    sums, owner = means * counts[:, None].astype(np.float64), np.arange(len(means))
    cosines = unit_rows(sums) @ unit_rows(sums).T
    np.fill_diagonal(cosines, -1)
    while cosines.size and cosines.max() > similarity:
        kept, gone = sorted(np.unravel_index(cosines.argmax(), cosines.shape))
        owner[owner == gone] = kept
        sums[kept] += sums[gone]
        sums[gone] = 0
        row = unit_rows(sums) @ unit_rows(sums[kept : kept + 1])[0]
        row[np.setdiff1d(np.arange(len(row)), owner)] = -1
        row[kept] = -1
        cosines[kept], cosines[:, kept] = row, row
        cosines[gone], cosines[:, gone] = -1, -1
    return np.where(labels >= 0, owner[labels], -1) if len(owner) else labels
