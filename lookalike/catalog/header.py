"""What the header of an image file declares, and what decoding it takes; no pixel is decoded here."""

import io
import logging
import warnings
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import BinaryIO

from PIL import ExifTags, Image

from lookalike.catalog.photo_file import ImageError

try:
    import pillow_heif
except ImportError:
    pillow_heif = None

__all__ = [
    "HEIC",
    "MAX_PIXELS",
    "NO_HEIC",
    "SUFFIXES",
    "Header",
    "header_of",
    "jpeg_reduction",
    "open_image",
    "read_header",
]

MAX_PIXELS = 178_956_970  # the size from which Pillow, too, takes a file for a decompression bomb
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif")
HEIC = (".heic", ".heif")
NO_HEIC = "HEIC needs the extra `heic`: pip install pillow-heif"
JPEG = ("JPEG", "MPO")
FORMATS = ("JPEG", "PNG", "BMP", "DIB", "WEBP", "TIFF", "GIF")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\0", b"MM\0*", b"GIF8")
ORIENTATIONS = frozenset(range(1, 9))
EXIF_KEYS = {"exif", "xmp", "Raw profile type exif"}
FORMATS_WITH_EXIF_INFO = {"PNG", "JPEG", "MPO"}
# Peak bytes a pixel of decoding to RGB, measured; Pillow keeps 4 bytes a pixel, beside which stand the 3 of the result.
BYTES_PER_PIXEL = {"JPEG": 6, "MPO": 6, "PNG": 8, "BMP": 8, "DIB": 8, "TIFF": 12, "GIF": 12, "WEBP": 20, "HEIF": 20}
PROGRESSIVE_BYTES = 12  # a progressive JPEG's coefficients stay in memory at full size, however small it is decoded

SEGMENT, FRAME = Struct(">BBH"), Struct(">BHHB")  # of a JPEG: a mark, marker and length; bits, height, width and layers
BASELINE, PROGRESSIVE, SCAN, TABLES, PROFILE = 0xC0, 0xC2, 0xDA, 0xDB, 0xE2
# Least lengths of the segments of plain JPEGs; not of EXIF and XMP (E1), which turn photos and tell their time.
SHORTEST = {0xC0: 11, 0xC2: 11, 0xC4: 2, 0xDA: 2, 0xDB: 67, 0xDD: 2, 0xE0: 14, 0xE2: 16, 0xEE: 14, 0xFE: 2}
TABLE_BYTES, LAST_TABLE = 65, 15  # of quantization tables of 8 bits

if pillow_heif is not None:
    pillow_heif.register_heif_opener()
    SUFFIXES += HEIC
    FORMATS += ("HEIF",)

# Faults become rows of a report, so the decoders' own lines on stderr would only repeat them.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Header:
    """What a file declares: format, Pillow's mode, width and height in pixels as stored, EXIF turn, time (ISO 8601)."""

    format: str
    mode: str
    stored: tuple[int, int]
    orientation: int
    taken_at: str | None
    progressive: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the upright photo."""
        return self.stored[::-1] if self.orientation >= 5 else self.stored

    @property
    def is_plain_jpeg(self) -> bool:
        """Whether any decoder shows it alike: a JPEG in colour or grey, not CMYK."""
        return self.format in JPEG and self.mode in ("L", "RGB")

    def reduction(self, target: int | None) -> int:
        """Return 8, 4, 2 or 1: how much smaller a JPEG may be decoded with both sides at least `target` pixels."""
        return jpeg_reduction(min(self.stored), target) if self.format in JPEG else 1

    def decoding_bytes(self, target: int | None = None) -> int:
        """Return about how many bytes decoding takes at its peak."""
        pixels = self.stored[0] * self.stored[1]
        coefficients = PROGRESSIVE_BYTES * pixels if self.progressive else 0
        return coefficients + BYTES_PER_PIXEL[self.format] * pixels // self.reduction(target) ** 2


def jpeg_reduction(shorter: int, target: int | None) -> int:
    """Return 8, 4, 2 or 1: how much smaller a JPEG of this shorter side may be decoded to keep `target` pixels."""
    factors = (8, 4, 2) if target else ()
    return next((factor for factor in factors if -(-shorter // factor) >= target), 1)


def read_header(file: BinaryIO) -> Header:
    """Read the header of an open image file. Raises ImageError, or OSError with an errno if the disk fails."""
    with open_image(file) as image:
        exif = _exif(image)
        progressive = bool(image.info.get("progressive"))
        return Header(image.format, image.mode, image.size, _orientation(image, exif), _taken_at(exif), progressive)


def header_of(data: bytes) -> Header:
    """Read the header of the bytes of an image file, as `read_header` does; of most JPEGs nine times as fast."""
    return _plain_jpeg(data) or read_header(io.BytesIO(data))


def _plain_jpeg(data: bytes) -> Header | None:
    """Read the header of a JPEG that says nothing about itself but its size; None: Pillow has to look."""
    place, header = 2, None
    while data.startswith(b"\xff\xd8\xff") and place + SEGMENT.size <= len(data):
        mark, marker, length = SEGMENT.unpack_from(data, place)
        start, end = place + SEGMENT.size, place + 2 + length
        if mark != 0xFF or end > len(data) or length < SHORTEST.get(marker, end):
            return None
        if marker == SCAN:
            return header
        if marker == PROFILE and not data.startswith(b"ICC_PROFILE\0", start):
            return None
        if marker == TABLES and ((end - start) % TABLE_BYTES or max(data[start:end:TABLE_BYTES]) > LAST_TABLE):
            return None
        if marker in (BASELINE, PROGRESSIVE):
            bits, height, width, layers = FRAME.unpack_from(data, start)
            mode = {1: "L", 3: "RGB"}.get(layers) if bits == 8 and length == 8 + 3 * layers else None
            if header or mode is None or not 0 < width * height <= MAX_PIXELS:
                return None
            header = Header("JPEG", mode, (width, height), 1, None, marker == PROGRESSIVE)
        place = end
    return None


def open_image(file: BinaryIO) -> Image.Image:
    """Open an image by its header alone; raises as `read_header`."""
    head = file.read(16)
    file.seek(0)
    if not head:
        raise ImageError("empty", "the file has 0 bytes")
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError("too_large", f"the header declares more than {MAX_PIXELS:,} pixels") from error
    except Exception as error:  # Pillow's plugins raise almost anything on damaged files
        if getattr(error, "errno", None) is not None:
            raise
        raise _not_opened(head) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError("too_large", f"the header declares {width} x {height} pixels, more than {MAX_PIXELS:,}")
    return image


def _not_opened(head: bytes) -> ImageError:
    if head.startswith(SIGNATURES):
        return ImageError("truncated", "the header is cut off or damaged")
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return ImageError("not_an_image", NO_HEIC if pillow_heif is None else "the HEIC header is damaged")
    return ImageError("not_an_image", "the content is of no known image format")


def _exif(image: Image.Image) -> Image.Exif:
    # Pillow decodes a whole PNG to look for an EXIF block behind the pixels; none writes it there.
    if image.format in FORMATS_WITH_EXIF_INFO and not EXIF_KEYS & image.info.keys():
        return Image.Exif()
    try:
        return image.getexif()
    except Exception:  # damaged EXIF is as good as none
        return Image.Exif()


def _orientation(image: Image.Image, exif: Image.Exif) -> int:
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if value in ORIENTATIONS and image.format != "TIFF" else 1  # Pillow turns a TIFF by itself


def _taken_at(exif: Image.Exif) -> str | None:
    if not exif:
        return None
    try:
        original = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        text = original or exif.get(ExifTags.Base.DateTime)
        return datetime.strptime(str(text).strip(" \0"), "%Y:%m:%d %H:%M:%S").isoformat()
    except Exception:  # no time, or damaged EXIF
        return None
