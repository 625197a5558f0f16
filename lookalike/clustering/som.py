"""Self-organizing map: photos on a grid where neighbours look alike, and groups of its units.

Two-level (the default): the units of a large map are merged to the groups asked for (J. Vesanto and E. Alhoniemi,
Clustering of the self-organizing map, 2000). Or one unit a cluster: a small map whose units are the groups.
"""

import math

import numpy as np

from lookalike.clustering.assignment import distances_to_own, nearest
from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.linkage import cut, weighted_linkage
from lookalike.clustering.map_quality import best_and_second, topographic_error, u_matrix
from lookalike.clustering.methods.som import Options
from lookalike.clustering.minisom_engine import train_minisom
from lookalike.core.arrays import distances_between, mean_by_label
from lookalike.core.errors import UserError

__all__ = ["ENGINES", "GROUPS", "map_side", "merge_units", "place"]

USUAL_SIDE = 30  # merging gains little from a larger map
LARGEST_SIDE = 100
UNITS_A_CLUSTER = 3  # of a map to be merged, at least
REFINEMENTS = 50


def batch(rows: np.ndarray, side: int, options: Options, seed: int) -> tuple[np.ndarray, list[str]]:
    """Train a map on all rows at once, epoch by epoch: weights float32 (side, side, d), and no approximation."""
    training = {"epochs": options.epochs, "final_radius": options.final_radius}
    return train_batch(rows, side, side, **training, seed=seed), []


def minisom(rows: np.ndarray, side: int, options: Options, seed: int) -> tuple[np.ndarray, list[str]]:
    """Train a map row by row: weights float32 (side, side, d), and the approximations."""
    return train_minisom(rows, side, epochs=options.epochs, seed=seed)


ENGINES = {"batch": batch, "minisom": minisom}


def place(rows: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, float]]:
    """Place rows (n, d) on a trained map (side, side, d): flat units int64 (n,), the arrays and the scores to keep."""
    side = len(weights)
    best, second = best_and_second(rows, weights).T
    gaps = distances_to_own(rows, weights.reshape(side * side, -1), best)
    arrays = {
        "som_weights": weights,
        "best_matching_units": np.stack([best // side, best % side], axis=1).astype(np.int32),
        "u_matrix": u_matrix(weights),
        "unit_distances": gaps,
    }
    error = float(gaps.mean(dtype=np.float64))
    return best, arrays, {"quantization_error": error, "topographic_error": topographic_error(best, second, side)}


def by_merging(rows: np.ndarray, units: np.ndarray, side: int, n_clusters: int) -> tuple[np.ndarray, list[str]]:
    """Merge the units of a map to n_clusters by the means of their rows: labels (n,) and a note where they are few."""
    labels, notes = merge_units(*mean_by_label(rows, units, side * side), n_clusters)
    return labels[units], notes


def by_unit(rows: np.ndarray, units: np.ndarray, side: int, n_clusters: int | None) -> tuple[np.ndarray, list[str]]:
    """Take each unit that has rows for a cluster; the number asked for has only sized the map."""
    words = f"each of the {len(np.unique(units))} units with photos, of {side} x {side}, is a group"
    return units, [f"{words}: n_clusters only sizes the map" if n_clusters else words]


GROUPS = {"merged": by_merging, "units": by_unit}


def map_side(n: int, n_clusters: int | None, groups: str) -> int:
    """Choose the side of a square map for n rows.

    Units as clusters: round(sqrt(2 k)) with k = n_clusters or n / 70, since about half the units stay empty. To be
    merged: up to 30, but no more units than rows and at least three units a cluster.
    """
    if groups == "units":
        return max(1, round(math.sqrt(2 * (n_clusters or n / 70))))
    if n_clusters is None:
        raise ValueError("expected a number of clusters to merge the units to, found None")
    side = max(min(USUAL_SIDE, math.ceil(math.sqrt(n))), math.ceil(math.sqrt(UNITS_A_CLUSTER * n_clusters)))
    if side > LARGEST_SIDE:
        most = LARGEST_SIDE**2 // UNITS_A_CLUSTER
        raise UserError(f"expected at most {most} clusters for som, found {n_clusters}: set cluster.method kmeans")
    return side


def merge_units(means: np.ndarray, hits: np.ndarray, n_clusters: int) -> tuple[np.ndarray, list[str]]:
    """Merge units with the given means of their rows (m, d) and hits (m,): labels int64 (m,), -1 without hits.

    Ward's linkage weighted by hits, then k-means of the unit means from there, so that early merges can be undone.
    """
    full = np.flatnonzero(hits)
    labels = np.full(len(hits), -1)
    if len(full) <= n_clusters:
        labels[full] = np.arange(len(full))
        few = f"only {len(full)} units of the map have rows: {len(full)} clusters of the {n_clusters} asked for"
        return labels, [few] if len(full) < n_clusters else []
    means, hits = means[full], hits[full]
    linkage = weighted_linkage(distances_between(means), hits, n_clusters=n_clusters)
    labels[full] = refine_units(means, hits, cut(linkage, len(means), n_clusters), n_clusters)
    return labels, []


def refine_units(means: np.ndarray, hits: np.ndarray, labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Run weighted k-means on unit means from the given labels; stops before a cluster would lose its last unit."""
    for _ in range(REFINEMENTS):
        weights = np.bincount(labels, hits, n_clusters)
        centres = np.zeros((n_clusters, means.shape[1]))
        np.add.at(centres, labels, means * (hits / weights[labels])[:, None])
        moved = nearest(means, centres.astype(np.float32))
        if (moved == labels).all() or len(np.unique(moved)) < n_clusters:
            break
        labels = moved
    return labels
