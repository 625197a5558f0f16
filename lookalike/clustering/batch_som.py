"""The project's own self-organizing map: batch training by matrix products, map-reduce over blocks of rows.

Kohonen's batch map (T. Kohonen, Self-Organizing Maps, 3rd edition 2001, section 3.6). Training reads the rows once an
epoch and keeps only the map in memory. Does not group the units: see som.py.
"""

import numpy as np

from lookalike.clustering.assignment import assign
from lookalike.clustering.scaling import sample_rows
from lookalike.core.progress import progress

__all__ = ["initial_map", "neighbourhood", "radii", "smooth", "train_batch"]

AXES_ROWS = 20_000  # that suffice for the two axes which the first map spans
INITIAL_SPREAD = 1.0  # standard deviations that the first map spans on each side of the mean
REACHED = 1e-6  # rows' worth of neighbourhood below which a unit has seen nothing


def train_batch(
    features: np.ndarray, rows: int, cols: int, *, epochs: int, final_radius: float, seed: int
) -> np.ndarray:
    """Train a map of rows x cols units on features (n, d): weights float32 (rows, cols, d).

    The neighbourhood is Gaussian; its radius falls exponentially from half the longer side to `final_radius` units.
    """
    weights = initial_map(features, rows, cols, seed=seed)
    with progress("train the map", epochs * len(features), "rows") as advance:
        for radius in radii(max(rows, cols) / 2, final_radius, epochs):
            _, sums, counts = assign(features, weights.reshape(rows * cols, -1))
            weights = smooth(weights, sums, counts, radius)
            advance(len(features))
    return weights


def initial_map(features: np.ndarray, rows: int, cols: int, *, seed: int) -> np.ndarray:
    """Span a regular grid over the two main principal axes of a sample of the rows: float32 (rows, cols, d)."""
    sample = sample_rows(features, seed=seed, n_bytes=4 * features.shape[1] * AXES_ROWS).astype(np.float32)
    mean = sample.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(sample, rowvar=False).reshape(len(mean), -1))
    longer, shorter = (np.sqrt(max(v, 0.0)) * axis for v, axis in _two_largest(values, axes))
    down = INITIAL_SPREAD * np.linspace(-1, 1, rows) if rows > 1 else np.zeros(1)
    across = INITIAL_SPREAD * np.linspace(-1, 1, cols) if cols > 1 else np.zeros(1)
    grid = mean + down[:, None, None] * longer + across[None, :, None] * shorter
    return grid.astype(np.float32)


def radii(first: float, last: float, epochs: int) -> np.ndarray:
    """Return the neighbourhood radius of each epoch, falling exponentially from first to last."""
    return np.geomspace(max(first, last), last, epochs)


def neighbourhood(side: int, radius: float) -> np.ndarray:
    """Return the Gaussian weight of units along one side on each other, float64 (side, side)."""
    steps = np.arange(side)
    return np.exp(-((steps[:, None] - steps) ** 2) / (2 * radius**2))


def smooth(weights: np.ndarray, sums: np.ndarray, counts: np.ndarray, radius: float) -> np.ndarray:
    """Move each unit of a map (rows, cols, d) to the neighbourhood-weighted mean of the rows.

    The Gaussian of a grid is the product of one down and one across, so two small products do the work of the
    (units x units) one. Units that no row reaches stay.
    """
    rows, cols, _ = weights.shape
    down, across = neighbourhood(rows, radius), neighbourhood(cols, radius)
    mass = down @ counts.reshape(rows, cols) @ across
    spread = np.einsum("ir,rcd->icd", down, sums.reshape(weights.shape), optimize=True)
    spread = np.einsum("jc,icd->ijd", across, spread, optimize=True)
    reached = mass > REACHED
    moved = weights.copy()
    moved[reached] = spread[reached] / mass[reached, None]
    return moved


def _two_largest(values: np.ndarray, axes: np.ndarray) -> list[tuple[float, np.ndarray]]:
    # Axes have no sign: the largest entry is made positive, so that every LAPACK gives the same map.
    # One-dimensional features have no second axis.
    pairs = [(values[-i], axes[:, -i] * np.sign(axes[np.abs(axes[:, -i]).argmax(), -i])) for i in (1, 2)[: len(values)]]
    return [*pairs, (0.0, np.zeros(len(values)))][:2]
