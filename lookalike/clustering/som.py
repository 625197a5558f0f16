"""Self-organizing map: photos on a grid where neighbours look alike, and groups of its units.

Two-level (the default): the units of a large map are merged to the groups asked for (J. Vesanto and E. Alhoniemi,
Clustering of the self-organizing map, 2000). Or one unit a cluster: a small map whose units are the groups.
"""

import math

import numpy as np
from scipy.spatial.distance import cdist

from lookalike.clustering.assignment import distances_to_own, mean_by_label, nearest
from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.grouping import Grouping, check_choice
from lookalike.clustering.linkage import cut, weighted_linkage
from lookalike.clustering.map_quality import best_and_second, topographic_error, u_matrix
from lookalike.clustering.minisom_engine import train_minisom
from lookalike.clustering.scaling import prepare
from lookalike.core.errors import UserError

__all__ = ["ENGINES", "GROUPS", "cluster", "map_side", "merge_units"]

ENGINES = ("batch", "minisom")
GROUPS = ("merged", "units")
USUAL_SIDE = 30  # merging gains little from a larger map
LARGEST_SIDE = 100
UNITS_A_CLUSTER = 3  # of a map to be merged, at least
REFINEMENTS = 50


def cluster(
    features: np.ndarray,
    n_clusters: int | None,
    *,
    seed: int,
    engine: str = "batch",
    groups: str = "merged",
    side: int = 0,
    epochs: int = 20,
    final_radius: float = 0.3,
    scaling: str = "l2",
    components: int = 128,
) -> Grouping:
    """Cluster features (n, d) on a map of side x side units (0: chosen by n and n_clusters).

    engine: "batch", or "minisom" (which stops at radius 1). groups: "merged" to n_clusters, or "units", one a
    cluster, where n_clusters only sizes the map. `prepare` explains scaling and components.
    Arrays: som_weights float32 (side, side, d), u_matrix float32 (side, side), best_matching_units int32 (n, 2) as row
    and column, unit_distances float32 (n,) of each row to its unit. Raises UserError when n_clusters needs more units
    than the largest map has.
    """
    check_choice("engine", engine, ENGINES)
    check_choice("groups", groups, GROUPS)
    side = side or map_side(len(features), n_clusters, groups)
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    if engine == "minisom":
        weights = train_minisom(table, side, side, epochs=epochs, seed=seed)
    else:
        weights = train_batch(table, side, side, epochs=epochs, final_radius=final_radius, seed=seed)
    best, second = best_and_second(table, weights).T
    gaps = distances_to_own(table, weights.reshape(side * side, -1), best)
    labels = best
    if groups == "merged":
        unit_labels, note = merge_units(*mean_by_label(table, best, side * side), n_clusters)
        labels, notes = unit_labels[best], notes + note
    return Grouping(
        labels=labels.astype(np.int32),
        arrays={
            "som_weights": weights,
            "best_matching_units": np.stack([best // side, best % side], axis=1).astype(np.int32),
            "u_matrix": u_matrix(weights),
            "unit_distances": gaps,
        },
        scores={
            "quantization_error": float(gaps.mean(dtype=np.float64)),
            "topographic_error": topographic_error(best, second, side),
        },
        approximations=notes,
    )


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
    labels[full] = refine_units(means, hits, cut(weighted_linkage(cdist(means, means), hits), n_clusters), n_clusters)
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
