"""Which groups a person locked or confirmed, as they lie in a grouping."""

import numpy as np

from lookalike.edits.marks import marked_groups
from lookalike.edits.rows import digest, make

SHA = [f"{number:064x}" for number in range(6)]


def test_a_mark_is_of_the_group_with_most_of_its_photos():
    rows = [make("lock", SHA[:3]), make("confirm", SHA[3:]), make("merge", SHA[:2]), make("confirm", ["f" * 64])]
    assert marked_groups(np.array([1, 1, 0, 2, 2, -1]), SHA, rows) == {"lock": [1], "confirm": [2]}


def test_a_mark_that_was_undone_is_gone():
    row = make("confirm", SHA[:2])
    undo = make("undo", SHA[:2], row=digest(row))
    assert marked_groups(np.array([0, 0, 1, 1, 1, 1]), SHA, [row, undo]) == {"lock": [], "confirm": []}
