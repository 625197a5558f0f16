"""Photos so alike that they may be copies: resized, re-encoded, retouched. Reports them; removes none."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from lookalike.clustering.neighbours import nearest_neighbours, reduced

__all__ = ["columns", "find"]

NEIGHBOURS = 10  # copies beyond these are reached through one another


def find(features: np.ndarray, *, similarity: float, seed: int) -> list[np.ndarray]:
    """Return groups of rows of features (n, d) linked by a cosine of at least `similarity`, each with its keeper first.

    The keeper is the row of the highest mean cosine to the rest of its group.
    """
    if len(features) < 2:
        return []
    rows, _ = reduced(features, components=0, seed=seed)
    found, indices, _ = nearest_neighbours(rows, min(NEIGHBOURS, len(rows) - 1), seed=seed)
    first, place = np.nonzero(found >= similarity)
    graph = sparse.coo_matrix((np.ones(len(first)), (first, indices[first, place])), shape=(len(rows), len(rows)))
    labels = connected_components(graph, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [_keeper_first(rows, group) for group in groups if len(group) > 1]


def columns(features: np.ndarray, paths: list[str], *, similarity: float, seed: int) -> dict[str, list]:
    """Return the groups as columns: the group's number, the photo, its cosine to the keeper, whether it is that."""
    table: dict[str, list] = {"group": [], "path": [], "similarity": [], "keep": []}
    for number, group in enumerate(find(features, similarity=similarity, seed=seed), 1):
        unit = features[group] / np.maximum(np.linalg.norm(features[group], axis=1, keepdims=True), 1e-12)
        table["group"] += [number] * len(group)
        table["path"] += [paths[row] for row in group]
        table["similarity"] += [f"{value:.4f}" for value in unit @ unit[0]]
        table["keep"] += [place == 0 for place in range(len(group))]
    return table


def _keeper_first(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    keeper = int((rows[group] @ rows[group].sum(axis=0)).argmax())
    return np.concatenate([group[keeper : keeper + 1], np.delete(group, keeper)])
