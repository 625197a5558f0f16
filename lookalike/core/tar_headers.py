"""The headers of tar files, as POSIX.1-2001 (ustar, pax) and GNU tar write them; no byte of them is trusted."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["AGAIN", "BLOCK", "DamagedError", "Header", "checked", "headers"]

BLOCK = 512  # bytes of a header; data are filled up to whole blocks
MOST_EXTENDED = 2**20  # bytes of a header that extends the next one: a name, or pax records
REGULAR, FOLDER = (b"0", b"\0", b"7"), b"5"
PAX, GLOBAL, LONG_NAME, LONG_LINK = b"x", b"g", b"L", b"K"
WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # whatever size their headers tell
SPARSE, SPARSE_PAX = b"S", b"sparse"  # by a header of its own, by pax records
KINDS = {
    b"1": "a link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    SPARSE: "a sparse file",
    SPARSE_PAX: "a sparse file",
}
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
RECORD = re.compile(rb"(\d{1,20}) ([^=]+)=")
AGAIN = "download it or make it again"

Read = Callable[[int, int], bytes]  # (count, place) -> bytes of the tar


class Header(NamedTuple):
    """What a header tells of a file, a folder or the like: its name, kind, bytes of data, and time."""

    name: bytes
    kind: bytes
    size: int
    mtime_ns: int


class DamagedError(ValueError):
    """What was expected and found in place of a header, and the remedy."""

    def __init__(self, words: str, remedy: str = AGAIN) -> None:
        super().__init__(words)
        self.remedy = remedy


def headers(read: Read, total: int) -> Iterator[tuple[Header, int]]:
    """Yield each header that is of a file, folder or the like, and where its data begin. Raises DamagedError."""
    at, of_all, of_next = 0, {}, {}
    while True:
        block = read(BLOCK, at)
        if len(block) == BLOCK and not any(block):
            return
        header = _header(block, at)
        data = at + BLOCK
        if header.kind in (PAX, GLOBAL, LONG_NAME, LONG_LINK):
            if header.size > min(MOST_EXTENDED, total - data):
                raise DamagedError(f"expected a name at byte {data:,}, found {header.size:,} bytes: the tar is cut")
            records = _extension(header.kind, read(header.size, data))
            if header.kind == GLOBAL:
                of_all |= records
            else:
                of_next |= records
        else:
            header, of_next = _extended(header, of_all | of_next), {}
            data = _after_map(read, block, data) if header.kind == SPARSE else data
            yield header, data
        at = data + -(-header.size // BLOCK) * BLOCK


def _after_map(read: Read, block: bytes, data: int) -> int:
    """Return where the data of a sparse file begin: behind the blocks that tell where its parts belong."""
    more = block[482:483]
    while more.strip(b"\0"):
        more = read(BLOCK, data)[504:505]
        data += BLOCK
    return data


def _header(block: bytes, at: int) -> Header:
    if len(block) < BLOCK:
        where = f"found its end at byte {at + len(block):,}"
        raise DamagedError(f"expected a tar that ends in blocks of zeros, {where}: it is cut")
    for start, name in COMPRESSED.items():
        if at == 0 and block.startswith(start):
            raise DamagedError(f"expected a tar that can be read at random, found one of {name}", "decompress it")
    try:
        if _number(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * ord(" "):
            raise ValueError("checksum")
        name, size, mtime = block[:100].split(b"\0", 1)[0], _number(block[124:136]), _number(block[136:148])
        if size < 0:
            raise ValueError("size")
    except ValueError:
        raise DamagedError(f"expected a header of a tar at byte {at:,}, found something else") from None
    if block[257:263] == b"ustar\0" and block[345]:
        name = block[345:500].split(b"\0", 1)[0] + b"/" + name
    kind = block[156:157]
    return Header(name, kind, 0 if kind in WITHOUT_DATA else size, _in_range(mtime * 10**9))


def _number(text: bytes) -> int:
    """Return a number of a header: octal, or, in GNU's way, of base 256. Raises ValueError."""
    if text[0] in (0x80, 0xFF):
        return int.from_bytes(text[1:], "big", signed=text[0] == 0xFF)
    octal = text.split(b"\0", 1)[0].strip()
    if octal.strip(b"01234567"):
        raise ValueError("no octal number")
    return int(octal or b"0", 8)


def _extension(kind: bytes, data: bytes) -> dict[bytes, bytes]:
    """Return the pax records that extend the next header, or GNU tar's long name as one. Raises DamagedError."""
    if kind in (LONG_NAME, LONG_LINK):
        return {b"path": data.split(b"\0", 1)[0]} if kind == LONG_NAME else {}
    records, at = {}, 0
    while at < len(data) and data[at]:
        record = RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if record is None or not record.end() < end <= len(data):
            raise DamagedError("expected pax records, found something else")
        records[record[2]] = data[record.end() : end - 1]
        at = end
    return records


def _extended(header: Header, records: dict[bytes, bytes]) -> Header:
    if not records:
        return header
    try:
        size = int(records.get(b"size", header.size))
        mtime = records.get(b"mtime")
        mtime_ns = header.mtime_ns if mtime is None else _nanoseconds(mtime.decode("ascii"))
    except ValueError:
        raise DamagedError("expected numbers in pax records, found something else") from None
    if size < 0:
        raise DamagedError(f"expected a size in pax records, found {size}")
    sparse = any(key.startswith(b"GNU.sparse.") for key in records)
    kind = SPARSE_PAX if sparse else header.kind
    name = records.get(b"GNU.sparse.name", records.get(b"path", header.name))
    return Header(name, kind, 0 if kind in WITHOUT_DATA else size, _in_range(mtime_ns))


def _nanoseconds(text: str) -> int:
    whole, _, part = text.partition(".")
    after = int((part + "0" * 9)[:9])
    return int(whole) * 10**9 + (-after if whole.startswith("-") else after)


def _in_range(nanoseconds: int) -> int:
    """Return a time that tables can hold: 0 for one that no clock shows."""
    return nanoseconds if abs(nanoseconds) < 2**63 else 0


def checked(header: Header) -> tuple[str | None, str]:
    """Return the name of what a header is of, None for a folder, and why it is not read."""
    text = header.name.decode("utf-8", "surrogateescape")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if header.kind == FOLDER or (header.kind in REGULAR and text.endswith("/")):
        return None, ""
    if text.startswith("/") or ".." in parts or "\0" in text or not parts:
        return text, "the name leads out of the tar"
    if header.kind not in REGULAR:
        return "/".join(parts), f"expected a regular file, found {KINDS.get(header.kind, 'another kind of file')}"
    return "/".join(parts), ""
