"""The sample photos: drawn by the script, small, named for the label pattern, with two exact duplicates."""

import hashlib
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lookalike.catalog import images

PROJECT = Path(__file__).parent.parent
ROOT = PROJECT / "raw_img"
PHOTOS = sorted((ROOT / "sample").glob("*.jpg"))


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("draw_sample", ROOT / "draw_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_about_150_small_photos_of_twelve_products():
    labels = Counter(re.match(r"(\d+)_\d+_\d+\.jpg$", path.name).group(1) for path in PHOTOS)
    assert len(labels) == 12
    assert 140 <= len(PHOTOS) <= 160
    assert min(labels.values()) >= 10
    assert sum(path.stat().st_size for path in PHOTOS) < 1_500_000


def test_two_photos_have_an_exact_duplicate():
    by_pixels, by_bytes = Counter(), Counter()
    for path in PHOTOS:
        by_pixels[images.pixel_digest(images.read(path))] += 1
        by_bytes[hashlib.sha256(path.read_bytes()).hexdigest()] += 1
    assert sorted(by_pixels.values())[-3:] == [1, 2, 2]
    assert sorted(by_bytes.values())[-2:] == [1, 2]  # the other duplicate has other bytes


def test_drawing_again_gives_the_same_names_and_pixels(script):
    assert len(PHOTOS) == sum(script.PHOTOS_PER_PRODUCT) + 2
    first = images.read(ROOT / "sample" / "10005_200008_0.jpg").astype(int)
    drawn = script.draw_photo(4, 0)[..., ::-1].astype(int)
    assert np.abs(drawn - first).mean() < 4  # what JPEG loses
    assert (script.draw_photo(4, 0, seed=8).shape != drawn.shape) or (script.draw_photo(4, 0, seed=8) != drawn).any()


def test_draw_sample_writes_the_committed_photos(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "PHOTOS_PER_PRODUCT", (1,) * 12)
    written = script.draw_sample(tmp_path)
    assert len(written) == 14
    committed = {path.name for path in PHOTOS}
    assert {path.name for path in written[:12]} <= committed


def test_the_demo_finds_the_twelve_products_and_draws_what_the_readme_shows(tmp_path):
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE).group(1).splitlines()
    command = recipe[0].split("python ", 1)[1].split()
    folders = ["--output", tmp_path / "output", "--img", tmp_path / "img", "--edits", tmp_path, "--run.progress", "off"]
    done = subprocess.run([sys.executable, *command, *folders], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "05_evaluate: 12 groups of 12 classes" in done.stdout
    drawn = {path.stem for path in (tmp_path / "output/sample/06_visualize").iterdir()}
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    of_page = set(re.findall(r"docs/(\w+)\.jpg|DOCS / \"(\w+)\.jpg\"", (PROJECT / "docs/screenshots.py").read_text()))
    of_page = {name for names in of_page for name in names if name}
    assert (
        drawn | of_page >= set(re.findall(r"\]\(docs/(\w+)\.jpg\)", readme)) == {*of_page, "photo_map", "sheet", "tsne"}
    )
    assert "06_visualize/gallery.html" in recipe[1]
