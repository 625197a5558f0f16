"""What is found for a query: photos like some and unlike others, that pass filters, near copies folded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lookalike.core.arrays import unit_rows
from lookalike.search.index import VectorIndex

__all__ = ["Hit", "direction", "find"]


@dataclass(frozen=True)
class Hit:
    """A photo found: its row, its cosine to the query, and the rows of its near copies that were folded into it."""

    row: int
    score: float
    copies: list[int] = field(default_factory=list)


def direction(like: np.ndarray, unlike: np.ndarray | None = None) -> np.ndarray:
    """Return the query of vectors (m, d): the mean of those of length 1, less half the mean of the unlike ones.

    As Rocchio (1971): what is to be avoided weighs less than what is sought.
    """
    query = unit_rows(np.asarray(like, np.float32)).mean(axis=0)
    if unlike is not None and len(unlike):
        query = query - 0.5 * unit_rows(np.asarray(unlike, np.float32)).mean(axis=0)
    return query


def find(
    index: VectorIndex,
    query: np.ndarray,
    count: int,
    *,
    passing: np.ndarray | None = None,
    left_out: Sequence[int] = (),
    copy_of: np.ndarray | None = None,
    min_score: float = -1.0,
) -> list[Hit]:
    """Return the best `count` photos of a query (d,), best first, all of a cosine of `min_score` or more.

    passing: bool (n,). left_out: rows of the query itself. copy_of: int (n,), equal for near copies of each other, -1
    for photos without any; of these only the best is a hit. Searches on with a larger number until there are enough.
    """
    without, asked = set(map(int, left_out)), count + len(left_out) + 1
    while True:
        rows, cosines = index.nearest(query, asked, passing)
        hits = _folded(rows, cosines, without, copy_of)
        seen_all = len(rows) < asked or (len(cosines) and cosines[-1] < min_score)
        if seen_all or len(hits) > count:
            return [hit for hit in hits if hit.score >= min_score][:count]
        asked = min(4 * asked, len(index) + 1)


def _folded(rows: np.ndarray, cosines: np.ndarray, without: set[int], copy_of: np.ndarray | None) -> list[Hit]:
    hits: list[Hit] = []
    first: dict[int, Hit] = {}
    for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True):
        if row in without:
            continue
        group = -1 if copy_of is None else int(copy_of[row])
        if group >= 0 and group in first:
            first[group].copies.append(row)
            continue
        hits.append(Hit(row, cosine))
        if group >= 0:
            first[group] = hits[-1]
    return hits
