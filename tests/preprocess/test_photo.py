"""A photo becomes a picture of the asked size, with its background or without."""

import inspect

import numpy as np
import pytest

from lookalike.preprocess import BACKGROUNDS
from lookalike.preprocess.photo import least_side, prepare


def disc(height=300, width=400):
    y, x = np.mgrid[:height, :width]
    inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 3) ** 2
    return np.where(inside[..., None], np.uint8([180, 40, 40]), np.uint8([230, 230, 230])), inside


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_removed_background_is_white_and_the_argument_unchanged(background):
    rgb, inside = disc()
    before = rgb.copy()
    done = prepare(rgb, background=background)
    assert (rgb == before).all()
    assert done.removed == (background != "none")
    assert done.fallback is None
    assert (done.image[:20] == (255 if done.removed else 230)).all()
    assert (done.image[inside] == rgb[inside]).mean() > 0.98


def test_a_bad_mask_falls_back_to_the_photo():
    plain = np.full((200, 200, 3), 90, np.uint8)
    done = prepare(plain, background="edges")
    assert (done.image == plain).all()
    assert done.fallback == "no contour"
    assert not done.removed


def test_auto_keeps_without_calling_it_a_fault():
    cluttered = np.random.default_rng(0).integers(0, 255, (200, 150, 3), np.uint8)
    done = prepare(cluttered, background="auto")
    assert (done.image == cluttered).all()
    assert (done.removed, done.fallback) == (False, None)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (384, 512)),
        ({"longest": 100}, (75, 100)),
        ({"square": True, "longest": 100}, (100, 100)),
        ({"size": (80, 50)}, (50, 80)),
        ({"size": (900, 600)}, (600, 900)),
        ({"square": True, "size": (64, 64), "background": "auto"}, (64, 64)),
        ({"crop_padding": True, "longest": 100}, (100, 100)),
    ],
)
def test_sizes(options, shape):
    rgb, _ = disc(600, 800)
    assert prepare(rgb, **options).image.shape == (*shape, 3)


def test_padding_beside_a_removed_background_is_white():
    rgb, _ = disc()
    assert (prepare(rgb, background="auto", square=True).image[:50] == 255).all()


def test_unknown_backgrounds_name_the_others():
    with pytest.raises(ValueError, match="none, auto, edges, grabcut, found 'x'"):
        prepare(disc()[0], background="x")


@pytest.mark.parametrize(
    ("options", "side"),
    [({}, 512), ({"longest": 100}, 100), ({"size": (80, 900)}, 900), ({"crop_padding": True}, None)],
)
def test_photos_are_decoded_no_larger_than_needed(options, side):
    assert least_side(**options) == side


def test_defaults_are_choices():
    defaults = {name: option.default for name, option in inspect.signature(prepare).parameters.items()}
    assert defaults["background"] in BACKGROUNDS
