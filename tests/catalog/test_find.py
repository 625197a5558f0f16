"""Every file is listed, of whatever name and kind; results of the product itself are passed by."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.catalog.examine import examine_file
from lookalike.catalog.find import find_files, photos_folder
from lookalike.core.errors import UserError
from lookalike.core.tars import write_tar


def draw(path, seed=0, side=24):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    cv2.imencode(path.suffix, image)[1].tofile(path)


def found(folder, **options):
    return find_files(folder, **options).files


def reason(folder, path):
    row = examine_file(folder, path, found(folder)[path])
    assert row["status"] == "unreadable"
    return row["error"]


def test_lists_files_of_any_name_sorted_and_skips_hidden_ones(tmp_path):
    names = ["b.JPG", "a b/ü 'q\" <i>.png", "line\nbreak.jpg", "z.bmp", "notes.txt"]
    for name in [*names, ".hidden.jpg", ".git/x.jpg"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert list(found(tmp_path)) == sorted(names)
    assert found(tmp_path)["z.bmp"].bytes == 1


def test_a_name_that_is_no_text_is_listed_as_it_is_shown(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")
    assert list(found(tmp_path)) == ["\\udcff.jpg"]
    assert "UTF-8" in reason(tmp_path, "\\udcff.jpg")


def test_links_to_a_folder_above_do_not_loop(tmp_path):
    draw(tmp_path / "photos" / "a.png")
    (tmp_path / "photos" / "loop").symlink_to(tmp_path / "photos")
    assert list(found(tmp_path / "photos")) == ["a.png"]


def test_only_regular_files_are_photos(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to_pipe.jpg").symlink_to("pipe")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    draw(tmp_path / "a.jpg")
    (tmp_path / "slash.jpg").symlink_to("a.jpg/")
    (tmp_path / "dangling.jpg").symlink_to("gone.jpg")
    assert "a named pipe" in reason(tmp_path, "pipe")
    assert "a named pipe" in reason(tmp_path, "to_pipe.jpg")
    assert "a device" in reason(tmp_path, "zero.jpg")
    assert reason(tmp_path, "self.jpg")
    assert reason(tmp_path, "slash.jpg")
    assert "No such file" in reason(tmp_path, "dangling.jpg")


def test_a_folder_that_cannot_be_read_is_an_entry_and_the_rest_goes_on(tmp_path, monkeypatch):
    draw(tmp_path / "good" / "a.png")
    draw(tmp_path / "shut" / "b.png")
    scandir = os.scandir

    def denied(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert list(found(tmp_path)) == ["good/a.png", "shut/"]
    assert reason(tmp_path, "shut/") == "Permission denied"


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_no_folder_and_no_file_are_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="--photos DIR"):
        find_files(tmp_path / name)


def test_results_inside_the_photos_are_passed_by(tmp_path):
    draw(tmp_path / "a.png")
    draw(tmp_path / "out/shoes/06_visualize/sheet.png")
    draw(tmp_path / "img/shoes/a.png.jpg")
    listing = find_files(tmp_path, results=[tmp_path / "out", tmp_path / "img"])
    assert list(listing.files) == ["a.png"]
    assert listing.passed_by == ["img", "out"]


def test_results_of_another_run_are_known_by_what_they_hold(tmp_path):
    draw(tmp_path / "a.png")
    draw(tmp_path / "manifest/a.png")
    (tmp_path / "manifest/manifest.json").write_text(json.dumps({"name": "a web page's"}))
    for folder, marker in {
        "06_visualize": "manifest.json",
        "img": ".lookalike.json",
        "groups": ".lookalike-folders.json",
    }.items():
        draw(tmp_path / folder / "b.png")
        (tmp_path / folder / marker).write_text(json.dumps({"stage": folder, "row_key": "", "format": 1}))
    listing = find_files(tmp_path)
    assert list(listing.files) == ["a.png", "manifest/a.png", "manifest/manifest.json"]
    assert listing.passed_by == ["06_visualize", "groups", "img"]


def test_photos_are_where_asked_else_where_usual_else_where_recorded(tmp_path):
    usual, other = tmp_path / "usual", Path("other")
    assert photos_folder(None, usual, other) == other
    usual.mkdir()
    assert photos_folder(None, usual, other) == usual
    assert photos_folder(Path("asked"), usual, other) == Path("asked")


def test_a_tar_given_for_the_folder_is_one_line(tmp_path):
    write_tar(tmp_path / "a.tar", [("1.jpg", b"x")])
    with pytest.raises(UserError, match=r"found a tar at .*a\.tar: pass the folder that it lies in"):
        find_files(tmp_path / "a.tar")
