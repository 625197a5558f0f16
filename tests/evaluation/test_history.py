"""The history of scores survives reruns, new columns, and interruptions."""

import csv

import pytest

from lookalike.core.errors import UserError
from lookalike.evaluation.history import append_history, read_history


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_run_appends_a_row(tmp_path):
    path = tmp_path / "scores_history.csv"
    append_history(path, {"method": "som", "accuracy": 0.5})
    append_history(path, {"method": 'k, means\n"x"', "accuracy": None})
    assert rows(path) == [{"method": "som", "accuracy": "0.5"}, {"method": 'k, means\n"x"', "accuracy": ""}]


def test_new_columns_go_to_the_end_and_old_rows_keep_their_values(tmp_path):
    path = tmp_path / "scores_history.csv"
    append_history(path, {"a": 1, "b": 2})
    append_history(path, {"c": 3, "a": 4})
    assert read_history(path)[0] == ["a", "b", "c"]
    assert rows(path) == [{"a": "1", "b": "2", "c": ""}, {"a": "4", "b": "", "c": "3"}]


def test_the_same_row_again_is_written_once(tmp_path):
    path = tmp_path / "scores_history.csv"
    row = {"method": "som", "accuracy": 1 / 3, "stability": None}
    for new in (row, row, row | {"accuracy": 0.5}, row):
        append_history(path, new)
    assert [found["accuracy"] for found in rows(path)] == [str(1 / 3), "0.5", str(1 / 3)]
    append_history(path, row | {"stability": 0.9})  # a column that was empty is not the same row
    assert len(rows(path)) == 4


def test_a_failed_write_leaves_the_history_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "scores_history.csv"
    append_history(path, {"a": 1})
    before = path.read_bytes()

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lookalike.evaluation.history.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        append_history(path, {"a": 2})
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a,b\n1,2,3\n", b"a,a\n1,2\n"])
def test_a_file_that_is_no_history_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "scores_history.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match="move the file away") as error:
        append_history(path, {"a": 1})
    assert "\n" not in str(error.value)
    assert path.read_bytes() == content


def test_an_empty_file_is_an_empty_history(tmp_path):
    path = tmp_path / "scores_history.csv"
    path.write_bytes(b"")
    append_history(path, {"a": 1})
    assert rows(path) == [{"a": "1"}]
