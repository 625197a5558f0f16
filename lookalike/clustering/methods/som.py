"""Self-organizing map: photos on a grid where neighbours look alike, and groups of its units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import Scaled

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["Options", "cluster"]


class Options(Scaled):
    """Options of the map."""

    engine: Literal["batch", "minisom"] = "batch"
    """What trains the map; minisom trains one photo after another and stops at radius 1."""
    groups: Literal["merged", "units"] = "merged"
    """merged: units of a large map are merged to n_clusters; units: a small map, one unit a group."""
    side: int = Field(0, ge=0, le=100)
    """Units a side; 0: chosen by the number of photos and groups."""
    epochs: int = Field(20, ge=1)
    """Passes over the photos."""
    final_radius: float = Field(0.3, gt=0)
    """Radius of the neighbourhood in units at the end."""


def cluster(space: Space, n_clusters: int | None, options: Options) -> Clustering:
    """Cluster rows on a map of side x side units (0: chosen by n and n_clusters).

    groups: "merged" to n_clusters, or "units", one a cluster, where n_clusters only sizes the map. Arrays: som_weights
    float32 (side, side, d), u_matrix float32 (side, side), best_matching_units int32 (n, 2) as row and column,
    unit_distances float32 (n,) of each row to its unit. Raises UserError when n_clusters needs more units than the
    largest map has.
    """
    from lookalike.clustering import som
    from lookalike.clustering.result import Clustering

    rows = space.rows(options.scaling, options.components)
    side = options.side or som.map_side(len(rows), n_clusters, options.groups)
    weights, approximations = som.ENGINES[options.engine](rows, side, options, space.seed)
    units, arrays, scores = som.place(rows, weights)
    labels, notes = som.GROUPS[options.groups](rows, units, side, n_clusters)
    return Clustering(labels, arrays, scores, approximations, notes)
