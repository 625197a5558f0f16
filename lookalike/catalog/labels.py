"""True labels of photos: from the file name, the folder that holds it, or a CSV. "" means unlabelled.

A tar is no folder: photos in tars have the labels that they would have were the tars unpacked where they are.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lookalike.catalog.csv_table import read_rows
from lookalike.core.errors import UserError
from lookalike.core.tars import unpacked

__all__ = [
    "NEARLY_ALL",
    "SOURCES",
    "Labelling",
    "check_pattern",
    "choose_source",
    "from_csv",
    "from_folder",
    "from_name",
    "label",
]

NEARLY_ALL = 0.95  # share of names that must match for `auto` to take labels from names
OWN_CLASS = 0.8  # classes a photo from which `auto` prefers sub-folders
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}
SOURCES = ("auto", "name", "folder", "csv", "none")


@dataclass(frozen=True)
class Labelling:
    """One label a photo ("" = unlabelled), where they came from and why, and what was counted on the way."""

    labels: list[str]
    source: str
    counts: dict[str, int]
    why: str = ""

    @property
    def summary(self) -> str:
        """What the stage says of them."""
        why = f" ({self.why})" if self.why else ""
        unknown = self.counts["csv_rows_without_photo"]
        rest = f", {unknown:,} rows of the CSV name no photo" if unknown else ""
        classes = f"{self.counts['classes']:,} classes"
        return f"{self.counts['labelled']:,} labelled by {self.source}{why} in {classes}{rest}"


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
    """Return the name of the folder that holds each photo; "" for photos at the top.

    Where folders at several places have one name (shoes/front, bags/front), it is the path. Folders that only split a
    set (train, val, test, ...) do not count as places: train/shoe and test/shoe are both shoe.
    """
    places = [_place(path) for path in paths]
    several = Counter(place[-1] for place in set(places) if place)
    return ["" if not place else place[-1] if several[place[-1]] == 1 else "/".join(place) for place in places]


def from_csv(paths: Sequence[str], table: Path, folder: Path) -> tuple[list[str], int]:
    """Return labels from the columns path,label of a CSV, and how many of its rows name no photo.

    A row's path counts from `folder` (the photos) or the CSV's own folder; else a file name that occurs once.
    Raises UserError for a missing file or column.
    """
    place = _places(paths) | _as_seen_from(table.parent, folder, paths)
    by_name = defaultdict(list)
    for index, path in enumerate(paths):
        by_name[PurePosixPath(path).name].append(index)
    labels, unknown = [""] * len(paths), 0
    for row in read_rows(table, ("path", "label")):
        path = row["path"].replace("\\", "/").removeprefix("./")
        same_name = by_name.get(PurePosixPath(path).name, [])
        index = place.get(path, same_name[0] if len(same_name) == 1 else None)
        if index is None:
            unknown += 1
        else:
            labels[index] = row["label"].strip()
    return labels, unknown


def choose_source(paths: Sequence[str], pattern: str, table: Path | None) -> tuple[str, str]:
    """Return what `auto` takes, and why where it is not plain.

    A CSV if given; names if nearly all match, unless nearly each would be a class of its own and there are sub-folders;
    sub-folders if there are any; else none.
    """
    if table is not None:
        return "csv", ""
    has_folders = any("/" in unpacked(path) for path in paths)
    names = [name for name in from_name(paths, pattern) if name]
    if paths and len(names) >= NEARLY_ALL * len(paths):
        if not has_folders or len(set(names)) < OWN_CLASS * len(names):
            return "name", ""
        return "folder", "by name nearly each photo would be a class of its own"
    return ("folder" if has_folders else "none"), ""


def label(paths: Sequence[str], folder: Path, *, source: str, pattern: str, table: Path | None) -> Labelling:
    """Label the usable photos at `paths` below `folder`.

    source: one of SOURCES. pattern: for names. table: the CSV, needed for "csv". Raises UserError where it is missing.
    """
    if source == "csv" and table is None:
        raise UserError("make_labels.source csv: expected a CSV file, found none: pass --make_labels.csv FILE")
    chosen, why = choose_source(paths, pattern, table) if source == "auto" else (source, "")
    unknown = 0
    if chosen == "csv":
        labels, unknown = from_csv(paths, table, folder)
    elif chosen == "name":
        labels = from_name(paths, pattern)
    else:
        labels = from_folder(paths) if chosen == "folder" else [""] * len(paths)
    return Labelling(labels, chosen, _count(labels) | {"csv_rows_without_photo": unknown}, why)


def _count(labels: Iterable[str]) -> dict[str, int]:
    classes = Counter(name for name in labels if name)
    return {"labelled": classes.total(), "classes": len(classes)}


def _place(path: str) -> tuple[str, ...]:
    folders = PurePosixPath(unpacked(path)).parts[:-1]
    return tuple(name for name in folders if name.lower() not in SPLITS) or folders[-1:]


def _places(paths: Sequence[str]) -> dict[str, int]:
    """Return path -> row, also without the tars that paths lead through, where that is the path of one photo."""
    short = [unpacked(path) for path in paths]
    several = Counter(short)
    alone = {path: index for index, path in enumerate(short) if several[path] == 1}
    return alone | {path: index for index, path in enumerate(paths)}


def _as_seen_from(start: Path, folder: Path, paths: Sequence[str]) -> dict[str, int]:
    """Return path -> row with the paths written relative to `start`, where the photos lie below it."""
    try:
        prefix = folder.resolve().relative_to(start.resolve()).as_posix()
    except ValueError:
        return {}
    return {f"{prefix}/{path}": index for index, path in enumerate(paths)} if prefix != "." else {}
