"""Exact duplicates: photos that decode to the same pixels, whatever their files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from lookalike.catalog import images
from lookalike.catalog.silence import silent_decoders
from lookalike.core.shards import Row

__all__ = ["columns", "drop", "find"]

Groups = list[list[Row]]


def find(rows: Iterable[Row], root: Path) -> Groups:
    """Return the groups of photos below `root` with equal pixels after decoding, each with the one to keep first.

    Kept is the photo of most bytes (the least re-encoded), ties by path. Photos with one key whose files differ are
    compared by all their pixels.
    """
    usable = [row for row in rows if row["status"] == "ok"]
    candidates = [group for group in _split(usable, lambda row: row["pixels"]) if len(group) > 1]
    with silent_decoders():
        confirmed = [group for candidate in candidates for group in _confirmed(candidate, root) if len(group) > 1]
    return [sorted(group, key=lambda row: (-row["size"], row["path"])) for group in confirmed]


def drop(rows: Iterable[Row], groups: Groups) -> list[Row]:
    """Return the rows with all but the kept photo of each group marked `duplicate`: later stages pass them by."""
    kept = {row["path"]: group[0]["path"] for group in groups for row in group[1:]}
    mark = {path: {"status": "duplicate", "error": f"same pixels as {keeper}"} for path, keeper in kept.items()}
    return [row | mark.get(row["path"], {}) for row in rows]


def columns(groups: Groups) -> dict[str, Sequence]:
    """Return the columns of duplicates.csv: the group's number, the photo, and whether it is the one to keep."""
    numbered = [(number, row, row is group[0]) for number, group in enumerate(groups, 1) for row in group]
    return {
        "group": [number for number, _, _ in numbered],
        "path": [row["path"] for _, row, _ in numbered],
        "keep": [keep for _, _, keep in numbered],
    }


def _confirmed(rows: list[Row], root: Path) -> Groups:
    by_bytes = _split(rows, lambda row: row["sha256"])
    if len(by_bytes) == 1:
        return by_bytes
    digests = {group[0]["sha256"]: _pixel_digest(root / group[0]["path"]) for group in by_bytes}
    return _split(rows, lambda row: digests[row["sha256"]])


def _pixel_digest(path: Path) -> str:
    try:
        return images.pixel_digest(images.read(path))
    except images.ImageError:  # changed since it was listed: equal to no other
        return str(path)


def _split(rows: Iterable[Row], key) -> Groups:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.values())
