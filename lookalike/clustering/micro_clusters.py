"""Very many rows as the means of small k-means clusters, which a graph method groups in their place.

As BIRCH does (Zhang, Ramakrishnan and Livny, 1996), with mini-batch k-means for its tree.
"""

from collections.abc import Callable
from dataclasses import replace

from lookalike.clustering.kmeans import landmarks
from lookalike.clustering.result import Clustering
from lookalike.clustering.space import Space

__all__ = ["MOST_ROWS", "on_micro_clusters"]

MOST_ROWS = 10_000_000  # whose graph of neighbours is made
MICRO_CLUSTERS = 20_000  # or so many a group:
A_GROUP = 10


def on_micro_clusters(space: Space, n_clusters: int | None, cluster: Callable[[Space], Clustering]) -> Clustering:
    """Group the means of micro-clusters of a space's rows by a method, each row with its mean.

    n_clusters: the number of groups asked for, if one is.
    """
    means, owner = landmarks(space.features, max(MICRO_CLUSTERS, A_GROUP * (n_clusters or 0)), seed=space.seed)
    found = cluster(space.of(means))
    note = f"groups of {len(means):,} k-means micro-clusters: {len(space):,} rows are above {MOST_ROWS:,}"
    return replace(found, labels=found.labels[owner], approximations=[note, *found.approximations])
