"""Photos made smaller are the means of areas, as OpenCV's slower way has them."""

import cv2
import numpy as np
import pytest

from lookalike.catalog.shrink import shrink


@pytest.fixture
def photo():
    """Edges at angles and soft noise, as photos have them."""
    rng = np.random.default_rng(0)
    drawn = cv2.resize(rng.integers(0, 256, (30, 40, 3), np.uint8), (534, 400), interpolation=cv2.INTER_CUBIC)
    for _ in range(20):
        corners = rng.integers(0, 400, (3, 2)).astype(np.int32)
        cv2.fillPoly(drawn, [corners], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    return drawn


@pytest.mark.parametrize(
    "size", [(533, 399), (512, 384), (427, 320), (400, 300), (300, 225), (224, 224), (160, 120), (96, 72), (7, 3)]
)
def test_it_is_as_close_to_the_means_of_areas_as_one_sees(photo, size):
    areas = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    made = shrink(photo, size)
    assert made.shape == (*size[::-1], 3) and made.dtype == np.uint8
    error = np.square(made.astype(float) - areas).mean()
    assert error < 255**2 / 10**4  # 40 dB, on edges sharper than a camera's


@pytest.mark.parametrize("factors", [(1, 1), (2, 2), (4, 2), (1, 3)])
def test_whole_factors_are_the_means_of_areas(photo, factors):
    size = (528 // factors[0], 396 // factors[1])
    cut = np.ascontiguousarray(photo[:396, :528])
    areas = cut.reshape(size[1], factors[1], size[0], factors[0], 3).mean(axis=(1, 3))
    assert np.abs(shrink(cut, size) - areas).max() <= 0.5


def test_no_pixel_is_left_out():
    stripes = np.zeros((300, 300, 3), np.uint8)
    stripes[:, ::2] = 255  # sampled at every second pixel it would be black or white
    for side in range(10, 150, 7):
        assert (
            np.abs(shrink(stripes, (side, side)).astype(float) - 127.5).max() < 64
        )  # half of what sampling would give
