"""Partitions by other models than means: Gaussian mixtures and spectral clustering."""

import warnings

import numpy as np
from sklearn.cluster import SpectralClustering
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from lookalike.clustering import METHODS
from lookalike.clustering.assignment import assign, map_blocks, mean_by_label
from lookalike.clustering.grouping import Grouping, check_choice
from lookalike.clustering.partition import mini_batches, starting_means
from lookalike.clustering.scaling import prepare, sample_rows

__all__ = ["COVARIANCES", "ROUNDINGS", "gmm", "spectral"]

COVARIANCES = ("diag", "spherical", "tied", "full")
ROUNDINGS = ("discretize", "cluster_qr", "kmeans")
LANDMARKS = 2_000


def gmm(
    features: np.ndarray,
    n_clusters: int,
    *,
    seed: int,
    covariance: str = "diag",
    iterations: int = 100,
    scaling: str = "l2",
    components: int = 50,
) -> Grouping:
    """Cluster features (n, d) by the likeliest part of a mixture of n_clusters Gaussians (EM, Dempster, 1977).

    Above the method's limit the mixture is fitted to a sample. Arrays: membership float32 (n,), the probability of
    the row's own part. Scores: bic of the rows fitted to. Few principal axes keep the covariances well determined.
    """
    check_choice("covariance", covariance, COVARIANCES)
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    limit = METHODS["gmm"].limit
    sample = table
    if len(table) > limit:
        sample = sample_rows(table, seed=seed, n_bytes=4 * limit * table.shape[1])
        notes = [*notes, f"mixture fitted to {limit:,} of {len(table):,} rows"]
    sample = np.asarray(sample, dtype=np.float64)
    model = GaussianMixture(n_clusters, covariance_type=covariance, max_iter=iterations, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(sample)
    if not model.converged_:
        notes = [*notes, f"mixture still moving after {iterations} iterations"]

    def step(block: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
        parts = model.predict_proba(block.astype(np.float64))
        return parts.argmax(axis=1), parts.max(axis=1)

    labels, membership = (np.concatenate(column) for column in zip(*map_blocks(step, table), strict=True))
    return Grouping(
        labels.astype(np.int32), {"membership": membership.astype(np.float32)}, {"bic": float(model.bic(sample))}, notes
    )


def spectral(
    features: np.ndarray,
    n_clusters: int,
    *,
    seed: int,
    neighbours: int = 10,
    rounding: str = "discretize",
    scaling: str = "l2",
    components: int = 128,
) -> Grouping:
    """Cluster features (n, d) by the normalised cut of their nearest-neighbour graph (Ng, Jordan and Weiss, 2001).

    rounding: how scikit-learn turns eigenvectors to labels. Above the method's limit k-means landmarks are cut in
    place of the rows (KASP: Yan, Huang and Jordan, 2009).
    """
    check_choice("rounding", rounding, ROUNDINGS)
    table, notes = prepare(features, scaling=scaling, components=components, seed=seed)
    limit = METHODS["spectral"].limit
    if len(table) <= limit:
        return Grouping(cut_graph(np.asarray(table), n_clusters, neighbours, rounding, seed), approximations=notes)
    marks = max(LANDMARKS, 10 * n_clusters)
    owner, _, _ = assign(table, mini_batches(table, starting_means(table, marks, seed=seed), seed=seed))
    _, owner = np.unique(owner, return_inverse=True)
    means, _ = mean_by_label(table, owner, owner.max() + 1)
    note = f"cut of {len(means):,} landmarks: {len(table):,} rows are above {limit:,}"
    return Grouping(cut_graph(means, n_clusters, neighbours, rounding, seed)[owner], approximations=[*notes, note])


def cut_graph(points: np.ndarray, n_clusters: int, neighbours: int, rounding: str, seed: int) -> np.ndarray:
    """Cut the nearest-neighbour graph of points (m, d) into n_clusters: labels int32 (m,)."""
    if n_clusters >= len(points):  # the solver finds fewer eigenvectors than points
        return np.arange(len(points), dtype=np.int32)
    model = SpectralClustering(
        n_clusters,
        affinity="nearest_neighbors",
        n_neighbors=min(neighbours, len(points) - 1),
        random_state=seed,
        assign_labels=rounding,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Graph is not fully connected")  # parts are clusters then
        return model.fit_predict(points.astype(np.float64)).astype(np.int32)
