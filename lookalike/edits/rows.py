"""A row of the log of corrections: its operations, what is wrong with one, its digest and time.

A row is a JSON object {"op", "photos": [sha256, ...], "time": ISO 8601} with what `OPERATIONS` adds; other fields are
kept. What the operations say:

move     `photos` belong with the photos `to`, in the middle of their group; with none of them, in no group
merge    `photos`, all members of the groups concerned, are one group
split    `photos` are a group of their own, without the photos `from`, the rest of the groups they were in
lock     `photos` stay in one group
confirm  `photos` are one group, and rightly so: it may be taught
name     the group that has most of `photos` is called `name`; "" takes its name away
undo     the row of the digest `row` is taken back; so may be an undo
"""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

__all__ = ["OPERATIONS", "Row", "digest", "fault", "make", "take_back", "when"]

Row = dict[str, object]
OPERATIONS = {  # the fields of each besides op, photos and time
    "move": ("to",),
    "merge": (),
    "split": ("from",),
    "lock": (),
    "confirm": (),
    "name": ("name",),
    "undo": ("row",),
}
SHA256 = re.compile("[0-9a-f]{64}")


def make(op: str, photos: Iterable[str], **fields: object) -> Row:
    """Return a row said now."""
    return {"op": op, "photos": list(photos), **fields, "time": datetime.now(UTC).isoformat()}


def digest(row: Row) -> str:
    """Return the sha256 of a row as JSON in UTF-8 with sorted keys and no spaces: what an undo names."""
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def when(row: Row) -> datetime:
    """Return the time of a row; one without a zone is of UTC. Raises ValueError where it is no time."""
    time = datetime.fromisoformat(str(row.get("time")))
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def fault(row: object) -> str | None:
    """Return what was expected of a row and found, None where it can be applied."""
    if not isinstance(row, dict):
        return "expected an object, found none"
    if not isinstance(row.get("op"), str) or row["op"] not in OPERATIONS:
        return f"expected an op of {', '.join(OPERATIONS)}, found {_short(row.get('op'))}"
    for field in ("photos", *OPERATIONS[row["op"]]):
        check, expected = CHECKS[field]
        if not check(row.get(field)):
            return f"expected {field} to be {expected}, found {_short(row.get(field))}"
    try:
        when(row)
    except ValueError:
        return f"expected a time as ISO 8601, found {_short(row.get('time'))}"
    return None


def take_back(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that stand, without undos, and those that were taken back, both in the order given, of time."""
    rows = [(digest(row), row) for row in rows]
    gone: set[object] = set()
    for key, row in reversed(rows):
        if row["op"] == "undo" and key not in gone:
            gone.add(row["row"])
    said = [(key, row) for key, row in rows if row["op"] != "undo"]
    return [row for key, row in said if key not in gone], [row for key, row in said if key in gone]


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def _are_photos(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_sha256, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:60]}..."


CHECKS = {
    "photos": (lambda value: _are_photos(value) and bool(value), "a list of the sha256 of photos"),
    "to": (_are_photos, "a list of sha256"),
    "from": (_are_photos, "a list of sha256"),
    "name": (_is_text, "a text"),
    "row": (_is_sha256, "a sha256"),
}
