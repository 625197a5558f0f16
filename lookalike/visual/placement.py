"""Places on the map for photos that the layout did not see: beside the photo seen that is most like them."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from lookalike.visual.layouts import principal_axes

__all__ = ["place_all"]

GOLDEN = np.pi * (3 - np.sqrt(5))  # the angle of a sunflower's seeds: no two photos at one place lie alike
SPREAD = 0.3  # of the usual distance between photos of the layout: how far the first lies beside its neighbour


def place_all(positions: np.ndarray, rows: np.ndarray, features: np.ndarray, *, seed: int) -> np.ndarray:
    """Give each of n photos a place: float32 (n, 2), those of the layout theirs.

    positions: float (m, 2) of the photos `rows`, int (m,). features: float (n, d). The neighbour is that of the least
    Euclidean distance on the main axes of all; those of one neighbour lie around it on a sunflower's spiral.
    """
    placed = np.zeros((len(features), 2), np.float32)
    placed[rows] = positions
    others = np.setdiff1d(np.arange(len(features)), rows)
    if not len(others):
        return placed
    axes = principal_axes(features, seed=seed)
    _, found = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(axes[rows]).kneighbors(axes[others])
    beside = found[:, 0]
    turn = _rank(beside) + 1
    step = SPREAD * _usual_gap(positions)
    shift = np.sqrt(turn) * step
    placed[others] = positions[beside] + np.stack([np.cos(turn * GOLDEN), np.sin(turn * GOLDEN)], 1) * shift[:, None]
    return placed


def _rank(values: np.ndarray) -> np.ndarray:
    """Return how many equal values stand before each of values (n,)."""
    order = np.argsort(values, kind="stable")
    _, starts, counts = np.unique(values[order], return_index=True, return_counts=True)
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - np.repeat(starts, counts)
    return rank


def _usual_gap(positions: np.ndarray) -> float:
    if len(positions) < 2:
        return 1.0
    gaps = NearestNeighbors(n_neighbors=1).fit(positions).kneighbors()[0]
    return float(np.median(gaps)) or 1.0
