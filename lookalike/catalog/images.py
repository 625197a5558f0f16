"""Read, probe and write image files of any kind as upright 8-bit RGB arrays.
A file that cannot be read is an ImageError with a status, decided from its header where possible."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

try:
    import pillow_heif
except ImportError:
    pillow_heif = None

__all__ = ["MAX_PIXELS", "SUFFIXES", "ImageError", "Probe", "decode", "pixel_digest", "probe", "read", "write"]

MAX_PIXELS = 178_956_970  # the size from which Pillow, too, takes a file for a decompression bomb
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif")
FORMATS = ("JPEG", "PNG", "BMP", "DIB", "WEBP", "TIFF", "GIF")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\0", b"MM\0*", b"GIF8")
REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's plugins raise on damaged files; real input/output errors are OSErrors with an errno.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, ZeroDivisionError)

if pillow_heif is not None:
    pillow_heif.register_heif_opener()
    SUFFIXES += (".heic", ".heif")
    FORMATS += ("HEIF",)

# Faults become rows of a report, so the decoders' own lines on stderr would only repeat them.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class ImageError(Exception):
    """An image that cannot be read; `status` is "empty", "not_an_image", "truncated", "unreadable" or "too_large"."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Probe:
    """What a header tells: upright width and height in pixels, and when the photo was taken (ISO 8601, or None)."""

    width: int
    height: int
    taken_at: str | None


def probe(path: Path) -> Probe:
    """Return size and time of a photo from its header, without decoding. Raises ImageError."""
    try:
        with Path(path).open("rb") as file, _open(file) as image:
            exif = _exif(image)
            width, height = image.size[::-1] if _orientation(image, exif) >= 5 else image.size
            return Probe(width, height, _taken_at(exif))
    except OSError as error:
        raise _unreadable(error) from error


def read(path: Path, *, target: int | None = None) -> np.ndarray:
    """Return the photo as uint8 (h, w, 3) RGB, turned upright by EXIF, first frame, transparency over white.

    With `target` a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides stay at least
    `target` pixels. Raises ImageError.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable(error) from error
    return decode(data, target=target)


def decode(data: bytes, *, target: int | None = None) -> np.ndarray:
    """Return the photo in the bytes of an image file, as `read` does. Raises ImageError."""
    with _open(io.BytesIO(data)) as image:
        if image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB"):
            return _decode_jpeg(data, image.size, target)
        try:
            return _decode_pillow(image)
        except DAMAGE as error:
            raise ImageError("truncated", f"the file is cut off or damaged: {error}") from error


def write(path: Path, rgb: np.ndarray, quality: int = 90) -> None:
    """Write uint8 (h, w, 3) RGB as JPEG of `quality` 1 to 100, or as PNG, by the suffix of `path`.

    Raises ValueError for another suffix, OSError if the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".jpg", ".jpeg", ".png"):
        raise ValueError(f"expected a name ending in .jpg, .jpeg or .png, found {Path(path).name!r}")
    options = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    Path(path).write_bytes(encoded.data)


def pixel_digest(rgb: np.ndarray) -> str:
    """Return the SHA-256 of shape and pixels: equal for photos that decode to the same picture."""
    digest = hashlib.sha256(repr(rgb.shape).encode())
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def _open(file: io.BufferedIOBase) -> Image.Image:
    """Open an image by its header alone; raises ImageError, or OSError with an errno if the disk fails."""
    head = file.read(16)
    file.seek(0)
    if not head:
        raise ImageError("empty", "the file has 0 bytes")
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError("too_large", f"the header declares more than {MAX_PIXELS:,} pixels") from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        if getattr(error, "errno", None) is not None:
            raise
        if head.startswith(SIGNATURES):
            raise ImageError("truncated", "the header is cut off or damaged") from error
        raise ImageError("not_an_image", "the content is of no known image format") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError("too_large", f"the header declares {width} x {height} pixels, more than {MAX_PIXELS:,}")
    return image


def _unreadable(error: OSError) -> ImageError:
    return ImageError("unreadable", error.strerror or str(error))


def _decode_jpeg(data: bytes, size: tuple[int, int], target: int | None) -> np.ndarray:
    # A file that ends in zeros (a broken download) decodes to grey without complaint, so look for the end marker.
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise ImageError("truncated", "the JPEG data stop before their end marker")
    factor = next((f for f in REDUCED if target and -(-min(size) // f) >= target), 1)
    buffer = np.frombuffer(data, np.uint8)
    decoded = cv2.imdecode(buffer, REDUCED.get(factor, cv2.IMREAD_COLOR_RGB))
    if decoded is None:
        raise ImageError("truncated", "the JPEG data are cut off or damaged")
    return decoded if factor == 1 else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def _decode_pillow(image: Image.Image) -> np.ndarray:
    turn = TURNS.get(_orientation(image, _exif(image)))
    image.load()
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_8_bit(np.asarray(image), image.mode))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(white, layer)
    image = image.convert("RGB")
    return np.array(image if turn is None else image.transpose(turn))


def _to_8_bit(values: np.ndarray, mode: str) -> np.ndarray:
    """Scale 16-bit greys by their full range; 32-bit integers and floats have none, so by the values' own range."""
    if mode.startswith("I;16"):
        return (values >> 8).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, span = finite.min(), np.ptp(finite)
    return ((finite - low) * (255.0 / span if span else 0.0)).astype(np.uint8)


def _exif(image: Image.Image) -> Image.Exif:
    # Pillow decodes a whole PNG to look for an EXIF block behind the pixels; none writes it there.
    if image.format == "PNG" and "exif" not in image.info:
        return Image.Exif()
    try:
        return image.getexif()
    except DAMAGE:
        return Image.Exif()


def _orientation(image: Image.Image, exif: Image.Exif) -> int:
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if value in TURNS and image.format != "TIFF" else 1  # Pillow turns a TIFF by itself


def _taken_at(exif: Image.Exif) -> str | None:
    try:
        original = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        text = original or exif.get(ExifTags.Base.DateTime)
        return datetime.strptime(str(text).strip(" \0"), "%Y:%m:%d %H:%M:%S").isoformat()
    except DAMAGE:
        return None
