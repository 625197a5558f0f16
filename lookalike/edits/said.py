"""What all corrections together say, whatever the grouping: photos that belong together, and photos that do not.

The rows are gone through in the order of time, so that of two that contradict the newer one counts, for the photos
concerned; the older one keeps the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lookalike.edits.rows import Row

__all__ = ["NO_GROUP", "Apart", "Conflict", "Placed", "Said", "compile_rows", "place"]

FREE, NO_GROUP = -1, -2  # of photos in no block: nothing is said of them; they are said to be in no group


@dataclass(frozen=True, eq=False)
class Placed:
    """A row, and where in the grouping its photos are: row numbers of `photos`, and of `to` or `from`."""

    row: Row
    photos: np.ndarray
    others: np.ndarray

    @property
    def is_out(self) -> bool:
        """Whether the row says that its photos are in no group."""
        return self.row["op"] == "move" and not len(self.others)

    @cached_property
    def tied(self) -> np.ndarray:
        """The photos that the row says are together."""
        return np.union1d(self.photos, self.others) if self.row["op"] == "move" else self.photos


@dataclass(frozen=True)
class Conflict:
    """Two rows that contradict, the number of photos on which they do; the newer one holds."""

    older: Row
    newer: Row
    photos: int


@dataclass(frozen=True, eq=False)
class Apart:
    """Photos split from others, which no group may have together, but for those of either that were moved since."""

    said: int
    photos: np.ndarray
    others: np.ndarray


@dataclass
class Said:
    """What rows say of n photos.

    block int (n,): of equal number are together; NO_GROUP and FREE besides. votes bool (n,): whether the grouping's
    place of a photo counts, which it does not once it was moved. merged: blocks that take the rest of their groups
    along. mentioned bool (n,): whether any row names the photo.
    """

    block: np.ndarray
    votes: np.ndarray
    mentioned: np.ndarray
    moved: np.ndarray  # int (n,): the last row that moved it
    tied: dict[int, np.ndarray] = field(default_factory=dict)  # by row: the photos that it still puts together
    merged: set[int] = field(default_factory=set)
    aparts: list[Apart] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    blocks: int = 0

    def sides(self, apart: Apart) -> tuple[np.ndarray, np.ndarray]:
        """Return the photos and the others that a split still keeps apart."""
        return tuple(side[self.moved[side] <= apart.said] for side in (apart.photos, apart.others))


def place(rows: Sequence[Row], sha256s: Sequence[str]) -> tuple[list[Placed], list[Row]]:
    """Find the photos of rows among those of a grouping, all that have the sha256; also return the rows without any.

    A move without any of the photos it leads to is one of those.
    """
    where: dict[str, list[int]] = {}
    for number, sha256 in enumerate(sha256s):
        where.setdefault(sha256, []).append(number)

    def find(names: Sequence[str]) -> np.ndarray:
        return np.unique([number for name in names for number in where.get(name, ())]).astype(np.int64)

    found, gone = [], []
    for row in rows:
        named = row.get({"move": "to", "split": "from"}.get(row["op"], ""), [])
        one = Placed(row, find(row["photos"]), find(named))
        lost = not len(one.photos) or (row["op"] == "move" and len(named) and not len(one.others))
        gone.append(row) if lost else found.append(one)
    return found, gone


def compile_rows(rows: Sequence[Placed], n: int) -> Said:
    """Compile rows, in the order of time, on n photos."""
    said = Said(np.full(n, FREE), np.ones(n, bool), np.zeros(n, bool), np.full(n, -1))
    for number, one in enumerate(rows):
        said.mentioned[one.photos] = said.mentioned[one.others] = True
        if one.row["op"] in STEPS:
            STEPS[one.row["op"]](said, rows, number)
            said.tied[number] = one.tied
    return said


def _move(said: Said, rows: Sequence[Placed], number: int) -> None:
    photos, to = rows[number].photos, rows[number].others
    _leave(said, rows, number, photos)
    said.moved[photos] = number
    if len(to):
        said.votes[photos] = False
        _join(said, rows, number, np.union1d(photos, to))
    else:
        said.block[photos] = NO_GROUP


def _split(said: Said, rows: Sequence[Placed], number: int) -> None:
    photos = rows[number].photos
    _leave(said, rows, number, photos)
    said.votes[photos] = True
    _join(said, rows, number, photos)
    said.aparts.append(Apart(number, photos, np.setdiff1d(rows[number].others, photos)))


def _gather(said: Said, rows: Sequence[Placed], number: int) -> None:
    _join(said, rows, number, rows[number].photos)
    if rows[number].row["op"] == "merge":
        said.merged.add(int(said.block[rows[number].photos[0]]))


def _leave(said: Said, rows: Sequence[Placed], number: int, photos: np.ndarray) -> None:
    """Take photos out of their blocks, against the rows that put them there."""
    leaving = np.zeros(len(said.block), bool)
    leaving[photos] = True
    for older, tied in said.tied.items():
        against = leaving[tied]
        if against.any():
            if _breaks(rows[older], tied, rows[number], leaving):
                said.conflicts.append(Conflict(rows[older].row, rows[number].row, int(against.sum())))
            elif against.all():
                continue  # they are together still
            said.tied[older] = tied[~against]
    said.block[photos] = FREE


def _breaks(older: Placed, tied: np.ndarray, newer: Placed, leaving: np.ndarray) -> bool:
    """Say whether a row of photos tied until now no longer holds once others leave together for a newer row."""
    if older.is_out or newer.is_out:
        return older.is_out != newer.is_out
    if older.row["op"] == "split" and newer.row["op"] == "move":
        return True
    if leaving[tied].all() or older.row["op"] != "move":
        return not leaving[tied].all()
    moved = np.isin(tied, older.photos)
    return bool(leaving[tied[moved]].any() or leaving[tied[~moved]].all())


def _join(said: Said, rows: Sequence[Placed], number: int, photos: np.ndarray) -> None:
    """Put photos, and the blocks they are in, into one new block; a split that this joins again is over."""
    _leave(said, rows, number, photos[said.block[photos] == NO_GROUP])
    blocks = np.unique(said.block[photos])
    blocks = blocks[blocks >= 0]
    union = np.isin(said.block, blocks)
    union[photos] = True
    said.block[union] = said.blocks
    if said.merged & set(blocks.tolist()):
        said.merged.add(said.blocks)
    said.blocks += 1
    for apart in list(said.aparts):
        one, other = (side[union[side]] for side in said.sides(apart))
        if len(one) and len(other):
            said.conflicts.append(Conflict(rows[apart.said].row, rows[number].row, len(one) + len(other)))
            said.aparts.remove(apart)


STEPS = {"move": _move, "split": _split, "merge": _gather, "lock": _gather, "confirm": _gather}
