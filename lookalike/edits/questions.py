"""What to ask a person about a grouping, the most useful first: the list is made once, and walked from its head.

A question is worth the photos that it is expected to put right: the chance that the answer changes something times the
photos that then change groups. `benchmarks/review.py` measures it; the chances are logistic functions of distances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lookalike.core.arrays import map_blocks, mean_by_label

__all__ = ["KINDS", "Question", "questions"]

KINDS = {  # the words that a page asks with
    "belongs": "Does this photo belong to its group? Or to the other, or to neither?",
    "same": "Are these two groups the same?",
    "split": "Are these two groups in one?",
    "copies": "Which of these copies is the one to keep?",
}
CHANCES = {"belongs": (-0.5, 4.0), "same": (-2.0, -2.0), "split": (0.0, 2.0)}  # (a, b) of 1 / (1 + exp(-a - b x))
PARTNERS = 3  # groups nearest to a group that it is compared with
ROUNDS = 10  # of two-means
BLOCK = 2_048  # rows compared with all means at once


@dataclass(frozen=True)
class Question:
    """A question of one of KINDS: the rows and groups it is about, and the photos it is expected to put right.

    belongs: photos = the one, groups = its own and the next best: "no" moves it to that or, if asked so, to none.
    same: groups = the two, the larger first: "yes" merges them. split: groups = the one, photos = the smaller of its
    two parts: "yes" makes these a group of their own. copies: photos, the one to keep first; no answer changes groups.
    """

    kind: str
    photos: tuple[int, ...]
    groups: tuple[int, ...]
    gain: float


class Grouping(NamedTuple):
    """The n photos that are in groups, by group numbers 0 to k-1 without gaps, whatever the groups are called."""

    rows: np.ndarray  # float32 (n, d)
    labels: np.ndarray  # int64 (n,)
    photos: np.ndarray  # int64 (n,), the row number of each among all photos
    called: np.ndarray  # int64 (k,), the label of each group
    means: np.ndarray  # float32 (k, d)
    sizes: np.ndarray  # int64 (k,)
    spreads: np.ndarray  # float64 (k,), the variance inside each group, over all axes


def questions(
    labels: np.ndarray, rows: np.ndarray, copies: Sequence[np.ndarray] = (), *, limit: int = 1_000
) -> list[Question]:
    """Return the most useful questions about a grouping, the best first and, after them, those about copies.

    labels: int (n,), -1 for no group: nothing is asked about these photos. rows: float (n, d), scaled to length 1,
    best on few principal axes. copies: groups of row numbers, the one to keep first. limit: of those about groups.
    """
    inside = np.flatnonzero(labels >= 0)
    if not len(inside):
        return _about_copies(copies)
    grouping = _grouping(np.asarray(rows, np.float32)[inside], np.asarray(labels)[inside], inside)
    found = [ask(grouping, limit) for ask in ASKERS.values()]
    everything = sorted((one for part in found for one in part), key=lambda one: -one.gain)
    return [*everything[:limit], *_about_copies(copies)]


def _about_copies(copies: Sequence[np.ndarray]) -> list[Question]:
    return [Question("copies", tuple(map(int, group)), (), 0.0) for group in copies]


def _grouping(rows: np.ndarray, labels: np.ndarray, photos: np.ndarray) -> Grouping:
    called, numbers = np.unique(labels, return_inverse=True)
    means, sizes = mean_by_label(rows, numbers, len(called))
    return Grouping(rows, numbers, photos, called, means, sizes, _spreads(rows, numbers, means, sizes))


def _spreads(rows: np.ndarray, labels: np.ndarray, means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the unbiased variance inside each group, float64 (k,); groups of one photo have that of all."""
    sums = np.bincount(labels, _squares(rows - means[labels]), len(sizes))
    usual = sums.sum() / max(1, (sizes - 1).sum())
    return np.where(sizes > 1, sums / np.maximum(sizes - 1, 1), usual)


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", rows, rows, dtype=np.float64)


def _ask_belongs(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether photos belong, those first that are far from their group without them and near to another."""
    if len(grouping.called) < 2:
        return []
    following = _next_best(grouping)
    own, other = (_squares(grouping.rows - grouping.means[to]) for to in (grouping.labels, following))
    sizes = grouping.sizes[grouping.labels]
    own *= (sizes / np.maximum(sizes - 1, 1)) ** 2  # the distance to the mean of the others
    gains = _chance("belongs", _log_ratio(own, other)) * (sizes > 1)
    return [
        Question("belongs", (int(grouping.photos[row]),), _called(grouping, grouping.labels[row], following[row]), gain)
        for row, gain in _best(gains, limit)
    ]


def _next_best(grouping: Grouping) -> np.ndarray:
    """Return the group of the nearest mean but the own one, int64 (n,)."""
    halves = 0.5 * _squares(grouping.means).astype(np.float32)

    def step(block: np.ndarray, start: int) -> np.ndarray:
        scores = block @ grouping.means.T - halves
        scores[np.arange(len(block)), grouping.labels[start : start + len(block)]] = -np.inf
        return scores.argmax(axis=1)

    return np.concatenate(list(map_blocks(step, grouping.rows, size=BLOCK)))


def _ask_same(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether groups are the same, those first whose means lie near each other for their spread."""
    one, other = _near_pairs(grouping)
    apart = _squares(grouping.means[one] - grouping.means[other])
    ratio = _separation(apart, *((grouping.spreads[side], grouping.sizes[side]) for side in (one, other)))
    gains = _chance("same", ratio) * np.minimum(grouping.sizes[one], grouping.sizes[other])
    swapped = grouping.sizes[other] > grouping.sizes[one]
    first, second = np.where(swapped, other, one), np.where(swapped, one, other)
    return [
        Question("same", (), _called(grouping, first[pair], second[pair]), gain) for pair, gain in _best(gains, limit)
    ]


def _near_pairs(grouping: Grouping) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of groups i < j of which one is among the nearest of the other, each once."""
    count = len(grouping.called)
    partners = min(PARTNERS, count - 1)
    halves = 0.5 * _squares(grouping.means).astype(np.float32)

    def step(block: np.ndarray, start: int) -> np.ndarray:
        scores = block @ grouping.means.T - halves
        scores[np.arange(len(block)), start + np.arange(len(block))] = -np.inf
        return np.argpartition(-scores, max(0, partners - 1), axis=1)[:, :partners]

    near = np.concatenate(list(map_blocks(step, grouping.means, size=BLOCK)))
    one, other = np.repeat(np.arange(count), partners), near.ravel()
    pairs = np.unique(np.stack([np.minimum(one, other), np.maximum(one, other)]), axis=1)
    return pairs[0], pairs[1]


def _ask_split(grouping: Grouping, limit: int) -> list[Question]:
    """Ask whether groups are two in one, those first whose two parts lie far apart for their spread."""
    second = _two_parts(grouping)
    parts = 2 * grouping.labels + second
    means, sizes = mean_by_label(grouping.rows, parts, 2 * len(grouping.called))
    spreads = _spreads(grouping.rows, parts, means, sizes)
    apart = _squares(means[::2] - means[1::2])
    ratio = _separation(apart, (spreads[::2], sizes[::2]), (spreads[1::2], sizes[1::2]))
    smaller = np.minimum(sizes[::2], sizes[1::2])
    gains = np.where(smaller > 0, _chance("split", ratio) * smaller, 0)
    order = np.argsort(parts, kind="stable")
    members = np.split(grouping.photos[order], np.cumsum(sizes)[:-1])
    found = []
    for group, gain in _best(gains, limit):
        small = 2 * group + int(sizes[2 * group + 1] <= sizes[2 * group])
        found.append(Question("split", tuple(members[small].tolist()), _called(grouping, group), gain))
    return found


def _two_parts(grouping: Grouping) -> np.ndarray:
    """Divide each group in two by 2-means, all groups at once: int64 (n,), 0 or 1.

    It starts from the photo farthest from the group's mean and the one farthest from that.
    """
    count = len(grouping.called)
    first = grouping.rows[_farthest(grouping, grouping.means)]
    second = grouping.rows[_farthest(grouping, first)]
    means = np.stack([first, second], axis=1).reshape(2 * count, -1)
    part = np.zeros(len(grouping.labels), np.int64)
    for _ in range(ROUNDS):
        between = means[1::2] - means[::2]
        middle = 0.5 * (_squares(means[1::2]) - _squares(means[::2]))
        nearer = np.einsum("ij,ij->i", grouping.rows, between[grouping.labels]) > middle[grouping.labels]
        if (nearer == part).all():
            break
        part = nearer.astype(np.int64)
        means, _ = mean_by_label(grouping.rows, 2 * grouping.labels + part, 2 * count)
    return part


def _farthest(grouping: Grouping, points: np.ndarray) -> np.ndarray:
    """Return the photo of each group that is farthest from the group's point, int64 (k,)."""
    distances = _squares(grouping.rows - points[grouping.labels])
    order = np.lexsort((distances, grouping.labels))
    return order[np.cumsum(grouping.sizes) - 1]


def _separation(apart: np.ndarray, *sides: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the log of the squared distance of two means, less what chance adds, over the variance inside.

    sides: the variance inside and the number of photos of each.
    """
    chance = sum(spread / np.maximum(size, 1) for spread, size in sides)
    inside = sum(spread for spread, _ in sides) / 2
    return _log_ratio(np.maximum(apart - chance, 0.01 * apart), inside)


def _log_ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    tiny = np.finfo(np.float32).tiny
    return np.log(np.maximum(one, tiny) / np.maximum(other, tiny))


def _chance(kind: str, ratio: np.ndarray) -> np.ndarray:
    """Return the chance that the answer changes something."""
    a, b = CHANCES[kind]
    return 1 / (1 + np.exp(-np.clip(a + b * ratio, -50, 50)))


def _best(gains: np.ndarray, limit: int) -> list[tuple[int, float]]:
    """Return the places and values of the largest gains that are not nothing, the largest first, ties in order."""
    order = np.argsort(-gains, kind="stable")[:limit]
    return [(int(place), round(float(gains[place]), 4)) for place in order if gains[place] > 0]


def _called(grouping: Grouping, *groups: int) -> tuple[int, ...]:
    return tuple(int(grouping.called[group]) for group in groups)


ASKERS: dict[str, Callable[[Grouping, int], list[Question]]] = {
    "belongs": _ask_belongs,
    "same": _ask_same,
    "split": _ask_split,
}
