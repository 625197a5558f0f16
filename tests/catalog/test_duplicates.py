"""Photos of equal pixels are told, whatever their files, and only those."""

import cv2
import numpy as np

from lookalike.catalog import duplicates, images
from lookalike.catalog.examine import examine_file
from lookalike.catalog.find import find_files


def draw(path, seed, side=24):
    image = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    cv2.imencode(path.suffix, image)[1].tofile(path)


def rows_of(folder):
    return [examine_file(folder, path, file) for path, file in find_files(folder).files.items()]


def test_equal_pixels_are_duplicates_whatever_the_file(tmp_path):
    draw(tmp_path / "a.png", 1)
    draw(tmp_path / "b.bmp", 1)
    draw(tmp_path / "c.png", 2)
    rows = rows_of(tmp_path)
    (group,) = duplicates.find(rows, tmp_path)
    assert [row["path"] for row in group] == ["a.png", "b.bmp"]  # of noise, PNG is the larger file
    assert duplicates.columns([group]) == {"group": [1, 1], "path": ["a.png", "b.bmp"], "keep": [True, False]}
    dropped = {row["path"]: row["status"] for row in duplicates.drop(rows, [group])}
    assert dropped == {"a.png": "ok", "b.bmp": "duplicate", "c.png": "ok"}
    assert (tmp_path / "b.bmp").exists()


def test_photos_of_one_key_are_compared_by_all_their_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "pixel_key", lambda rgb: "same")
    for name, seed in {"a.png": 1, "b.png": 2, "c.bmp": 1, "d.png": 2}.items():
        draw(tmp_path / name, seed)
    found = duplicates.find(rows_of(tmp_path), tmp_path)
    assert [sorted(row["path"] for row in group) for group in found] == [["a.png", "c.bmp"], ["b.png", "d.png"]]


def test_a_photo_that_vanished_meanwhile_is_no_duplicate(tmp_path):
    draw(tmp_path / "a.png", 1)
    draw(tmp_path / "b.bmp", 1)
    rows = rows_of(tmp_path)
    (tmp_path / "b.bmp").unlink()
    assert duplicates.find(rows, tmp_path) == []
