"""Confirmed groups are classes, as far as nobody has changed them since."""

import pytest

from lookalike.core.errors import UserError
from lookalike.edits.confirmed import LEAST_GROUPS, LEAST_PHOTOS, advice, classes
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


def test_enough_confirmed_groups_are_worth_learning_from():
    names = [f"{number:064x}" for number in range((LEAST_GROUPS + 1) * LEAST_PHOTOS)]
    groups = [names[start : start + LEAST_PHOTOS] for start in range(0, len(names), LEAST_PHOTOS)]
    said = [{"op": "confirm", "photos": group, "time": "2026-01-01"} for group in groups]
    assert advice(names, said[: LEAST_GROUPS - 1], 70) == {}
    found = advice(names, said[:LEAST_GROUPS], 70)
    assert found["reason"].startswith(f"{LEAST_GROUPS} groups have {LEAST_PHOTOS} confirmed photos or more")
    assert "--finetune.classes confirmed" in found["flags"] and found["flags"].endswith("--cluster.n_clusters 70")
    taken_out = {"op": "move", "photos": groups[0][:1], "to": [], "time": "2026-01-02"}
    assert advice(names, [*said[:LEAST_GROUPS], taken_out], 70) == {}
    assert advice(names, [], 70) == {}
