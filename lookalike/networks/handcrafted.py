"""Describe photos without a network: orientation histograms (Dalal and Triggs, 2005) and colour histograms in HSV.
504 numbers a photo: 4 x 4 cells of 9 orientations, then 5 regions of 72 colours; each part has length 1."""

import cv2
import numpy as np

__all__ = ["BATCH", "DIMENSION", "SIZE", "handcrafted_features"]

SIZE = 128
BATCH = 16
CELLS = 4
ORIENTATIONS = 9
HUES, SATURATIONS, VALUES = 8, 3, 3
COLOURS = HUES * SATURATIONS * VALUES
REGIONS = 5  # the four quarters and the centre
DIMENSION = CELLS * CELLS * ORIENTATIONS + REGIONS * COLOURS


def handcrafted_features(images: np.ndarray) -> np.ndarray:
    """Return float32 (n, 504) for uint8 (n, 128, 128, 3) RGB: 144 orientation values, then 360 colour values."""
    return np.concatenate([orientation_histograms(images), colour_histograms(images)], axis=1)


def orientation_histograms(images: np.ndarray) -> np.ndarray:
    """Return float32 (n, 144) of length 1: gradient magnitude a cell and unsigned orientation, square-rooted."""
    grey = images.astype(np.float32) @ np.float32([0.299, 0.587, 0.114])
    across = np.zeros_like(grey)
    down = np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    magnitude = np.hypot(across, down)
    angle = np.arctan2(down, across) % np.float32(np.pi)
    bins = np.minimum((angle * np.float32(ORIENTATIONS / np.pi)).astype(np.int64), ORIENTATIONS - 1)
    cell = np.arange(SIZE) * CELLS // SIZE
    places = cell[:, None] * CELLS + cell
    return _histograms(places * ORIENTATIONS + bins, magnitude, CELLS * CELLS * ORIENTATIONS)


def colour_histograms(images: np.ndarray) -> np.ndarray:
    """Return float32 (n, 360) of length 1: shares of 8 x 3 x 3 colours in quarters and centre, square-rooted."""
    flat = cv2.cvtColor(images.reshape(-1, SIZE, 3), cv2.COLOR_RGB2HSV).reshape(images.shape).astype(np.int64)
    hue, saturation, value = flat[..., 0] * HUES // 180, flat[..., 1] * SATURATIONS // 256, flat[..., 2] * VALUES // 256
    colours = (hue * SATURATIONS + saturation) * VALUES + value
    half = np.arange(SIZE) * 2 // SIZE
    quarters = _histograms((half[:, None] * 2 + half) * COLOURS + colours, None, 4 * COLOURS, normalise=False)
    middle = slice(SIZE // 4, SIZE - SIZE // 4)
    centre = _histograms(colours[:, middle, middle], None, COLOURS, normalise=False)
    return _root(np.concatenate([quarters, 4 * centre], axis=1))


def _histograms(bins: np.ndarray, weights: np.ndarray | None, count: int, normalise: bool = True) -> np.ndarray:
    n = len(bins)
    offset = (np.arange(n) * count)[:, None, None]
    flat = None if weights is None else weights.ravel()
    sums = np.bincount((bins + offset).ravel(), flat, n * count).reshape(n, count)
    return _root(sums) if normalise else sums


def _root(sums: np.ndarray) -> np.ndarray:
    """Take the square root of shares (Hellinger), which has length 1 and tempers large bins."""
    return np.sqrt(sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)
