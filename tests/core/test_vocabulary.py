"""Words that groups may be called by: a line each, once; one line for a file that holds none."""

import numpy as np
import pytest

from lookalike.core import vocabulary
from lookalike.core.errors import UserError


def test_words_are_lines_each_once_in_their_order(tmp_path):
    file = tmp_path / "words.txt"
    file.write_bytes("\ufeffRed shoes\r\n\n  red   SHOES \nчашка\n12\nhat".encode())
    assert vocabulary.read_words(file) == ["Red shoes", "чашка", "hat"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\n12\n", "found none"), (b"\xff\xfe", "in UTF-8"), (b"a" * 101, "at most 100 letters")],
)
def test_a_file_without_words_is_one_line(content, words, tmp_path):
    (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(UserError, match=words):
        vocabulary.read_words(tmp_path / "words.txt")


def test_what_is_written_is_read(tmp_path):
    assert vocabulary.read(tmp_path) is None
    vocabulary.write(tmp_path, "clip", ["hat"], np.ones((1, 2), np.float32))
    matrix, words, vectors = vocabulary.read(tmp_path)
    assert (matrix, words, vectors.tolist()) == ("clip", ["hat"], [[1, 1]])
