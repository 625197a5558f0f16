"""The result of every clustering method, and the one entrance that checks what goes in and numbers what comes out.

Does not choose a method or a number of clusters.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from lookalike.clustering import METHODS, load
from lookalike.core.errors import UserError

__all__ = ["Grouping", "check_choice", "check_features", "group", "renumber"]

CHECKED_BYTES = 64 * 2**20  # read at once while checking


@dataclass(frozen=True)
class Grouping:
    """Labels of n rows, int32 with -1 for noise, and what the method found on its way.

    `arrays` are saved as <name>.npy beside the labels, `scores` are single numbers, and
    `approximations` are sentences on where the answer is not the method's exact one.
    """

    labels: np.ndarray
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    approximations: list[str] = field(default_factory=list)

    @property
    def n_clusters(self) -> int:
        """Count the clusters, noise left out."""
        return len(np.unique(self.labels[self.labels >= 0]))


def group(method: str, features: np.ndarray, n_clusters: int | None, *, seed: int, **options) -> Grouping:
    """Cluster features (n, d) by the named method and number the clusters by size.

    One row, or rows that are all equal, are one cluster whatever the method. Raises ValueError on an unknown
    method or on rows that are not finite, UserError when there are fewer rows than clusters.
    """
    cluster = load(method)
    check_features(features)
    if METHODS[method].n_clusters == "unused":
        n_clusters = None
    if n_clusters is not None:
        check_count(n_clusters, len(features))
    if is_constant(features):
        reason = "all feature vectors are identical: one cluster" if len(features) > 1 else "one image: one cluster"
        return Grouping(np.zeros(len(features), np.int32), approximations=[reason])
    found = cluster(features, n_clusters, seed=seed, **options)
    return replace(found, labels=renumber(found.labels))


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


def check_features(features: np.ndarray) -> None:
    """Raise ValueError unless features is a table of finite numbers with at least one row; the rows are named."""
    if features.ndim != 2 or not features.size:
        raise ValueError(f"expected features of shape (images, dimensions), found {features.shape}")
    rows = max(1, CHECKED_BYTES // (features.shape[1] * features.itemsize))
    bad = [
        start + np.flatnonzero(~np.isfinite(features[start : start + rows]).all(axis=1))
        for start in range(0, len(features), rows)
    ]
    bad = np.concatenate(bad)
    if len(bad):
        named = ", ".join(map(str, bad[:10])) + (", ..." if len(bad) > 10 else "")
        raise ValueError(f"expected finite features, found {len(bad)} rows with NaN or infinity: {named}")


def check_count(n_clusters: int, n_rows: int) -> None:
    """Raise UserError unless 1 <= n_clusters <= n_rows."""
    if not 1 <= n_clusters <= n_rows:
        raise UserError(
            f"expected a number of clusters from 1 to {n_rows} (the images), found {n_clusters}: "
            "set cluster.n_clusters in that range, or -1 to have it estimated"
        )


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"expected {name} of {', '.join(allowed)}, found {value!r}")


def is_constant(features: np.ndarray) -> bool:
    """Say whether all rows are equal; stops reading at the first chunk that differs."""
    rows = max(1, CHECKED_BYTES // (features.shape[1] * features.itemsize))
    return all((features[start : start + rows] == features[0]).all() for start in range(0, len(features), rows))
