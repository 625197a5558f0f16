"""Read and write image files of any kind as upright 8-bit RGB arrays.
A file that cannot be read is an ImageError with a status, decided from its header where possible."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from lookalike.catalog.header import (
    HEIC,
    MAX_PIXELS,
    NO_HEIC,
    SUFFIXES,
    Header,
    header_of,
    jpeg_reduction,
    open_image,
    read_header,
)
from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.photo_file import MAX_BYTES, ImageError, open_regular, read_bytes

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "ImageError",
    "Photo",
    "check_suffix",
    "decode",
    "encode",
    "opened",
    "pixel_digest",
    "pixel_key",
    "read",
    "read_plain_jpeg",
    "write",
]

REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
TURNS = {  # EXIF orientation -> the upright view of the stored pixels
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.transpose(1, 0, 2),
    6: lambda rgb: np.rot90(rgb, -1),
    7: lambda rgb: rgb[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)  # of JPEG, without restarts and escaped bytes
START_OF_SCAN, END = 0xDA, 0xD9
SMALL_BYTES = 2**20  # files that are read at once, before their part of the memory is known from the header
STRIP_PIXELS = 2**20  # converted at a time, so that a large photo takes no second copy
KEY_WORDS = 2**16  # 64-bit words of pixels a step of `pixel_key`

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True)
class Photo:
    """The bytes of an image file and what its header declares."""

    data: bytes
    header: Header

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def decode(self, target: int | None = None) -> np.ndarray:
        """Return the photo as `read` does. Raises ImageError."""
        if self.header.is_plain_jpeg:
            return _decode_jpeg(self.data, self.header.reduction(target))
        try:
            with open_image(io.BytesIO(self.data)) as image:
                return _decode_pillow(image, self.header, target)
        except ImageError:
            raise
        except MemoryError as error:
            raise ImageError("too_large", "decoding it takes more memory than there is") from error
        except Exception as error:  # Pillow's plugins raise almost anything on damaged files
            raise ImageError("truncated", f"the file is cut off or damaged: {error}") from error


@contextmanager
def opened(
    path: Path, *, target: int | None = None, memory: MemoryBudget | None = None, max_bytes: int = MAX_BYTES
) -> Iterator[Photo]:
    """Yield the photo in a file, its bytes read once; while it is open, it has its part of the memory budget.

    target: what it will be decoded for. Raises ImageError.
    """
    file, size = open_regular(path, max_bytes)
    with file:
        data = _from_disk(file.read, size) if size <= SMALL_BYTES else None
        header = _from_disk(read_header, file) if data is None else header_of(data)
        with nullcontext() if memory is None else memory.take(size + header.decoding_bytes(target)):
            file.seek(0)
            yield Photo(_from_disk(file.read, size) if data is None else data, header)


def read(path: Path, *, target: int | None = None) -> np.ndarray:
    """Return the photo as uint8 (h, w, 3) RGB, turned upright by EXIF, first frame, transparency over white.

    With `target` a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides stay at least
    `target` pixels. Raises ImageError.
    """
    with opened(path, target=target) as photo:
        return photo.decode(target)


def read_plain_jpeg(path: Path, shorter: int, *, target: int | None = None) -> np.ndarray:
    """Return what `read` does of an upright JPEG in colour or grey whose shorter side in pixels is known.

    Its header is not looked at: small photos are read more than half again as fast. Raises ImageError.
    """
    return _decode_jpeg(_from_disk(read_bytes, path), jpeg_reduction(shorter, target))


def decode(data: bytes, *, target: int | None = None) -> np.ndarray:
    """Return the photo in the bytes of an image file, as `read` does. Raises ImageError."""
    return Photo(data, header_of(data)).decode(target)


def check_suffix(path: str) -> None:
    """Raise ImageError where the suffix of a file's name is not of an image that can be read."""
    suffix = Path(path).suffix
    if suffix.lower() not in SUFFIXES:
        reason = NO_HEIC if suffix.lower() in HEIC else f"suffix {suffix or 'missing'} is not of an image"
        raise ImageError("not_an_image", reason)


def write(path: Path, rgb: np.ndarray, quality: int = 90) -> None:
    """Write uint8 (h, w, 3) RGB as JPEG of `quality` 1 to 100, or as PNG, by the suffix of `path`.

    Raises ValueError for another suffix, OSError if the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".jpg", ".jpeg", ".png"):
        raise ValueError(f"expected a name ending in .jpg, .jpeg or .png, found {Path(path).name!r}")
    Path(path).write_bytes(encode(rgb, suffix, quality))


def encode(rgb: np.ndarray, suffix: str, quality: int = 90) -> memoryview:
    """Return the bytes of a file of a suffix, .jpg, .jpeg or .png, with these pixels, uint8 (h, w, 3) RGB."""
    options = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    return encoded.data


def pixel_digest(rgb: np.ndarray) -> str:
    """Return the SHA-256 of shape and pixels: equal for photos that decode to the same picture, and for no others."""
    digest = hashlib.sha256(repr(rgb.shape).encode())
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def pixel_key(rgb: np.ndarray) -> str:
    """Return a short key of shape and pixels, at a fifth of the cost of `pixel_digest`.

    Equal for equal pictures, and by rare chance for others: a multilinear hash modulo 2**64 (Carter and Wegman, 1979).
    """
    data = np.ascontiguousarray(rgb).reshape(-1)
    whole = data.size // 8 * 8
    words, key = data[:whole].view(np.uint64), 0
    for start in range(0, words.size, KEY_WORDS):
        block = words[start : start + KEY_WORDS]
        key = (key * 0x9E3779B97F4A7C15 + int(np.dot(block, _weights()[: block.size]))) % 2**64
    return f"{rgb.shape[1]}x{rgb.shape[0]}-{key:016x}{data[whole:].tobytes().hex()}"


@cache
def _weights() -> np.ndarray:
    # Odd, so that a change of one word never goes unseen.
    return np.random.default_rng(0).integers(0, 2**63, KEY_WORDS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def _from_disk(action: Callable, *arguments: object):
    try:
        return action(*arguments)
    except OSError as error:
        raise ImageError("unreadable", error.strerror or str(error)) from error


def _decode_jpeg(data: bytes, factor: int) -> np.ndarray:
    # A file that ends in zeros (a broken download) decodes to grey without complaint, so look for the end marker.
    if not (data.endswith(b"\xff\xd9") or _ends(data)):
        raise ImageError("truncated", "the JPEG data stop before their end marker")
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), REDUCED.get(factor, cv2.IMREAD_COLOR_RGB))
    except cv2.error as error:
        raise ImageError("truncated", f"the JPEG data are damaged: {error.err}") from error
    if decoded is None:
        raise ImageError("truncated", "the JPEG data are cut off or damaged")
    return decoded if factor == 1 else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def _ends(data: bytes) -> bool:
    """Say whether the first image of a JPEG has its end marker; phones put films and further images behind it."""
    place = 2
    while (marker := MARKER.search(data, place)) is not None:
        if data[marker.end() - 1] == END:
            return True
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        place = marker.end() + max(length, 2)
    return False


def _decode_pillow(image: Image.Image, header: Header, target: int | None) -> np.ndarray:
    factor = header.reduction(target)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    image.load()
    width, height = image.size
    transparent, scale = image.has_transparency_data, _deep_scale(image)
    rgb = np.empty((height, width, 3), np.uint8)
    for box in _strips(width, height):
        strip = image.crop(box)
        strip = strip if scale is None else Image.fromarray(scale(np.asarray(strip)))
        rgb[box[1] : box[3]] = np.asarray(_over_white(strip) if transparent else strip.convert("RGB"))
    turn = TURNS.get(header.orientation)
    if turn is None:
        return rgb
    image.close()
    return np.ascontiguousarray(turn(rgb))


def _strips(width: int, height: int) -> list[tuple[int, int, int, int]]:
    rows = max(1, STRIP_PIXELS // width)
    return [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]


def _over_white(strip: Image.Image) -> Image.Image:
    layer = strip.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _deep_scale(image: Image.Image) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return how greys of more than 8 bits become uint8, None where there are none.

    16-bit greys are scaled by their full range; 32-bit integers and floats have none, so by the values' own range.
    """
    if not image.mode.startswith(("I", "F")):
        return None
    if image.mode.startswith("I;16"):
        return lambda values: (values >> 8).astype(np.uint8)
    ranges = [_range(np.asarray(image.crop(box))) for box in _strips(*image.size)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    factor = 255.0 / (high - low) if high > low else 0.0
    return lambda values: ((_finite(values) - low) * factor).astype(np.uint8)


def _range(values: np.ndarray) -> tuple[float, float]:
    finite = _finite(values)
    return finite.min(), finite.max()


def _finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=0, posinf=0, neginf=0).astype(np.float64)
