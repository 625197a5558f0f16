"""Photos as points on a plane: those shown, where t-SNE or UMAP puts them, and the nearest places of a grid."""

import math
import sys
import warnings
from importlib.util import find_spec

import numpy as np
from openTSNE import TSNE
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

from lookalike.core.arrays import one_blas_thread
from lookalike.core.errors import UserError

__all__ = ["on_grid", "principal_axes", "require_umap", "shown_rows", "tsne", "umap"]

COMPONENTS = 50  # principal axes that the layouts see; van der Maaten and Hinton (2008) took 30
FEWEST = 10  # photos below which the two main axes are the layout


def shown_rows(n_rows: int, max_rows: int, *, seed: int) -> tuple[np.ndarray, list[str]]:
    """Return the rows shown, int64 (m,) rising, and the approximations made: above max_rows a random sample."""
    if n_rows <= max_rows:
        return np.arange(n_rows), []
    rows = np.random.default_rng(seed).choice(n_rows, max_rows, replace=False)
    return np.sort(rows), [f"t-SNE of {max_rows:,} of {n_rows:,} photos"]


@one_blas_thread()
def principal_axes(sample: np.ndarray, *, seed: int) -> np.ndarray:
    """Project rows (m, d) onto their main axes: float32, at least two columns, all zero where the rows do not vary."""
    sample = np.asarray(sample, np.float32)
    components = min(COMPONENTS, *sample.shape)
    reduced = np.zeros((len(sample), max(2, components)), np.float32)
    if len(sample) and np.ptp(sample, axis=0).any():
        pca = PCA(components, svd_solver="randomized", random_state=seed)
        reduced[:, :components] = pca.fit_transform(sample)
    return reduced


@one_blas_thread()
def tsne(axes: np.ndarray, *, perplexity: float = 30, seed: int) -> np.ndarray:
    """Lay principal axes (m, c) out on a plane by t-SNE from a PCA start (Kobak and Berens, 2019): float32 (m, 2).

    Fewer than 10 rows, and rows on a line, are laid out by their two main axes alone.
    """
    if _needs_no_layout(axes):
        return axes[:, :2]
    perplexity = min(perplexity, (len(axes) - 1) / 3)
    # One thread: small problems are faster so, and the same on every machine.
    model = TSNE(perplexity=perplexity, initialization="pca", neighbors="exact", n_jobs=1, random_state=seed)
    return np.asarray(model.fit(axes), np.float32)


def umap(axes: np.ndarray, *, neighbours: int = 15, seed: int) -> np.ndarray:
    """Lay principal axes (m, c) out on a plane by UMAP (McInnes, Healy and Melville, 2018): float32 (m, 2).

    Few rows, and rows on a line, are laid out as by `tsne`. Raises UserError where umap-learn is not installed.
    """
    require_umap()
    if _needs_no_layout(axes):
        return axes[:, :2]
    with warnings.catch_warnings():
        # It warns of one thread, which a seed takes, of a missing TensorFlow, and of photos in no neighbourhood.
        warnings.simplefilter("ignore")
        model = _umap_class()(n_neighbors=min(neighbours, len(axes) - 1), random_state=seed, n_jobs=1)
        return np.nan_to_num(np.asarray(model.fit_transform(axes), np.float32))


def on_grid(positions: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
    """Give each position (m, 2) a place of its own on a grid as good as full, so that squared ways are least in sum.

    Returns the grid's rows and columns, and (row, column) of each: int64 (m, 2), rows from the top. Takes time by the
    third power of m: 1,000 take a second.
    """
    if not len(positions):
        return (1, 1), np.empty((0, 2), np.int64)
    cols = math.ceil(math.sqrt(len(positions)))
    rows = math.ceil(len(positions) / cols)
    low, span = positions.min(axis=0), np.ptp(positions, axis=0)
    across, up = ((positions - low) / np.where(span > 0, span, 1)).T
    wanted = np.stack([(1 - up) * (rows - 1), across * (cols - 1)], axis=1)
    places = np.argwhere(np.ones((rows, cols)))
    chosen = linear_sum_assignment(cdist(wanted, places, "sqeuclidean"))[1]
    return (rows, cols), places[chosen]


def require_umap() -> None:
    """Raise UserError where umap-learn is not installed."""
    if find_spec("umap") is None:
        raise UserError("visualize.umap: expected the extra umap, found none: run pip install 'lookalike[umap]'")


def _umap_class() -> type:
    """Import UMAP, and not TensorFlow with it: that is for a variant not used here, takes seconds and writes lines."""
    hidden = sys.modules.setdefault("tensorflow", None) is None
    try:
        from umap import UMAP
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    return UMAP


def _needs_no_layout(axes: np.ndarray) -> bool:
    return len(axes) < FEWEST or not np.ptp(axes[:, 1])
