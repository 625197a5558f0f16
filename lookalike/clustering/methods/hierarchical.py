"""Hierarchical clustering by a similarity index: linkage cut at a share of the largest distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import Scaled, Scaling

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 20_000


class Options(Scaled):
    """Options of the linkage and its cut."""

    sim: float = Field(0.5, ge=0, le=1)
    """Similarity index from 0 to 1: the tree is cut at the largest pairwise distance times (1 - sim)."""
    linkage: Literal["average", "single", "complete", "weighted", "ward", "centroid", "median"] = "average"
    """Distance of two groups."""
    metric: Literal[
        "euclidean", "cosine", "cityblock", "sqeuclidean", "correlation", "chebyshev", "canberra", "braycurtis"
    ] = "euclidean"
    """Distance of two photos."""
    criterion: Literal["distance", "inconsistent"] = "distance"
    """What the cut compares: distances with sim, or the inconsistency of merges with max_inconsistency."""
    max_inconsistency: float = Field(1.1, gt=0)
    """Most that a merge may lie above the mean of those below it, in their standard deviations."""
    depth: int = Field(2, ge=1)
    """Levels below a merge that its inconsistency is judged by."""
    min_csize: int = Field(2, ge=1)
    """Smaller groups are noise."""
    alpha: float = Field(0, ge=0, le=1)
    """Share of the time between two photos (EXIF, else of the file) in their distance."""
    scaling: Scaling = "none"
    """l2: vectors of length 1; minmax: each number from -1 to 1; none: as they are."""
    components: int = Field(0, ge=0)
    """Principal axes kept; 0: all."""


def cluster(space: Space, n_clusters: int | None, options: Options) -> Clustering:
    """Cluster rows by cutting their linkage at max distance * (1 - sim), or where merges become inconsistent.

    Clusters of fewer than min_csize rows are noise. With n_clusters the linkage is cut to that number instead, and
    none becomes noise. alpha > 0 mixes in the times of the space, see `hierarchy.pairwise`. Above the limit the units
    of a map are linked. Arrays: linkage float64 (m - 1, 4), leaves int64 (n,), each row's leaf of it. Scores:
    max_distance, the larger of the largest pairwise distance and the height of the tree, and where one height parts
    the clusters, cut_height. Raises UserError on a linkage that the metric does not allow.
    """
    import numpy as np

    from lookalike.clustering import hierarchy
    from lookalike.clustering.result import Clustering

    hierarchy.check_metric(options.linkage, options.metric)
    rows = space.rows(options.scaling, options.components)
    points, owner, times, approximations = hierarchy.prototypes(rows, space.timestamps, LIMIT, seed=space.seed)
    distances = hierarchy.pairwise(points, options.metric, options.alpha, times)
    tree = hierarchy.link(distances, options.linkage, np.bincount(owner))
    labels, scores = hierarchy.cut_tree(tree, distances, n_clusters, options)
    labels = labels[owner]
    if n_clusters is None:
        labels = np.where(np.bincount(labels)[labels] >= options.min_csize, labels, -1)
    return Clustering(labels, {"linkage": tree, "leaves": owner}, scores, approximations)
