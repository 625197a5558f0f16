"""Corrections as a person says them, of groups and photos as they are seen: each function returns the row to append."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.edits.rows import Row, digest, make, take_back

__all__ = ["Seen", "call", "confirm", "group_called", "lock", "merge", "move", "split", "undo"]

LEADING = 5  # photos in the middle of a group that a move names, so that it holds when one of them is gone


@dataclass(frozen=True)
class Seen:
    """The groups of n photos as they are seen: paths, sha256, labels int (n,) with -1 for noise, distances, names.

    distances: float (n,), to the middle of the own group. names: n texts, of the own group.
    """

    paths: Sequence[str]
    sha256s: Sequence[str]
    labels: np.ndarray
    distances: np.ndarray
    names: Sequence[str]

    def group(self, text: str) -> int:
        """Return the group of a number or, else, of a name. Raises UserError where it is not one group."""
        return group_called(text, self.labels, dict(zip(self.labels.tolist(), self.names, strict=True)))

    def photos(self, texts: Sequence[str]) -> np.ndarray:
        """Return the rows of photos by path as in clusters.csv, or by file name where one has it. Raises UserError."""
        by_path = {path: [row] for row, path in enumerate(self.paths)}
        by_name: dict[str, list[int]] = {}
        for row, path in enumerate(self.paths):
            by_name.setdefault(Path(path).name, []).append(row)
        rows = [by_path.get(text) or by_name.get(Path(text).name, []) for text in texts]
        for text, found in zip(texts, rows, strict=True):
            if len(found) != 1:
                count = f"{len(found)} of that name" if found else "none"
                raise UserError(f"expected a photo as in clusters.csv, found {count}: {text}")
        return np.array([found[0] for found in rows], np.int64)

    def members(self, groups: Sequence[int]) -> np.ndarray:
        """Return the rows of all photos of groups, the nearest to the middle first."""
        rows = np.flatnonzero(np.isin(self.labels, groups))
        return rows[np.argsort(self.distances[rows], kind="stable")]

    def named(self, rows: np.ndarray) -> list[str]:
        """Return the sha256 of rows, each once."""
        return list(dict.fromkeys(self.sha256s[row] for row in rows.tolist()))


def group_called(text: str, labels: np.ndarray, names: Mapping[int, str]) -> int:
    """Return the group of a number or, else, of a name, among labels int (n,). Raises UserError where it is not one."""
    present = set(labels.tolist()) - {-1}
    if text.isdecimal() and int(text) in present:
        return int(text)
    named = [label for label in present if names.get(label) == text]
    if len(named) == 1:
        return named[0]
    found = f"{len(named)} of that name" if named else "none"
    raise UserError(f"expected the number or name of a group, found {found}: {text}; see clusters.csv")


def call(seen: Seen, group: str, name: str) -> Row:
    """Name a group; "" takes its name away."""
    return make("name", seen.named(seen.members([seen.group(group)])), name=name)


def merge(seen: Seen, *groups: str) -> Row:
    """Make one group of several."""
    numbers = [seen.group(text) for text in groups]
    if len(set(numbers)) < 2:
        raise UserError(f"expected two groups or more to merge, found {len(set(numbers))}: name another")
    return make("merge", seen.named(seen.members(numbers)))


def move(seen: Seen, group: str, *paths: str) -> Row:
    """Move photos to a group, or with "none" to no group."""
    rows = seen.photos(paths)
    to = [] if group == "none" else np.setdiff1d(seen.members([seen.group(group)]), rows, assume_unique=True)
    return make("move", seen.named(rows), to=seen.named(np.asarray(to, np.int64)[:LEADING]), **_left(seen, rows))


def split(seen: Seen, *paths: str) -> Row:
    """Make a group of photos."""
    rows = seen.photos(paths)
    return make("split", seen.named(rows), **_left(seen, rows, every=True))


def lock(seen: Seen, group: str) -> Row:
    """Keep the photos of a group together."""
    return make("lock", seen.named(seen.members([seen.group(group)])))


def confirm(seen: Seen, group: str) -> Row:
    """Say that a group is right."""
    return make("confirm", seen.named(seen.members([seen.group(group)])))


def undo(rows: Sequence[Row]) -> Row:
    """Take back the last of the rows, in the order of time, that stands. Raises UserError where none does."""
    standing, _ = take_back(rows)
    if not standing:
        raise UserError("expected an edit to undo, found none")
    return make("undo", standing[-1]["photos"], row=digest(standing[-1]))


def _left(seen: Seen, rows: np.ndarray, *, every: bool = False) -> dict[str, list[str]]:
    """Return the photos that stay behind in the groups that rows leave: all, or those in the middle of each."""
    groups = np.unique(seen.labels[rows])
    stay = [np.setdiff1d(seen.members([group]), rows, assume_unique=True) for group in groups[groups >= 0]]
    chosen = [members if every else members[:LEADING] for members in stay]
    return {"from": seen.named(np.concatenate(chosen)) if chosen else []}
