"""The bytes of a photo's file: only regular files of a bounded size are opened, and never waited for."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["MAX_BYTES", "ImageError", "kind_fault", "open_regular"]

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
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe is not waited for
    except OSError as error:
        raise ImageError("unreadable", error.strerror or str(error)) from error
    found = os.fstat(descriptor)
    if fault := kind_fault(found.st_mode):
        os.close(descriptor)
        raise ImageError("unreadable", fault)
    if not 0 < found.st_size <= max_bytes:
        os.close(descriptor)
        raise _size_error(found.st_size, max_bytes)
    return os.fdopen(descriptor, "rb"), found.st_size


def _size_error(size: int, max_bytes: int) -> ImageError:
    if not size:
        return ImageError("empty", "the file has 0 bytes")
    mb = 2**20
    return ImageError("too_large", f"the file has {size / mb:,.0f} MB, more than the {max_bytes / mb:,.0f} MB allowed")
