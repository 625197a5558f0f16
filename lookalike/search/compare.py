"""Why two photos are alike: the details that they share in one geometry, and what each part adds to their cosine."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lookalike.catalog.header import header_of
from lookalike.catalog.photo_file import ImageError
from lookalike.clustering.local_match import SIDE, features_in, shared_keypoints
from lookalike.core.errors import UserError
from lookalike.search.rerank import RESIDUAL, TRIALS

__all__ = ["Comparison", "compare", "parts_of_cosine"]

DIGITS = 4


@dataclass(frozen=True)
class Comparison:
    """Two prepared photos side by side.

    shared: float (m, 4), the places x, y, x, y of shared details in the first and second, as parts of width and height.
    parts: a float map (rows, columns) of each photo, None where the network has none; the mean of either is the cosine
    that the network sees between the whole photos.
    """

    shared: np.ndarray
    parts: tuple[np.ndarray, np.ndarray] | None

    def as_json(self) -> dict:
        """Return both as lists of numbers."""
        parts = self.parts and [np.round(part, DIGITS).tolist() for part in self.parts]
        return {"shared": np.round(self.shared, DIGITS).tolist(), "parts": parts}


def compare(one: bytes, two: bytes, feature_map: Callable[[bytes], np.ndarray] | None) -> Comparison:
    """Compare two prepared photos, the bytes of their files. Raises UserError where one does not read.

    feature_map: from `open_parts`.
    """
    first, second = features_in(one), features_in(two)
    pairs = shared_keypoints(first, second, residual=RESIDUAL, trials=TRIALS)
    try:
        sides = _within(first[0][pairs[:, 0]], one), _within(second[0][pairs[:, 1]], two)
        parts = feature_map and parts_of_cosine(feature_map(one), feature_map(two))
    except ImageError as error:
        raise UserError(f"expected two photos, found one that does not read: {error.reason}") from None
    return Comparison(np.hstack(sides), parts)


def parts_of_cosine(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what each place of two feature maps (rows, columns, d) adds to the cosine of their means.

    The mean of a map is the cosine of the two means, which is linear in either (Stylianou, Souvenir and Pless, 2019).
    """
    means = [side.mean(axis=(0, 1)) for side in (one, two)]
    length = max(np.linalg.norm(means[0]) * np.linalg.norm(means[1]), np.finfo(np.float32).tiny)
    return one @ means[1] / length, two @ means[0] / length


def _within(places: np.ndarray, data: bytes) -> np.ndarray:
    """Return places in pixels of the photo at its side for keypoints as parts of its width and height."""
    size = np.array(header_of(data).stored, np.float64)
    return places / (size * min(1.0, SIDE / size.max()))
