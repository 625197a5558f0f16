"""A small network with drawn weights and a folder of drawn photos, shared by the tests of this room."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.models import BACKBONES
from lookalike.models.backbones import build_extractor


@pytest.fixture(scope="session")
def small_model():
    """MobileNetV2 0.35 for 64 px, weights drawn from a seed."""
    return build_extractor(BACKBONES["mobilenet_v2_0.35"], "random", size=64, seed=0)


@pytest.fixture(scope="session")
def drawn_photos(tmp_path_factory) -> list[Path]:
    """Twenty-three blurred random photos of different sizes and shapes."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    paths = []
    for number in range(23):
        height, width = rng.integers(40, 200, 2)
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        paths.append(folder / f"{number:02d} photo.jpg")
        cv2.imwrite(str(paths[-1]), cv2.GaussianBlur(noise, (9, 9), 0))
    return paths
