"""Every file found is a row, good or bad; only new and changed files are read again."""

import errno
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.catalog import catalog
from lookalike.core.errors import UserError


def draw(path, seed, side=24):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    cv2.imencode(path.suffix, image)[1].tofile(path)


def rows_of(folder, known=None):
    return {row["path"]: row for row in catalog.examine(folder, catalog.find_files(folder), known or {}, workers=2)}


def test_lists_files_of_any_name_sorted_and_skips_hidden_ones(tmp_path):
    names = ["b.JPG", "a b/ü 'q\" <i>.png", "line\nbreak.jpg", "z.bmp"]
    for seed, name in enumerate([*names, ".hidden.jpg", ".git/x.jpg"]):
        draw(tmp_path / name, seed)
    rows = rows_of(tmp_path)
    assert list(rows) == sorted(names)
    assert {row["status"] for row in rows.values()} == {"ok"}


def test_bad_files_are_rows_with_a_reason(tmp_path):
    draw(tmp_path / "good.png", 1)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone.jpg")
    draw(tmp_path / "cut.jpg", 2, side=64)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:800])
    rows = rows_of(tmp_path)
    assert {path: row["status"] for path, row in rows.items()} == {
        "good.png": "ok",
        "empty.jpg": "empty",
        "text.jpg": "not_an_image",
        "notes.txt": "not_an_image",
        "dangling.jpg": "unreadable",
        "cut.jpg": "truncated",
    }
    assert all(row["error"] for row in rows.values() if row["status"] != "ok")


def test_a_name_that_is_no_text_is_a_row(tmp_path):
    draw(tmp_path / "good.png", 1)
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")
    row = rows_of(tmp_path)["\\udcff.jpg"]
    assert row["status"] == "unreadable"
    assert "UTF-8" in row["error"]


def test_links_to_a_folder_above_do_not_loop(tmp_path):
    draw(tmp_path / "photos" / "a.png", 1)
    (tmp_path / "photos" / "loop").symlink_to(tmp_path / "photos")
    assert list(catalog.find_files(tmp_path / "photos")) == ["a.png"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_no_folder_and_no_file_are_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="--photos DIR"):
        catalog.find_files(tmp_path / name)


def test_results_inside_the_photos_are_refused(tmp_path):
    draw(tmp_path / "a.png", 1)
    with pytest.raises(UserError, match="outside the photos' folder"):
        catalog.find_files(tmp_path, outside=[tmp_path / "output"])


def test_only_bad_files_say_why(tmp_path):
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(UserError, match="1 empty"):
        catalog.require_some(list(rows_of(tmp_path).values()), tmp_path)


def test_equal_pixels_are_duplicates_whatever_the_file(tmp_path):
    draw(tmp_path / "a.png", 1)
    draw(tmp_path / "b.bmp", 1)
    draw(tmp_path / "c.png", 2)
    rows = list(rows_of(tmp_path).values())
    (group,) = catalog.duplicates(rows)
    assert [row["path"] for row in group] == ["a.png", "b.bmp"]  # of noise, PNG is the larger file
    dropped = {row["path"]: row["status"] for row in catalog.drop_duplicates(rows, [group])}
    assert dropped == {"a.png": "ok", "b.bmp": "duplicate", "c.png": "ok"}
    assert (tmp_path / "b.bmp").exists()


def publish(folder, photos, known=None):
    listing = catalog.find_files(photos)
    rows = catalog.examine(photos, listing, known or {}, workers=1)
    folder.mkdir(exist_ok=True)
    catalog.write_catalog(folder, rows, [""] * len(rows), listing, photos)


def test_known_rows_are_not_read_again_and_changed_ones_are(tmp_path, monkeypatch):
    photos, folder = tmp_path / "photos", tmp_path / "out"
    for seed, name in enumerate("abc"):
        draw(photos / f"{name}.png", seed)
    publish(folder, photos)
    assert catalog.is_unchanged(folder, catalog.find_files(photos))
    draw(photos / "b.png", 9, side=30)
    draw(photos / "d.png", 10)
    (photos / "a.png").unlink()
    assert not catalog.is_unchanged(folder, catalog.find_files(photos))
    seen = []
    examine_one = catalog._examine
    monkeypatch.setattr(catalog, "_examine", lambda root, path: seen.append(path) or examine_one(root, path))
    rows = rows_of(photos, catalog.read_known(folder))
    assert sorted(seen) == ["b.png", "d.png"]
    assert list(rows) == ["b.png", "c.png", "d.png"]
    assert rows["b.png"]["width"] == 30


def test_a_file_that_may_not_be_read_is_a_row_and_is_tried_again(tmp_path, monkeypatch):
    photos, folder = tmp_path / "photos", tmp_path / "out"
    draw(photos / "a.png", 1)
    draw(photos / "b.png", 2)
    read = Path.read_bytes

    def denied(path):
        if path.name == "b.png":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", denied)
        publish(folder, photos)
    assert [(row["status"], row["error"]) for row in rows_of(photos, catalog.read_known(folder)).values()] == [
        ("ok", ""),
        ("ok", ""),
    ]
    problems = (folder / "problems.csv").read_text()
    assert "b.png,unreadable,Permission denied" in problems
