"""The ways to group photos: the one table of methods, read by the config, --help, README and the tests.

A method is a file here, with its options and its function, and a row of the table. Light to import: what a method
computes with is loaded when it runs.
"""

from collections.abc import Callable
from typing import NamedTuple

from lookalike.clustering.methods import (
    dbscan,
    gmm,
    graph,
    hdbscan,
    hierarchical,
    kmeans,
    local_match,
    recommended,
    som,
    spectral,
)
from lookalike.clustering.methods.options import MethodOptions

__all__ = ["METHODS", "Method"]


class Method(NamedTuple):
    """One way to group: its options, its function, and what a user must know before choosing it.

    The function is `cluster(space, n_clusters, options) -> Clustering`.
    """

    options: type[MethodOptions]
    cluster: Callable
    summary: str  # one line for --help
    cost: str  # growth with n rows, d dimensions, k clusters
    limit: int | None  # rows up to which it runs as named; None: no limit
    above: str  # what happens above the limit
    n_clusters: str = "required"  # "required", "optional" (found by the method when None) or "unused"
    needs: tuple[str, ...] = ()  # what the space must hold beside the features: "photos", "timestamps"


METHODS = {
    "som": Method(
        som.Options,
        som.cluster,
        "self-organizing map whose units are merged (Ward) to n_clusters, or one unit a cluster",
        "n · units · d an epoch",
        None,
        "streams over a memory map",
    ),
    "kmeans": Method(
        kmeans.Options,
        kmeans.cluster,
        "k-means: the nearest of n_clusters means",
        "n · k · d a pass",
        kmeans.LIMIT,
        "mini-batch k-means, then one exact pass",
    ),
    "spectral": Method(
        spectral.Options,
        spectral.cluster,
        "spectral clustering: the normalised cut of a nearest-neighbour graph",
        "n² · d for the graph, n · k² for the cut",
        spectral.LIMIT,
        "cuts the graph of k-means landmarks",
    ),
    "gmm": Method(
        gmm.Options,
        gmm.cluster,
        "Gaussian mixture: the likeliest of n_clusters parts",
        "n · k · d a step (diagonal covariances)",
        gmm.LIMIT,
        "fits the mixture to a sample",
    ),
    "dbscan": Method(
        dbscan.Options,
        dbscan.cluster,
        "DBSCAN: rows chained by min_samples neighbours within eps; the rest is noise",
        "n² · d",
        dbscan.LIMIT,
        "clusters a sample, the others join their nearest sampled row",
        "unused",
    ),
    "hdbscan": Method(
        hdbscan.Options,
        hdbscan.cluster,
        "HDBSCAN: the most persistent dense regions; the rest is noise",
        "n log n to n², by how well few axes separate the rows",
        hdbscan.LIMIT,
        "clusters a sample, the others join their nearest sampled row",
        "unused",
    ),
    "hierarchical": Method(
        hierarchical.Options,
        hierarchical.cluster,
        "linkage cut at a similarity index from 0 to 1, or to n_clusters",
        "n² · d time, n² memory",
        hierarchical.LIMIT,
        "links the units of a map, weighted by their rows",
        "optional",
        ("timestamps",),
    ),
    "local_match": Method(
        local_match.Options,
        local_match.cluster,
        "photos that share local features in one geometry; the rest is noise",
        "n² pairs of photos",
        local_match.LIMIT,
        "compares each photo with those of the nearest feature vectors",
        "unused",
        ("photos",),
    ),
    "graph": Method(
        graph.Options,
        graph.cluster,
        "Leiden communities of the nearest-neighbour graph",
        "n² · d up to 30,000 rows, then n^1.5 · d, for the neighbours; n a division",
        graph.LIMIT,
        "approximate neighbours; 10,000,000: groups of micro-clusters",
        "optional",
    ),
    "recommended": Method(
        recommended.Options,
        recommended.cluster,
        "consensus of Leiden communities over several graphs, sought again with the spread inside groups scaled down",
        "three times the neighbours of graph; about 100 divisions of n",
        graph.LIMIT,
        "approximate neighbours; 10,000,000: groups of micro-clusters",
    ),
}
