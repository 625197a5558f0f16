"""Clusters as the most persistent dense regions at any scale, and noise between them: HDBSCAN."""

import math

import numpy as np
from fast_hdbscan import HDBSCAN

from lookalike.clustering import METHODS
from lookalike.clustering.grouping import Grouping, check_choice
from lookalike.clustering.sampling import cluster_sample
from lookalike.clustering.scaling import prepare

__all__ = ["SELECTIONS", "cluster", "smallest_cluster"]

SELECTIONS = ("eom", "leaf")
MOST_COMPONENTS = 30  # above, fast_hdbscan turns to approximate neighbours of another library


def cluster(
    features: np.ndarray,
    n_clusters: None = None,
    *,
    seed: int,
    min_cluster_size: int = 0,
    min_samples: int = 2,
    selection: str = "eom",
    scaling: str = "l2",
    components: int = 15,
) -> Grouping:
    """Cluster rows by the most persistent dense regions (Campello et al., 2013), found in 1 to 30 principal axes.

    min_cluster_size 0 is `smallest_cluster` of the number of rows. selection: "eom" keeps the regions that persist
    longest, "leaf" the smallest ones. Raises ValueError on more components than the trees of the library serve.
    """
    check_choice("selection", selection, SELECTIONS)
    if not 1 <= components <= MOST_COMPONENTS:
        raise ValueError(f"expected 1 to {MOST_COMPONENTS} components for hdbscan, found {components}")
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    smallest = min_cluster_size or smallest_cluster(len(table))

    def densest(rows: np.ndarray) -> np.ndarray:
        if len(rows) <= max(smallest, min_samples):
            return np.full(len(rows), -1)
        return HDBSCAN(
            min_cluster_size=smallest,
            min_samples=min_samples,
            cluster_selection_method=selection,
            reproducible=True,
        ).fit_predict(rows)

    labels, note = cluster_sample(densest, table, METHODS["hdbscan"].limit, seed=seed)
    found = Grouping(labels.astype(np.int32), approximations=[*notes, *note])
    if not found.n_clusters:
        found.approximations.append(f"only noise: no {smallest} images lie closer together than the others")
    return found


def smallest_cluster(n: int) -> int:
    """Return the smallest number of rows that make a cluster among n."""
    if n >= 500:
        return n // 100
    if n >= 100:
        return 5
    if n > 40:
        return math.ceil(n / 20)
    return 3 if n >= 20 else 2
