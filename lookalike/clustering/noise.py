"""The ways to give rows in no cluster one; they take rows (n, d), labels (n,), neighbours and a seed."""

import numpy as np
from openTSNE import TSNE
from sklearn.neighbors import KNeighborsClassifier

from lookalike.clustering.assignment import nearest_of_all
from lookalike.core.arrays import mean_by_label

__all__ = ["by_tsne", "keep", "to_nearest_mean"]

TSNE_LIMIT = 50_000


def keep(rows: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Leave the labels as they are."""
    return labels, []


def to_nearest_mean(rows: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Give each noise row the cluster of the nearest mean: labels (n,), and no approximation."""
    noise = labels < 0
    kept, own = np.unique(labels[~noise], return_inverse=True)
    compact = np.full(len(labels), -1)
    compact[~noise] = own
    means, _ = mean_by_label(rows, compact, len(kept))
    near = nearest_of_all(rows, means)
    return np.where(noise, kept[near], labels), []


def by_tsne(rows: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Give each noise row the majority of the nearest clustered rows in a t-SNE map: labels (n,), approximations.

    The map takes 4 to 50,000 rows; others go to the nearest mean.
    """
    if not 3 < len(rows) <= TSNE_LIMIT:
        why = f"a t-SNE map takes 4 to {TSNE_LIMIT:,} rows, not {len(rows):,}"
        return to_nearest_mean(rows, labels, neighbours, seed)[0], [f"noise to the nearest mean: {why}"]
    perplexity = min(30, (len(rows) - 1) / 3)
    spread = np.asarray(TSNE(perplexity=perplexity, random_state=seed).fit(np.asarray(rows)))
    noise, labels = labels < 0, labels.copy()
    model = KNeighborsClassifier(min(neighbours, int((~noise).sum())), weights="distance")
    labels[noise] = model.fit(spread[~noise], labels[~noise]).predict(spread[noise])
    return labels, []
