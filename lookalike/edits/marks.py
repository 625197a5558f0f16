"""Groups that a person locked or confirmed, as they lie in a grouping."""

from collections.abc import Sequence

import numpy as np

from lookalike.edits.apply import largest_group
from lookalike.edits.rows import Row, take_back
from lookalike.edits.said import place

__all__ = ["MARKS", "marked_groups"]

MARKS = ("lock", "confirm")


def marked_groups(labels: np.ndarray, sha256s: Sequence[str], rows: Sequence[Row]) -> dict[str, list[int]]:
    """Return by mark the groups, rising, that have most photos of a row that stands; labels: int (n,), -1 for none."""
    placed, _ = place(take_back(rows)[0], sha256s)
    found: dict[str, set[int]] = {mark: set() for mark in MARKS}
    for one in placed:
        group = largest_group(labels[one.photos]) if one.row["op"] in MARKS else None
        if group is not None:
            found[one.row["op"]].add(group)
    return {mark: sorted(groups) for mark, groups in found.items()}
