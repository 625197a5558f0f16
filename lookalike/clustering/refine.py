"""What may follow clustering: close clusters merged, noise given a cluster."""

from dataclasses import replace

import numpy as np
from openTSNE import TSNE
from sklearn.neighbors import KNeighborsClassifier

from lookalike.clustering.assignment import map_blocks, mean_by_label, nearest
from lookalike.clustering.grouping import Grouping, check_choice, renumber
from lookalike.clustering.scaling import prepare, scale_rows

__all__ = ["NOISE", "assign_noise", "merge_close", "refine"]

NOISE = ("keep", "nearest_mean", "tsne_knn")
TSNE_LIMIT = 50_000


def refine(
    features: np.ndarray,
    found: Grouping,
    *,
    seed: int,
    merge_similarity: float = 0.0,
    noise: str = "keep",
    neighbours: int = 5,
) -> Grouping:
    """Merge close clusters (`merge_close`, 0: none), then treat noise (`assign_noise`); clusters are numbered anew."""
    check_choice("noise", noise, NOISE)
    labels, notes = found.labels, list(found.approximations)
    if merge_similarity > 0:
        labels = merge_close(features, labels, merge_similarity)
    if noise != "keep" and (labels < 0).any() and (labels >= 0).any():
        labels, note = assign_noise(features, labels, noise, neighbours=neighbours, seed=seed)
        notes += note
    return replace(found, labels=renumber(labels), approximations=notes)


def merge_close(features: np.ndarray, labels: np.ndarray, similarity: float) -> np.ndarray:
    """Merge the two clusters of most similar means, again and again, while their cosine is above `similarity`.

    labels (n,) 0..k-1 and -1; returns labels of the same kind with gaps. A merged cluster's mean is that of all its
    rows, so the order of the clusters does not matter.
    """
    means, counts = mean_by_label(features, labels, labels.max(initial=-1) + 1)
    sums, owner = means * counts[:, None].astype(np.float64), np.arange(len(means))
    cosines = scale_rows(sums) @ scale_rows(sums).T
    np.fill_diagonal(cosines, -1)
    while cosines.size and cosines.max() > similarity:
        kept, gone = sorted(np.unravel_index(cosines.argmax(), cosines.shape))
        owner[owner == gone] = kept
        sums[kept] += sums[gone]
        sums[gone] = 0
        row = scale_rows(sums) @ scale_rows(sums[kept : kept + 1])[0]
        row[np.setdiff1d(np.arange(len(row)), owner)] = -1
        row[kept] = -1
        cosines[kept], cosines[:, kept] = row, row
        cosines[gone], cosines[:, gone] = -1, -1
    return np.where(labels >= 0, owner[labels], -1) if len(owner) else labels


def assign_noise(
    features: np.ndarray, labels: np.ndarray, how: str, *, neighbours: int = 5, seed: int
) -> tuple[np.ndarray, list[str]]:
    """Give each noise row a cluster: labels (n,) and what was approximated.

    how: "nearest_mean" of rows scaled to length 1, or "tsne_knn", the majority of the nearest clustered rows in a
    t-SNE map of all rows (up to 50,000; above, "nearest_mean").
    """
    table, notes = prepare(features, scaling="l2", components=128, seed=seed)
    noise = labels < 0
    labels = labels.copy()
    if how == "tsne_knn" and len(table) <= TSNE_LIMIT and len(table) > 3:
        perplexity = min(30, (len(table) - 1) / 3)
        spread = np.asarray(TSNE(perplexity=perplexity, random_state=seed).fit(np.asarray(table)))
        model = KNeighborsClassifier(min(neighbours, int((~noise).sum())), weights="distance")
        labels[noise] = model.fit(spread[~noise], labels[~noise]).predict(spread[noise])
        return labels, notes
    kept, own = np.unique(labels[~noise], return_inverse=True)
    compact = np.full(len(labels), -1)
    compact[~noise] = own
    means, _ = mean_by_label(table, compact, len(kept))
    labels[noise] = kept[np.concatenate(list(map_blocks(lambda block, _: nearest(block, means), table)))[noise]]
    if how == "tsne_knn":
        notes = [*notes, f"noise to the nearest mean: a t-SNE map takes 4 to {TSNE_LIMIT:,} rows, not {len(table):,}"]
    return labels, notes
