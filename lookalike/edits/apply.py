"""Corrections on a grouping: after it every one of them holds, but where a newer one contradicts.

Literal and exact, whatever method made the grouping, and nothing is grouped again: photos of which no row speaks keep
their groups.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lookalike.edits.rows import Row, take_back
from lookalike.edits.said import NO_GROUP, Conflict, Placed, Said, compile_rows, place

__all__ = ["Corrected", "Report", "apply", "largest_group"]


@dataclass(frozen=True)
class Report:
    """What became of the rows: in effect and uncontradicted, contradicted, taken back, without any of their photos."""

    held: list[Row]
    conflicts: list[Conflict]
    undone: list[Row]
    gone: list[Row]


class Corrected(NamedTuple):
    """A grouping after corrections: labels int32 (n,) with -1 for noise, names by label, what became of the rows."""

    labels: np.ndarray
    names: dict[int, str]
    report: Report


def apply(labels: np.ndarray, sha256s: Sequence[str], rows: Sequence[Row]) -> Corrected:
    """Apply rows, in the order of time, to the labels int (n,) of photos of these sha256, -1 for noise.

    A group keeps its number; a group too many takes one that became free, and a number that is free at the end is
    taken by the last group. Photos of equal sha256 are corrected alike.
    """
    standing, undone = take_back(rows)
    placed, gone = place(standing, sha256s)
    said = compile_rows(placed, len(labels))
    corrected = _close_gaps(_solve(np.asarray(labels, np.int64), said), labels.max(initial=-1) + 1)
    names, renamed, nameless = _names(corrected, [one for one in placed if one.row["op"] == "name"])
    conflicts = _joined([*said.conflicts, *renamed])
    lost = {id(conflict.older) for conflict in conflicts} | {id(row) for row in nameless}
    held = [one.row for one in placed if id(one.row) not in lost]
    return Corrected(corrected.astype(np.int32), names, Report(held, conflicts, undone, gone + nameless))


def largest_group(labels: np.ndarray) -> int | None:
    """Return the commonest of labels int (n,), the lowest of several, None where all are negative."""
    counts = Counter(labels[labels >= 0].tolist())
    return min(counts, key=lambda label: (-counts[label], label), default=None)


def _solve(found: np.ndarray, said: Said) -> np.ndarray:
    """Return the labels (n,) that keep all that is said, from 0, maybe with gaps."""
    labels = np.where(said.block == NO_GROUP, -1, found)
    members = _members(said.block)
    free = said.block < 0
    homes: dict[int, int] = {}
    fresh = int(found.max(initial=-1)) + 1
    for block in sorted(members, key=lambda block: (-len(members[block]), members[block][0])):
        home = _home(found, members[block], said, _forbidden(labels, free, members[block], said))
        if home is None:
            home, fresh = fresh, fresh + 1
        if block in said.merged:
            along = _along(found, said, block, members[block])
            labels[along] = home
        labels[members[block]] = homes[block] = home
        free[members[block]] = True
    return labels


def _members(block: np.ndarray) -> dict[int, np.ndarray]:
    """Return the photos of each block."""
    order = np.argsort(block, kind="stable")
    order = order[np.searchsorted(block[order], 0) :]
    numbers, starts = np.unique(block[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=False)) if len(order) else {}


def _home(found: np.ndarray, photos: np.ndarray, said: Said, forbidden: set[int]) -> int | None:
    """Return the group that most of the photos were found in, and may be; None where there is none."""
    voters = photos[said.votes[photos]]
    groups = found[voters if len(voters) else photos]
    numbers, counts = np.unique(groups[groups >= 0], return_counts=True)
    allowed = [(-count, number) for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)]
    return min((one for one in allowed if one[1] not in forbidden), default=(0, None))[1]


def _forbidden(labels: np.ndarray, settled: np.ndarray, photos: np.ndarray, said: Said) -> set[int]:
    """Return the groups in which photos are already that the given photos were split from."""
    inside = np.zeros(len(labels), bool)
    inside[photos] = True
    forbidden: set[int] = set()
    for apart in said.aparts:
        one, other = said.sides(apart)
        for own, others in ((one, other), (other, one)):
            if inside[own].any():
                forbidden |= set(labels[others[settled[others] & ~inside[others]]].tolist())
    return forbidden


def _along(found: np.ndarray, said: Said, block: int, photos: np.ndarray) -> np.ndarray:
    """Return the photos of which no row speaks in groups that are mostly in a merged block."""
    sizes = np.bincount(found[found >= 0])
    groups, counts = np.unique(found[photos][found[photos] >= 0], return_counts=True)
    whole = groups[2 * counts > sizes[groups]]
    return np.flatnonzero(np.isin(found, whole) & ~said.mentioned)


def _close_gaps(labels: np.ndarray, n_found: int) -> np.ndarray:
    """Give the numbers that are free to the groups of the highest numbers."""
    used = np.unique(labels[labels >= 0])
    number = np.arange(max(int(labels.max(initial=-1)) + 1, int(n_found)))
    free = np.setdiff1d(np.arange(len(used)), used)
    number[used[used >= len(used)]] = free
    return np.where(labels >= 0, number[labels], -1) if len(number) else labels


def _names(labels: np.ndarray, rows: Sequence[Placed]) -> tuple[dict[int, str], list[Conflict], list[Row]]:
    """Return the names by group, the rows that a newer one has renamed, and those whose photos are in no group."""
    named: dict[int, Row] = {}
    renamed, nameless = [], []
    for one in rows:
        group = largest_group(labels[one.photos])
        if group is None:
            nameless.append(one.row)
            continue
        if group in named:
            renamed.append(Conflict(named[group], one.row, len(one.photos)))
        named[group] = one.row
    return {group: str(row["name"]) for group, row in sorted(named.items()) if row["name"]}, renamed, nameless


def _joined(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Return each pair of rows once."""
    pairs: dict[tuple[int, int], Conflict] = {}
    for one in conflicts:
        pairs.setdefault((id(one.older), id(one.newer)), one)
    return list(pairs.values())
