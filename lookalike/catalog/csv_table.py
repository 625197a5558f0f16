"""CSV files that people bring: comma, semicolon or tab, with a header, in UTF-8."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from lookalike.core.errors import UserError

__all__ = ["read_rows"]

DELIMITERS = ",;\t"


def read_rows(table: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file that has the columns `needed`; missing cells are "".

    Raises UserError for a file that does not open, is no UTF-8 text or no table, or lacks a column.
    """
    limit = csv.field_size_limit(sys.maxsize)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            delimiter = _delimiter(file.readline(), needed, table)
            file.seek(0)
            return [_named(row) for row in csv.DictReader(file, delimiter=delimiter)]
    except OSError as error:
        raise UserError(f"expected a CSV file at {table}, found none that opens: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{table}: expected UTF-8 text, found other bytes: save the file as UTF-8") from error
    except csv.Error as error:
        raise UserError(f"{table}: expected a CSV table, found one that does not read: {error}") from error
    finally:
        csv.field_size_limit(limit)


def _delimiter(header: str, needed: Sequence[str], table: Path) -> str:
    """Return the delimiter at which a header has all needed columns."""
    found = {delimiter: [name.strip() for name in _cells(header, delimiter)] for delimiter in DELIMITERS}
    fitting = (delimiter for delimiter, names in found.items() if set(needed) <= set(names))
    delimiter = next(fitting, None)
    if delimiter is None:
        names = max(found.values(), key=len)
        raise UserError(f"{table}: expected the columns {', '.join(needed)}, found {', '.join(names) or 'none'}")
    return delimiter


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _named(row: dict) -> dict[str, str]:
    """Return a row without cells beyond the header, missing ones filled."""
    return {name.strip(): value or "" for name, value in row.items() if name is not None}
