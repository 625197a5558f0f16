"""Names of groups by how likely vectors make words: those of a vocabulary, or classes of a network's last layer."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from lookalike.clustering.head import Head
from lookalike.clustering.names import RESERVED, Ranker
from lookalike.core.arrays import mean_by_label, unit_rows
from lookalike.core.features import Features
from lookalike.core.vocabulary import Vocabulary

__all__ = ["LEAST_SHARE", "by_head", "by_vocabulary"]

LEAST_SHARE = 0.2  # of the likelihood of all words, that of a name
SHARP = 100  # a cosine larger by .01 makes a word e times as likely: CLIP learnt by at most this (Radford et al., 2021)
BLOCK_GROUPS, BLOCK_ROWS = 1_024, 4_096


def by_vocabulary(labels: np.ndarray, rows: Features, vocabulary: Vocabulary) -> Ranker:
    """Return what ranks the words of a vocabulary by how near they lie to the means of groups.

    labels: int (n,), -1 in no group. rows: (n, d) of length 1. The log-likelihood of a word grows with its cosine to
    the mean of the group, and as much again with how far that exceeds its cosine to the mean group: a word that lies
    near all photos, or near none, names no group. A name has a fifth of the softmax, and lies nearer to its group than
    to the mean one; so a group that is the only one has none.
    """

    def rank(named: Collection[int]) -> dict[int, list[str]]:
        means = mean_by_label(rows, labels, int(labels.max(initial=-1)) + 1)[0]
        there = np.flatnonzero(means.any(axis=1))
        if len(there) < 2:
            return {}
        means, words = unit_rows(means[there]), unit_rows(vocabulary.vectors)
        usual, found = means.mean(axis=0) @ words.T, {}
        for start in range(0, len(there), BLOCK_GROUPS):
            cosines = means[start : start + BLOCK_GROUPS] @ words.T
            share = np.where(cosines > usual, _softmax(SHARP * (2 * cosines - usual)), 0)
            found |= dict(zip(there[start : start + BLOCK_GROUPS].tolist(), share, strict=True))
        return {group: _names(share, vocabulary.words) for group, share in found.items() if group not in named}

    return rank


def by_head(labels: np.ndarray, rows: Features, head: Head) -> Ranker:
    """Return what ranks the classes of a network's last layer by their mean probability over a group's photos.

    labels: int (n,), -1 in no group. rows: (n, d) as the layer reads them. A name has a mean probability of .2.
    """

    def rank(named: Collection[int]) -> dict[int, list[str]]:
        return {
            group: _names(sum(_sums(rows, members, head)) / len(members), head.classes)
            for group, members in _members(labels)
            if group not in named
        }

    return rank


def _sums(rows: Features, members: np.ndarray, head: Head) -> Iterator[np.ndarray]:
    """Yield the sums of the probabilities of blocks of a group's photos: never all of them are in memory."""
    for start in range(0, len(members), BLOCK_ROWS):
        logits = np.asarray(rows[members[start : start + BLOCK_ROWS]], np.float32) @ head.kernel + head.bias
        yield _softmax(logits).sum(axis=0, dtype=np.float64)


def _members(labels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each group with its rows, ascending."""
    order = np.argsort(labels, kind="stable")
    groups, starts = np.unique(labels[order], return_index=True)
    for group, members in zip(groups.tolist(), np.split(order, starts[1:]), strict=True):
        if group >= 0:
            yield group, members


def _names(share: np.ndarray, words: Sequence[str]) -> list[str]:
    """Return the words of a share of LEAST_SHARE, the largest first, without those by which groups are spoken of."""
    ranked = [words[place] for place in np.argsort(-share, kind="stable").tolist() if share[place] >= LEAST_SHARE]
    return [word for word in ranked if word.lower() not in RESERVED]


def _softmax(logits: np.ndarray) -> np.ndarray:
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
