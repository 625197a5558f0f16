"""A folder of drawn photos, run through all stages, to search in."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--dataset", "toys", "--run.progress", "off"]
COLOURS = [(30, 40, 200), (200, 90, 30), (40, 160, 40)]
ALL_FLAGS = ["--extract.backbone", "handcrafted", "--make_labels.products", "products.csv", "--cluster.n_clusters", "3"]


def draw_photo(file, kind, seed):
    rng = np.random.default_rng(seed)
    photo = np.full((96, 96, 3), 225, np.uint8) - rng.integers(0, 12, (96, 96, 3), np.uint8)
    x, y = rng.integers(36, 60, 2).tolist()
    if kind == 1:
        cv2.rectangle(photo, (x - 22, y - 22), (x + 22, y + 22), COLOURS[1], -1)
    else:
        cv2.circle(photo, (x, y), 24 - 8 * kind, COLOURS[kind], -1)
    cv2.imwrite(str(file), photo)


def call_script(folder, script, *flags):
    command = [sys.executable, str(ROOT / f"{script}.py"), *FLAGS, *flags]
    return subprocess.run(command, cwd=folder, capture_output=True)


@pytest.fixture(scope="session")
def draw():
    """Write a drawn photo of one of three kinds to a file."""
    return draw_photo


@pytest.fixture(scope="session")
def call():
    """Run a script in a folder."""
    return call_script


@pytest.fixture
def call_here(monkeypatch, capfdbinary):
    """Run a script in a folder as `call` does, in this process, which has its libraries loaded."""

    def run(folder, script, *flags):
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [str(ROOT / f"{script}.py"), *FLAGS, *flags])
        capfdbinary.readouterr()
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
            status = 0
        except SystemExit as error:
            status = error.code
        return subprocess.CompletedProcess(flags, status, *capfdbinary.readouterr())

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder with three kinds of drawn photos, eight of each, run through all stages; products for one kind."""
    folder = tmp_path_factory.mktemp("search")
    photos = folder / "raw_img" / "toys"
    photos.mkdir(parents=True)
    for kind in range(3):
        for number in range(8):
            draw_photo(photos / f"{kind}_7_{number}.png", kind, 10 * kind + number)
    (folder / "products.csv").write_text("top_img,name,genre_id\n0_7_3.png,Red disc,discs\n0_7_4.png,Red disc,discs\n")
    done = call_script(folder, "run_all", *ALL_FLAGS, "--search.enabled", "true")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(finished, tmp_path):
    """A copy of the folder, to change."""
    return shutil.copytree(finished, tmp_path / "place", symlinks=True)
