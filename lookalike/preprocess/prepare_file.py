"""From a photo's file to its prepared file: read once and checked against the catalog."""

import errno
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.photo_file import MAX_BYTES
from lookalike.preprocess import FORMATS
from lookalike.preprocess.photo import Prepared, least_side, prepare

__all__ = ["CHANGED", "Preparation", "refused_row"]

CHANGED = "changed since 00_make_labels: run it again"
Row = dict[str, object]


@dataclass(frozen=True)
class Preparation:
    """How photos below `root` become files below `folder`; its methods may be called by threads.

    options: those of `photo.prepare`. memory: what photos being decoded may take together.
    """

    root: Path
    folder: Path
    format: str = "jpg"
    quality: int = 90
    options: Mapping[str, object] = field(default_factory=dict)
    memory: MemoryBudget | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"expected a format of {', '.join(FORMATS)}, found {self.format!r}")

    def sharing(self, share: float) -> "Preparation":
        """Return the same preparation with a share of its memory, for a process of its own."""
        total = self.memory and self.memory.total
        return self if total is None or share == 1 else replace(self, memory=MemoryBudget(int(total * share)))

    @property
    def encoding(self) -> str:
        """How a photo is encoded: "jpg" or "png"."""
        return FORMATS[self.format].encoding

    def write(self, photo: Mapping, image: str, *, look: bool = False) -> tuple[Row, Prepared | None]:
        """Prepare a photo, a row of the catalog, into the file `image`; return its row and what was done.

        The row has status, reason, digest (sha256), bytes, width, height, removed, fallback; a photo that cannot be
        prepared has no file and a status of `ImageError` or "changed". Raises OSError if the file cannot be written.
        """
        row, data, done = self.make(photo, look=look)
        try:
            if data is not None:
                _write(self.folder / image, data)
        except images.ImageError as error:
            return refused_row(error.status, error.reason), None
        return row, done

    def make(self, photo: Mapping, *, look: bool = False) -> tuple[Row, bytes | memoryview | None, Prepared | None]:
        """Prepare a photo as `write` does; return its row, the bytes of its file, if it has one, and what was done.

        A JPEG that needs no change is copied as it is, and decoded only to `look` at it.
        """
        try:
            data, size, done = self._make(photo, look)
        except images.ImageError as error:
            return refused_row(error.status, error.reason), None, None
        row = _row("ok", "", hashlib.sha256(data).hexdigest(), len(data), *size)
        return row | ({"removed": done.removed, "fallback": done.fallback or ""} if done else {}), data, done

    def look(self, photo: Mapping) -> Prepared | None:
        """Prepare a photo, a row of the catalog, without writing it; None where it cannot be read."""
        with suppress(images.ImageError):
            return self._make(photo, look=True)[2]
        return None

    def _make(self, row: Mapping, look: bool) -> tuple[bytes | memoryview, tuple[int, int], Prepared | None]:
        """Return the bytes of the prepared file, its width and height, and what was done where it was decoded."""
        target, limit = least_side(**self.options), max(MAX_BYTES, row["size"])
        with images.opened(self.root / row["path"], target=target, memory=self.memory, max_bytes=limit) as photo:
            if photo.sha256 != row["sha256"]:
                raise images.ImageError("changed", CHANGED)
            return self.of(photo, look=look)

    def of(
        self, photo: images.Photo, *, look: bool = False, crop: Sequence[int] | None = None
    ) -> tuple[bytes | memoryview, tuple[int, int], Prepared | None]:
        """Return the bytes of the prepared file of a photo, its width and height, and what was done if it was decoded.

        crop: the part (x, y, width, height) to take for the photo, in its pixels. Raises ImageError, also where the
        part is empty.
        """
        target = least_side(**self.options)
        copied = crop is None and self._is_ready(photo, target)
        if copied and not look:
            return photo.data, photo.header.size, None
        pixels = photo.decode(target) if crop is None else _part(photo.decode(), crop)
        done = prepare(pixels, **self.options)
        data = photo.data if copied else images.encode(done.image, f".{self.encoding}", self.quality)
        return data, done.image.shape[1::-1], done

    def _is_ready(self, photo: images.Photo, longest: int | None) -> bool:
        """Say whether a photo is what would be made of it: a small, upright JPEG in colour, nothing asked for."""
        header, options = photo.header, self.options
        is_jpeg = (
            self.encoding == "jpg" and header.format == "JPEG" and header.mode == "RGB" and header.orientation == 1
        )
        asked = options.get("crop_padding") or options.get("square") or options.get("background", "none") != "none"
        fits = longest is not None and max(header.size) <= longest
        right_size = not options.get("size") or tuple(options["size"]) == header.size
        return is_jpeg and not asked and fits and right_size and photo.data.endswith(b"\xff\xd9")


def _part(rgb: np.ndarray, crop: Sequence[int]) -> np.ndarray:
    """Return the part (x, y, width, height) of a photo that lies in it."""
    x, y, width, height = crop
    part = rgb[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    if not part.size:
        size = f"{rgb.shape[1]} x {rgb.shape[0]}"
        raise images.ImageError(
            "unreadable", f"expected a crop inside its {size} pixels, found {x},{y},{width},{height}"
        )
    return part


def _write(destination: Path, data: bytes | memoryview) -> None:
    """Write a new file. It stands for nothing until a finished shard lists it with its digest, so not aside."""
    try:
        try:
            destination.unlink(missing_ok=True)  # it may be another name of a published file
            destination.write_bytes(data)
        except FileNotFoundError:
            destination.parent.mkdir(parents=True, exist_ok=True)
            destination.write_bytes(data)
    except OSError as error:
        with suppress(OSError):
            destination.unlink(missing_ok=True)
        if error.errno == errno.ENAMETOOLONG:
            reason = "its path is too long to prepare: shorten the folders' names"
            raise images.ImageError("unreadable", reason) from None
        raise


def refused_row(status: str, reason: str) -> Row:
    """Return the row of a photo that cannot be prepared."""
    return _row(status, reason)


def _row(status: str, reason: str, digest: str = "", n_bytes: int = 0, width: int = 0, height: int = 0) -> Row:
    return {
        "status": status,
        "reason": reason,
        "digest": digest,
        "bytes": n_bytes,
        "width": width,
        "height": height,
        "removed": False,
        "fallback": "",
    }
