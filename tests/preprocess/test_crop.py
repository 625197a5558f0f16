"""Padding goes, content stays; squares and sizes are exact."""

import numpy as np
import pytest

from lookalike.preprocess.crop import cap, crop_padding, resize, square

CONTENT = np.random.default_rng(0).integers(0, 160, (40, 60, 3), np.uint8)


def padded(colour, top=7, bottom=3, left=11, right=0):
    rgb = np.full((40 + top + bottom, 60 + left + right, 3), colour, np.uint8)
    rgb[top : top + 40, left : left + 60] = CONTENT
    return rgb


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 20, 20), (0, 250, 0)])
def test_padding_is_cut_from_each_side(colour):
    assert (crop_padding(padded(colour)) == CONTENT).all()


def test_every_channel_counts():
    rgb = np.full((50, 50, 3), (200, 100, 100), np.uint8)
    rgb[20:30, 20:30] = (200, 255, 0)  # the same red as the padding
    assert crop_padding(rgb).shape == (10, 10, 3)


@pytest.mark.parametrize("shape", [(30, 20), (1, 1), (1, 9)])
def test_a_uniform_photo_stays(shape):
    rgb = np.full((*shape, 3), 77, np.uint8)
    assert (crop_padding(rgb) == rgb).all()


def test_tolerance_is_inclusive():
    rgb = np.full((20, 20, 3), 100, np.uint8)
    rgb[10:] = 105
    assert crop_padding(rgb).shape == (20, 20, 3)
    assert crop_padding(rgb, tolerance=4).shape == (10, 20, 3)


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (50, 50), (1, 90)])
@pytest.mark.parametrize("white", [False, True])
def test_square_holds_the_photo_in_its_middle(shape, white):
    rgb = np.random.default_rng(0).integers(0, 160, (*shape, 3), np.uint8)
    result = square(rgb, white=white)
    side = max(shape)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    assert result.shape == (side, side, 3)
    assert (result[top : top + shape[0], left : left + shape[1]] == rgb).all()


def test_square_is_filled_with_blurred_photo_or_white():
    rgb = np.random.default_rng(0).integers(0, 160, (40, 120, 3), np.uint8)
    band = square(rgb)[:30].astype(float)
    assert abs(band.mean() - rgb.mean()) < 15
    assert band.std() < rgb.std() / 3
    assert (square(rgb, white=True)[:30] == 255).all()


def test_cap_keeps_proportions_and_never_enlarges():
    rgb = np.zeros((300, 600, 3), np.uint8)
    assert cap(rgb, 200).shape == (100, 200, 3)
    assert cap(rgb, 600).shape == (300, 600, 3)
    assert cap(np.zeros((1, 600, 3), np.uint8), 20).shape == (1, 20, 3)


def test_resize_takes_width_and_height():
    assert resize(np.zeros((30, 60, 3), np.uint8), (20, 90)).shape == (90, 20, 3)
