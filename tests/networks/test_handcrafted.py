"""The handcrafted description: its dimension, what it tells apart, and what it does not depend on."""

import cv2
import numpy as np

from lookalike.networks import BACKBONES
from lookalike.networks.handcrafted import DIMENSION, SIZE, handcrafted_features


def stripes(degrees, colour):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    wave = np.sin((columns * np.cos(np.radians(degrees)) + rows * np.sin(np.radians(degrees))) / 4) * 0.5 + 0.5
    return (wave[..., None] * np.array(colour)).astype(np.uint8)


def test_dimension_is_documented_in_the_table():
    images = np.stack([stripes(0, (255, 0, 0))] * 2)
    assert handcrafted_features(images).shape == (2, DIMENSION) == (2, BACKBONES["handcrafted"].dimension)
    assert handcrafted_features(images).dtype == np.float32


def test_tells_orientation_and_colour_apart():
    red, turned, blue = handcrafted_features(
        np.stack([stripes(0, (255, 0, 0)), stripes(90, (255, 0, 0)), stripes(0, (0, 0, 255))])
    )
    (near,) = handcrafted_features(stripes(3, (240, 0, 0))[None])
    distance = np.linalg.norm([near - red, turned - red, blue - red], axis=1)
    assert distance[0] < 0.5 * min(distance[1], distance[2])


def test_each_photo_alone_and_no_argument_changed():
    images = np.random.default_rng(1).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    kept = images.copy()
    together = handcrafted_features(images)
    np.testing.assert_array_equal(images, kept)
    np.testing.assert_array_equal(np.concatenate([handcrafted_features(image[None]) for image in images]), together)


def test_plain_black_photo_is_finite():
    assert np.isfinite(handcrafted_features(np.zeros((1, SIZE, SIZE, 3), np.uint8))).all()


def test_colours_are_counted_as_opencv_counts_them():
    image = np.random.default_rng(2).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[SIZE // 4 : -SIZE // 4, SIZE // 4 : -SIZE // 4]
    counts = cv2.calcHist([hsv], [0, 1, 2], None, [8, 3, 3], [0, 180, 0, 256, 0, 256]).ravel()
    centre = handcrafted_features(image[None])[0, -72:]
    assert np.corrcoef(np.sqrt(counts), centre)[0, 1] > 0.99
