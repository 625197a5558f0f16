"""Clusters as regions denser than a given distance allows, and noise between them: DBSCAN."""

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from lookalike.clustering import METHODS
from lookalike.clustering.grouping import Grouping
from lookalike.clustering.sampling import cluster_sample
from lookalike.clustering.scaling import prepare

__all__ = ["dbscan", "neighbour_distance"]

ADVICE_ROWS = 2_000  # from which a better eps is read


def dbscan(
    features: np.ndarray,
    n_clusters: None = None,
    *,
    seed: int,
    eps: float = 10.0,
    min_samples: int = 10,
    scaling: str = "none",
    components: int = 0,
) -> Grouping:
    """Cluster rows chained by `min_samples` neighbours (itself included) within Euclidean `eps` (Ester et al., 1996).

    Where all is noise or one cluster, the approximations say what eps would divide these features.
    """
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    model = DBSCAN(eps=eps, min_samples=min_samples)
    labels, note = cluster_sample(model.fit_predict, table, METHODS["dbscan"].limit, seed=seed)
    found = Grouping(labels.astype(np.int32), approximations=[*notes, *note])
    if found.n_clusters < 2:
        what = "one cluster" if found.n_clusters else "only noise"
        typical = neighbour_distance(table, min_samples, seed=seed)
        found.approximations.append(
            f"{what} at eps {eps:g}: half of the images have {min_samples} within {typical:.3g}, try eps near that"
        )
    return found


def neighbour_distance(features: np.ndarray, min_samples: int, *, seed: int) -> float:
    """Return the median distance of a sample of rows to their min_samples-th nearest row, themselves included."""
    rows = np.random.default_rng(seed).permutation(len(features))[:ADVICE_ROWS]
    neighbours = NearestNeighbors(n_neighbors=min(min_samples, len(features))).fit(features)
    return float(np.median(neighbours.kneighbors(features[np.sort(rows)])[0][:, -1]))
