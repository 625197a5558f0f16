"""The catalog: one row for every file found below the photos' folder, good or bad, sorted by path.

Three tables hold it: catalog.parquet (what the files are), files.parquet (which were listed, the tars that hold them
among them, where and when changed) and labels.parquet (true labels of the usable photos).
"""

import os
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.catalog.examine import row_key
from lookalike.catalog.find import File, Files, Listing
from lookalike.core import tars
from lookalike.core.errors import UserError
from lookalike.core.files import relative_to
from lookalike.core.shards import Row
from lookalike.core.tables import read_table, write_csv, write_table

__all__ = [
    "Catalog",
    "count",
    "is_unchanged",
    "read",
    "read_digests",
    "read_known",
    "read_labels",
    "read_root",
    "read_sizes",
    "read_tars",
    "read_times",
    "require_some",
    "summary",
    "usable_paths",
    "write",
    "write_labels",
]

CATALOG, FILES, LABELS = "catalog.parquet", "files.parquet", "labels.parquet"
ROOT = b"root"  # key of the schema's metadata: the photos' folder as seen from the artifact's
STATUSES = ("duplicate", "empty", "not_an_image", "too_large", "truncated", "unreadable")  # besides "ok"
TEXT, NUMBER = pa.string(), pa.int64()
SCHEMA = pa.schema(
    [
        ("path", TEXT),
        ("size", NUMBER),  # bytes of the file
        ("sha256", TEXT),  # of the file; "" where it was not read
        ("pixels", TEXT),  # equal for photos of equal pixels, and rarely for others
        ("width", NUMBER),  # pixels, upright
        ("height", NUMBER),
        ("status", TEXT),  # "ok" or one of STATUSES
        ("error", TEXT),  # why it is not ok
        ("taken_at", TEXT),  # EXIF, ISO 8601 without a zone
    ]
)
FILE_SCHEMA = pa.schema([("path", TEXT), ("bytes", NUMBER), ("mtime_ns", NUMBER), ("tar_ns", NUMBER)])


@dataclass(frozen=True)
class Catalog:
    """A published catalog: the folder of the photos, and a row a file with the columns of SCHEMA."""

    root: Path
    rows: pa.Table

    @property
    def usable(self) -> pa.Table:
        """The rows of the photos that later stages take."""
        return self.rows.filter(pc.equal(self.rows["status"], "ok"))


def write(folder: Path, rows: Sequence[Row], listing: Listing, root: Path) -> None:
    """Write catalog.parquet, files.parquet and, for people, problems.csv."""
    table = pa.Table.from_pylist([{name: row[name] for name in SCHEMA.names} for row in rows], schema=SCHEMA)
    write_table(folder / CATALOG, table)
    bad = table.filter(pc.not_equal(table["status"], "ok"))
    write_csv(folder / "problems.csv", bad.select(["path", "status", "error"]))
    files = listing.files | listing.tars
    stats = list(files.values())
    columns = ("bytes", "mtime_ns", "tar_ns")
    listed = {"path": list(files)} | {name: [getattr(file, name) for file in stats] for name in columns}
    metadata = {ROOT: os.fsencode(relative_to(root, folder))}
    write_table(folder / FILES, pa.table(listed, schema=FILE_SCHEMA.with_metadata(metadata)))


def write_labels(folder: Path, paths: Sequence[str], labels: Sequence[str]) -> None:
    """Write labels.parquet: the true label of each usable photo, "" where there is none."""
    write_table(folder / LABELS, pa.table({"path": pa.array(paths, TEXT), "label": pa.array(labels, TEXT)}))


def read(folder: Path) -> Catalog:
    """Return a published catalog. Raises OSError where it is missing or damaged."""
    return Catalog(read_root(folder), read_table(folder / CATALOG))


def read_root(folder: Path) -> Path | None:
    """Return the photos' folder of a published catalog, None where there is none, or a damaged one."""
    try:
        place = os.fsdecode(read_table(folder / FILES).schema.metadata[ROOT])
    except (OSError, pa.ArrowException, KeyError, TypeError):
        return None
    return Path(os.path.normpath(folder.resolve() / place))


def read_labels(folder: Path, paths: Sequence[str]) -> list[str]:
    """Return the true labels of the photos at `paths` from a published catalog; "" where there is none."""
    table = read_table(folder / LABELS).to_pydict()
    labels = dict(zip(table["path"], table["label"], strict=True))
    return [labels.get(path, "") for path in paths]


def read_digests(folder: Path, paths: Sequence[str]) -> list[str]:
    """Return the sha256 of the files of the photos at `paths` from a published catalog."""
    table = read_table(folder / CATALOG, ["path", "sha256"]).to_pydict()
    digests = dict(zip(table["path"], table["sha256"], strict=True))
    return [digests[path] for path in paths]


def read_times(folder: Path, paths: Sequence[str]) -> np.ndarray:
    """Return when the photos at `paths` were taken, by EXIF, else when their files changed: seconds, float64 (n,)."""
    table, files = read_table(folder / CATALOG, ["path", "taken_at"]).to_pydict(), _files(read_table(folder / FILES))
    taken = dict(zip(table["path"], table["taken_at"], strict=True))
    return np.array([_seconds(taken.get(path), files.get(path)) for path in paths], np.float64)


def read_sizes(folder: Path, paths: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pixels and bytes of the photos at `paths` from a published catalog."""
    rows = read_table(folder / CATALOG, ["path", "width", "height", "size"]).to_pylist()
    sizes = {row["path"]: ((row["width"] or 0) * (row["height"] or 0), row["size"]) for row in rows}
    return [sizes[path] for path in paths]


def read_known(folder: Path, root: Path) -> list[Row]:
    """Return the rows of a published catalog of the photos below `root`, as `examine` takes them; none of another."""
    if read_root(folder) != root.resolve():
        return []
    files = _files(read_table(folder / FILES))
    rows = (_undropped(row) for row in read_table(folder / CATALOG).to_pylist())
    known = ((row, files[row["path"]]) for row in rows if row["status"] in ("ok", "empty", "truncated"))
    return [row | {"key": row_key(row["path"], file), "reusable": True} for row, file in known]


def read_tars(folder: Path, root: Path) -> Files:
    """Return the tars of a published catalog of the photos below `root` with whose headers nothing was wrong.

    None where the catalog is of other photos, or damaged.
    """
    if read_root(folder) != root.resolve():
        return {}
    try:
        bad = set(_of_tars(read_table(folder / CATALOG, ["path"]))["path"].to_pylist())
    except OSError:
        return {}
    files = _files(_of_tars(read_table(folder / FILES)))
    return {path: file for path, file in files.items() if path not in bad}


def is_unchanged(folder: Path, listing: Listing, root: Path) -> bool:
    """Say whether a published catalog lists exactly these files of this folder, by path, size and time.

    The members of tars that the listing leaves unread are taken to be those that the catalog lists.
    """
    if read_root(folder) != root.resolve():
        return False
    files = listing.files | listing.tars
    plain = {path: file._replace(problem="") if file.problem else file for path, file in files.items()}
    return plain == _files(read_table(folder / FILES), listing.unread)


def usable_paths(rows: Iterable[Row]) -> list[str]:
    """Return the paths of the photos that later stages take."""
    return [row["path"] for row in rows if row["status"] == "ok"]


def require_some(rows: Sequence[Row], root: Path) -> None:
    """Raise UserError with the counts of reasons where no photo is usable."""
    if not usable_paths(rows):
        reasons = ", ".join(f"{n} {status}" for status, n in Counter(row["status"] for row in rows).items())
        raise UserError(f"expected at least one readable photo in {root}, found {reasons}: put photos there")


def count(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many files, usable photos and files of each other status there are."""
    statuses = Counter(row["status"] for row in rows)
    return {"files": len(rows), "photos": statuses.pop("ok", 0)} | dict(sorted(statuses.items()))


def summary(counts: Mapping[str, int], labelled: str, passed_by: Sequence[str] = ()) -> str:
    """Return the closing words of the stage: photos, problems, labels and where they came from, results passed by."""
    other = [f"{counts[key]:,} {key}" for key in counts if key in STATUSES and counts[key]]
    problems = f" ({', '.join(other)}: see problems.csv)" if other else ""
    same = f", {counts['duplicates']:,} exact duplicates" if counts["duplicates"] else ""
    results = f", results of Lookalike passed by: {', '.join(passed_by)}" if passed_by else ""
    return f"{counts['photos']:,} photos{problems}, {labelled}{same}{results}"


def _undropped(row: Row) -> Row:
    """Return what a row marked as a duplicate was before."""
    return row | {"status": "ok", "error": ""} if row["status"] == "duplicate" else row


def _of_tars(table: pa.Table) -> pa.Table:
    """Return the rows whose path is that of a tar itself; in the catalog they are those of tars with a fault."""
    return table.filter(pc.ends_with(table["path"], tars.SUFFIX, ignore_case=True))


def _files(table: pa.Table, unread: Container[str] = ()) -> Files:
    """Return the files of a table but those that lie in some tars."""
    columns = table.to_pydict()
    of_tars = columns.get("tar_ns", [0] * len(columns["path"]))  # which older tables lack
    rows = zip(columns["path"], columns["bytes"], columns["mtime_ns"], of_tars, strict=True)
    if unread:
        rows = (row for row in rows if not any(tar in unread for tar in tars.on_the_way(row[0])))
    return {path: File(size, time, tar_ns=of_tar) for path, size, time, of_tar in rows}


def _seconds(taken_at: str | None, file: File | None) -> float:
    if taken_at:
        return datetime.fromisoformat(taken_at).replace(tzinfo=UTC).timestamp()  # cameras record no zone
    return file.mtime_ns / 1e9 if file else np.nan
