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
        return {
            group: _names(share, vocabulary.words, LEAST_SHARE) for group, share in found.items() if group not in named
        }

    return rank


def by_head(labels: np.ndarray, rows: Features, head: Head, *, least: float = LEAST_SHARE) -> Ranker:
    """Return what ranks the classes of a network's last layer by their mean probability over a group's photos.

    labels: int (n,), -1 in no group. rows: (n, d) as the layer reads them. least: mean probability of a name.
    """

    def rank(named: Collection[int]) -> dict[int, list[str]]:
        others = np.where(np.isin(labels, list(named)), -1, labels)
        return {group: _names(share, head.classes, least) for group, share in _mean_by_group(others, rows, head)}

    return rank


def _mean_by_group(labels: np.ndarray, rows: Features, head: Head) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each group with the mean probabilities of its photos, of which only a block is in memory at a time."""
    order = np.argsort(labels, kind="stable")[np.count_nonzero(labels < 0) :]
    group, total, count = -1, 0.0, 0
    for start in range(0, len(order), BLOCK_ROWS):
        taken = order[start : start + BLOCK_ROWS]
        likely = _softmax(np.asarray(rows[taken], np.float32) @ head.kernel + head.bias)
        groups, firsts, counts = np.unique(labels[taken], return_index=True, return_counts=True)
        for number, share, more in zip(groups.tolist(), np.add.reduceat(likely, firsts), counts.tolist(), strict=True):
            if number != group and count:
                yield group, total / count
            carried = (total, count) if number == group else (0.0, 0)
            group, total, count = number, carried[0] + share, carried[1] + more
    if count:
        yield group, total / count


def _names(share: np.ndarray, words: Sequence[str], least: float) -> list[str]:
    """Return the words of at least such a share, the largest first, without those by which groups are spoken of."""
    fitting = np.flatnonzero(share >= least)
    ranked = [words[place] for place in fitting[np.argsort(-share[fitting], kind="stable")].tolist()]
    return [word for word in ranked if word.lower() not in RESERVED]


def _softmax(logits: np.ndarray) -> np.ndarray:
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
