"""The result of a clustering method: labels, and what the method learnt on its way."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["ROW_ARRAYS", "Clustering", "renumber"]

ROW_ARRAYS = frozenset({"best_matching_units", "leaves", "membership", "unit_distances"})  # with a row for each photo


@dataclass(frozen=True)
class Clustering:
    """Labels of n rows, int with -1 for noise, and what the method learnt on its way.

    `arrays` are saved as <name>.npy beside the labels, `scores` are single numbers. `approximations` are sentences on
    where the answer is not the method's exact one, `notes` other things worth saying.
    """

    labels: np.ndarray
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    approximations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def n_clusters(self) -> int:
        """Count the clusters, noise left out."""
        return len(np.unique(self.labels[self.labels >= 0]))


def renumber(labels: np.ndarray) -> np.ndarray:
    """Number clusters 0, 1, ... from the largest, ties by first row; -1 stays. Returns int32 (n,)."""
    labels = np.asarray(labels)
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    noise = labels[first] < 0
    order = np.lexsort((first, -counts, noise))
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    number[noise] = -1
    return number[inverse.reshape(-1)]
