"""The subject is found on plain ground, a photo is kept where it cannot be, and the reduced mask is the full one."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from lookalike.catalog import images
from lookalike.preprocess import BACKGROUNDS, load
from lookalike.preprocess.background import auto, edges, edges_full_size, fault, grabcut, on_white, overlap


def photo(height=400, width=300, ground=(200, 210, 220), seed=0):
    """Draw a striped shirt-like blob on plain ground with a little noise; return it and its true mask."""
    truth = np.zeros((height, width), np.uint8)
    cv2.ellipse(truth, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, cv2.FILLED)
    rgb = np.full((height, width, 3), ground, np.uint8)
    stripes = np.where(np.arange(height)[:, None, None] // 12 % 2, np.uint8([150, 30, 40]), np.uint8([40, 30, 120]))
    rgb = np.where(truth[..., None] > 0, stripes, rgb)
    noise = np.random.default_rng(seed).normal(0, 3, rgb.shape)
    return np.clip(rgb + noise, 0, 255).astype(np.uint8), truth


@pytest.mark.parametrize("method", sorted(set(BACKGROUNDS) - {"none"}))
def test_every_method_finds_a_subject_on_plain_ground(method):
    rgb, truth = photo()
    before = rgb.copy()
    mask = load(method)(rgb)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert overlap(mask, truth) > 0.9
    assert (rgb == before).all()


def test_none_keeps_everything():
    assert load("none")(photo()[0]) is None


def test_unknown_method_names_the_others():
    with pytest.raises(ValueError, match="none, auto, edges, grabcut, found 'magic'"):
        load("magic")


def test_auto_keeps_a_photo_whose_border_is_not_plain():
    cluttered = np.random.default_rng(0).integers(0, 255, (200, 150, 3), np.uint8)
    assert auto(cluttered) is None


def test_auto_takes_a_subject_that_touches_the_border():
    rgb, _ = photo(ground=(255, 255, 255))
    assert overlap(auto(rgb[:, 75:]), photo()[1][:, 75:]) > 0.9


@pytest.mark.parametrize("shape", [(400, 300), (150, 100), (1000, 1400), (90, 400)])
def test_reduced_edges_give_the_full_size_mask(shape):
    rgb, _ = photo(*shape)
    assert overlap(edges(rgb), edges_full_size(rgb)) > 0.95


def test_edges_follow_the_published_steps():
    rgb, _ = photo()
    blurred = cv2.medianBlur(rgb, 9)
    x, y = cv2.Sobel(blurred, cv2.CV_64F, 1, 0), cv2.Sobel(blurred, cv2.CV_64F, 0, 1)
    strength = np.minimum(np.hypot(x, y), 255).max(axis=2)
    shape = (strength > strength.mean()).astype(np.uint8)
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [contour for contour in contours if cv2.contourArea(contour) > 0.05 * shape.size]
    expected = cv2.drawContours(np.zeros(shape.shape, np.uint8), large, -1, 255, cv2.FILLED)
    assert overlap(edges_full_size(rgb), expected) > 0.999


def test_edges_leave_out_small_things():
    rgb = np.full((300, 300, 3), 220, np.uint8)
    cv2.circle(rgb, (150, 150), 20, (20, 20, 20), cv2.FILLED)  # 1.4 % of the image
    assert fault(edges(rgb)) == "no contour"


@pytest.mark.parametrize("method", BACKGROUNDS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (210, 2)])
def test_odd_shapes_and_uniform_photos_are_no_crash(method, shape):
    for rgb in (np.zeros((*shape, 3), np.uint8), np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)):
        mask = load(method)(rgb)
        assert mask is None or mask.shape == shape


def test_grabcut_does_not_depend_on_threads_or_order():
    photos = [photo(120, 100, seed=seed)[0] for seed in range(6)]
    alone = [grabcut(rgb) for rgb in photos]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(grabcut, photos[::-1]))[::-1]
    assert all((one == other).all() for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    ("share", "reason"),
    [(0, "no contour"), (0.01, "foreground 1.0% < 2%"), (0.5, None), (0.99, "foreground 99.0% > 98%")],
)
def test_bad_masks_are_told(share, reason):
    mask = np.where(np.arange(1000) < share * 1000, 255, 0).astype(np.uint8).reshape(25, 40)
    assert fault(mask) == reason


def test_on_white():
    rgb, truth = photo()
    result = on_white(rgb, truth)
    assert (result[truth == 0] == 255).all()
    assert (result[truth > 0] == rgb[truth > 0]).all()


@pytest.mark.shared
def test_reduced_edges_equal_full_size_edges_on_real_photos(shared):
    paths = sorted((shared / "data" / "clothing").rglob("*.jpg"))
    photos = [images.read(paths[row]) for row in np.random.default_rng(1).permutation(len(paths))[:100]]
    with ThreadPoolExecutor(2) as pool:
        reduced, full = list(pool.map(edges, photos)), list(pool.map(edges_full_size, photos))
    assert np.mean([overlap(*pair) for pair in zip(reduced, full, strict=True)]) >= 0.95
