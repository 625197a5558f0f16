"""The catalog: one row for every file found below the photos' folder, good or bad, sorted by path.

Reads each file once (digest, size, date, whether it decodes); says nothing about labels, which `labels.py` adds.
"""

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.core.artifacts import write_json
from lookalike.core.errors import UserError
from lookalike.core.progress import progress
from lookalike.core.tables import read_table, write_csv, write_table

__all__ = [
    "Listing",
    "count",
    "drop_duplicates",
    "duplicates",
    "examine",
    "find_files",
    "is_unchanged",
    "photos_folder",
    "read_good",
    "read_known",
    "read_labels",
    "read_times",
    "require_some",
    "summary",
    "write_catalog",
    "write_duplicates",
]

Listing = dict[str, tuple[int, int]]  # relative path -> (bytes, modification time in ns)
CATALOG = "catalog.parquet"
STAT = "stat.parquet"
SOURCE = "source.json"
STATUSES = ("duplicate", "empty", "not_an_image", "too_large", "truncated", "unreadable")  # besides "ok"
GOOD = {"status": "ok", "error": ""}  # what a row marked as a duplicate was before
COLUMNS = ("path", "size", "sha256", "pixels", "width", "height", "status", "error", "taken_at")


def find_files(folder: Path, outside: Iterable[Path] = ()) -> Listing:
    """List the files below a folder by POSIX path, sorted; hidden files and folders are skipped, links are followed.

    Raises UserError where the folder is missing, unreadable, holds no file, or holds one of `outside`.
    """
    if not folder.is_dir():
        raise UserError(f"expected a folder of photos, found none at {folder}: put photos there or pass --photos DIR")
    for other in outside:
        if other.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"expected {other} outside the photos' folder {folder}, found it inside: choose another folder"
            )
    found = dict(_walk(folder, "", frozenset()))
    if not found:
        raise UserError(f"expected photos in {folder}, found no file: put photos there or pass --photos DIR")
    return dict(sorted(found.items()))


def examine(folder: Path, listing: Listing, known: Mapping[tuple, dict], workers: int) -> list[dict]:
    """Return a catalog row for each listed file; `known` maps (path, size, time) to rows that need no second look."""
    rows = {path: known.get((path, *stat)) for path, stat in listing.items()}
    new = [path for path, row in rows.items() if row is None]
    with ThreadPoolExecutor(workers) as pool, progress("reading photos", len(new)) as advance:
        for path, row in zip(new, pool.map(lambda path: _examine(folder, path), new), strict=True):
            rows[path] = row
            advance(1)
    return list(rows.values())


def duplicates(rows: list[dict]) -> list[list[dict]]:
    """Return the groups of photos with equal pixels after decoding, each with the one to keep first.

    Kept is the photo of most bytes (the least re-encoded), ties by path.
    """
    groups = defaultdict(list)
    for row in rows:
        if row["status"] == "ok":
            groups[row["pixels"]].append(row)
    several = (group for group in groups.values() if len(group) > 1)
    return [sorted(group, key=lambda row: (-row["size"], row["path"])) for group in several]


def drop_duplicates(rows: list[dict], groups: list[list[dict]]) -> list[dict]:
    """Return the rows with all but the kept photo of each group marked `duplicate`: later stages pass them by."""
    kept = {row["path"]: group[0]["path"] for group in groups for row in group[1:]}
    mark = {path: {"status": "duplicate", "error": f"same pixels as {keeper}"} for path, keeper in kept.items()}
    return [row | mark.get(row["path"], {}) for row in rows]


def write_catalog(folder: Path, rows: list[dict], labels: list[str], listing: Listing, photos: Path) -> None:
    """Write catalog.parquet, problems.csv and, outside the manifest, the files' times and where the photos are."""
    write_table(folder / CATALOG, {name: [row[name] for row in rows] for name in COLUMNS} | {"label": labels})
    bad = [row for row in rows if row["status"] != "ok"]
    write_csv(folder / "problems.csv", {name: [row[name] for row in bad] for name in ("path", "status", "error")})
    sizes, times = zip(*listing.values(), strict=True)
    write_table(folder / STAT, {"path": [row["path"] for row in rows], "size": sizes, "mtime_ns": times})
    write_json(folder / SOURCE, {"photos": str(photos.resolve())})


def write_duplicates(folder: Path, groups: list[list[dict]]) -> None:
    """Write duplicates.csv: the group's number, the photo, and whether it is the one to keep."""
    rows = [(n, row["path"], row is group[0]) for n, group in enumerate(groups, 1) for row in group]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    write_csv(folder / "duplicates.csv", dict(zip(("group", "path", "keep"), columns, strict=True)))


def read_known(folder: Path) -> dict[tuple, dict]:
    """Return the rows of a published catalog by (path, size, time); those that could not be opened are left out."""
    if not (folder / STAT).exists():
        return {}
    stat = read_table(folder / STAT).to_pydict()
    keys = zip(stat["path"], stat["size"], stat["mtime_ns"], strict=True)
    rows = read_table(folder / CATALOG, COLUMNS).to_pylist()
    known = {key: row for key, row in zip(keys, rows, strict=True) if row["status"] != "unreadable"}
    return {key: row | GOOD if row["status"] == "duplicate" else row for key, row in known.items()}


def read_good(folder: Path) -> list[dict]:
    """Return the rows of a published catalog that are usable photos, with their labels."""
    return [row for row in read_table(folder / CATALOG).to_pylist() if row["status"] == "ok"]


def read_labels(folder: Path, paths: Sequence[str]) -> list[str]:
    """Return the true labels of the photos at `paths` from a published catalog; "" where there is none."""
    table = read_table(folder / CATALOG).to_pydict()
    labels = dict(zip(table["path"], table["label"], strict=True))
    return [labels.get(path, "") for path in paths]


def read_times(folder: Path, paths: Sequence[str]) -> np.ndarray:
    """Return when the photos at `paths` were taken, by EXIF, else when their files changed: seconds, float64 (n,)."""
    table, stat = read_table(folder / CATALOG).to_pydict(), read_table(folder / STAT).to_pydict()
    times = {path: time / 1e9 for path, time in zip(stat["path"], stat["mtime_ns"], strict=True)}
    times |= {path: _seconds(time) for path, time in zip(table["path"], table["taken_at"], strict=True) if time}
    return np.array([times.get(path, np.nan) for path in paths])


def is_unchanged(folder: Path, listing: Listing) -> bool:
    """Say whether a published catalog lists exactly these files, by path, size and time."""
    if not (folder / STAT).exists():
        return False
    stat = read_table(folder / STAT).to_pydict()
    return listing == dict(zip(stat["path"], zip(stat["size"], stat["mtime_ns"], strict=True), strict=True))


def require_some(rows: list[dict], photos: Path) -> None:
    """Raise UserError with the counts of reasons where no photo is usable."""
    if not any(row["status"] == "ok" for row in rows):
        reasons = ", ".join(f"{n} {status}" for status, n in Counter(row["status"] for row in rows).items())
        raise UserError(f"expected at least one readable photo in {photos}, found {reasons}: put photos there")


def count(rows: list[dict]) -> dict[str, int]:
    """Return how many files, usable photos and files of each other status there are."""
    statuses = Counter(row["status"] for row in rows)
    return {"files": len(rows), "photos": statuses.pop("ok", 0)} | dict(sorted(statuses.items()))


def summary(counts: Mapping[str, int], source: str) -> str:
    """Return the closing words of the stage: photos, problems, labels and where they came from."""
    other = [f"{counts[key]:,} {key}" for key in counts if key in STATUSES and counts[key]]
    problems = f" ({', '.join(other)}: see problems.csv)" if other else ""
    unknown = counts["csv_rows_without_photo"]
    labels = f"{counts['labelled']:,} labelled by {source} in {counts['classes']:,} classes"
    labels += f", {unknown:,} rows of the CSV name no photo" if unknown else ""
    same = f", {counts['duplicates']:,} exact duplicates" if counts["duplicates"] else ""
    return f"{counts['photos']:,} photos{problems}, {labels}{same}"


def photos_folder(settings) -> Path:
    """Return where the photos are: the setting `photos`, else raw_img/<dataset>, else where the catalog found them."""
    usual = Path("raw_img") / settings.dataset
    source = Path(settings.output) / settings.dataset / "00_make_labels" / SOURCE
    if settings.photos is not None:
        return Path(settings.photos)
    if not usual.is_dir() and source.exists():
        return Path(json.loads(source.read_text(encoding="utf-8"))["photos"])
    return usual


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp()  # cameras record no zone


def _walk(folder: Path, prefix: str, above: frozenset[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    real = os.path.realpath(folder)
    if real in above:  # a link to a folder that holds it
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(
            f"expected a readable folder, found {folder}: {error.strerror}; change its permissions"
        ) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = prefix + entry.name
        if entry.is_dir():
            yield from _walk(Path(entry.path), path + "/", above | {real})
        elif entry.is_file() or entry.is_symlink():
            yield path, _size_and_time(entry)


def _size_and_time(entry: os.DirEntry) -> tuple[int, int]:
    try:
        stat = entry.stat()
    except OSError:  # a dangling link: reported as unreadable when it is examined
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _examine(folder: Path, path: str) -> dict:
    shown = path.encode("utf-8", "backslashreplace").decode()
    row = dict.fromkeys(COLUMNS) | {"path": shown, "size": 0, "sha256": "", "pixels": "", "status": "ok", "error": ""}
    if shown != path:
        return row | {"status": "unreadable", "error": "the name is not valid UTF-8: rename the file"}
    try:
        data = (folder / path).read_bytes()
        row |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        del data
        row |= _decode(folder / path)
    except OSError as error:
        row |= {"status": "unreadable", "error": error.strerror or str(error)}
    except images.ImageError as error:
        row |= {"status": error.status, "error": error.reason}
    return row


def _decode(path: Path) -> dict:
    if path.suffix.lower() not in images.SUFFIXES:
        raise images.ImageError("not_an_image", f"suffix {path.suffix or 'missing'} is not of an image")
    probe = images.probe(path)
    rgb = images.read(path)
    return {
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "taken_at": probe.taken_at,
        "pixels": images.pixel_digest(rgb),
    }
