"""What groups are called where no person named them: by words that most of their photos have and most others lack.

Other sources of names rank their own words; that no two names are the same is seen to here.
"""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain, count, pairwise

import numpy as np
from scipy import sparse

from lookalike.catalog.written import words
from lookalike.clustering.outcome import PERSON, Name

__all__ = ["Ranker", "find", "from_texts", "name_groups"]

LEAST_SHARE = 0.5  # of a group's photos of which something is written: those that have the words it is called by
LEAST_OF_ALL, LEAST_PHOTOS = 0.1, 2  # of all photos of a group, as a share and as a number
MOST_ELSEWHERE = 0.5  # share of the other photos that have the words, too, of the share of the group's own
RESERVED = {"group", "none"}  # words by which groups are spoken of

Ranker = Callable[[Collection[int]], Mapping[int, Sequence[str]]]  # groups with a name -> names of others, best first


def name_groups(labels: np.ndarray, said: Mapping[int, str], sources: Mapping[str, Ranker]) -> dict[int, Name]:
    """Return the names of groups: those that a person said, for others of the first source that has one.

    labels: int (n,), -1 in no group. said: by group. sources: what ranks names of groups, in their order.
    """
    names = {group: Name(text, PERSON) for group, text in said.items()}
    for source, rank in sources.items():
        found = _told_apart(labels, rank(names.keys()), {group: name.text for group, name in names.items()})
        names |= {group: Name(text, source) for group, text in found.items()}
    return names


def from_texts(labels: np.ndarray, texts: Sequence[str]) -> Ranker:
    """Return what ranks the words of texts, n in the order of labels (n,), "" where nothing is written."""
    return lambda named: dict(_ranked(labels, texts))


def find(labels: np.ndarray, texts: Sequence[str], known: Mapping[int, str]) -> dict[int, str]:
    """Return names for groups that are not `known`, all different, from what is written about each photo.

    labels: int (n,), -1 in no group. texts: n, "" where nothing is. Words and pairs of neighbouring words are ranked by
    their mean tf-idf over a group's photos, each counted once a photo (Salton and Buckley 1988); idf is 1 and the
    logarithm of (1 + photos) / (1 + photos that have it). Of equal ones the longer is taken. A group gets no name
    without words that most of its photos share, of those of which something is written, and most others lack. Names
    depend on which photos are together alone, not on the numbers of groups.
    """
    return _told_apart(labels, dict(_ranked(labels, texts)), known)


def _told_apart(labels: np.ndarray, found: Mapping[int, Sequence[str]], known: Mapping[int, str]) -> dict[int, str]:
    """Return the best name of each group that is not taken, the largest group first."""
    ranked = {group: names for group, names in found.items() if names and group not in known}
    rows = {group: row for row, group in reversed(list(enumerate(labels.tolist())))}
    sizes = np.bincount(labels[labels >= 0])
    names, taken = {}, {name.lower() for name in known.values()}
    for group in sorted(ranked, key=lambda group: (-sizes[group], rows[group])):
        names[group] = next(name for name in _possible(ranked[group]) if name.lower() not in taken)
        taken.add(names[group].lower())
    return names


def _ranked(labels: np.ndarray, texts: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each group of which something is written with the terms that it may be called by, the best first."""
    if not any(map(_terms, texts)) or labels.max(initial=-1) < 0:
        return
    present, terms = _presence(texts)
    speaks = np.diff(present.indptr) > 0
    inside, total = _sums(labels, present), present.sum(axis=0)
    idf = np.log((1 + len(texts)) / (1 + total)) + 1
    sizes, speaking = (np.bincount(labels[rows]) for rows in (labels >= 0, (labels >= 0) & speaks))
    for group in np.flatnonzero(speaking).tolist():
        at = slice(*inside.indptr[group : group + 2])
        own, having = inside.indices[at], inside.data[at]
        share = having / speaking[group]
        elsewhere = (total[own] - having) / max(speaks.sum() - speaking[group], 1)
        fits = (share >= LEAST_SHARE) & (elsewhere <= MOST_ELSEWHERE * share)
        fits &= having >= max(LEAST_PHOTOS, LEAST_OF_ALL * sizes[group])
        scored = zip((terms[term] for term in own[fits]), (share * idf[own])[fits].tolist(), strict=True)
        yield group, [term for term, score in sorted(scored, key=lambda one: (-one[1], -len(one[0]), one[0]))]


def _presence(texts: Sequence[str]) -> tuple[sparse.csr_array, list[str]]:
    """Return which terms are in which text, ones in int64 (n, t), and the t terms."""
    numbers, present, ends = {}, array("q"), array("q", [0])
    for text in texts:
        present.extend({numbers.setdefault(term, len(numbers)) for term in _terms(text)})
        ends.append(len(present))
    table = sparse.csr_array((np.ones(len(present), np.int64), present, ends), shape=(len(texts), len(numbers)))
    return table, list(numbers)


def _sums(labels: np.ndarray, rows: sparse.csr_array) -> sparse.csr_array:
    """Return the sums of the rows of each group."""
    grouped = np.flatnonzero(labels >= 0)
    places = (np.ones(len(grouped), np.int64), (labels[grouped], grouped))
    return sparse.csr_array(places, shape=(labels.max() + 1, len(labels))) @ rows


def _terms(text: str) -> list[str]:
    """Return the words of a text and the pairs of different ones that follow each other on a line."""
    lines = [[word for word in words(line) if word not in RESERVED] for line in text.splitlines()]
    pairs = (f"{one} {two}" for line in lines for one, two in pairwise(line) if one != two)
    return [*chain.from_iterable(lines), *pairs]


def _possible(ranked: Sequence[str]) -> Iterator[str]:
    """Yield what a group may be called: by its best term, that and another, that and a number."""
    best, *others = ranked
    yield best
    yield from (f"{best}, {other}" for other in others if not {*best.split()} & {*other.split()})
    yield from (f"{best} {number}" for number in count(2))
