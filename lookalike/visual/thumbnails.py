"""Small square pictures of photos, for every map and sheet; a photo that cannot be read is a crossed one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from lookalike.catalog import images
from lookalike.core.cores import cpu_count
from lookalike.core.progress import progress

__all__ = ["Reader", "load_thumbnails", "missing", "reader", "shrink", "thumbnail_blocks"]

WHITE = (255, 255, 255)

Reader = Callable[[str, int], np.ndarray]  # (path, least side in pixels) -> uint8 (h, w, 3) RGB


def reader(folder: Path) -> Reader:
    """Return a function that reads photos by their path below a folder."""
    return lambda path, target: images.read(folder / path, target=target)


def load_thumbnails(
    paths: Sequence[str], read: Reader, side: int, *, workers: int | None = None, grounds: np.ndarray | None = None
) -> np.ndarray:
    """Read photos as squares: uint8 (n, side, side, 3) RGB, whole photo, centred on white or its ground (n, 3)."""
    blocks = list(thumbnail_blocks(paths, read, side, max(1, len(paths)), workers=workers, grounds=grounds))
    return blocks[0] if blocks else np.empty((0, side, side, 3), np.uint8)


def thumbnail_blocks(
    paths: Sequence[str],
    read: Reader,
    side: int,
    size: int,
    *,
    workers: int | None = None,
    grounds: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Yield the squares of `load_thumbnails`, `size` photos at a time, so that few are in memory."""

    def load(row: int) -> np.ndarray:
        try:
            return shrink(read(paths[row], side), side, WHITE if grounds is None else grounds[row])
        except images.ImageError:
            return missing(side)

    with progress("thumbnails", len(paths)) as advance, ThreadPoolExecutor(workers or cpu_count()) as pool:
        for start in range(0, len(paths), size):
            block = range(start, min(start + size, len(paths)))
            squares = np.empty((len(block), side, side, 3), np.uint8)
            for place, square in enumerate(pool.map(load, block)):
                squares[place] = square
                advance(1)
            yield squares


def shrink(photo: np.ndarray, side: int, ground: Sequence[int] = WHITE) -> np.ndarray:
    """Fit a photo, uint8 (h, w, 3), into a square of `side` pixels, white or of another colour."""
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    square = np.full((side, side, 3), ground, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def missing(side: int) -> np.ndarray:
    """Draw the square that stands for a photo that cannot be read."""
    square = np.full((side, side, 3), 232, np.uint8)
    for start, end in (((0, 0), (side - 1, side - 1)), ((0, side - 1), (side - 1, 0))):
        cv2.line(square, start, end, (170, 170, 170), max(1, side // 32), cv2.LINE_AA)
    return square
