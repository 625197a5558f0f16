"""Hostile photos: what a stranger may send to be searched for. Each maker takes a random generator."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

__all__ = ["PHOTOS", "is_heavy"]

Random = np.random.Generator
HEAVY = {"49 megapixels of nothing", "a tag of 200 MB once unpacked"}  # that cost the server a second each
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="file:///dev/zero"/></svg>'


def is_heavy(kind: str) -> bool:
    """Say whether a kind is to be sent seldom."""
    return kind in HEAVY


@cache
def valid(form: str = "PNG", mode: str = "RGB", side: int = 64) -> bytes:
    """Return the file of a small valid photo."""
    pixels = np.random.default_rng(side).integers(0, 255, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form)
    return file.getvalue()


def png(width: int, height: int, pixels: bytes = b"", *, depth: int = 8, colour: int = 0, more: bytes = b"") -> bytes:
    """Return a PNG of a header, further chunks, and compressed pixels as they are."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def sized_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG that declares another size."""
    data = bytearray(valid("JPEG"))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """Return a TIFF of one directory with entries of tag, type, count and value."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", following)


def with_exif(exif: bytes) -> bytes:
    """Return a JPEG with a block of EXIF as it is."""
    data, block = valid("JPEG"), b"Exif\0\0" + exif[:65_000]
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


@cache
def wide_png() -> bytes:
    """Return a PNG of 49 million black pixels, the most that is decoded but for a million."""
    packer = zlib.compressobj(9)
    return png(7_000, 7_000, b"".join(packer.compress(bytes(7_001 * 700)) for _ in range(10)) + packer.flush())


@cache
def packed_text() -> bytes:
    """Return a compressed text chunk that unpacks to 200 MB."""
    return png(8, 8, zlib.compress(bytes(72)), more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200 * 2**20), 9)))


def riff(name: bytes, data: bytes) -> bytes:
    """Return a WebP of one chunk."""
    return b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBP" + name + struct.pack("<I", len(data)) + data


def bmp(width: int, height: int, bits: int = 24) -> bytes:
    """Return the header of a BMP of a size, with hardly a pixel."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 2**31 - 1, 0, 0, 54) + info + bytes(64)


def gif(width: int, height: int, frames: int = 1) -> bytes:
    """Return a GIF that declares a size, its frames of one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frames * frame + b";"


def archive(_: Random) -> bytes:
    """Return a ZIP with a name that climbs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("../../climbed.txt", "climbed")
    return file.getvalue()


def moving(form: str) -> Callable[[Random], bytes]:
    """Return a maker of a photo of 60 frames."""

    def make(rng: Random) -> bytes:
        frames = [Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)) for _ in range(60)]
        file = io.BytesIO()
        frames[0].save(file, form, save_all=True, append_images=frames[1:])
        return file.getvalue()

    return make


def cut(rng: Random) -> bytes:
    """Return the beginning of a valid photo."""
    data = valid(str(rng.choice(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])))
    return data[: rng.integers(1, len(data))]


def flipped(rng: Random) -> bytes:
    """Return a valid photo with some bytes changed."""
    data = bytearray(valid(str(rng.choice(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"]))))
    for place in rng.integers(0, len(data), rng.integers(1, 12)):
        data[place] = rng.integers(0, 256)
    return bytes(data)


def both(rng: Random) -> bytes:
    """Return a photo that is something else, too."""
    tails = [b"<script>alert(1)</script>", archive(rng), b"%PDF-1.7\n1 0 obj", b"#!/bin/sh\ntouch climbed\n", b"*/=1;"]
    data, tail = valid(str(rng.choice(["GIF", "JPEG", "PNG"]))), tails[rng.integers(len(tails))]
    return data + tail if rng.random() < 0.7 else tail + data


def other(rng: Random) -> bytes:
    """Return the beginning of a file of another type."""
    heads = [b"%PDF-1.7\n", b"PK\3\4", b"\x7fELF\2\1\1", b"8BPS\0\1", b"SIMPLE  =  T", b"%!PS-Adobe-3.0 EPSF-3.0\n"]
    heads += [
        b"\0\0\0\x18ftypheic",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"\0\0\1\0\1\0",
        b"DDS |",
        b"<!DOCTYPE html>",
        b"\x80\5.",
    ]
    heads += [b"P6 99999 99999 255\n", b"#define x_width 9", b"\x1f\x8b\x08", b"OggS", b"RIFF\0\0\0\0WAVE", b"qoif"]
    return heads[rng.integers(len(heads))] + rng.bytes(300)


def exif(rng: Random) -> bytes:
    """Return a JPEG whose EXIF turns, points or counts out of all bounds."""
    monsters = [
        tiff([(0x112, 3, 1, 99)]),
        tiff([(0x8769, 4, 1, 8)], following=8),
        tiff([(0x112, 2, 2**31, 8), (0x9003, 2, 2**32 - 1, 4)]),
        tiff([(tag, 4, 1, tag) for tag in range(5_000)]),
        rng.bytes(60_000),
    ]
    return with_exif(monsters[rng.integers(len(monsters))])


PHOTOS: dict[str, Callable[[Random], bytes]] = {
    "PNG of 60,000 x 60,000": lambda rng: png(60_000, 60_000, zlib.compress(bytes(1_000))),
    "PNG of 2^31 x 2^31": lambda rng: png(2**31 - 1, 2**31 - 1),
    "PNG of nothing high": lambda rng: png(0, 9),
    "PNG of 50 megapixels, cut": lambda rng: png(7_000, 7_100, zlib.compress(bytes(5_000))),
    "49 megapixels of nothing": lambda rng: wide_png(),
    "a tag of 200 MB once unpacked": lambda rng: packed_text(),
    "PNG with 4 MB of text": lambda rng: png(
        8, 8, zlib.compress(bytes(72)), more=chunk(b"tEXt", b"a\0" + bytes(2**22))
    ),
    "PNG with 20,000 chunks": lambda rng: png(8, 8, zlib.compress(bytes(72)), more=20_000 * chunk(b"tEXt", b"a\0b")),
    "JPEG of 65,500 x 65,500": lambda rng: sized_jpeg(65_500, 65_500),
    "JPEG of 6,000 x 6,000, cut": lambda rng: sized_jpeg(6_000, 6_000),
    "JPEG of 1 x 65,500": lambda rng: sized_jpeg(1, 65_500),
    "JPEG with 300 headers": lambda rng: b"\xff\xd8" + 300 * (b"\xff\xe5\xff\xff" + bytes(65_533)) + valid("JPEG")[2:],
    "WebP of 16,384 x 16,384": lambda rng: riff(b"VP8X", b"\x10\0\0\0" + b"\xff\x3f\0" * 2),
    "WebP, lossless, of 16,384 x 16,384": lambda rng: riff(b"VP8L", b"\x2f\xff\xff\xff\x0f" + rng.bytes(60)),
    "GIF of 65,535 x 65,535": lambda rng: gif(65_535, 65_535),
    "GIF of 7,000 x 7,000 and 500 frames": lambda rng: gif(7_000, 7_000, 500),
    "TIFF of 65,000 x 65,000": lambda rng: tiff([(256, 4, 1, 65_000), (257, 4, 1, 65_000), (273, 4, 1, 8)]),
    "TIFF of directories in a ring": lambda rng: tiff([(256, 4, 1, 9), (257, 4, 1, 9)], following=8),
    "BMP of 60,000 x 60,000": lambda rng: bmp(60_000, 60_000),
    "BMP of -6,000 x -6,000": lambda rng: bmp(-6_000, -6_000, 32),
    "BMP of 6,000 x 6,000, cut": lambda rng: bmp(6_000, 6_000),
    "two types in one": both,
    "cut": cut,
    "bytes changed": flipped,
    "another type": other,
    "SVG": lambda rng: SVG,
    "zero bytes": lambda rng: b"",
    "random bytes": lambda rng: rng.bytes(int(rng.integers(1, 5_000))),
    "animated GIF": moving("GIF"),
    "animated WebP": moving("WEBP"),
    "animated PNG": moving("PNG"),
    "16 bits": lambda rng: png(64, 64, zlib.compress(64 * (b"\0" + rng.bytes(128))), depth=16),
    "CMYK": lambda rng: valid("JPEG", "CMYK"),
    "palette": lambda rng: valid("PNG", "P"),
    "transparent": lambda rng: valid("PNG", "RGBA"),
    "one pixel": lambda rng: valid("PNG", "RGB", 1),
    "one row of 20,000": lambda rng: png(20_000, 1, zlib.compress(bytes(20_001))),
    "EXIF": exif,
}
