"""Read each file once and say what it is: digest, size, date, whether and to what it decodes."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lookalike.catalog import images
from lookalike.catalog.find import File, Files
from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.photo_file import MAX_BYTES
from lookalike.catalog.silence import silent_decoders
from lookalike.core import executors
from lookalike.core.cores import map_items
from lookalike.core.executors import Advance
from lookalike.core.files import digest_of
from lookalike.core.progress import progress
from lookalike.core.shards import Compute, Part, Row, work_through

__all__ = ["Run", "examine", "examine_file", "row_key"]

FINAL = ("ok", "empty", "truncated")  # other statuses may change without the file: permissions, limits, extras


class Run(executors.Run, Protocol):
    """How to run, and the megabytes that photos being decoded may take together on a machine."""

    decode_mb: int


def examine(
    root: Path,
    files: Files,
    work: Path,
    known: Iterable[Row],
    *,
    run: Run,
    max_bytes: int = MAX_BYTES,
    rehash: bool = False,
) -> tuple[list[Row], int]:
    """Return the catalog row of each file below `root`, and how many were read.

    work: keeps what is finished if this is interrupted. known: rows of an earlier catalog, see `catalog.read_known`;
    a file of the same path, size and time is not read again. rehash: read every file, whatever is known.
    """
    if rehash:
        shutil.rmtree(work, ignore_errors=True)
    keys = [row_key(path, file) for path, file in files.items()]
    items = list(zip(files, files.values(), keys, strict=True))
    earlier = [] if rehash else [Part(list(known))]
    task = _Reader(root, run.decode_mb * 2**20 // run.workers, max_bytes)
    with silent_decoders(), progress("reading photos", len(files)) as advance:
        how = {"known": earlier, "run": run, "advance": advance}
        parts = list(work_through(work, list(files), keys, items, task, **how))
    return [row for part in parts for row in part.rows], sum(part.computed for part in parts)


@dataclass(frozen=True)
class _Reader:
    """Makes catalog rows of files: items are a path, its file, and the key of its row.

    decode_bytes: memory that photos being decoded may take, for each thread.
    """

    root: Path
    decode_bytes: int
    max_bytes: int

    def open(self, workers: int) -> Compute:
        memory = MemoryBudget(self.decode_bytes * workers)

        def compute(items: list[tuple[str, File, str]], advance: Advance) -> Part:
            def read(item: tuple[str, File, str]) -> Row:
                path, file, key = item
                row = examine_file(self.root, path, file, memory=memory, max_bytes=self.max_bytes)
                advance(1)
                return row | {"key": key, "reusable": row["status"] in FINAL}

            with silent_decoders():
                return Part(list(map_items(read, items, workers)))

        return compute

    def refused(self, items: list[tuple[str, File, str]], reason: str) -> Part:
        rows = [examine_file(self.root, path, file._replace(problem=reason)) for path, file, _ in items]
        keys = [key for _, _, key in items]
        return Part([row | {"key": key, "reusable": False} for row, key in zip(rows, keys, strict=True)])


def examine_file(
    root: Path, path: str, file: File, *, memory: MemoryBudget | None = None, max_bytes: int = MAX_BYTES
) -> Row:
    """Return the catalog row of a file; one that is no photo has a status and the reason in `error`."""
    row = {"path": path, "size": file.bytes, "sha256": "", "pixels": "", "width": None, "height": None}
    row |= {"status": "ok", "error": "", "taken_at": None}
    try:
        if file.problem:
            raise images.ImageError("unreadable", file.problem)
        images.check_suffix(path)
        with images.opened(root / path, memory=memory, max_bytes=max_bytes) as photo:
            row |= {"size": len(photo.data), "sha256": photo.sha256}
            rgb = photo.decode()
            row |= {"pixels": images.pixel_key(rgb), "width": rgb.shape[1], "height": rgb.shape[0]}
            row["taken_at"] = photo.header.taken_at
    except images.ImageError as error:
        row |= {"status": error.status, "error": error.reason}
    return row


def row_key(path: str, file: File) -> str:
    """Return what tells a file from others without reading it: its path, size and time, and that of its tar."""
    return digest_of([path, file.bytes, file.mtime_ns, *([file.tar_ns] if file.tar_ns else [])])
