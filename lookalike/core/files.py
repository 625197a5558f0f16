"""Files that are whole or absent, and what they hold: write aside and rename, digests, links, faults of the disk."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = [
    "content_digest",
    "digest_of",
    "disk_remedy",
    "file_digest",
    "link_or_copy",
    "relative_to",
    "write_aside",
    "write_json",
]

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
GONE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ESTALE, errno.EIO, errno.ENAMETOOLONG, errno.EEXIST}
SHORT_WRITES = ("requested and", "problem writing", "write error", "error writing", "short write")


@contextmanager
def write_aside(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; at the end it is synced to disk and renamed to `path`.

    An error, or a crash, leaves what was at `path` before.
    """
    aside = path.with_name(f".{path.name[:200]}.part")
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object) -> None:
    """Write JSON aside, then put it in place."""
    text = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=True) + "\n"
    with write_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def digest_of(value: object) -> str:
    """Return the sha256 of a JSON-able value, independent of key order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes; of a link to a photo, that of its target's name."""
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_digest(path: Path) -> str:
    """Return the sha256 of a file, or of the names and bytes of all files below a folder; "" where there is neither."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return digest_of({file.relative_to(path).as_posix(): _bytes_digest(file) for file in files})
    return _bytes_digest(path) if path.is_file() else ""


def _bytes_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link_or_copy(source: Path, destination: Path) -> None:
    """Give a file a second name, replacing what is there; copy it where the file system has no links."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.unlink(missing_ok=True)
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, destination, follow_symlinks=False)


def relative_to(path: Path, start: Path) -> str:
    """Return `path` as seen from the folder `start`, both resolved: what stays true when both are moved together."""
    return Path(os.path.relpath(path.resolve(), start.resolve())).as_posix()


def disk_remedy(error: OSError) -> str | None:
    """Return what a user can do about an error of the disk; None where it is none, but a fault of ours.

    NumPy and TensorFlow report a short write as an OSError with a text and no number.
    """
    if error.errno in FULL or (error.errno is None and any(words in str(error).lower() for words in SHORT_WRITES)):
        return "make room"
    if error.errno in FORBIDDEN:
        return "change permissions"
    return "see that the disk and the file are there" if error.errno in GONE else None
