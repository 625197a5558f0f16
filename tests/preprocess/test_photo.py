"""A photo becomes a prepared file of the asked size and format, and a bad one a row with a reason."""

import inspect
import os

import numpy as np
import pytest
from PIL import Image

from lookalike.catalog import images
from lookalike.preprocess import BACKGROUNDS, FORMATS
from lookalike.preprocess.photo import prepare, prepare_file

COLUMNS = ["status", "reason", "width", "height", "removed", "fallback"]


def disc(height=300, width=400):
    y, x = np.mgrid[:height, :width]
    inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 3) ** 2
    return np.where(inside[..., None], np.uint8([180, 40, 40]), np.uint8([230, 230, 230])), inside


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_removed_background_is_white_and_the_argument_unchanged(background):
    rgb, inside = disc()
    before = rgb.copy()
    done = prepare(rgb, background=background)
    assert (rgb == before).all()
    assert done.removed == (background != "none")
    assert done.fallback is None
    assert (done.image[:20] == (255 if done.removed else 230)).all()
    assert (done.image[inside] == rgb[inside]).mean() > 0.98


def test_a_bad_mask_falls_back_to_the_photo():
    plain = np.full((200, 200, 3), 90, np.uint8)
    done = prepare(plain, background="edges")
    assert (done.image == plain).all()
    assert done.fallback == "no contour"
    assert not done.removed


def test_auto_keeps_without_calling_it_a_fault():
    cluttered = np.random.default_rng(0).integers(0, 255, (200, 150, 3), np.uint8)
    done = prepare(cluttered, background="auto")
    assert (done.image == cluttered).all()
    assert (done.removed, done.fallback) == (False, None)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (384, 512)),
        ({"longest": 100}, (75, 100)),
        ({"square": True, "longest": 100}, (100, 100)),
        ({"size": (80, 50)}, (50, 80)),
        ({"size": (900, 600)}, (600, 900)),
        ({"square": True, "size": (64, 64), "background": "auto"}, (64, 64)),
        ({"crop_padding": True, "longest": 100}, (100, 100)),
    ],
)
def test_sizes(options, shape):
    rgb, _ = disc(600, 800)
    assert prepare(rgb, **options).image.shape == (*shape, 3)


def test_padding_beside_a_removed_background_is_white():
    rgb, _ = disc()
    assert (prepare(rgb, background="auto", square=True).image[:50] == 255).all()


@pytest.mark.parametrize(("file_format", "name"), [("jpg", "JPEG"), ("png", "PNG")])
def test_file_has_the_asked_format_and_its_row(tmp_path, file_format, name):
    images.write(tmp_path / "in.jpg", disc(1200, 1600)[0])
    row = prepare_file(tmp_path / "in.jpg", tmp_path / "photo.any", format=file_format, background="edges")
    assert list(row) == COLUMNS
    assert row == {"status": "ok", "reason": "", "width": 512, "height": 384, "removed": True, "fallback": ""}
    with Image.open(tmp_path / "photo.any") as image:
        assert (image.format, image.size) == (name, (512, 384))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jpg", "photo.any"]


def test_bad_files_are_rows_and_leave_no_file(tmp_path):
    contents = {"empty": b"", "not_an_image": b"text", "truncated": b"\xff\xd8\xff"}
    for status, content in contents.items():
        (tmp_path / "bad.jpg").write_bytes(content)
        row = prepare_file(tmp_path / "bad.jpg", tmp_path / "out.jpg")
        assert list(row) == COLUMNS
        assert row["status"] == status
        assert row["reason"]
    assert prepare_file(tmp_path / "absent.jpg", tmp_path / "out.jpg")["status"] == "unreadable"
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jpg"]


def test_a_failed_write_raises_and_leaves_what_was_there(tmp_path, monkeypatch):
    images.write(tmp_path / "in.jpg", disc()[0])
    (tmp_path / "out.jpg").write_bytes(b"earlier")

    def full_disk(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(OSError, match=os.strerror(28)):
        prepare_file(tmp_path / "in.jpg", tmp_path / "out.jpg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jpg", "out.jpg"]
    assert (tmp_path / "out.jpg").read_bytes() == b"earlier"


def test_unknown_choices_name_the_others(tmp_path):
    images.write(tmp_path / "in.jpg", disc()[0])
    with pytest.raises(ValueError, match="jpg, png, found 'gif'"):
        prepare_file(tmp_path / "in.jpg", tmp_path / "out", format="gif")
    with pytest.raises(ValueError, match="none, auto, edges, grabcut, found 'x'"):
        prepare(disc()[0], background="x")


def test_defaults_are_choices():
    defaults = {name: option.default for name, option in inspect.signature(prepare).parameters.items()}
    assert defaults["background"] in BACKGROUNDS
    assert inspect.signature(prepare_file).parameters["format"].default in FORMATS
