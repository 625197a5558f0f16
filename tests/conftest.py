"""Fixtures of all tests: real photos beside the project where they are, small drawn photos and networks elsewhere."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

# What numba would compile runs as Python: on a fresh machine compiling hdbscan takes longer than its tests do.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photos and weights beside the project; the test is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real photos and weights at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def small_model():
    """MobileNetV2 0.35 for 64 px, weights drawn from a seed."""
    from lookalike.networks import BACKBONES
    from lookalike.networks.backbones import build_extractor

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


@pytest.fixture(scope="session")
def chromium():
    """The system's browser; the test is skipped where there is none, or no driver for it."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium is installed")
    with driver.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=browser, args=BROWSER)
        yield launched
        launched.close()
