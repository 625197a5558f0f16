"""The frame of a photo: plain padding cut off, filled up to a square, another size.
Every function takes and gives uint8 (h, w, 3) RGB and leaves its argument as it is."""

import cv2
import numpy as np

from lookalike.catalog.shrink import shrink

__all__ = ["cap", "crop_padding", "resize", "square"]

BLURRED_SIDE = 64  # pixels: the enlarged copy is blurred at this size, where a strong blur is cheap
BLUR_SIGMA = 2.5


def crop_padding(rgb: np.ndarray, tolerance: float = 5.0) -> np.ndarray:
    """Cut rows, then columns, from each side while their mean is within `tolerance` of the first pixel in all channels.

    A photo that is padding throughout stays as it is.
    """
    first = rgb[0, 0].astype(np.float64)
    rows = _content(cv2.reduce(rgb, 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)[:, 0], first, tolerance)
    columns = _content(cv2.reduce(rgb[rows], 0, cv2.REDUCE_AVG, dtype=cv2.CV_64F)[0], first, tolerance)
    return np.ascontiguousarray(rgb[rows, columns])


def square(rgb: np.ndarray, *, white: bool = False) -> np.ndarray:
    """Centre the photo on a square as wide and high as its longer side.

    Beside it is a blurred, enlarged copy of itself, or white, which suits a photo without background.
    """
    height, width = rgb.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    result = np.full((side, side, 3), 255, np.uint8) if white else _blurred_copy(rgb, side)
    result[top : top + height, left : left + width] = rgb
    return result


def resize(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scale the photo to `size`, width and height in pixels."""
    if size[0] <= rgb.shape[1] and size[1] <= rgb.shape[0]:
        return shrink(rgb, size)
    grows = size[0] >= rgb.shape[1] and size[1] >= rgb.shape[0]
    return cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC if grows else cv2.INTER_AREA)


def cap(rgb: np.ndarray, longest: int) -> np.ndarray:
    """Shrink the photo so that its longer side has at most `longest` pixels."""
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    return resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale)))) if scale < 1 else rgb


def _content(means: np.ndarray, first: np.ndarray, tolerance: float) -> slice:
    """Return the range of lines, means (n, 3), between the padding at both ends; all of them if all are padding."""
    differing = np.flatnonzero((np.abs(means - first) > tolerance).any(axis=1))
    return slice(differing[0], differing[-1] + 1) if differing.size else slice(None)


def _blurred_copy(rgb: np.ndarray, side: int) -> np.ndarray:
    """Enlarge the central square of the photo to `side` pixels and blur it."""
    height, width = rgb.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    centre = rgb[top : top + short, left : left + short]
    small = cv2.resize(centre, (BLURRED_SIDE, BLURRED_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), BLUR_SIGMA), (side, side), interpolation=cv2.INTER_CUBIC)
