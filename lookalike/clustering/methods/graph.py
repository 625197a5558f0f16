"""Leiden communities of the nearest-neighbour graph, at a resolution or to a given number."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import MethodOptions

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 30_000  # rows up to which neighbours are exact


class Options(MethodOptions):
    """Options of the communities of one graph."""

    neighbours: int = Field(15, ge=2, le=200)
    """Nearest photos each photo is joined to."""
    weights: Literal["self_tuning", "shared"] = "self_tuning"
    """Weight of an edge: a self-tuning kernel, or the share of common neighbours."""
    resolution: float = Field(1.0, gt=0)
    """Resolution of Leiden where no number of groups is given: a higher one makes more groups."""
    components: int = Field(0, ge=0)
    """Principal axes kept; 0: all, or 128 above 50,000 photos."""


def cluster(space: Space, n_clusters: int | None, options: Options) -> Clustering:
    """Group rows by Leiden communities of the graph of `neighbours` nearest rows by cosine.

    n_clusters None: as many as there are at `resolution`; else the resolution is searched. Above ten million rows, of
    their micro-clusters.
    """
    from lookalike.clustering.communities import communities, find_communities
    from lookalike.clustering.micro_clusters import MOST_ROWS, on_micro_clusters
    from lookalike.clustering.neighbours import connect
    from lookalike.clustering.result import Clustering

    unit = space.unit(options.components)
    if len(space) > MOST_ROWS:
        return on_micro_clusters(unit, n_clusters, partial(cluster, n_clusters=n_clusters, options=options))
    graph = connect(*unit.neighbours(options.neighbours), options.weights)
    divide = partial(communities, graph, seed=space.seed)
    if n_clusters is None:
        return Clustering(divide(options.resolution))
    return Clustering(find_communities(divide, unit.features, n_clusters)[0])
