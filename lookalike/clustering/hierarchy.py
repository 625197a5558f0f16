"""Hierarchical clustering by a similarity index: pairwise distances, linkage, a cut at a share of the largest distance.

Exact up to its size limit; above, the linkage joins the units of a map, each weighted by its rows.
"""

import numpy as np
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist, squareform

from lookalike.clustering.assignment import assign
from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.linkage import cut, weighted_linkage
from lookalike.clustering.methods import som
from lookalike.clustering.methods.hierarchical import Options
from lookalike.core.arrays import mean_by_label
from lookalike.core.errors import UserError

__all__ = ["check_metric", "cut_tree", "link", "pairwise", "prototypes", "time_distances"]

GEOMETRIC = ("ward", "centroid", "median")  # defined for Euclidean distances only
PROTOTYPE_SIDE = 40


def check_metric(linkage: str, metric: str) -> None:
    """Raise UserError where a linkage does not allow the metric."""
    if linkage in GEOMETRIC and metric != "euclidean":
        raise UserError(f"cluster.hierarchical.metric: expected euclidean with linkage {linkage}, found {metric}")


def cut_tree(
    tree: np.ndarray, distances: np.ndarray, n_clusters: int | None, options: Options
) -> tuple[np.ndarray, dict[str, float]]:
    """Cut a linkage (m - 1, 4) of condensed distances to a number, or as the options say: labels (m,) and scores.

    The score max_distance is the height of similarity 0: the largest distance, or that of the tree where it is
    taller (Ward's heights grow with the size of what is merged). cut_height is left out where several heights part
    the clusters.
    """
    largest = float(distances.max(initial=0))
    scores = {"max_distance": max(largest, float(tree[:, 2].max(initial=0)))}
    if n_clusters is not None:
        return cut(tree, len(tree) + 1, n_clusters), {"cut_height": cut_height(tree, n_clusters)} | scores
    if options.criterion == "inconsistent":
        return fcluster(tree, options.max_inconsistency, "inconsistent", depth=options.depth) - 1, scores
    height = largest * (1 - options.sim)
    return fcluster(tree, height, "distance") - 1, {"cut_height": height} | scores


def prototypes(
    features: np.ndarray, timestamps: np.ndarray | None, limit: int, *, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, list[str]]:
    """Return the points to link, each row's point, the points' times and a note; up to the limit, the rows."""
    if len(features) <= limit:
        return np.asarray(features), np.arange(len(features)), timestamps, []
    training = som.Options().model_dump(include={"epochs", "final_radius"})
    weights = train_batch(features, PROTOTYPE_SIDE, PROTOTYPE_SIDE, **training, seed=seed)
    _, owner = np.unique(assign(features, weights.reshape(PROTOTYPE_SIDE**2, -1))[0], return_inverse=True)
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


def pairwise(points: np.ndarray, metric: str, alpha: float, timestamps: np.ndarray | None) -> np.ndarray:
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
