"""MiniSom's online training, one row after another, as a second engine for the same map."""

import numpy as np
from minisom import MiniSom

__all__ = ["train_minisom"]


def train_minisom(features: np.ndarray, rows: int, cols: int, *, epochs: int = 20, seed: int) -> np.ndarray:
    """Train a map of rows x cols units on features (n, d), which must fit in memory: weights float32 (rows, cols, d).

    Rows come in random order; the radius falls linearly from half the longer side to one unit.
    """
    som = MiniSom(
        rows,
        cols,
        features.shape[1],
        sigma=max(rows, cols) / 2,
        sigma_decay_function="linear_decay_to_one",
        random_seed=seed,
    )
    som.random_weights_init(np.asarray(features))
    som.train(np.asarray(features), epochs * len(features), random_order=True)
    return som.get_weights().astype(np.float32)
