"""k-means: the nearest of n_clusters means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from lookalike.clustering.methods.options import Scaled

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 100_000


class Options(Scaled):
    """Options of k-means."""

    n_init: int = Field(5, ge=1)
    """k-means++ starts, of which the best is kept."""
    max_iter: int = Field(100, ge=1)
    """Passes over the photos at most."""


def cluster(space: Space, n_clusters: int, options: Options) -> Clustering:
    """Cluster rows around n_clusters means, the best of n_init k-means++ starts (Arthur, 2007).

    Above the limit the best start on a sample goes on with mini-batches of all rows. Scores: inertia, the sum of
    squared distances to the own mean.
    """
    from lookalike.clustering import kmeans
    from lookalike.clustering.result import Clustering

    rows = space.rows(options.scaling, options.components)
    best = {"n_init": options.n_init, "max_iter": options.max_iter, "seed": space.seed}
    if len(rows) <= LIMIT:
        labels, _, inertia = kmeans.best_start(rows, n_clusters, **best)
        return Clustering(labels, scores={"inertia": inertia})
    labels, inertia = kmeans.by_mini_batches(rows, n_clusters, **best)
    note = f"means from mini-batches: {len(rows):,} rows are above {LIMIT:,}"
    return Clustering(labels, scores={"inertia": inertia}, approximations=[note])
