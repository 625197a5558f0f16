"""Small square pictures of photos, for every map and sheet; a photo that cannot be read is a crossed one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from lookalike.catalog import images
from lookalike.core.cores import cpu_count
from lookalike.core.progress import progress

__all__ = ["Reader", "load_thumbnails", "map_thumbnails", "missing", "reader", "shrink"]

WHITE = (255, 255, 255)

Reader = Callable[[str, int], np.ndarray]  # (path, least side in pixels) -> uint8 (h, w, 3) RGB


def reader(folder: Path) -> Reader:
    """Return a function that reads photos by their path below a folder."""
    return lambda path, target: images.read(folder / path, target=target)


def load_thumbnails(
    paths: Sequence[str], read: Reader, side: int, *, workers: int | None = None, grounds: np.ndarray | None = None
) -> np.ndarray:
    """Read photos as squares: uint8 (n, side, side, 3) RGB, whole photo, centred on white or its ground (n, 3)."""
    squares = np.empty((len(paths), side, side, 3), np.uint8)
    every = [WHITE] * len(paths) if grounds is None else grounds
    shown, pool = progress("thumbnails", len(paths)), ThreadPoolExecutor(workers or cpu_count())
    with shown as advance, pool, closing(pool.map(partial(_load, read, side), paths, every)) as loaded:
        for place, square in enumerate(loaded):
            squares[place] = square
            advance(1)
    return squares


def map_thumbnails(
    draw: Callable[[np.ndarray], bytes], paths: Sequence[str], read: Reader, side: int, size: int
) -> Iterator[bytes]:
    """Yield draw(squares) of the squares of `load_thumbnails`, `size` photos at a time, each time by one thread."""
    blocks = [paths[start : start + size] for start in range(0, len(paths), size)]

    def drawn(block: Sequence[str]) -> bytes:
        return draw(np.stack([_load(read, side, path) for path in block]))

    shown, pool = progress("thumbnails", len(paths)), ThreadPoolExecutor(cpu_count())
    with shown as advance, pool, closing(pool.map(drawn, blocks)) as pictures:
        for block, picture in zip(blocks, pictures, strict=True):
            advance(len(block))
            yield picture


def _load(read: Reader, side: int, path: str, ground: Sequence[int] = WHITE) -> np.ndarray:
    try:
        return shrink(read(path, side), side, ground)
    except images.ImageError:
        return missing(side)


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
