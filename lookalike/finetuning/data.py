"""The photos of a training run as one array of squares, decoded once into a file of the run's own,
and the pipeline that feeds them, altered afresh each epoch, to the network."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lookalike.catalog import images
from lookalike.core.progress import progress
from lookalike.networks.quiet import tf
from lookalike.networks.squares import Photo, read_bytes, square

__all__ = ["Encoded", "LabelledPhotos", "batches", "encoded_bytes", "read_pixels"]

WORKERS = 4  # threads that decode; cv2 releases the GIL
AT_ONCE = 256  # photos in memory while they are written
AHEAD = 4  # batches prepared before they are needed

Encoded = Photo | bytes  # a photo in a file, or the bytes of one
Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos, a row each: where from, names, labels, squares uint8 (n, s, s, 3), and None or why it cannot be read."""

    sources: list[Encoded]
    names: list[str]
    labels: list[str]
    pixels: np.ndarray
    errors: list[str | None]
    digest: str  # of the pixels


def read_pixels(photos: Sequence[Encoded], size: int, path: Path) -> tuple[np.ndarray, list[str | None], str]:
    """Return uint8 (n, size, size, 3), memory-mapped from `path`, for each photo None or why it cannot be read, and
    the sha256 of all pixels. Raises UserError for a prepared photo that has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shape = (len(photos), size, size, 3)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        errors, digest = _write_squares(file, photos, size)
    return np.load(path, mmap_mode="r"), errors, digest


def _write_squares(file: BinaryIO, photos: Sequence[Encoded], size: int) -> tuple[list[str | None], str]:
    """Write the square of each photo, black where it cannot be read; return why, and the digest of what is written."""

    def read(photo: Encoded) -> tuple[np.ndarray, str | None]:
        try:
            return square(images.decode(encoded_bytes(photo), target=size), size), None
        except images.ImageError as error:
            return np.zeros((size, size, 3), np.uint8), f"{error.status}: {error.reason}"

    errors, digest = [], hashlib.sha256()
    with ThreadPoolExecutor(WORKERS) as pool, progress("read", len(photos)) as advance:
        for start in range(0, len(photos), AT_ONCE):
            for pixels, error in pool.map(read, photos[start : start + AT_ONCE]):
                file.write(pixels.data)
                digest.update(pixels.data)
                errors.append(error)
                advance(1)
    return errors, digest.hexdigest()


def encoded_bytes(photo: Encoded) -> bytes:
    """Return the bytes of an image file; raises as `read_bytes`."""
    return photo if isinstance(photo, bytes) else read_bytes(photo)


def batches(
    pixels: np.ndarray, rows: np.ndarray, arrays: Sequence[np.ndarray], *, augment: Augmentation, seed: int, epoch: int
) -> tf.data.Dataset:
    """Return a dataset of (uint8 photos, *these rows of each of `arrays`), one element a row of `rows` (steps, batch).

    Each photo is altered by `augment` with a generator of (seed, epoch, its row), so the order of work changes nothing.
    """
    shape = (rows.shape[1], *pixels.shape[1:])

    def draw(chosen: np.ndarray) -> np.ndarray:
        return np.stack([augment(pixels[row], np.random.default_rng([seed, epoch, row])) for row in chosen])

    def load(chosen: tf.Tensor) -> tuple[tf.Tensor, ...]:
        photos = tf.ensure_shape(tf.numpy_function(draw, [chosen], tf.uint8), shape)
        return photos, *(tf.gather(array, chosen) for array in arrays)

    dataset = tf.data.Dataset.from_tensor_slices(rows)
    return dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(AHEAD)
