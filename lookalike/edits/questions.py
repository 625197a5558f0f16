"""What to ask a person about a grouping, the most useful first: the list is made once, and walked from its head.

A question is worth the photos that it is expected to put right: the chance that its answer changes something, times the
photos that then change groups, times the share of these that are right then. `benchmarks/review.py` measures the order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lookalike.core.arrays import map_blocks, mean_by_label

__all__ = ["Question", "as_rows", "questions"]

CHANCES = {"belongs": (0.2, 3.3), "same": (-2.9, 2.7), "split": (-0.8, 1.6)}  # (a, b) of 1 / (1 + exp(-a - b x))
RIGHT = {"belongs": 1.0, "same": 0.25, "split": 0.5}  # the share; as the chances, chosen on five sets of their own
ALTERNATIVES = 3  # groups that a photo might belong to besides its own
ROUNDS = 10  # of 2-means
BLOCK = 2_048  # rows compared with all means at once


@dataclass(frozen=True)
class Question:
    """A question: the rows and groups it is about, and how many photos it is expected to put right.

    belongs: photos = the one, groups = its own and the next best; one of these moves it there, "none" to no group.
    same: groups = the two, the larger first; "yes" merges them. split: groups = the one, photos = the smaller of its
    two parts; "yes" makes these a group. copies: photos, the one to keep first; no answer changes groups.
    """

    kind: str
    photos: tuple[int, ...]
    groups: tuple[int, ...]
    gain: float


def as_rows(found: Sequence[Question]) -> list[list]:
    """Return questions for the page: ["belongs", photo, other groups], ["same", two groups], ["split", group, photos].

    Those about copies are ["copies", n], the n-th of the groups of copies that were given.
    """
    copies = 0
    rows: list[list] = []
    for one in found:
        if one.kind == "copies":
            rows.append([one.kind, copies])
            copies += 1
        elif one.kind == "split":
            rows.append([one.kind, one.groups[0], list(one.photos)])
        else:
            rows.append([one.kind, *one.photos, *one.groups[len(one.photos) :]])
    return rows


class Grouping(NamedTuple):
    """The n photos that are in groups; groups are numbers 0 to k-1 without gaps, whatever they are called."""

    rows: np.ndarray  # float32 (n, d)
    labels: np.ndarray  # int64 (n,)
    following: np.ndarray  # int64 (n,), the group of the nearest mean but the own one
    photos: np.ndarray  # int64 (n,), the row number of each among all photos
    called: np.ndarray  # int64 (k,), the label of each group
    means: np.ndarray  # float32 (k, d)
    sizes: np.ndarray  # int64 (k,)


def questions(
    labels: np.ndarray, rows: np.ndarray, copies: Sequence[np.ndarray] = (), *, limit: int = 1_000
) -> list[Question]:
    """Return the most useful questions about a grouping, the best first and, after them, those about copies.

    labels: int (n,), -1 for no group: nothing is asked about these photos. rows: float (n, d), scaled to length 1 and,
    where they are many, on few principal axes. copies: groups of row numbers, the one to keep first. limit: of those
    about groups.
    """
    about_copies = [Question("copies", tuple(map(int, group)), (), 0.0) for group in copies]
    inside = np.flatnonzero(np.asarray(labels) >= 0)
    if not len(inside):
        return about_copies
    grouping = _grouping(np.asarray(rows, np.float32)[inside], np.asarray(labels)[inside], inside)
    found = [one for ask in ASKERS.values() for one in ask(grouping, limit)]
    return [*sorted(found, key=lambda one: -one.gain)[:limit], *about_copies]


def _grouping(rows: np.ndarray, labels: np.ndarray, photos: np.ndarray) -> Grouping:
    called, numbers = np.unique(labels, return_inverse=True)
    means, sizes = mean_by_label(rows, numbers, len(called))
    following = _nearest_others(rows, means, numbers, 1)[:, 0]
    return Grouping(rows, numbers, following, photos, called, means, sizes)


def _nearest_others(rows: np.ndarray, means: np.ndarray, own: np.ndarray, count: int) -> np.ndarray:
    """Return the numbers of the means nearest to each row, but for its own one, int64 (n, count), the nearest first.

    Where there are fewer, fewer; where there is one mean, that.
    """
    halves, count = (0.5 * _squares(means)).astype(np.float32), max(1, min(count, len(means) - 1))

    def step(block: np.ndarray, start: int) -> np.ndarray:
        scores = block @ means.T - halves
        scores[np.arange(len(block)), own[start : start + len(block)]] = -np.inf
        found = []
        for _ in range(count):
            found.append(scores.argmax(axis=1))
            scores[np.arange(len(block)), found[-1]] = -np.inf
        return np.stack(found, axis=1)

    return np.concatenate([np.empty((0, count), np.int64), *map_blocks(step, rows, size=BLOCK)])


def _ask_belongs(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether photos belong, those first that are far from the rest of their group and near to another."""
    own, other = (_squares(grouping.rows - grouping.means[to]) for to in (grouping.labels, grouping.following))
    sizes = grouping.sizes[grouping.labels]
    own *= (sizes / np.maximum(sizes - 1, 1)) ** 2  # the distance to the mean of the rest
    sensible = (sizes > 1) & (grouping.labels != grouping.following)
    gains = _worth("belongs", _log_ratio(own, other), sensible)
    best = _best(gains, limit)
    rows = np.array([row for row, _ in best], np.int64)
    others = _nearest_others(grouping.rows[rows], grouping.means, grouping.labels[rows], ALTERNATIVES)
    return [
        Question("belongs", (int(grouping.photos[row]),), _called(grouping, [grouping.labels[row], *near]), gain)
        for (row, gain), near in zip(best, others, strict=True)
    ]


def _ask_same(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether groups are the same, those first that are next best for most photos of each other."""
    count = len(grouping.called)
    votes, number = np.unique(grouping.labels * count + grouping.following, return_counts=True)
    one, other = np.divmod(votes, count)
    pairs, place = np.unique(np.minimum(one, other) * count + np.maximum(one, other), return_inverse=True)
    shares = np.zeros((len(pairs), 2))
    shares[place, (one > other).astype(int)] = number / grouping.sizes[one]
    groups = np.stack(np.divmod(pairs, count), axis=1)
    groups = np.where((grouping.sizes[groups[:, 1]] > grouping.sizes[groups[:, 0]])[:, None], groups[:, ::-1], groups)
    sizes = grouping.sizes[groups[:, 1]] * (groups[:, 0] != groups[:, 1])
    gains = _worth("same", shares.min(axis=1), sizes)
    return [Question("same", (), _called(grouping, groups[pair]), gain) for pair, gain in _best(gains, limit)]


def _ask_split(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether groups are two in one, those first whose parts lie far apart, as seen from the nearest group."""
    parts = 2 * grouping.labels + _two_parts(grouping)
    means, sizes = mean_by_label(grouping.rows, parts, 2 * len(grouping.called))
    nearest = _nearest_others(grouping.means, grouping.means, np.arange(len(grouping.means)), 1)[:, 0]
    apart, around = _squares(means[::2] - means[1::2]), _squares(grouping.means - grouping.means[nearest])
    around = np.maximum(around, np.median(around))  # two groups of one thing lie near each other
    gains = _worth("split", _log_ratio(apart, around), np.minimum(sizes[::2], sizes[1::2]))
    order = np.argsort(parts, kind="stable")
    members = np.split(grouping.photos[order], np.cumsum(sizes)[:-1])
    smaller = 2 * np.arange(len(grouping.called)) + (sizes[1::2] <= sizes[::2])
    return [
        Question("split", tuple(members[smaller[group]].tolist()), _called(grouping, [group]), gain)
        for group, gain in _best(gains, limit)
    ]


def _two_parts(grouping: Grouping) -> np.ndarray:
    """Divide each group in two by 2-means, all groups at once: int64 (n,), 0 or 1.

    Means begin at the photo farthest from the group's mean and at the one farthest from that.
    """
    count = len(grouping.called)
    first = grouping.rows[_farthest(grouping, grouping.means)]
    second = grouping.rows[_farthest(grouping, first)]
    means = np.stack([first, second], axis=1).reshape(2 * count, -1)
    part = np.zeros(len(grouping.labels), np.int64)
    for _ in range(ROUNDS):
        across, halves = means[1::2] - means[::2], 0.5 * _squares(means)
        along = np.einsum("ij,ij->i", grouping.rows, across[grouping.labels])
        nearer = (along > (halves[1::2] - halves[::2])[grouping.labels]).astype(np.int64)
        if (nearer == part).all():
            break
        part = nearer
        means, _ = mean_by_label(grouping.rows, 2 * grouping.labels + part, 2 * count)
    return part


def _farthest(grouping: Grouping, points: np.ndarray) -> np.ndarray:
    """Return the photo of each group that is farthest from the group's point, int64 (k,)."""
    order = np.lexsort((_squares(grouping.rows - points[grouping.labels]), grouping.labels))
    return order[np.cumsum(grouping.sizes) - 1]


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", rows, rows, dtype=np.float64)


def _log_ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    tiny = np.finfo(np.float32).tiny
    return np.log(np.maximum(one, tiny) / np.maximum(other, tiny))


def _worth(kind: str, x: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """Return the photos that questions are expected to put right; photos: those that would change groups."""
    a, b = CHANCES[kind]
    return RIGHT[kind] * photos / (1 + np.exp(-np.clip(a + b * x, -50, 50)))


def _best(gains: np.ndarray, limit: int) -> list[tuple[int, float]]:
    """Return the places and values of the largest gains that are not nothing, the largest first, ties in order."""
    order = np.argsort(-gains, kind="stable")[:limit]
    return [(int(place), round(float(gains[place]), 4)) for place in order if gains[place] > 0]


def _called(grouping: Grouping, groups: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(grouping.called[group]) for group in groups)


ASKERS: dict[str, Callable[[Grouping, int], list[Question]]] = {
    "belongs": _ask_belongs,
    "same": _ask_same,
    "split": _ask_split,
}
