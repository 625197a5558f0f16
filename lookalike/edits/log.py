"""The log of corrections of a dataset: edits/<dataset>.jsonl, one JSON row a line, only ever appended to."""

import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.core.locks import hold
from lookalike.edits.rows import Row, digest, fault, when

__all__ = ["Log", "append", "read", "read_after", "take_in"]


@dataclass(frozen=True)
class Log:
    """The rows that can be applied, in the order of time, and a line on each of the others, which stay in the file."""

    rows: list[Row]
    faults: list[str]


def read(path: Path) -> Log:
    """Return a log, empty where there is no file. Of equal rows one counts."""
    rows, faults = {}, []
    for number, text in enumerate(_lines(path), 1):
        row, wrong = _parse(text)
        if wrong:
            faults.append(f"{path}, row {number}: {wrong}; left as it is")
        else:
            rows.setdefault(digest(row), row)
    return Log(sorted(rows.values(), key=when), faults)


def read_after(path: Path, start: int) -> tuple[list[Row], int]:
    """Return the rows that were appended after the first `start` bytes of a log, and where the next ones will begin.

    All of them where the log has become shorter. Only whole lines are read.
    """
    if not path.exists():
        return [], 0
    with path.open("rb") as file:
        begin = start if start <= file.seek(0, os.SEEK_END) else 0
        file.seek(begin)
        whole = file.read().rpartition(b"\n")
    parsed = (_parse(line) for line in whole[0].split(b"\n") if line.strip())
    return [row for row, wrong in parsed if not wrong], begin + len(whole[0] + whole[1])


def append(path: Path, rows: Sequence[Row]) -> int:
    """Append the rows that the log does not have yet, synced to disk; return how many. Waits for other writers.

    All are written or, where that fails, none. Raises ValueError where one cannot be applied.
    """
    wrong = next(filter(None, map(fault, rows)), None)
    if wrong:
        raise ValueError(wrong)
    with _alone(path):
        known = set(map(digest, read(path).rows))
        new = {key: row for key, row in ((digest(row), row) for row in rows) if key not in known}
        _write(path, "".join(f"{json.dumps(row)}\n" for row in new.values()))
    return len(new)


def take_in(path: Path, file: Path, known: Collection[str]) -> tuple[int, list[str]]:
    """Append the rows of another file, such as one that the page exported, and return how many were new.

    Also returned: a line on each row that cannot be applied and was not taken. known: sha256 of the dataset's photos.
    Raises UserError where there is no row, or none that names one of the photos.
    """
    if not file.is_file():
        raise UserError(f"expected a file of edits at {file}, found none: export it again")
    found = read(file)
    if not found.rows:
        why = found.faults[0] if found.faults else f"{file} is empty"
        raise UserError(f"expected edits in {file}, found none: {why.removesuffix('; left as it is')}")
    if not any(photo in known for row in found.rows for photo in row["photos"]):
        raise UserError(f"expected edits of this dataset in {file}, found none of its photos: see --dataset")
    return append(path, found.rows), [line.replace("; left as it is", "; not taken") for line in found.faults]


def _lines(path: Path) -> Iterator[bytes]:
    data = path.read_bytes() if path.exists() else b""
    return (line for line in data.split(b"\n") if line.strip())


def _parse(line: bytes) -> tuple[Row, str | None]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}, "expected a row of JSON, found one that is cut or damaged"
    return row, fault(row)


def _alone(path: Path) -> AbstractContextManager[None]:
    return hold(path.with_name(f".{path.name}.lock"), what=str(path), wait=True)


def _write(path: Path, text: str) -> None:
    """Append text, after a line break where the last row was cut; a failure leaves the file as it was."""
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        data = (b"" if file.read() in (b"", b"\n") else b"\n") + text.encode() if text else b""
        try:
            while data:
                data = data[file.write(data) :]
            os.fsync(file.fileno())
        except BaseException:
            os.ftruncate(file.fileno(), size)
            raise
