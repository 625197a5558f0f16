"""The ways to group photos: the one table of methods, read by the config, --help, README and the tests.

Light to import: a method's module is loaded only when it is chosen (`load`).
"""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import NamedTuple

__all__ = ["METHODS", "Method", "load"]


class Method(NamedTuple):
    """One way to group: where its function is, and what a user must know before choosing it.

    The function is `cluster(features, n_clusters, *, seed, **options) -> Grouping`.
    """

    target: str  # "module:function", imported when the method is chosen
    summary: str  # one line for --help
    cost: str  # growth with n rows, d dimensions, k clusters
    limit: int | None  # rows up to which it runs as named; None: no limit
    above: str  # what happens above the limit
    n_clusters: str = "required"  # "required", "optional" (found by the method when None) or "unused"
    needs: tuple[str, ...] = ()  # inputs beside the features, passed by these keywords: "photos", "timestamps"


METHODS = {
    "som": Method(
        "lookalike.clustering.som:cluster",
        "self-organizing map whose units are merged (Ward) to n_clusters, or one unit a cluster",
        "n · units · d an epoch",
        None,
        "streams over a memory map",
    ),
    "kmeans": Method(
        "lookalike.clustering.partition:kmeans",
        "k-means: the nearest of n_clusters means",
        "n · k · d a pass",
        100_000,
        "mini-batch k-means, then one exact pass",
    ),
    "spectral": Method(
        "lookalike.clustering.mixture:spectral",
        "spectral clustering: the normalised cut of a nearest-neighbour graph",
        "n² · d for the graph, n · k² for the cut",
        10_000,
        "cuts the graph of k-means landmarks",
    ),
    "gmm": Method(
        "lookalike.clustering.mixture:gmm",
        "Gaussian mixture: the likeliest of n_clusters parts",
        "n · k · d a step (diagonal covariances)",
        100_000,
        "fits the mixture to a sample",
    ),
    "dbscan": Method(
        "lookalike.clustering.density:dbscan",
        "DBSCAN: rows chained by min_samples neighbours within eps; the rest is noise",
        "n² · d",
        20_000,
        "clusters a sample, the others join their nearest sampled row",
        "unused",
    ),
    "hdbscan": Method(
        "lookalike.clustering.hdbscan:cluster",
        "HDBSCAN: the most persistent dense regions; the rest is noise",
        "n log n to n², by how well few axes separate the rows",
        20_000,
        "clusters a sample, the others join their nearest sampled row",
        "unused",
    ),
    "hierarchical": Method(
        "lookalike.clustering.hierarchy:cluster",
        "linkage cut at a similarity index from 0 (one group) to 1, or to n_clusters",
        "n² · d time, n² memory",
        20_000,
        "links the units of a map, weighted by their rows",
        "optional",
        ("timestamps",),
    ),
    "local_match": Method(
        "lookalike.clustering.local_match:cluster",
        "photos that share local features in one geometry; the rest is noise",
        "n² pairs of photos",
        300,
        "compares each photo with those of the nearest feature vectors",
        "unused",
        ("photos",),
    ),
    "graph": Method(
        "lookalike.clustering.graph:cluster",
        "Leiden communities of the nearest-neighbour graph",
        "n² · d up to 30,000 rows, then n^1.5 · d, for the neighbours; n a division",
        30_000,
        "approximate neighbours",
        "optional",
    ),
    "recommended": Method(
        "lookalike.clustering.recommended:cluster",
        "consensus of Leiden communities over several graphs, sought again with the spread inside groups scaled down",
        "three times the neighbours of graph; about 200 divisions of n",
        30_000,
        "approximate neighbours",
    ),
}


def load(method: str) -> Callable:
    """Import and return the function of a method; ValueError names the methods when there is none of that name."""
    if method not in METHODS:
        raise ValueError(f"expected a method of {', '.join(METHODS)}, found {method!r}")
    return resolve_name(METHODS[method].target)
