"""How photos and groups of a published grouping lie to each other: second-best groups, most similar photos, order.

Works from rows and labels alone, so every method, and every corrected grouping, is told alike.
"""

from dataclasses import dataclass, field

import faiss
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

from lookalike.clustering.assignment import nearest_of_all
from lookalike.clustering.describe import AXES, distances
from lookalike.clustering.space import Space
from lookalike.core.arrays import distances_between, mean_by_label, unit_rows

__all__ = ["Relations", "relate"]

SEARCHED = 32  # nearest photos among which the most similar inside and outside the own group are sought first
SIMILAR = 6
NEAR_GROUPS = 8
ORDERED_EXACTLY = 1_000  # groups; of more, the leaves of the tree are taken as they come


@dataclass(frozen=True)
class Relations:
    """How n photos in g groups lie to each other; a -1 stands where there is none.

    own, following: float32 (n,), Euclidean distances to the mean of the own and of the nearest other group, of rows of
    length 1 on 128 principal axes, NaN where there is none. second: int32 (n,), that other group. inside, outside:
    int32 (n, 6), the most similar photos of the own group and of all others, most similar first. near: int32 (g, 8),
    the groups of the nearest means. order: int32 (g,), the groups so that similar ones follow each other.
    approximations: where the similar photos may not be the most similar ones.
    """

    own: np.ndarray
    following: np.ndarray
    second: np.ndarray
    inside: np.ndarray
    outside: np.ndarray
    near: np.ndarray
    order: np.ndarray
    approximations: list[str] = field(default_factory=list)


def relate(space: Space, labels: np.ndarray) -> Relations:
    """Relate the rows of a space under labels (n,) 0..g-1, -1 for those in no group."""
    unit = space.unit(AXES)
    rows = np.asarray(unit.features, np.float32)
    means, _ = mean_by_label(rows, labels, int(labels.max(initial=-1)) + 1)
    second = _second(rows, labels, means)
    inside, outside = _similar(unit, labels, second)
    parts = (*distances(rows, labels), second, inside, outside, *_near_groups(means))
    return Relations(*parts, approximations=space.approximations)


def _second(rows: np.ndarray, labels: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the group whose mean is nearest, the own one left out: int32 (n,)."""
    if len(means) < 2:
        return np.where(labels < 0, len(means) - 1, -1).astype(np.int32)
    two = nearest_of_all(rows, means, second=True)
    return np.where(two[:, 0] == labels, two[:, 1], two[:, 0]).astype(np.int32)


def _similar(space: Space, labels: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most similar photos inside and outside the own group: int32 (n, 6) each.

    They are taken from the 32 nearest of all; what these lack is sought in the whole own group, and outside it in the
    second-best one.
    """
    if len(space) < 2:
        return np.full((2, len(space), SIMILAR), -1, np.int32)
    _, found = space.neighbours(SEARCHED)
    own = np.arange(len(space))[:, None]
    found = np.where(found == own, -1, found)
    same = (labels[found] == labels[:, None]) & (labels[:, None] >= 0)
    inside, outside = _first(np.where(same, found, -1)), _first(np.where(same, -1, found))
    unit = unit_rows(np.asarray(space.features, np.float32))
    _fill(inside, unit, labels, labels)
    _fill(outside, unit, labels, second)
    return inside, outside


def _first(found: np.ndarray) -> np.ndarray:
    """Return the first six of each row (n, k) that are not -1, in order, and -1 where there are fewer."""
    kept = np.take_along_axis(found, np.argsort(found < 0, axis=1, kind="stable")[:, :SIMILAR], axis=1)
    wide = np.full((len(found), SIMILAR), -1, np.int32)
    wide[:, : kept.shape[1]] = kept
    return wide


def _fill(similar: np.ndarray, unit: np.ndarray, labels: np.ndarray, sought: np.ndarray) -> None:
    """Complete, in place, the rows that have a -1, by the most similar photos of the group `sought` (n,)."""
    lacking = np.flatnonzero((similar[:, -1] < 0) & (sought >= 0))
    lacking = lacking[np.argsort(sought[lacking], kind="stable")]
    groups, starts = np.unique(sought[lacking], return_index=True)
    for group, rows in zip(groups, np.split(lacking, starts[1:]) if len(lacking) else [], strict=True):
        members = np.flatnonzero(labels == group)
        count = min(SIMILAR + 1, len(members))  # a photo is the nearest to itself where the group is its own
        _, found = faiss.knn(unit[rows], unit[members], count, metric=faiss.METRIC_INNER_PRODUCT)
        similar[rows] = _joined(similar[rows], np.where(members[found] == rows[:, None], -1, members[found]))


def _joined(known: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Return the first six of `known` (m, 6) and then `more` (m, k), each once."""
    both = np.concatenate([known, more], axis=1)
    for place in range(known.shape[1], both.shape[1]):
        again = (both[:, :place] == both[:, place : place + 1]).any(axis=1)
        both[again, place] = -1
    return _first(both)


def _near_groups(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest groups of each, int32 (g, 8), and an order in which similar groups follow each other."""
    g = len(means)
    near = np.full((g, NEAR_GROUPS), -1, np.int32)
    if g < 2:
        return near, np.arange(g, dtype=np.int32)
    gaps = distances_between(means)
    np.fill_diagonal(gaps, np.inf)
    best = np.argsort(gaps, axis=1, kind="stable")[:, : min(NEAR_GROUPS, g - 1)]
    near[:, : best.shape[1]] = best
    tree = linkage(means, "average")
    if g <= ORDERED_EXACTLY:
        tree = optimal_leaf_ordering(tree, means)
    return near, leaves_list(tree).astype(np.int32)
