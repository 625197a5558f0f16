"""From a photo to its prepared copy: frame, size, background. Pixels alone, no files."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.preprocess import crop, load
from lookalike.preprocess.background import fault, on_white

__all__ = ["Prepared", "least_side", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A prepared photo, uint8 (h, w, 3) RGB, and what was found out on the way.

    photo: as it was given. original: the part of it that was masked. mask: uint8 (h, w) of 0 and 255, 255 on the
    subject, also where it was not trusted; None where none was made. fallback: why the mask was not trusted and the
    background stayed.
    """

    image: np.ndarray
    original: np.ndarray
    photo: np.ndarray
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
    size: Sequence[int] | None = None,
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
    return Prepared(crop.resize(image, tuple(size)) if size else image, framed, rgb, mask, fallback)


def least_side(*, crop_padding: bool = False, size: Sequence[int] | None = None, longest: int = 512, **_: object):
    """Return how small a photo may be decoded for `prepare` with these options: its shorter side, None: not at all."""
    # How much padding there is shows only in the whole photo, so that its content must not be reduced before.
    return None if crop_padding else _cap(longest, size)


def _cap(longest: int, size: Sequence[int] | None) -> int:
    return max(longest, *size) if size else longest
