"""What a trained map says about itself: best-matching units, U-matrix, quantization and topographic error."""

import numpy as np

from lookalike.clustering.assignment import distances_to_own, nearest_of_all

__all__ = ["best_and_second", "quantization_error", "topographic_error", "u_matrix"]


def best_and_second(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the nearest and the second nearest unit of each row as flat numbers, int64 (n, 2)."""
    return nearest_of_all(features, weights.reshape(-1, weights.shape[2]), second=True)


def quantization_error(features: np.ndarray, weights: np.ndarray, best: np.ndarray) -> float:
    """Return the mean Euclidean distance of the rows to their best-matching unit (flat numbers, (n,))."""
    return float(distances_to_own(features, weights.reshape(-1, weights.shape[2]), best).mean(dtype=np.float64))


def topographic_error(best: np.ndarray, second: np.ndarray, cols: int) -> float:
    """Return the share of rows whose two nearest units do not touch, diagonals included (Kiviluoto, 1996)."""
    down = np.abs(best // cols - second // cols)
    across = np.abs(best % cols - second % cols)
    return float((np.maximum(down, across) > 1).mean())


def u_matrix(weights: np.ndarray) -> np.ndarray:
    """Return each unit's mean distance to its up to eight neighbours (Ultsch, 1990), float32 (rows, cols)."""
    rows, cols = weights.shape[:2]
    total, count = np.zeros((rows, cols)), np.zeros((rows, cols))
    for down, across in ((0, 1), (1, -1), (1, 0), (1, 1)):
        here = np.s_[: rows - down, max(0, -across) : cols - max(0, across)]
        there = np.s_[down:, max(0, across) : cols + min(0, across)]
        distances = np.linalg.norm(weights[here] - weights[there], axis=2)
        for side in (here, there):
            total[side] += distances
            count[side] += 1
    return (total / np.maximum(count, 1)).astype(np.float32)
