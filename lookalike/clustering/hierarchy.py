"""Hierarchical clustering by a similarity index: pairwise distances, linkage, a cut at a share of the largest distance.

Exact up to its size limit; above, the linkage joins the units of a map, each weighted by its rows.
"""

import numpy as np
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist, squareform

from lookalike.clustering import METHODS
from lookalike.clustering.assignment import assign, mean_by_label
from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.grouping import Grouping, check_choice
from lookalike.clustering.linkage import cut, weighted_linkage
from lookalike.clustering.scaling import prepare
from lookalike.core.errors import UserError

__all__ = ["CRITERIA", "LINKAGES", "METRICS", "cluster", "pairwise", "time_distances"]

LINKAGES = ("average", "single", "complete", "weighted", "ward", "centroid", "median")
METRICS = ("euclidean", "cosine", "cityblock", "sqeuclidean", "correlation", "chebyshev", "canberra", "braycurtis")
CRITERIA = ("distance", "inconsistent")
GEOMETRIC = ("ward", "centroid", "median")  # defined for Euclidean distances only
PROTOTYPE_SIDE = 40


def cluster(
    features: np.ndarray,
    n_clusters: int | None = None,
    *,
    seed: int,
    sim: float = 0.5,
    linkage: str = "average",
    metric: str = "euclidean",
    criterion: str = "distance",
    min_csize: int = 2,
    alpha: float = 0.0,
    timestamps: np.ndarray | None = None,
    scaling: str = "none",
    components: int = 0,
) -> Grouping:
    """Cluster features (n, d) by cutting their linkage at max distance * (1 - sim), sim 0 (one cluster) to 1.

    linkage, metric and criterion are SciPy's; clusters of fewer than min_csize rows are noise. With n_clusters the
    linkage is cut to that number instead, and none becomes noise. alpha > 0 mixes in timestamps (n,), see `pairwise`.
    Arrays: linkage float64 (m - 1, 4). Scores: cut_height and max_distance.
    Raises ValueError on a choice that does not exist, UserError on a linkage that the metric does not allow.
    """
    check_choice("linkage", linkage, LINKAGES)
    check_choice("metric", metric, METRICS)
    check_choice("criterion", criterion, CRITERIA)
    if linkage in GEOMETRIC and metric != "euclidean":
        raise UserError(f"cluster.hierarchical.metric: expected euclidean with linkage {linkage}, found {metric}")
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    points, owner, times, note = prototypes(table, timestamps, seed=seed)
    distances = pairwise(points, metric, alpha, times)
    tree = link(distances, linkage, np.bincount(owner))
    highest = float(distances.max(initial=0))
    if n_clusters is None:
        height = highest * (1 - sim)
        labels = fcluster(tree, height, criterion) - 1
    else:
        labels, height = cut(tree, n_clusters), cut_height(tree, n_clusters)
    labels = labels[owner]
    if n_clusters is None:
        labels = np.where(np.bincount(labels)[labels] >= min_csize, labels, -1)
    return Grouping(
        labels.astype(np.int32), {"linkage": tree}, {"cut_height": height, "max_distance": highest}, notes + note
    )


def prototypes(
    features: np.ndarray, timestamps: np.ndarray | None, *, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, list[str]]:
    """Return the points to link, each row's point, the points' times and a note; up to the limit, the rows."""
    limit = METHODS["hierarchical"].limit
    if len(features) <= limit:
        return np.asarray(features), np.arange(len(features)), timestamps, []
    weights = train_batch(features, PROTOTYPE_SIDE, PROTOTYPE_SIDE, seed=seed).reshape(PROTOTYPE_SIDE**2, -1)
    _, owner = np.unique(assign(features, weights)[0], return_inverse=True)
    means, _ = mean_by_label(features, owner, owner.max() + 1)
    times = None if timestamps is None else mean_times(timestamps, owner)
    note = f"linkage of the {len(means):,} units of a map: {len(features):,} rows are above {limit:,}"
    return means, owner, times, [note]


def mean_times(timestamps: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Average the known times of each point's rows; NaN where none is known."""
    known = np.isfinite(timestamps)
    totals = np.bincount(owner, np.where(known, timestamps, 0))
    counts = np.bincount(owner, known)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def pairwise(points: np.ndarray, metric: str, alpha: float = 0.0, timestamps: np.ndarray | None = None) -> np.ndarray:
    """Return the condensed distances of points (m, d), float64 (m (m - 1) / 2,).

    alpha > 0: (1 - alpha) content / max + alpha time / max, with timestamps (m,) in seconds. Raises ValueError when
    those are missing altogether.
    """
    content = pdist(points, metric)
    np.nan_to_num(content, copy=False, nan=np.nanmax(content, initial=0))  # cosine of a vector of zeros: farthest
    if not alpha:
        return content
    if timestamps is None:
        raise ValueError("expected timestamps for alpha above 0, found none")
    content /= content.max(initial=0) or 1
    time = time_distances(np.asarray(timestamps, dtype=np.float64))
    return np.where(np.isnan(time), content, (1 - alpha) * content + alpha * time)


def time_distances(timestamps: np.ndarray) -> np.ndarray:
    """Return the condensed time differences over their maximum: 0 where all are equal, NaN where a time is unknown."""
    differences = pdist(timestamps[:, None], "cityblock")
    return differences / (np.nanmax(differences, initial=0) or 1)


def link(distances: np.ndarray, linkage: str, weights: np.ndarray) -> np.ndarray:
    """Link condensed distances by SciPy, or where points stand for several rows and the linkage minds, by weight."""
    if linkage in ("average", "ward") and weights.max() > 1:
        return weighted_linkage(squareform(distances), weights, linkage)
    return scipy_linkage(distances, linkage)


def cut_height(tree: np.ndarray, n_clusters: int) -> float:
    """Return the height halfway between the last merge made for n_clusters and the next one."""
    heights = np.concatenate([[0.0], tree[:, 2], tree[-1:, 2]])
    last = len(tree) + 1 - n_clusters
    return float(heights[last : last + 2].mean())
