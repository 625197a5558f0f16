"""True labels of photos: from the file name, the folder that holds it, or a CSV. "" means unlabelled."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lookalike.core.errors import UserError

__all__ = [
    "NEARLY_ALL",
    "SOURCES",
    "Labelling",
    "check_pattern",
    "choose_source",
    "from_csv",
    "from_folder",
    "from_name",
    "join_products",
    "label",
]

NEARLY_ALL = 0.95  # share of names that must match for `auto` to take labels from names
SOURCES = ("auto", "name", "folder", "csv", "none")


@dataclass(frozen=True)
class Labelling:
    """One label a row ("" = unlabelled), where they came from, and what was counted on the way."""

    labels: list[str]
    source: str
    counts: dict[str, int]


def check_pattern(pattern: str) -> str:
    """Return a regular expression that has a group. Raises ValueError, saying what was expected, for any other text."""
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    if not groups:
        raise ValueError("a regular expression with a group, such as ^(\\d+)_")
    return pattern


def from_name(paths: Sequence[str], pattern: str) -> list[str]:
    """Return the first group of `pattern` found in each file name; "" where it does not match.

    Raises ValueError for a pattern that does not compile or has no group.
    """
    expression = re.compile(check_pattern(pattern))
    matches = (expression.search(PurePosixPath(path).name) for path in paths)
    return [(match.group(1) or "") if match else "" for match in matches]


def from_folder(paths: Sequence[str]) -> list[str]:
    """Return the name of the folder that holds each photo; "" for photos at the top."""
    return [PurePosixPath(path).parent.name for path in paths]


def from_csv(paths: Sequence[str], table: Path, folder: Path) -> tuple[list[str], int]:
    """Return labels from the columns path,label of a CSV, and how many of its rows name no photo.

    A row's path counts from `folder` (the photos) or the CSV's own folder; else a file name that occurs once.
    Raises UserError for a missing file or column.
    """
    rows = _read_csv(table, ("path", "label"))
    place = {path: index for index, path in enumerate(paths)} | _as_seen_from(table.parent, folder, paths)
    by_name = defaultdict(list)
    for index, path in enumerate(paths):
        by_name[PurePosixPath(path).name].append(index)
    labels, unknown = [""] * len(paths), 0
    for row in rows:
        path = (row["path"] or "").replace("\\", "/").removeprefix("./")
        same_name = by_name.get(PurePosixPath(path).name, [])
        index = place.get(path, same_name[0] if len(same_name) == 1 else None)
        if index is None:
            unknown += 1
        else:
            labels[index] = (row["label"] or "").strip()
    return labels, unknown


def choose_source(paths: Sequence[str], pattern: str, table: Path | None) -> str:
    """Return what `auto` takes: a CSV if given, names if nearly all match, sub-folders if there are any, else none."""
    if table is not None:
        return "csv"
    if paths and sum(map(bool, from_name(paths, pattern))) >= NEARLY_ALL * len(paths):
        return "name"
    return "folder" if any("/" in path for path in paths) else "none"


def label(rows: Sequence[Mapping], folder: Path, *, source: str, pattern: str, table: Path | None) -> Labelling:
    """Label the rows of a catalog of the photos below `folder`.

    source: one of SOURCES. pattern: for names. table: the CSV, needed for "csv". Raises UserError where it is missing.
    """
    if source == "csv" and table is None:
        raise UserError("make_labels.source csv: expected a CSV file, found none: pass --make_labels.csv FILE")
    paths = [row["path"] for row in rows]
    good = [row["path"] for row in rows if row["status"] == "ok"]
    chosen = choose_source(good, pattern, table) if source == "auto" else source
    unknown = 0
    if chosen == "csv":
        labels, unknown = from_csv(paths, table, folder)
    elif chosen == "name":
        labels = from_name(paths, pattern)
    else:
        labels = from_folder(paths) if chosen == "folder" else [""] * len(paths)
    classes = Counter(name for name, row in zip(labels, rows, strict=True) if row["status"] == "ok" and name)
    counts = {"labelled": classes.total(), "classes": len(classes), "csv_rows_without_photo": unknown}
    return Labelling(labels, chosen, counts)


def join_products(paths: Sequence[str], table: Path) -> dict[str, list[str]]:
    """Return the rows of a product catalogue whose `top_img` is the name of a photo, as columns with `path`.

    Columns of the CSV are kept as they are. Raises UserError for a missing file or column.
    """
    products = {PurePosixPath(row["top_img"] or "").name: row for row in _read_csv(table, ("top_img",))}
    joined = [(path, products[name]) for path in paths if (name := PurePosixPath(path).name) in products]
    columns = [key for key in next(iter(products.values()), {}) if key is not None]
    return {"path": [path for path, _ in joined]} | {key: [row[key] or "" for _, row in joined] for key in columns}


def _read_csv(table: Path, needed: Sequence[str]) -> list[dict]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or []
            missing = [name for name in needed if name not in found]
            if missing:
                raise UserError(
                    f"{table}: expected the columns {', '.join(needed)}, found {', '.join(found) or 'none'}"
                )
            return list(reader)
    except OSError as error:
        raise UserError(f"expected a CSV file at {table}, found none that opens: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{table}: expected UTF-8 text, found other bytes: save the file as UTF-8") from error


def _as_seen_from(start: Path, folder: Path, paths: Sequence[str]) -> dict[str, int]:
    """Return path -> row with the paths written relative to `start`, where the photos lie below it."""
    try:
        prefix = folder.resolve().relative_to(start.resolve()).as_posix()
    except ValueError:
        return {}
    return {f"{prefix}/{path}": index for index, path in enumerate(paths)} if prefix != "." else {}
