"""HDBSCAN: clusters as the most persistent dense regions at any scale, and noise between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import Scaled

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 20_000
MOST_COMPONENTS = 30  # above, fast_hdbscan turns to approximate neighbours of another library


class Options(Scaled):
    """Options of HDBSCAN."""

    min_cluster_size: int = Field(0, ge=0)
    """Photos a group at least; 0: by the number of photos (500 and more: n // 100, ...)."""
    min_samples: int = Field(2, ge=1)
    """Neighbours that make a photo dense."""
    components: int = Field(15, ge=1, le=MOST_COMPONENTS)
    """Principal axes kept."""
    cluster_selection_method: Literal["eom", "leaf"] = "eom"
    """Regions taken: those that persist longest (excess of mass), or the leaves of their tree."""


def cluster(space: Space, n_clusters: None, options: Options) -> Clustering:
    """Cluster rows by the most persistent dense regions (Campello et al., 2013).

    min_cluster_size 0 is `smallest_cluster` of the number of rows. Above the limit a sample is clustered and the
    others join their nearest sampled row.
    """
    from lookalike.clustering.density import densest, smallest_cluster
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.sampling import cluster_sample

    rows = space.rows(options.scaling, options.components)
    smallest = options.min_cluster_size or smallest_cluster(len(rows))
    selection = options.cluster_selection_method
    labels, approximations = cluster_sample(
        lambda sample: densest(sample, smallest, options.min_samples, selection), rows, LIMIT, seed=space.seed
    )
    nothing = [f"only noise: no {smallest} photos lie closer together than the others"]
    return Clustering(labels, approximations=approximations, notes=nothing if (labels < 0).all() else [])
