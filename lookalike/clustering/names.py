"""What groups are called where no person named them: by words that most of their photos have and most others lack."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, pairwise

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from lookalike.catalog.written import words
from lookalike.clustering.outcome import PERSON, Name

__all__ = ["find", "name_groups"]

LEAST_SHARE, LEAST_PHOTOS = 0.5, 2  # of a group's photos that have the words it is called by
MOST_ELSEWHERE = 0.5  # share of all other photos that have them, too, of the share of its own
RESERVED = {"group", "none"}  # words by which groups are spoken of


def name_groups(labels: np.ndarray, said: Mapping[int, str], texts: Mapping[str, Sequence[str]]) -> dict[int, Name]:
    """Return the names of groups: those that a person said, for others of the first source that has one.

    labels: int (n,), -1 in no group. said: by group. texts: n by source, in their order.
    """
    names = {group: Name(text, PERSON) for group, text in said.items()}
    for source, written in texts.items():
        found = find(labels, written, {group: name.text for group, name in names.items()})
        names |= {group: Name(text, source) for group, text in found.items()}
    return names


def find(labels: np.ndarray, texts: Sequence[str], known: Mapping[int, str]) -> dict[int, str]:
    """Return names for groups that are not `known`, all different, from what is written about each photo.

    labels: int (n,), -1 in no group. texts: n, "" where nothing is. Words and pairs of neighbouring words are ranked by
    their mean tf-idf over a group's photos, each counted once a photo (Salton and Buckley 1988); of equal ones the
    longer is taken. A group without words that most of its photos share and most others lack gets no name. Names
    depend on which photos are together alone, not on the numbers of groups.
    """
    ranked = {group: found for group, found in _ranked(labels, texts) if found and group not in known}
    rows = {group: row for row, group in reversed(list(enumerate(labels.tolist())))}
    sizes = np.bincount(labels[labels >= 0])
    names, taken = {}, {name.lower() for name in known.values()}
    for group in sorted(ranked, key=lambda group: (-sizes[group], rows[group])):
        names[group] = next(name for name in _possible(ranked[group]) if name not in taken)
        taken.add(names[group])
    return names


def _ranked(labels: np.ndarray, texts: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each group with the terms that it may be called by, the best first."""
    vectorizer = TfidfVectorizer(analyzer=_terms, binary=True, norm=None)
    if not any(map(words, texts)) or labels.max(initial=-1) < 0:
        return
    present = vectorizer.fit_transform(texts) > 0
    terms, idf = vectorizer.get_feature_names_out(), vectorizer.idf_
    grouped = np.flatnonzero(labels >= 0)
    member = sparse.csr_array((np.ones(len(grouped), np.int64), (labels[grouped], grouped)))
    inside, total = sparse.csr_array(member @ present[: member.shape[1]]), np.asarray(present.sum(axis=0)).ravel()
    for group, size in enumerate(member.sum(axis=1).tolist()):
        at = slice(*inside.indptr[group : group + 2])
        own, having = inside.indices[at], inside.data[at]
        share, elsewhere = having / size, (total[own] - having) / max(len(labels) - size, 1)
        fits = (share >= LEAST_SHARE) & (having >= LEAST_PHOTOS) & (elsewhere <= MOST_ELSEWHERE * share)
        scored = zip(terms[own[fits]].tolist(), (share * idf[own])[fits].tolist(), strict=True)
        yield group, [term for term, score in sorted(scored, key=lambda one: (-one[1], -len(one[0]), one[0]))]


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
