"""Spectral clustering: the normalised cut of a nearest-neighbour graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import Scaled

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 10_000
LANDMARKS = 2_000  # at least, above the limit


class Options(Scaled):
    """Options of spectral clustering."""

    neighbours: int = Field(10, ge=2)
    """Nearest photos each photo is joined to."""
    assign_labels: Literal["discretize", "kmeans", "cluster_qr"] = "discretize"
    """How the eigenvectors of the graph become groups."""


def cluster(space: Space, n_clusters: int, options: Options) -> Clustering:
    """Cluster rows by the normalised cut of their nearest-neighbour graph (Ng, Jordan and Weiss, 2001).

    Above the limit k-means landmarks are cut in place of the rows (KASP: Yan, Huang and Jordan, 2009).
    """
    import numpy as np

    from lookalike.clustering.kmeans import landmarks
    from lookalike.clustering.normalised_cut import cut_graph
    from lookalike.clustering.result import Clustering

    rows = space.rows(options.scaling, options.components)
    how = {"neighbours": options.neighbours, "assign_labels": options.assign_labels, "seed": space.seed}
    if len(rows) <= LIMIT:
        return Clustering(cut_graph(np.asarray(rows), n_clusters, **how))
    means, owner = landmarks(rows, max(LANDMARKS, 10 * n_clusters), seed=space.seed)
    note = f"cut of {len(means):,} landmarks: {len(rows):,} rows are above {LIMIT:,}"
    return Clustering(cut_graph(means, n_clusters, **how)[owner], approximations=[note])
