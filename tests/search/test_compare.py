"""Why two photos are alike: places in one are found in the other, and parts add up to the cosine."""

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.search.compare import compare, parts_of_cosine


def scene(side=600):
    """A photo with many details."""
    rng = np.random.default_rng(0)
    photo = np.full((side, side, 3), 230, np.uint8)
    for x, y, radius in rng.integers((40, 40, 6), (side - 40, side - 40, 30), (60, 3)).tolist():
        cv2.circle(photo, (x, y), radius, rng.integers(0, 255, 3).tolist(), -1)
        cv2.rectangle(photo, (x, y), (x + radius, y + radius), rng.integers(0, 255, 3).tolist(), -1)
    return photo


def encoded(photo):
    return cv2.imencode(".png", photo)[1].tobytes()


def test_a_shared_detail_is_at_the_same_place_of_the_thing():
    whole = scene()
    part = whole[120:480, 60:420]  # 360 pixels of 600: neither side is a power of the other
    found = compare(encoded(whole), encoded(part), None).shared
    assert len(found) >= 20
    expected = (found[:, 2:] * 360 + [60, 120]) / 600
    assert np.median(np.abs(found[:, :2] - expected)) < 0.01


def test_photos_of_other_things_share_nothing():
    other = np.full((300, 200, 3), 128, np.uint8)
    assert compare(encoded(scene()), encoded(other), None).as_json() == {"shared": [], "parts": None}


def test_the_parts_add_up_to_the_cosine():
    rng = np.random.default_rng(0)
    one, two = rng.random((7, 7, 32)), rng.random((5, 6, 32))
    means = one.mean(axis=(0, 1)), two.mean(axis=(0, 1))
    cosine = means[0] @ means[1] / np.linalg.norm(means[0]) / np.linalg.norm(means[1])
    first, second = parts_of_cosine(one, two)
    assert (first.shape, second.shape) == ((7, 7), (5, 6))
    assert first.mean() == pytest.approx(cosine)
    assert second.mean() == pytest.approx(cosine)


def test_a_part_that_is_like_nothing_adds_nothing():
    one = np.zeros((2, 2, 3))
    one[0, 0] = one[1, 1] = [1, 0, 0]
    two = np.zeros((2, 2, 3))
    two[..., 0] = 1
    assert parts_of_cosine(one, two)[0].tolist() == [[2, 0], [0, 2]]
    assert parts_of_cosine(np.zeros((2, 2, 3)), two)[0].tolist() == [[0, 0], [0, 0]]


def test_a_damaged_photo_is_told():
    with pytest.raises(UserError, match="expected two photos"):
        compare(b"no photo", encoded(scene()), None)
