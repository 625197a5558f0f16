"""Where the bytes of a photo come from: a regular file, or one in a tar, by a path that leads through it.

All who read photos, or prepared ones, read them here. Only a bounded size is read, and nothing is waited for.
"""

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import BinaryIO

from lookalike.core import tars

__all__ = [
    "MAX_BYTES",
    "ImageError",
    "copy_to",
    "digest",
    "is_member",
    "kind_fault",
    "open_regular",
    "read_bytes",
    "size_of",
]

MAX_BYTES = 2**30  # of a file; what is larger is no photo, or one that takes more memory than a machine has
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class ImageError(Exception):
    """An image that cannot be read; `status` is "empty", "not_an_image", "truncated", "unreadable" or "too_large"."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def kind_fault(mode: int) -> str:
    """Say what is wrong with a file of this `st_mode` as a photo: "" for a regular file."""
    kind = stat.S_IFMT(mode)
    return "" if kind == stat.S_IFREG else f"expected a regular file, found {KINDS.get(kind, 'another kind of file')}"


def open_regular(path: Path, max_bytes: int = MAX_BYTES) -> tuple[BinaryIO, int]:
    """Open a file, links followed, and return it with its size in bytes.

    Raises ImageError "unreadable" for what is no regular file or does not open, "empty" and "too_large" by its size.
    """
    try:
        file, size = _open(path)
    except OSError as error:
        raise ImageError("unreadable", error.strerror or str(error)) from error
    if not 0 < size <= max_bytes:
        file.close()
        raise _size_error(size, max_bytes)
    return file, size


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a photo's file, whatever they are. Raises OSError where it does not open."""
    file, _ = _open(path)
    with file:
        return file.read()


def size_of(path: str | Path) -> int | None:
    """Return the bytes of a photo's file, None where there is none that opens."""
    member = tars.member_at(path)
    if member is not None:
        return member.size
    try:
        return os.stat(path).st_size  # noqa: PTH116 - faster
    except OSError:
        return None


def digest(path: Path) -> str:
    """Return the sha256 of a photo's file. Raises OSError where it does not open."""
    file, _ = _open(path)
    with file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_member(path: Path) -> bool:
    """Say whether a path leads through a tar, so that no other program opens it."""
    return tars.outermost(path) is not None


def copy_to(path: Path, destination: Path) -> None:
    """Copy a photo's file as it is, with its time where it is a file of its own. Raises OSError."""
    if path.is_file():
        shutil.copy2(path, destination)
    else:
        destination.write_bytes(read_bytes(path))


def _open(path: Path) -> tuple[BinaryIO, int]:
    member = tars.open_member(path)
    if member is not None:
        return member
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe is not waited for
    found = os.fstat(descriptor)
    if fault := kind_fault(found.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, fault, os.fspath(path))
    return os.fdopen(descriptor, "rb"), found.st_size


def _size_error(size: int, max_bytes: int) -> ImageError:
    if not size:
        return ImageError("empty", "the file has 0 bytes")
    mb = 2**20
    return ImageError("too_large", f"the file has {size / mb:,.0f} MB, more than the {max_bytes / mb:,.0f} MB allowed")
