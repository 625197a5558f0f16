"""Read each file once and say what it is: digest, size, date, whether and to what it decodes."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from lookalike.catalog import images
from lookalike.catalog.find import File, Files
from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.photo_file import MAX_BYTES
from lookalike.catalog.silence import silent_decoders
from lookalike.core.files import digest_of
from lookalike.core.progress import progress
from lookalike.core.shards import Compute, Part, Row, work_through

__all__ = ["Run", "examine", "examine_file", "row_key"]

FINAL = ("ok", "empty", "truncated")  # other statuses may change without the file: permissions, limits, extras


class Run(Protocol):
    """How to run: threads, where, photos a shard, and the megabytes that photos being decoded may take together."""

    workers: int
    executor: str
    shard_size: int
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
    earlier = [] if rehash else [Part(list(known))]
    how = {"shard_size": run.shard_size, "executor": run.executor}
    with silent_decoders(), progress("reading photos", len(files)) as advance:
        compute = _reader(root, files, keys, run, max_bytes, advance)
        parts = list(work_through(work, list(files), keys, compute, known=earlier, **how))
    return [row for part in parts for row in part.rows], sum(part.computed for part in parts)


def _reader(
    root: Path, files: Files, keys: Sequence[str], run: Run, max_bytes: int, advance: Callable[[int], None]
) -> Compute:
    """Return a function from numbers of files to their rows."""
    listed, memory = list(files.items()), MemoryBudget(run.decode_mb * 2**20)

    def read(number: int) -> Row:
        row = examine_file(root, *listed[number], memory=memory, max_bytes=max_bytes)
        advance(1)
        return row | {"key": keys[number], "reusable": row["status"] in FINAL}

    def compute(numbers: Sequence[int]) -> Part:
        with ThreadPoolExecutor(run.workers) as pool:
            return Part(list(pool.map(read, numbers)), computed=len(numbers))

    return compute


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
    """Return what tells a file from others without reading it: its path, size and time."""
    return digest_of([path, file.bytes, file.mtime_ns])
