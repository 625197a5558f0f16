"""Prepare all photos of a catalog, shard by shard, reusing what an earlier or interrupted run prepared alike."""

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol

import cv2
import pyarrow as pa

from lookalike.core.artifacts import digest_of, file_digest
from lookalike.core.errors import UserError
from lookalike.core.executors import EXECUTORS, shard_slices
from lookalike.core.progress import progress
from lookalike.core.tables import Columns, read_table, write_table
from lookalike.preprocess.photo import prepare_file, prepare_photo
from lookalike.preprocess.prepared import TABLE
from lookalike.preprocess.tiles import Tile, Tiles, tile_of

__all__ = [
    "Known",
    "count",
    "finish_table",
    "image_name",
    "known_rows",
    "prepare_all",
    "quarantine",
    "require_some",
    "row_key",
    "summary",
    "tiles_shown",
]

COLUMNS = ("path", "source", "image", "digest", "width", "height", "status", "reason", "removed", "fallback")
JPEG = (".jpg", ".jpeg")


class Run(Protocol):
    """How to run: threads, where, and how many photos a shard."""

    workers: int
    executor: str
    shard_size: int


SHARDS = "shard_*.parquet"
Known = dict[tuple[str, str], tuple[dict, Path]]  # (path, sha256 of the photo) -> its row and prepared file


def image_name(path: str, file_format: str) -> str:
    """Return the name of a prepared photo: the photo's own where its suffix fits, else with the suffix appended.

    Appending keeps `a.png` and `a.jpg` apart.
    """
    suffixes = JPEG if file_format == "jpg" else (f".{file_format}",)
    return path if PurePosixPath(path).suffix.lower() in suffixes else f"{path}.{file_format}"


def row_key(parameters: Mapping, inputs: Mapping) -> str:
    """Return what a prepared photo depends on besides its source: the settings."""
    return digest_of(parameters)


def known_rows(published: Path | None, images: Path, draft: Path, folder: Path) -> Known:
    """Return the rows that need not be prepared again: of the published table, and of an interrupted run's shards.

    published: the table of the photos in `images`, or None where it was made with other settings. draft, folder:
    where the interrupted run left its shards and photos.
    """
    known: Known = {}
    tables = [(published, images)] if published else []
    for file, place in [*tables, *((shard, folder) for shard in sorted(draft.glob(SHARDS)))]:
        rows = read_table(file).to_pylist()
        known |= {(row["path"], row["source"]): (row, place / row["image"]) for row in rows}
    return known


def prepare_all(
    rows: Sequence[Mapping], photos: Path, folder: Path, draft: Path, known: Known, *, run: Run, **options
) -> int:
    """Prepare catalog rows into `folder`, write their table as shards into `draft`; return how many were not known.

    options: those of `photo.prepare_file`.
    """
    cv2.setNumThreads(1)  # photos run in parallel, so the filters of one need not
    prepare = partial(_prepare_row, photos=photos, folder=folder, known=known, options=options)

    def work(part: slice) -> int:
        with ThreadPoolExecutor(run.workers) as pool:
            done = []
            for result in pool.map(prepare, rows[part]):
                done.append(result)
                advance(1)
        # Written last: a shard counts as finished once its table is there.
        table = {name: [row[name] for row, _ in done] for name in COLUMNS}
        write_table(draft / f"shard_{part.start:09d}.parquet", table)
        return sum(is_new for _, is_new in done)

    with progress("preparing photos", len(rows)) as advance:
        return sum(EXECUTORS[run.executor](work, shard_slices(len(rows), run.shard_size)))


def finish_table(draft: Path, folder: Path, paths: Sequence[str]) -> Columns:
    """Join the shards into the table of the photos at `paths`, drop prepared files that no row lists, return it."""
    shards = sorted(draft.glob(SHARDS))
    table = pa.concat_tables([read_table(shard) for shard in shards]).to_pydict()
    place = {path: row for row, path in enumerate(table["path"])}
    table = {name: [values[place[path]] for path in paths] for name, values in table.items()}
    write_table(draft / TABLE, table)
    for shard in shards:
        shard.unlink()
    _drop_unlisted(
        folder, {name for name, status in zip(table["image"], table["status"], strict=True) if status == "ok"}
    )
    return table


def count(table: Columns) -> dict[str, int]:
    """Return how many photos were prepared, set aside, without background, and with it because of a bad mask."""
    prepared = table["status"].count("ok")
    fallbacks = sum(map(bool, table["fallback"]))
    quarantined = len(table["status"]) - prepared
    return {"prepared": prepared, "quarantined": quarantined, "removed": sum(table["removed"]), "fallbacks": fallbacks}


def require_some(counts: Mapping[str, int]) -> None:
    """Raise UserError where no photo could be prepared."""
    if not counts["prepared"]:
        raise UserError(f"expected at least one photo that can be prepared, found {counts['quarantined']} that cannot")


def quarantine(table: Columns) -> Columns:
    """Return path, status and reason of the photos set aside or kept whole because their mask was bad."""
    rows = [row for row, status in enumerate(table["status"]) if status != "ok" or table["fallback"][row]]
    reasons = [table["reason"][row] or f"background kept: {table['fallback'][row]}" for row in rows]
    return {name: [table[name][row] for row in rows] for name in ("path", "status")} | {"reason": reasons}


def tiles_shown(table: Columns, photos: Path, options: Mapping) -> tuple[list[Tile], list[Tile]]:
    """Return the tiles of samples and of fallbacks for the sheet, prepared again."""
    options = {name: value for name, value in options.items() if name not in ("format", "quality")}
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    return Tiles([]).shown(rows, lambda row: tile_of(row["path"], prepare_photo(photos / row["path"], **options)))


def summary(counts: Mapping[str, int]) -> str:
    """Return the closing words of the stage."""
    words = f"{counts['prepared']:,} photos prepared, {counts['new']:,} of them new"
    words += f", {counts['quarantined']:,} quarantined: see quarantine.csv" if counts["quarantined"] else ""
    words += f", {counts['removed']:,} without background" if counts["removed"] else ""
    return words + (f", {counts['fallbacks']:,} kept it for a bad mask" if counts["fallbacks"] else "")


def _prepare_row(row: Mapping, *, photos: Path, folder: Path, known: Known, options: Mapping) -> tuple[dict, bool]:
    image = image_name(row["path"], options["format"])
    destination = folder / image
    destination.parent.mkdir(parents=True, exist_ok=True)
    found, file = known.get((row["path"], row["sha256"]), (None, None))
    if found and (found["status"] != "ok" or file == destination or _linked(file, destination)):
        return found, False
    prepared = prepare_file(photos / row["path"], destination, **options)
    digest = file_digest(destination) if prepared["status"] == "ok" else ""
    return {"path": row["path"], "source": row["sha256"], "image": image, "digest": digest} | prepared, True


def _linked(file: Path, destination: Path) -> bool:
    """Give a prepared file a second name, or copy it where the file system has no links; False where it is gone."""
    if not file.exists():
        return False
    destination.unlink(missing_ok=True)
    try:
        os.link(file, destination)
    except OSError:
        shutil.copyfile(file, destination)
    return True


def _drop_unlisted(folder: Path, listed: set[str]) -> None:
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        if file.relative_to(folder).as_posix() not in listed:
            file.unlink()
    for empty in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(empty.iterdir()):
            empty.rmdir()
