"""The file of corrections: nothing said is lost, nothing strange is applied."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.core.errors import UserError
from lookalike.edits.log import append, read, take_in
from lookalike.edits.rows import digest, make

ROOT = Path(__file__).resolve().parents[2]
A, B = "a" * 64, "b" * 64
NAME = {
    "op": "name",
    "photos": [A],
    "name": 'say "hi",\n<b>\u202e 日本語',
    "time": "2026-01-02T03:04:05.678Z",
    "by": "me",
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edits" / "toys.jsonl"


def test_what_was_said_is_read_back_whole(path):
    assert append(path, [NAME, make("merge", [A, B])]) == 2
    rows = read(path).rows
    assert rows[0] == NAME
    assert len(path.read_text().splitlines()) == 2


def test_a_row_said_again_is_there_once(path):
    append(path, [NAME, NAME])
    assert append(path, [dict(reversed(NAME.items()))]) == 0
    assert len(path.read_text().splitlines()) == 1


def test_rows_come_in_the_order_of_time_whatever_their_zone(path):
    times = ["2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z", "2026-01-01T10:30:00"]
    append(path, [NAME | {"time": time} for time in times])
    assert [row["time"] for row in read(path).rows] == [times[0], times[2], times[1]]


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_row_cut_short_is_left_out_with_a_line_and_what_follows_is_whole(path, cut):
    append(path, [NAME])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-cut].replace(b"03:04", b"09:09"))
    log = read(path)
    if cut == 1:  # only the line break is missing
        assert len(log.rows) == 2
        return
    assert log.rows == [NAME]
    assert log.faults == [f"{path}, row 2: expected a row of JSON, found one that is cut or damaged; left as it is"]
    append(path, [make("lock", [B])])
    assert [row["op"] for row in read(path).rows] == ["name", "lock"]
    assert path.read_bytes().startswith(whole + whole[:-cut].replace(b"03:04", b"09:09"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"op": "explode", "photos": [A], "time": "2026-01-01"}, 'expected an op of move, .* found "explode"'),
        ({"op": ["move"], "photos": [A], "time": "2026-01-01"}, "expected an op of"),
        ({"op": "lock", "photos": ["a.jpg"], "time": "2026-01-01"}, "expected photos to be a list of the sha256"),
        ({"op": "lock", "photos": [], "time": "2026-01-01"}, "expected photos to be a list of the sha256"),
        ({"op": "lock", "photos": [A], "time": "yesterday"}, 'expected a time as ISO 8601, found "yesterday"'),
        ({"op": "lock", "photos": [A]}, "expected a time as ISO 8601"),
        ({"op": "move", "photos": [A], "time": "2026-01-01"}, "expected to to be a list of sha256, found null"),
        ({"op": "name", "photos": [A], "name": "\ud800", "time": "2026-01-01"}, "expected name to be a text"),
        ([1, 2], "expected an object"),
    ],
)
def test_rows_that_cannot_be_applied_stay_with_a_line(path, row, words):
    append(path, [NAME])
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
    log = read(path)
    assert log.rows == [NAME]
    assert re.search(words, log.faults[0])
    with pytest.raises(ValueError, match="expected"):
        append(path, [row])
    assert json.loads(path.read_text().splitlines()[1]) == row


def test_bytes_of_anything_are_lines_on_each_row(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00garbage\n" + json.dumps(NAME).encode() + b"\n" + b"[" * 100_000)
    log = read(path)
    assert log.rows == [NAME]
    assert len(log.faults) == 2


def test_taking_a_file_in_twice_changes_nothing(path, tmp_path):
    exported = tmp_path / "exported.jsonl"
    append(exported, [NAME, make("lock", [B])])
    with exported.open("a") as file:
        file.write('{"op": "explode"}\n')
    new, lines = take_in(path, exported, {A})
    assert new == 2
    assert "row 3: expected an op of" in lines[0] and lines[0].endswith("not taken")
    before = path.read_bytes()
    assert take_in(path, exported, {A})[0] == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "expected a file of edits at .*, found none"),
        ("", "found none: .* is empty"),
        ("<html>\n", "found none: .*, row 1: expected a row of JSON"),
        (json.dumps(NAME | {"photos": [B]}), "expected edits of this dataset in .*, found none of its photos"),
    ],
)
def test_a_file_of_nothing_for_us_is_one_line(path, tmp_path, text, words):
    exported = tmp_path / "exported.jsonl"
    if text is not None:
        exported.write_text(text)
    with pytest.raises(UserError, match=words):
        take_in(path, exported, {A})
    assert not path.exists()


MANY = """
import sys
from pathlib import Path
from lookalike.edits.log import append
for number in range(40):
    time = f"2026-01-01T00:00:{number:02d}Z"
    append(Path(sys.argv[1]), [{"op": "name", "photos": ["a" * 64], "name": sys.argv[2] * 3000, "time": time}])
"""


def test_two_writers_at_once_lose_nothing(path):
    writers = [subprocess.Popen([sys.executable, "-c", MANY, str(path), who], cwd=ROOT) for who in "xyz"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    log = read(path)
    assert not log.faults
    assert {name: sum(row["name"][0] == name for row in log.rows) for name in "xyz"} == {"x": 40, "y": 40, "z": 40}


def test_a_full_disk_leaves_the_file_as_it_was(path):
    append(path, [NAME])
    before = path.read_bytes()
    code = (
        "import resource, signal, sys; from pathlib import Path; from lookalike.edits import log, rows\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 50},) * 2)\n"
        "log.append(Path(sys.argv[1]), [rows.make('lock', ['a' * 64] * 5)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert path.read_bytes() == before


def test_the_digest_is_that_of_json_as_a_browser_writes_it():
    """sha256 of JSON.stringify with sorted keys."""
    row = {"time": "2026-01-01T00:00:00Z", "op": "name", "photos": ["0" * 64], "name": 'é"\n'}
    text = '{"name":"é\\"\\n","op":"name","photos":["' + "0" * 64 + '"],"time":"2026-01-01T00:00:00Z"}'
    assert digest(row) == hashlib.sha256(text.encode()).hexdigest()
