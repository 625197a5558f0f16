"""Groups that a person confirmed, as classes to learn from, and when learning from them is worth it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lookalike.core.errors import UserError
from lookalike.edits.apply import largest_group
from lookalike.edits.rows import Row, take_back
from lookalike.edits.said import Placed, compile_rows, place

__all__ = ["LEAST_GROUPS", "LEAST_PHOTOS", "advice", "classes"]

LEAST_GROUPS, LEAST_PHOTOS = 20, 10  # confirmed groups, of so many photos each, that teach enough (docs/corrections.md)
TEACH = "--finetune.enabled true --finetune.classes confirmed --extract.weights finetuned --extract.side_by_side true"


def classes(sha256s: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the class of each of n photos of these sha256, "" for those that no row, in the order of time, confirms.

    A confirmed photo that was moved or split off since is of no class; groups confirmed and then merged are one class.
    A class is called as its group was, else by a number. Raises UserError where nothing is confirmed.
    """
    placed, of_class, block = _confirmed(sha256s, rows)
    if (of_class < 0).all():
        raise UserError("expected confirmed groups to learn from, found none: run python edit.py confirm GROUP")
    names = {int(block): f"confirmed {number}" for number, block in enumerate(np.unique(of_class[of_class >= 0]), 1)}
    for one in placed:
        named = largest_group(block[one.photos]) if one.row["op"] == "name" else None
        if named in names and one.row["name"]:
            names[named] = str(one.row["name"])
    return [names.get(number, "") for number in of_class.tolist()]


def advice(sha256s: Sequence[str], rows: Sequence[Row], n_groups: int) -> dict[str, str]:
    """Return why to teach the network the confirmed groups, and the flags that do; nothing while they are too few.

    n_groups: of the grouping as it is corrected.
    """
    sizes = Counter(number for number in _confirmed(sha256s, rows)[1].tolist() if number >= 0)
    ready = sum(size >= LEAST_PHOTOS for size in sizes.values())
    if ready < LEAST_GROUPS:
        return {}
    reason = f"{ready:,} groups have {LEAST_PHOTOS} confirmed photos or more, enough to teach the network"
    return {"reason": reason, "flags": f"{TEACH} --cluster.n_clusters {n_groups}"}


def _confirmed(sha256s: Sequence[str], rows: Sequence[Row]) -> tuple[list[Placed], np.ndarray, np.ndarray]:
    """Return the rows that stand, the confirmed block of each photo, -1 for none, and the block that it is in."""
    placed, _ = place(take_back(rows)[0], sha256s)
    said = compile_rows(placed, len(sha256s))
    of_class = np.full(len(sha256s), -1)
    for number, one in enumerate(placed):
        if one.row["op"] == "confirm":
            still = said.tied[number]
            of_class[still] = said.block[still]
    return placed, of_class, said.block
