"""From a photo to its prepared copy: frame, size, background; and the same from file to file.
Both are pure functions of their arguments and free of shared state, so that threads may call them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.preprocess import FORMATS, crop, load
from lookalike.preprocess.background import fault, on_white

__all__ = ["Prepared", "prepare", "prepare_file", "prepare_photo"]


@dataclass(frozen=True)
class Prepared:
    """A prepared photo, uint8 (h, w, 3) RGB, and what was found out on the way.

    original: the photo as it was masked. mask: uint8 (h, w) of 0 and 255, 255 on the subject, also where it was
    not trusted; None where none was made. fallback: why the mask was not trusted and the background stayed.
    """

    image: np.ndarray
    original: np.ndarray
    mask: np.ndarray | None
    fallback: str | None

    @property
    def removed(self) -> bool:
        """Whether the background was removed."""
        return self.mask is not None and self.fallback is None


def prepare(
    rgb: np.ndarray,
    *,
    background: str = "none",
    crop_padding: bool = False,
    square: bool = False,
    size: tuple[int, int] | None = None,
    longest: int = 512,
) -> Prepared:
    """Cut padding, cap the longest side, put white for the background, pad to a square and scale, as asked.

    rgb: uint8 (h, w, 3), left as it is. background: a key of BACKGROUNDS. size: final width and height in pixels,
    whatever the proportions. longest: most pixels of the longer side; a larger `size` raises it.
    """
    framed = crop.cap(crop.crop_padding(rgb) if crop_padding else rgb, _cap(longest, size))
    mask = load(background)(framed)
    fallback = None if mask is None else fault(mask)
    removed = mask is not None and fallback is None
    image = on_white(framed, mask) if removed else framed
    image = crop.square(image, white=removed) if square else image
    return Prepared(crop.resize(image, tuple(size)) if size else image, framed, mask, fallback)


def prepare_photo(
    source: Path,
    *,
    crop_padding: bool = False,
    size: tuple[int, int] | None = None,
    longest: int = 512,
    **options: object,
) -> Prepared:
    """Read a photo, as small as the options allow, and prepare it. options: the others of `prepare`.

    Raises ImageError.
    """
    # How much padding there is shows only in the whole photo, so that its content must not be reduced before.
    rgb = images.read(source, target=None if crop_padding else _cap(longest, size))
    return prepare(rgb, crop_padding=crop_padding, size=size, longest=longest, **options)


def prepare_file(
    source: Path, destination: Path, *, format: str = "jpg", quality: int = 90, **options: object
) -> dict[str, object]:
    """Prepare a photo into a file and return its row: status, reason, width, height, removed, fallback.

    format: a key of FORMATS, whatever the suffix of `destination`. options: those of `prepare`. A photo that cannot be
    read gives status "empty", "not_an_image", "truncated", "unreadable" or "too_large", and no file; otherwise "ok".
    The file is written aside, then renamed. Raises OSError if it cannot be written.
    """
    if format not in FORMATS:
        raise ValueError(f"expected a format of {', '.join(FORMATS)}, found {format!r}")
    try:
        done = prepare_photo(source, **options)
    except images.ImageError as error:
        return _row(error.status, error.reason)
    _write_aside(destination, done.image, format, quality)
    height, width = done.image.shape[:2]
    return _row("ok", "", width, height, done.removed, done.fallback)


def _cap(longest: int, size: tuple[int, int] | None) -> int:
    return max(longest, *size) if size else longest


def _write_aside(destination: Path, rgb: np.ndarray, format: str, quality: int) -> None:
    aside = destination.with_name(f".{destination.name}.part.{format}")
    try:
        images.write(aside, rgb, quality)
        aside.replace(destination)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _row(
    status: str, reason: str, width: int = 0, height: int = 0, removed: bool = False, fallback: str | None = None
) -> dict[str, object]:
    return {
        "status": status,
        "reason": reason,
        "width": width,
        "height": height,
        "removed": removed,
        "fallback": fallback or "",
    }
