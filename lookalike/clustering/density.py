"""Regions denser than what surrounds them: HDBSCAN's labels, and the distance within which rows have neighbours."""

import importlib.util
import math
import os
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

__all__ = ["densest", "neighbour_distance", "smallest_cluster"]

ADVICE_ROWS = 2_000  # from which a better eps is read


def densest(rows: np.ndarray, smallest: int, min_samples: int, selection: str) -> np.ndarray:
    """Return the labels int (n,) of the dense regions of at least `smallest` rows, -1 for noise.

    selection: fast_hdbscan's cluster_selection_method.
    """
    if len(rows) <= max(smallest, min_samples):
        return np.full(len(rows), -1)
    if not is_compiled():
        print("hdbscan: compiling fast_hdbscan, about a minute, the first time only", flush=True)
    from fast_hdbscan import HDBSCAN  # late: the import alone compiles

    size = {"min_cluster_size": smallest, "min_samples": min_samples}
    return HDBSCAN(**size, cluster_selection_method=selection, reproducible=True).fit_predict(rows)


def is_compiled() -> bool:
    """Say whether Numba has kept what it compiled of fast_hdbscan: beside the package, or in the user's cache."""
    beside = Path(importlib.util.find_spec("fast_hdbscan").origin).parent / "__pycache__"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(chosen)] if chosen else [beside, Path.home() / ".cache" / "numba"]
    return any(next(folder.rglob("*reproducible*.nbi"), None) for folder in folders)


def smallest_cluster(n: int) -> int:
    """Return the smallest number of rows that make a cluster among n."""
    if n >= 500:
        return n // 100
    if n >= 100:
        return 5
    if n > 40:
        return math.ceil(n / 20)
    return 3 if n >= 20 else 2


def neighbour_distance(features: np.ndarray, min_samples: int, *, seed: int) -> float:
    """Return the median distance of a sample of rows to their min_samples-th nearest row, themselves included."""
    rows = np.random.default_rng(seed).permutation(len(features))[:ADVICE_ROWS]
    neighbours = NearestNeighbors(n_neighbors=min(min_samples, len(features))).fit(features)
    return float(np.median(neighbours.kneighbors(features[np.sort(rows)])[0][:, -1]))
