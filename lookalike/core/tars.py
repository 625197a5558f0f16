"""Tar files, read at random and written byte for byte alike: what one holds is found once, from its headers alone.

A path leads through a tar as through a folder: photos/shard-000.tar/shoes/1.jpg.
"""

import errno
import io
import os
import re
import stat
import tarfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

from lookalike.core.files import write_aside
from lookalike.core.tar_headers import AGAIN, BLOCK, DamagedError, checked, headers

__all__ = [
    "SUFFIX",
    "Contents",
    "Member",
    "contents",
    "is_tar",
    "leading_through",
    "member_at",
    "on_the_way",
    "open_member",
    "outermost",
    "unpacked",
    "write_tar",
]

SUFFIX = ".tar"
SMALL_BYTES = 2**20  # files that are read at once when they are opened
MOST_MEMBERS = 1_000_000  # of all tars whose contents are kept in memory, about 300 bytes each
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
ON_THE_WAY = re.compile(r"\.tar/", re.IGNORECASE)


class Member(NamedTuple):
    """A file in a tar: where its bytes begin, how many they are, when it was changed, and why it is not read."""

    offset: int
    size: int
    mtime_ns: int
    fault: str = ""


@dataclass
class Contents:
    """The files of a tar by their names below it, "/" between folders, and what is wrong with the tar as a whole."""

    members: dict[str, Member] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def is_tar(name: str) -> bool:
    """Say whether a name is that of a tar that can be read at random."""
    return name.lower().endswith(SUFFIX)


def unpacked(path: str) -> str:
    """Return a path as it would be were the tars that it leads through unpacked where they are."""
    *folders, name = path.split("/")
    return "/".join([*(folder for folder in folders if not is_tar(folder)), name])


def outermost(path: str | Path) -> str | None:
    """Return the part of a path up to the first tar that it leads through; None where there is no such file."""
    text = os.fspath(path)
    return next((start for start in on_the_way(text) if os.path.isfile(start)), None)  # noqa: PTH113 - faster


def leading_through(root: Path, paths: Iterable[str]) -> list[str]:
    """Return the tars below a folder that paths below it lead through, sorted."""
    starts = {start for path in paths for start in on_the_way(path)}
    return sorted(start for start in starts if (root / start).is_file())


def contents(path: str | Path) -> Contents:
    """Return what a tar holds, from memory where it is unchanged. Raises OSError where it does not open."""
    descriptor = os.open(path, FLAGS)
    try:
        return _known(os.fspath(path), descriptor, os.fstat(descriptor))
    finally:
        os.close(descriptor)


def member_at(path: str | Path) -> Member | None:
    """Return the member that a path leads to, None where it leads through no tar, or to nothing that is read."""
    text = os.fspath(path)
    for tar in on_the_way(text):
        try:
            found = os.stat(tar)  # noqa: PTH116 - faster
            if not stat.S_ISREG(found.st_mode):
                continue
            member = (_look(tar, _stamp(found)) or contents(tar)).members.get(text[len(tar) + 1 :])
        except OSError:
            return None
        return None if member is None or member.fault else member
    return None


def open_member(path: str | Path) -> tuple[BinaryIO, int] | None:
    """Open a file in a tar by the path that leads through it; return it with its size in bytes.

    None where the path leads through no tar. Raises OSError where the tar has no such file, or one with a fault. The
    tar stays open as long as a large file, and no longer.
    """
    text = os.fspath(path)
    for tar in on_the_way(text):
        try:
            descriptor = os.open(tar, FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                return _opened(descriptor, _known(tar, descriptor, found).members.get(text[len(tar) + 1 :]), text)
        finally:
            os.close(descriptor)
    return None


def _opened(descriptor: int, member: Member | None, path: str) -> tuple[BinaryIO, int]:
    if member is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if member.fault:
        raise OSError(errno.EINVAL, member.fault, path)
    if member.size <= SMALL_BYTES:
        return io.BytesIO(os.pread(descriptor, member.size, member.offset)), member.size
    return io.BufferedReader(_Part(os.dup(descriptor), member.offset, member.size)), member.size


def write_tar(path: Path, members: Iterable[tuple[str, bytes | memoryview]]) -> None:
    """Write names and bytes, in this order, as a tar: aside, then put in place. Equal members give equal bytes."""
    with write_aside(path) as aside, aside.open("wb") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)  # of time 0 and nobody
            info.size = len(data)
            file.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
            file.write(data)
            file.write(bytes(-len(data) % BLOCK))
        file.write(bytes(2 * BLOCK))


def on_the_way(path: str) -> Iterator[str]:
    """Yield the parts of a path that may be a tar that it leads through, the shortest first."""
    return (path[: found.end() - 1] for found in ON_THE_WAY.finditer(path))


class _Part(io.RawIOBase):
    """A part of an open file, read by place, so that threads do not move each other's."""

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self._descriptor, self._offset, self._size, self._at = descriptor, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._at = start + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        count = max(0, min(len(buffer), self._size - self._at))
        got = os.preadv(self._descriptor, [memoryview(buffer)[:count]], self._offset + self._at) if count else 0
        self._at += got
        return got

    def readall(self) -> bytes:
        return self.read(max(0, self._size - self._at)) or b""  # at once, where a raw file's own way takes 8 kB a step

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


_kept: OrderedDict[str, tuple[tuple[int, ...], Contents]] = OrderedDict()  # by path, with what tells a tar from another
_looking, _reading = Lock(), Lock()


def _known(path: str, descriptor: int, found: os.stat_result) -> Contents:
    """Return the contents of an open tar; its headers are read by one thread, while the others wait."""
    stamp = _stamp(found)
    if (known := _look(path, stamp)) is not None:
        return known
    with _reading:
        if (known := _look(path, stamp)) is not None:
            return known
        read = _read(descriptor, found.st_size)
        with _looking:
            _kept[path] = stamp, read
            _kept.move_to_end(path)
            while len(_kept) > 1 and sum(len(known.members) for _, known in _kept.values()) > MOST_MEMBERS:
                _kept.popitem(last=False)
        return read


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _look(path: str, stamp: tuple[int, ...]) -> Contents | None:
    with _looking:
        kept = _kept.get(path)
        if kept is None or kept[0] != stamp:
            return None
        _kept.move_to_end(path)
        return kept[1]


def _read(descriptor: int, total: int) -> Contents:
    found, twice = Contents(), []

    def fault(words: str, remedy: str = AGAIN) -> None:
        before = f"; the {len(found.members):,} files before are read" if found.members else ""
        found.faults.append(f"{words}{before}: {remedy}")

    try:
        for header, offset in headers(lambda count, at: os.pread(descriptor, count, at), total):
            name, problem = checked(header)
            if offset + header.size > total:
                whose = "a folder" if name is None else _shown(name)
                fault(f"expected {header.size:,} bytes of {whose}, found {total - offset:,}: the tar is cut")
                break
            if name is None:
                continue
            if name in found.members:
                twice.append(name)
            found.members[name] = Member(offset, header.size, header.mtime_ns, problem)
    except DamagedError as error:
        fault(str(error), error.remedy)
    if twice:
        found.faults.append(f"{len(twice):,} names come twice, the first {_shown(twice[0])}: the last of each is read")
    return found


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
