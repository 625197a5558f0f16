"""Groups that a person confirmed, as classes to learn from."""

from collections.abc import Sequence

import numpy as np

from lookalike.core.errors import UserError
from lookalike.edits.apply import largest_group
from lookalike.edits.rows import Row, take_back
from lookalike.edits.said import compile_rows, place

__all__ = ["classes"]


def classes(sha256s: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the class of each of n photos of these sha256, "" for those that no row, in the order of time, confirms.

    A confirmed photo that was moved or split off since is of no class; groups confirmed and then merged are one class.
    A class is called as its group was, else by a number. Raises UserError where nothing is confirmed.
    """
    placed, _ = place(take_back(rows)[0], sha256s)
    said = compile_rows(placed, len(sha256s))
    of_class = np.full(len(sha256s), -1)
    for number, one in enumerate(placed):
        if one.row["op"] == "confirm":
            still = said.tied[number]
            of_class[still] = said.block[still]
    if (of_class < 0).all():
        raise UserError("expected confirmed groups to learn from, found none: run python edit.py confirm GROUP")
    names = {int(block): f"confirmed {number}" for number, block in enumerate(np.unique(of_class[of_class >= 0]), 1)}
    for one in placed:
        block = largest_group(said.block[one.photos]) if one.row["op"] == "name" else None
        if block in names and one.row["name"]:
            names[block] = str(one.row["name"])
    return [names.get(block, "") for block in of_class.tolist()]
