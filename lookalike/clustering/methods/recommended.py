"""Multi-scale consensus communities, refined by their own spread: the recommended way to group photos."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lookalike.clustering.methods.options import MethodOptions

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["Options", "cluster"]

SETTLED = 1e-3  # of the rows, that a round may move and be the last


class Options(MethodOptions):
    """Options of the consensus."""

    scales: tuple[Annotated[int, Field(ge=2, le=200)], ...] = Field((8, 12, 15, 20, 30), min_length=1)
    """Numbers of neighbours of the graphs that vote."""
    coarseness: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.7, 1.0, 1.4, 2.0), min_length=1)
    """Numbers of communities each graph votes with, as shares of the number of groups asked for."""
    neighbours: int = Field(25, ge=2, le=200)
    """Neighbours a photo may be joined to in the consensus graph."""
    rounds: int = Field(3, ge=1, le=10)
    """Consensuses sought, each after the first with what varies inside the groups before it scaled down."""
    shrinkage: float = Field(0.5, ge=0, le=1)
    """Share of the identity in the covariance inside groups."""
    components: int = Field(0, ge=0)
    """Principal axes kept; 0: all, or 128 above 50,000 photos."""


def cluster(space: Space, n_clusters: int, options: Options) -> Clustering:
    """Group rows into n_clusters communities of the multi-scale consensus graph; see consensus.py.

    Above ten million rows, of their micro-clusters.
    """
    from lookalike.clustering.consensus import consensus
    from lookalike.clustering.micro_clusters import MOST_ROWS, on_micro_clusters
    from lookalike.clustering.result import Clustering, renumber
    from lookalike.clustering.within import within_normalised
    from lookalike.core.progress import progress

    unit, profiles = space.unit(options.components), {}
    if len(space) > MOST_ROWS:
        return on_micro_clusters(unit, n_clusters, partial(cluster, n_clusters=n_clusters, options=options))
    with progress("find groups", options.rounds * len(options.scales), "graphs") as advance:
        labels = renumber(consensus(unit, n_clusters, options, advance, profiles))
        for _ in range(options.rounds - 1):
            before = labels
            seen = unit.rescaled(within_normalised(unit, labels, shrinkage=options.shrinkage))
            labels = renumber(consensus(seen, n_clusters, options, advance, profiles))
            if (labels != before).mean() <= SETTLED:  # the rounds that are left would find the same
                break
    return Clustering(labels)
