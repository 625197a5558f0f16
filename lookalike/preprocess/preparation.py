"""Prepare all photos of a catalog, shard by shard, taking over what an earlier or interrupted run prepared alike."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

import cv2

from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.silence import silent_decoders
from lookalike.core.cores import map_items
from lookalike.core.errors import UserError
from lookalike.core.executors import Advance, Run
from lookalike.core.files import digest_of
from lookalike.core.progress import progress
from lookalike.core.shards import Compute, Part, Row, work_through
from lookalike.preprocess import FORMATS
from lookalike.preprocess.names import image_names
from lookalike.preprocess.photo import Prepared
from lookalike.preprocess.prepare_file import Preparation, refused_row
from lookalike.preprocess.tiles import Tile, Tiles, tile_of

__all__ = [
    "changed",
    "count",
    "plan",
    "prepare_all",
    "quarantine",
    "require_some",
    "row_key",
    "summary",
    "tiles_shown",
]


class Store(Protocol):
    """How prepared photos are kept: `prepared_files.Files` or `prepared_tars.Tars`, which say what these do."""

    def sharing(self, share: float) -> "Store": ...

    def make(self, photo: Mapping, image: str, *, look: bool) -> tuple[Row, Prepared | None]: ...

    def keep(self, made: Iterable[Row], name: str) -> list[Row]: ...


class Options(Protocol):
    """What the user sets about the prepared photos."""

    format: str
    quality: int

    def model_dump(self) -> dict: ...


def plan(root: Path, folder: Path, options: Options, *, decode_mb: int) -> Preparation:
    """Return how the photos below `root` are prepared into `folder` with the settings of stage 01."""
    rest = {name: value for name, value in options.model_dump().items() if name not in ("format", "quality")}
    memory = MemoryBudget(decode_mb * 2**20)
    return Preparation(root, folder, options.format, options.quality, options=rest, memory=memory)


def row_key(parameters: Mapping, inputs: Mapping) -> Mapping:
    """Return what a prepared photo depends on besides its source: the settings, however photos are kept."""
    return parameters | {"format": FORMATS[parameters["format"]].encoding}


def prepare_all(
    photos: Sequence[Mapping],
    preparation: Preparation,
    work: Path,
    known: Iterable[Row] = (),
    earlier: Path | None = None,
    *,
    run: Run,
    tiles: Tiles,
) -> tuple[list[Row], int]:
    """Prepare photos, rows of the catalog; return a row each, in this order, and how many were prepared anew.

    work: keeps the rows of finished shards. known: rows of an earlier result, its files in the folder `earlier`; they
    serve again where the photo is the same and the file is as it was written.
    """
    paths, keys = [row["path"] for row in photos], [row["sha256"] for row in photos]
    names = image_names(paths, preparation.encoding)
    store = resolve_name(FORMATS[preparation.format].target)(preparation, work, earlier)
    items = [(photo, names[photo["path"]]) for photo in photos]
    before = [Part([row | {"key": row["source"], "reusable": row["status"] == "ok"} for row in known])]
    with silent_decoders(), progress("preparing photos", len(paths)) as advance:
        how = {"known": before, "adopt": store.adopter(names), "run": run, "advance": advance}
        parts = list(work_through(work, paths, keys, items, _Preparer(store, run.workers, tiles), **how))
    for part in parts:
        tiles.keep(part.beside)
    rows = store.finish([row for part in parts for row in part.rows], names)
    return rows, sum(part.computed for part in parts)


def tiles_shown(
    tiles: Tiles, rows: Sequence[Row], photos: Sequence[Mapping], preparation: Preparation
) -> tuple[list[Tile], list[Tile]]:
    """Return the tiles of samples and of fallbacks; photos that were taken over are prepared again for theirs."""
    source = {row["path"]: row for row in photos}

    def make(row: Mapping) -> Tile | None:
        done = preparation.look(source[row["path"]])
        return None if done is None else tile_of(row["path"], done)

    with silent_decoders():
        return tiles.shown(rows, changed(rows, photos), make)


def changed(rows: Sequence[Row], photos: Sequence[Mapping]) -> set[str]:
    """Return the paths of photos that were changed but for size and format: without background, or of other shape.

    rows: as prepared. photos: rows of the catalog.
    """
    before = {photo["path"]: (photo["width"], photo["height"]) for photo in photos}
    good = [(row, *before[row["path"]]) for row in rows if row["status"] == "ok"]
    # A side is whole pixels, so that proportions differ a little where a photo is only made smaller.
    return {
        row["path"]
        for row, width, height in good
        if row["removed"] or abs(row["width"] * height - row["height"] * width) > width + height
    }


def count(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many photos were prepared, set aside, without background, and with it because of a bad mask."""
    prepared = sum(row["status"] == "ok" for row in rows)
    removed, fallbacks = sum(row["removed"] for row in rows), sum(bool(row["fallback"]) for row in rows)
    return {"prepared": prepared, "quarantined": len(rows) - prepared, "removed": removed, "fallbacks": fallbacks}


def require_some(rows: Sequence[Row]) -> None:
    """Raise UserError where no photo could be prepared."""
    if not any(row["status"] == "ok" for row in rows):
        reason = f", the first {rows[0]['reason']}" if rows else ""
        raise UserError(f"expected at least one photo that can be prepared, found {len(rows)} that cannot{reason}")


def quarantine(rows: Sequence[Row]) -> dict[str, list]:
    """Return path, status and reason of the photos set aside or kept whole because their mask was bad."""
    told = [row for row in rows if row["status"] != "ok" or row["fallback"]]
    reasons = [row["reason"] or f"background kept: {row['fallback']}" for row in told]
    return {name: [row[name] for row in told] for name in ("path", "status")} | {"reason": reasons}


def summary(counts: Mapping[str, int], new: int) -> str:
    """Return the closing words of the stage."""
    words = f"{counts['prepared']:,} photos prepared, {new:,} of them new"
    words += f", {counts['quarantined']:,} quarantined: see quarantine.csv" if counts["quarantined"] else ""
    words += f", {counts['removed']:,} without background" if counts["removed"] else ""
    return words + (f", {counts['fallbacks']:,} kept it for a bad mask" if counts["fallbacks"] else "")


@dataclass(frozen=True)
class _Preparer:
    """Makes prepared photos: items are a row of the catalog and the name of its file. Tiles stand beside the rows.

    store: what prepares and keeps a photo. threads: in all, which share its memory.
    """

    store: Store
    threads: int
    tiles: Tiles

    def open(self, workers: int) -> Compute:
        cv2.setNumThreads(1)  # photos run in parallel, so the filters of one need not
        store = self.store.sharing(workers / self.threads)

        def compute(items: list[tuple[Mapping, str]], advance: Advance) -> Part:
            found = []

            def prepare(item: tuple[Mapping, str]) -> Row:
                photo, image = item
                row, done = store.make(photo, image, look=self.tiles.wants(photo["path"]))
                if done is not None and self.tiles.may_show(photo["path"], done, len(found)):
                    found.append(tile_of(photo["path"], done))
                advance(1)
                return _row_of(photo, image, row)

            name = digest_of([(image, photo["sha256"]) for photo, image in items])[:32]
            with silent_decoders(), closing(map_items(prepare, items, workers)) as made:
                return Part(store.keep(made, name), beside=found)

        return compute

    def refused(self, items: list[tuple[Mapping, str]], reason: str) -> Part:
        return Part([_row_of(photo, image, refused_row("unreadable", reason)) for photo, image in items])


def _row_of(photo: Mapping, image: str, row: Row) -> Row:
    source = photo["sha256"]
    known = {"path": photo["path"], "source": source, "image": image, "key": source}
    return known | {"reusable": row["status"] == "ok"} | row
