"""Test-time augmentation: the views of a photo whose vectors are averaged. The rows of VIEWS name these functions."""

import numpy as np

from lookalike.networks.squares import square

__all__ = ["crop", "mirror", "whole"]

CROP = 0.8  # share of each side that the centre crop keeps


def whole(squares: np.ndarray) -> np.ndarray:
    """Return photos (n, s, s, 3) as they are."""
    return squares


def mirror(squares: np.ndarray) -> np.ndarray:
    """Return photos (n, s, s, 3) flipped left to right."""
    return np.ascontiguousarray(squares[:, :, ::-1])


def crop(squares: np.ndarray) -> np.ndarray:
    """Return the centre of each photo (n, s, s, 3), 80 % of each side, enlarged to the same size."""
    side = squares.shape[1]
    margin = round(side * (1 - CROP) / 2)
    centre = slice(margin, side - margin)
    return np.stack([square(photo[centre, centre], side) for photo in squares])
