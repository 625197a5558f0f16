"""The photos of a training run as one array of squares, decoded once and kept on disk until the run is done,
and the pipeline that feeds them, altered afresh each epoch, to the network."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lookalike.catalog import images
from lookalike.core.progress import progress
from lookalike.networks.extract import square
from lookalike.networks.quiet import tf

__all__ = ["Encoded", "Photos", "batches", "read_photo", "read_pixels"]

WORKERS = 4  # threads that decode; cv2 releases the GIL
AT_ONCE = 256  # photos in memory while they are written
AHEAD = 4  # batches prepared before they are needed

Encoded = Path | bytes  # a photo in a file, or the bytes of one
View = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Photos:
    """Photos, a row each: where from, names, labels, squares uint8 (n, s, s, 3), and None or why it cannot be read."""

    sources: list[Encoded]
    names: list[str]
    labels: list[str]
    pixels: np.ndarray
    errors: list[str | None]


def read_pixels(photos: Sequence[Encoded], size: int, folder: Path, key: str) -> tuple[np.ndarray, list[str | None]]:
    """Return uint8 (n, size, size, 3), memory-mapped from `folder`, and for each photo None or why it cannot be read.

    key: what the pixels depend on; those of an interrupted run with the same key are taken as they are.
    """
    array, record = folder / "pixels.npy", folder / "pixels.json"
    known = json.loads(record.read_text("utf-8")) if record.exists() else {}
    if known.get("key") == key:
        return np.load(array, mmap_mode="r"), known["errors"]
    folder.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    with array.open("wb") as file:
        shape = (len(photos), size, size, 3)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        errors = _write_squares(file, photos, size)
    record.write_text(json.dumps({"key": key, "errors": errors}), "utf-8")
    return np.load(array, mmap_mode="r"), errors


def _write_squares(file: BinaryIO, photos: Sequence[Encoded], size: int) -> list[str | None]:
    """Write the square of each photo, black where it cannot be read, and return why."""

    def read(photo: Encoded) -> tuple[np.ndarray, str | None]:
        try:
            return square(read_photo(photo, size), size), None
        except images.ImageError as error:
            return np.zeros((size, size, 3), np.uint8), f"{error.status}: {error.reason}"

    errors = []
    with ThreadPoolExecutor(WORKERS) as pool, progress("read", len(photos)) as advance:
        for start in range(0, len(photos), AT_ONCE):
            for pixels, error in pool.map(read, photos[start : start + AT_ONCE]):
                file.write(pixels.data)
                errors.append(error)
                advance(1)
    return errors


def read_photo(photo: Encoded, size: int | None = None) -> np.ndarray:
    """Return a photo as uint8 (h, w, 3), at reduced size where both sides stay at least `size`. Raises ImageError."""
    return images.decode(photo, target=size) if isinstance(photo, bytes) else images.read(photo, target=size)


def batches(
    pixels: np.ndarray, rows: np.ndarray, arrays: Sequence[np.ndarray], *, view: View, seed: int, epoch: int
) -> tf.data.Dataset:
    """Return a dataset of (uint8 photos, *these rows of each of `arrays`), one element a row of `rows` (steps, batch).

    Each photo is altered by `view` with a generator of (seed, epoch, its row), so the order of work changes nothing.
    """
    shape = (rows.shape[1], *pixels.shape[1:])

    def draw(chosen: np.ndarray) -> np.ndarray:
        return np.stack([view(pixels[row], np.random.default_rng([seed, epoch, row])) for row in chosen])

    def load(chosen: tf.Tensor) -> tuple[tf.Tensor, ...]:
        photos = tf.ensure_shape(tf.numpy_function(draw, [chosen], tf.uint8), shape)
        return photos, *(tf.gather(array, chosen) for array in arrays)

    dataset = tf.data.Dataset.from_tensor_slices(rows)
    return dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(AHEAD)
