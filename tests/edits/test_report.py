"""What became of corrections is told in a phrase, in few lines, and whole in JSON."""

import json

from lookalike.edits.apply import Report
from lookalike.edits.report import as_json, lines, phrase
from lookalike.edits.rows import digest
from lookalike.edits.said import Conflict

ROWS = [{"op": "lock", "photos": ["a" * 64] * 3, "time": f"2026-01-0{day}"} for day in (1, 2, 3, 4)]
REPORT = Report(ROWS[1:2], [Conflict(ROWS[0], ROWS[1], 2)], [ROWS[2]], [ROWS[3]])


def test_the_phrase_counts_each_fate():
    assert phrase(REPORT) == "1 edit held, 1 in conflict, 1 undone, 1 without photos"
    assert phrase(Report(ROWS, [], [], [])) == "4 edits held"


def test_lines_name_both_rows_of_a_conflict():
    said = lines(REPORT, ["f.jsonl, row 9: cut"])
    assert said[0] == "f.jsonl, row 9: cut"
    assert said[1] == (
        "lock of 3 photos (2026-01-02) contradicts lock of 3 photos (2026-01-01): the newer holds, on 2 photos"
    )
    assert said[2] == "lock of 3 photos (2026-01-04) has none of its photos here: kept, without effect"
    many = lines(Report([], [], [], ROWS * 10), [])
    assert len(many) == 21 and many[-1] == "... and 20 more in corrections.json"


def test_advice_is_the_last_line_and_kept_in_json():
    advice = {"reason": "20 groups", "flags": "--finetune.classes confirmed"}
    said = lines(Report([], [], [], ROWS * 10), [], advice, "python run_all.py --dataset d")
    assert len(said) == 22 and said[-1] == "20 groups: python run_all.py --dataset d --finetune.classes confirmed"
    assert as_json(REPORT, [], advice)["advice"] == advice and as_json(REPORT, [])["advice"] == {}


def test_json_names_rows_by_their_digest():
    found = json.loads(json.dumps(as_json(REPORT, ["cut"])))
    assert found["conflicts"][0]["older"]["row"] == digest(ROWS[0])
    assert found["without_photos"][0] == {"row": digest(ROWS[3]), "op": "lock", "photos": 3, "time": "2026-01-04"}
    assert found["not_applied"] == ["cut"]
