"""The history of scores: one CSV row a run, kept when a stage's own folder is replaced."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from lookalike.core.errors import UserError

__all__ = ["append_history", "read_history"]


def append_history(path: Path, row: Mapping[str, object]) -> None:
    """Append a row to a CSV, creating it if need be; an interruption leaves the old or the new file.

    A row equal to the last one in all columns is not written again, so that a run which is repeated after its row was
    written leaves one. Columns that the file lacks are added at its end and left empty in older rows; columns that the
    row lacks stay empty in it. None is written as an empty cell. Raises UserError when the file is no such table.
    """
    header, rows = read_history(path)
    header += [name for name in row if name not in header]
    new = dict.fromkeys(header, "") | {name: "" if value is None else str(value) for name, value in row.items()}
    if rows and dict.fromkeys(header, "") | rows[-1] == new:
        return
    _replace(path, header, [*rows, new])


def read_history(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the header and the rows of a history; both are empty where there is no file yet."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *lines = list(csv.reader(file)) or [[]]
    except FileNotFoundError:
        return [], []
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: expected a UTF-8 CSV of scores, found {error}: move the file away") from error
    if len(set(header)) != len(header) or any(len(line) > len(header) for line in lines):
        raise UserError(
            f"{path}: expected a CSV with one header, found repeated or missing columns: move the file away"
        )
    return header, [dict(zip(header, line, strict=False)) for line in lines if line]


def _replace(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
