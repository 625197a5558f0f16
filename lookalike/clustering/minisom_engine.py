"""MiniSom's online training, one row after another, as a second engine for the same map."""

import numpy as np
from minisom import MiniSom

from lookalike.clustering.scaling import sample_rows

__all__ = ["train_minisom"]


def train_minisom(features: np.ndarray, side: int, *, epochs: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Train a map of side x side units on features (n, d): weights float32 (side, side, d), and the approximations.

    Rows come in random order; the radius falls linearly from half the side to one unit.
    MiniSom holds its rows in memory: of more than 256 MB it sees a random sample.
    """
    rows = sample_rows(features, seed=seed)
    som = MiniSom(
        side,
        side,
        features.shape[1],
        sigma=side / 2,
        sigma_decay_function="linear_decay_to_one",
        random_seed=seed,
    )
    som.random_weights_init(rows)
    som.train(rows, epochs * len(rows), random_order=True)
    exact = len(rows) == len(features)
    approximations = [] if exact else [f"MiniSom trained on {len(rows):,} of {len(features):,} rows"]
    return som.get_weights().astype(np.float32), approximations
