"""DBSCAN: clusters as regions denser than a given distance allows, and noise between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from lookalike.clustering.methods.options import Scaled, Scaling

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 20_000


class Options(Scaled):
    """Options of DBSCAN."""

    eps: float = Field(10.0, gt=0)
    """Distance within which photos are neighbours."""
    min_samples: int = Field(10, ge=1)
    """Neighbours, itself included, that make a photo the core of a group."""
    scaling: Scaling = "none"
    """l2: vectors of length 1; minmax: each number from -1 to 1; none: as they are."""
    components: int = Field(0, ge=0)
    """Principal axes kept; 0: all."""


def cluster(space: Space, n_clusters: None, options: Options) -> Clustering:
    """Cluster rows chained by min_samples neighbours within Euclidean eps (Ester et al., 1996).

    Above the limit a sample is clustered and the others join their nearest sampled row. Where all is noise or one
    cluster, a note says what eps would divide these features.
    """
    from sklearn.cluster import DBSCAN

    from lookalike.clustering.density import neighbour_distance
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.sampling import cluster_sample

    rows = space.rows(options.scaling, options.components)
    model = DBSCAN(eps=options.eps, min_samples=options.min_samples)
    labels, approximations = cluster_sample(model.fit_predict, rows, LIMIT, seed=space.seed)
    result, notes = Clustering(labels), []
    if result.n_clusters < 2:
        what = "one cluster" if result.n_clusters else "only noise"
        typical = neighbour_distance(rows, options.min_samples, seed=space.seed)
        found = f"half of the photos have {options.min_samples} within {typical:.3g}"
        notes = [f"{what} at eps {options.eps:g}: {found}, try eps near that"]
    return Clustering(labels, approximations=approximations, notes=notes)
