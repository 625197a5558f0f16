"""The normalised cut of a nearest-neighbour graph by scikit-learn."""

import numpy as np
from sklearn.cluster import SpectralClustering

__all__ = ["cut_graph"]


def cut_graph(points: np.ndarray, n_clusters: int, *, neighbours: int, assign_labels: str, seed: int) -> np.ndarray:
    """Cut the nearest-neighbour graph of points (m, d) into n_clusters: labels int (m,).

    assign_labels: how scikit-learn turns eigenvectors to labels.
    """
    if n_clusters >= len(points):  # the solver finds fewer eigenvectors than points
        return np.arange(len(points))
    model = SpectralClustering(
        n_clusters,
        affinity="nearest_neighbors",
        n_neighbors=min(neighbours, len(points) - 1),
        random_state=seed,
        assign_labels=assign_labels,
    )
    return model.fit_predict(points.astype(np.float64))
