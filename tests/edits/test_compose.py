"""What a person says of groups and photos as they see them becomes a row that says it of the photos' contents."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.edits import compose
from lookalike.edits.apply import apply
from lookalike.edits.rows import fault

PATHS = ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/3, x.jpg", "5.jpg"]
SHA256S = [f"{number:064x}" for number in range(5)]
LABELS = np.array([0, 0, 1, 1, -1])
SEEN = compose.Seen(PATHS, SHA256S, LABELS, np.array([2, 1, 1, 2, np.nan]), ["shoes", "shoes", "0", "0", ""])


def after(row):
    assert fault(row) is None
    return apply(LABELS, SHA256S, [row])


def test_each_operation_says_what_it_is_called():
    assert after(compose.call(SEEN, "1", "hats")).names == {1: "hats"}
    assert after(compose.merge(SEEN, "shoes", "1")).labels.tolist() == [0, 0, 0, 0, -1]
    assert after(compose.move(SEEN, "1", "2.jpg", "5.jpg")).labels.tolist() == [0, 1, 1, 1, 1]
    assert after(compose.move(SEEN, "none", "a/1.jpg")).labels.tolist() == [-1, 0, 1, 1, -1]
    assert after(compose.split(SEEN, "b/3, x.jpg")).labels.tolist() == [0, 0, 1, 2, -1]
    assert after(compose.lock(SEEN, "0")).report.held and after(compose.confirm(SEEN, "0")).report.held


def test_a_move_names_the_photos_in_the_middle_of_both_groups():
    row = compose.move(SEEN, "1", "a/1.jpg")
    assert row["to"] == [SHA256S[2], SHA256S[3]] and row["from"] == [SHA256S[1]]


def test_undo_takes_back_the_last_that_stands():
    first, second = compose.lock(SEEN, "0"), compose.lock(SEEN, "1")
    undo = compose.undo([first, second])
    assert compose.undo([first, second, undo])["photos"] == first["photos"]
    with pytest.raises(UserError, match="expected an edit to undo, found none"):
        compose.undo([])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compose.call(SEEN, "7", "x"), "expected the number or name of a group, found none: 7"),
        (lambda: compose.call(SEEN, "-1", "x"), "expected the number or name of a group, found none"),
        (lambda: compose.merge(SEEN, "1", "1"), "expected two groups or more to merge, found 1"),
        (lambda: compose.move(SEEN, "1", "9.jpg"), r"expected a photo as in clusters\.csv, found none: 9\.jpg"),
        (lambda: compose.move(SEEN, "1", "1.jpg"), r"found 2 of that name: 1\.jpg"),
    ],
)
def test_what_is_not_there_is_one_line(call, words):
    with pytest.raises(UserError, match=words):
        call()
