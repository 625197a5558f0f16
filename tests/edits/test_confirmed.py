"""Confirmed groups are classes, as far as nobody has changed them since."""

import pytest

from lookalike.core.errors import UserError
from lookalike.edits.confirmed import classes
from lookalike.edits.rows import digest

SHA256S = [f"{number:064x}" for number in range(7)]


def row(op, photos, **fields):
    return {"op": op, "photos": [SHA256S[number] for number in photos], **fields, "time": "2026-01-01"}


CONFIRMED = [row("confirm", [0, 1, 2]), row("confirm", [3, 4]), row("name", [3, 4], name="hats")]


def test_classes_are_named_as_their_groups_or_by_number():
    assert classes(SHA256S, CONFIRMED) == ["confirmed 1"] * 3 + ["hats"] * 2 + [""] * 2


def test_what_was_changed_since_counts():
    moved = row("move", [2], to=[SHA256S[5]])
    assert classes(SHA256S, [*CONFIRMED, moved])[2] == ""
    merged = row("merge", [0, 1, 2, 3, 4])
    assert classes(SHA256S, [*CONFIRMED, merged]) == ["hats"] * 5 + [""] * 2
    undo = row("undo", [3, 4], row=digest(CONFIRMED[1]))
    assert classes(SHA256S, [*CONFIRMED, undo])[3:] == [""] * 4


def test_nothing_confirmed_is_one_line():
    with pytest.raises(UserError, match=r"expected confirmed groups to learn from, found none: run python edit\.py"):
        classes(SHA256S, [row("lock", [0, 1])])
